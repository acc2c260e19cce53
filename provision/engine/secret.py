"""Mint, deliver, record: the one sequence in which a secret comes into being.

The intent is on disk before the call, the delivery on disk before the tenant's record, and what
could not be delivered is revoked. So at every instant the next run can tell what happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from provision.delivery import Handover, Sink
from provision.engine.journal import DELIVERED, INTENDED, REMOVED, Journal
from provision.errors import ProvisionError, catalogue
from provision.graph import application, client_secret
from provision.graph.client import Graph
from provision.resources.application import DELIVERED_TAG
from provision.resources.client_secret import Mint, Observed
from provision.secret import Secret

_TRIES = 3  # how often a lost answer is mended before giving up


@dataclass
class Holder:
    """The application that the secret belongs to, as this run knows it by now."""

    object_id: str
    tags: tuple[str, ...]
    keys: frozenset[str]  # the key ids of all its secrets
    fresh: bool  # made by this run, so replicas may lag


@dataclass(frozen=True)
class Minting:
    """What the sequence works with."""

    graph: Graph
    sink: Sink
    journal: Journal
    new_key_id: Callable[[], str]
    name: str
    delivering: asyncio.Lock  # one secret at a time is shown or handed over


async def mint_and_deliver(tools: Minting, holder: Holder, step: Mint) -> Observed:
    """Return the new secret once it is delivered and recorded; ``ProvisionError`` otherwise.

    Raises after the secret was revoked, or with the entry ``not-revoked`` if even that failed.
    """
    made, secret = await _mint(tools, holder, step)
    try:
        async with tools.delivering:
            await _deliver(tools, secret, made)
    except BaseException as error:  # whatever it was, Ctrl-C too: nobody has the value, so it must go
        await _revoke(tools, holder, made.key_id, error)
        raise
    try:
        tools.journal.write(DELIVERED, made.key_id, tools.graph.now())
    finally:  # a full disk must not keep the tenant from knowing
        await record(tools.graph, holder, made.key_id)
    return made


async def _deliver(tools: Minting, secret: Secret, made: Observed) -> None:
    handover = Handover(tools.name, made.key_id, made.end)
    if tools.sink.interactive:  # on the main thread, where Ctrl-C reaches it
        tools.sink.deliver(secret, handover)
    else:
        await asyncio.to_thread(tools.sink.deliver, secret, handover)


async def record(graph: Graph, holder: Holder, key_id: str) -> None:
    """Write the tenant's record of a delivery; records of secrets that are gone leave with it."""
    kept = [
        tag
        for tag in holder.tags
        if not tag.startswith(DELIVERED_TAG) or tag.removeprefix(DELIVERED_TAG).lower() in holder.keys
    ]
    tags = tuple(sorted({*kept, DELIVERED_TAG + key_id}))
    await application.tag(graph, holder.object_id, tags, settling=holder.fresh)
    holder.tags = tags


async def remove(tools: Minting, holder: Holder, key_id: str) -> None:
    """Remove a secret of ours that nobody ever received."""
    await client_secret.remove(tools.graph, holder.object_id, key_id, settling=holder.fresh)
    tools.journal.write(REMOVED, key_id, tools.graph.now())
    holder.keys -= {key_id}


async def _mint(tools: Minting, holder: Holder, step: Mint) -> tuple[Observed, Secret]:
    """Make the secret. A lost answer is resolved by looking, and the unseen secret replaced."""
    for _ in range(_TRIES):
        key_id = tools.new_key_id()
        start = tools.graph.now().replace(microsecond=0)
        tools.journal.write(INTENDED, key_id, start)
        try:
            made, secret = await client_secret.mint(
                tools.graph,
                holder.object_id,
                key_id=key_id,
                display_name=step.display_name,
                start=start,
                end=step.end(start),
                settling=holder.fresh,
            )
        except client_secret.ReplyLost:
            await _remove_unseen(tools, holder, key_id, step.display_name, start)
            continue
        if made.key_id != key_id:  # Graph did not keep ours: the journal must know the real one
            tools.journal.write(INTENDED, made.key_id, start)
            tools.journal.write(REMOVED, key_id, start)
        holder.keys |= {made.key_id}
        return made, secret
    raise ProvisionError(catalogue.UNSEEN_SECRET)


async def _remove_unseen(
    tools: Minting, holder: Holder, key_id: str, display_name: str, start: datetime
) -> None:
    secrets = await client_secret.look(tools.graph, holder.object_id, settling=holder.fresh)
    for item in secrets:
        unseen = item.key_id == key_id or (
            item.key_id not in holder.keys and item.display_name == display_name and item.start >= start
        )
        if unseen:
            tools.journal.write(INTENDED, item.key_id, start)
            await remove(tools, holder, item.key_id)


async def _revoke(tools: Minting, holder: Holder, key_id: str, cause: BaseException) -> None:
    try:
        await asyncio.shield(remove(tools, holder, key_id))
    except ProvisionError as error:
        raise ProvisionError(
            catalogue.NOT_REVOKED,
            f"the secret {key_id} was not delivered ({cause}), and it could not be revoked: {error.message}",
            request_id=error.request_id,
        ) from error
