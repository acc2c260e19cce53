"""Mint, deliver, record: the only sequence that makes a secret.

The journal says what is intended before the secret is made, and that it was delivered before the tenant's
record of that is written; a secret that could not be delivered is removed. So wherever a run is killed, the
next one can tell what happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from provision.delivery import Handover, Sink, Undeliverable
from provision.engine.journal import DELIVERED, INTENDED, LEAKED, REMOVED, UNDELIVERED, Journal
from provision.errors import ProvisionError, catalogue
from provision.graph import application, client_secret
from provision.graph.client import SKEW, Graph
from provision.resources.application import (
    DELIVERED_TAG,
    LEAKED_TAG,
    NEWEST_TAG,
    RETIRED_TAG,
    newest_tag,
    noted_key,
)
from provision.resources.client_secret import Desired, Mint, Observed
from provision.secret import Secret

_TRIES = 3  # how often a lost answer is mended before giving up


@dataclass
class SecretHolder:
    """The application that holds the secrets, as this run knows it by now; updated with every step."""

    object_id: str
    tags: tuple[str, ...]
    keys: frozenset[str]  # the key ids of all its secrets
    fresh: bool  # made moments ago, so replicas may lag
    newest: datetime | None = None  # when the last of our secrets began
    sole: bool = False  # made by this run for sure: nobody else can have made a secret on it yet
    unseen: frozenset[str] = frozenset()  # asked for by this run, and the answer was lost
    gone: frozenset[str] = frozenset()  # removed by this run
    handed: Observed | None = None  # made by this run, and taken by the sink


@dataclass(frozen=True)
class SecretTools:
    """What making, delivering and removing secrets works with; the same for all steps of one plan."""

    graph: Graph
    sink: Sink
    journal: Journal
    new_key_id: Callable[[], str]
    desired: Desired
    delivering: asyncio.Lock  # one secret at a time is shown or handed over
    keep: Callable[[Secret], None]  # is given the value of a secret that was delivered


async def mint_and_deliver(tools: SecretTools, holder: SecretHolder, step: Mint) -> Observed:
    """Make a secret, hand its value to the sink, record the delivery, and return what Graph keeps of it.

    If it cannot be delivered, it is removed and the ``ProvisionError`` raised; if removing fails too, the
    error's entry is ``NOT_REVOKED``.
    """
    await _declare(tools, holder, step.leaked)
    made, secret = await _mint(tools, holder, step)
    try:
        if not holder.sole:
            await _refuse_a_second(tools, holder, made)
        async with tools.delivering:
            interrupted = await _deliver(tools, secret, made)
    except BaseException as error:  # whatever it was, Ctrl-C too: nobody has the value, so it must go
        _remember(tools, made.key_id, error)
        await _revoke(tools, holder, made.key_id, error)
        raise
    holder.handed = made
    with suppress(ProvisionError):  # a full disk must not keep the tenant from knowing
        tools.journal.write(DELIVERED, made.key_id, tools.graph.now())
    tools.keep(secret)
    await record(tools, holder, made.key_id, going=_going(step))
    if interrupted is not None:
        raise interrupted
    return made


async def _declare(tools: SecretTools, holder: SecretHolder, leaked: Sequence[str]) -> None:
    """Put an emergency on record before anything is done, so that it is finished if this run is killed.

    Journal and tag each do; without both, the tag comes with the new secret's record.
    """
    known = tools.journal.leaked() if leaked else frozenset()
    with suppress(ProvisionError):
        for key_id in leaked:
            if key_id not in known:
                tools.journal.write(LEAKED, key_id, tools.graph.now())
    tags = {LEAKED_TAG + key_id for key_id in leaked}
    if not tags <= set(holder.tags):
        with suppress(ProvisionError):
            await _write_records(tools, holder, tags)


def _going(step: Mint) -> set[str]:
    """Return the tags of what is to be removed once the new secret is delivered."""
    return {LEAKED_TAG + key for key in step.leaked} | {RETIRED_TAG + key for key in step.retires}


def _remember(tools: SecretTools, key_id: str, error: BaseException) -> None:
    """Note that the sink did not take the value, for the next run to know before it makes another."""
    if tools.sink.interactive or getattr(error, "entry", None) is not catalogue.DELIVERY_FAILED:
        return
    lasting = isinstance(error, Undeliverable)
    with suppress(ProvisionError):  # a full disk must not keep the secret from being revoked
        tools.journal.write(UNDELIVERED, key_id, tools.graph.now(), place=tools.sink.label, lasting=lasting)


async def _deliver(tools: SecretTools, secret: Secret, made: Observed) -> asyncio.CancelledError | None:
    """Hand the value to the sink.

    If Ctrl-C comes while a sink delivers in its thread, the thread is waited for, since it cannot be stopped.
    If it succeeds, the interruption is returned for the caller to raise once the delivery is recorded.
    """
    handover = Handover(tools.desired.name, made.key_id, made.end, made.start)
    if tools.sink.interactive:  # on the main thread, where Ctrl-C reaches it
        tools.sink.deliver(secret, handover)
        return None
    handing = asyncio.ensure_future(asyncio.to_thread(tools.sink.deliver, secret, handover))
    try:
        await asyncio.shield(handing)
    except asyncio.CancelledError as interrupted:
        with suppress(ProvisionError):
            await handing
            return interrupted
        raise
    return None


async def _refuse_a_second(tools: SecretTools, holder: SecretHolder, made: Observed) -> None:
    """Raise ``ProvisionError`` if another machine made a secret meanwhile that began before this one.

    Graph has no condition to put on ``addPassword``, so this narrows the gap and cannot close it. Secrets
    that this run made without seeing the answer are removed on the way.
    """
    seen = await client_secret.read_secrets(tools.graph, holder.object_id, settling=holder.fresh)
    for key_id in holder.unseen & {item.key_id for item in seen.secrets}:
        with suppress(ProvisionError):  # then it stays in the journal, for the next run
            await remove(tools, holder, key_id, young=True)
    rivals = [
        item
        for item in seen.secrets
        if item.key_id not in holder.keys | holder.unseen and tools.desired.marks(item)
    ]
    if any((item.start, item.key_id) < (made.start, made.key_id) for item in rivals):
        raise ProvisionError(
            catalogue.CHANGED_MEANWHILE,
            f"another run made a secret for '{tools.desired.name}' at the same time ({rivals[0].key_id}); "
            "this run's was revoked",
        )


async def record(
    tools: SecretTools,
    holder: SecretHolder,
    key_id: str,
    *,
    newest: bool = True,
    going: Collection[str] = (),
) -> None:
    """Tag the application with the delivery of a secret; tags of secrets that are gone are dropped.

    ``newest``: none was delivered after it. ``going`` are the tags of what is to be removed after it.
    """
    name = tools.desired.name
    tags = {DELIVERED_TAG + key_id, *going, *({newest_tag(name, key_id)} if newest else ())}
    await _write_records(tools, holder, tags)


async def forget(tools: SecretTools, holder: SecretHolder, key_id: str) -> None:
    """Drop the tags that say something of a secret which is not there any more."""
    holder.gone |= {key_id}
    if any(noted_key(tag) == key_id for tag in holder.tags):
        await _write_records(tools, holder, set())


async def remove(tools: SecretTools, holder: SecretHolder, key_id: str, *, young: bool = False) -> None:
    """Remove a secret of ours, and then the record of its delivery if there is one.

    ``young``: it was made moments ago, so a replica that does not know it yet is waited for. Raises
    ``ProvisionError`` if Graph refuses; a secret that is gone already is no error.
    """
    settling = holder.fresh or young
    was_there = await client_secret.remove(tools.graph, holder.object_id, key_id, settling=settling)
    # One that no replica knew in all that time may still appear: then the journal's intent counts.
    if was_there or not settling:
        with suppress(ProvisionError):  # the secret is gone: a journal that says less is harmless
            tools.journal.write(REMOVED, key_id, tools.graph.now())
    holder.keys -= {key_id}
    holder.gone |= {key_id}
    if any(noted_key(tag) == key_id for tag in holder.tags):
        await _write_records(tools, holder, set())


async def _write_records(tools: SecretTools, holder: SecretHolder, more: set[str]) -> None:
    """Add the tags ``more``, drop our tags of secrets that we removed, and keep all other tags.

    Tags are one list, written as a whole. So it is read just before: another machine, or a person, may
    have changed it since this run read it.
    """
    tags, keys, seen_tags = holder.tags, holder.keys, frozenset[str]()
    if not holder.sole:
        seen = await client_secret.read_secrets(tools.graph, holder.object_id, settling=holder.fresh)
        seen_tags = frozenset(seen.tags)
        others = [tag for tag in seen.tags if noted_key(tag) is None]
        # The read may be older than this run's own writes, so what it knew of deliveries counts too.
        tags = (*others, *(tag for tag in (*holder.tags, *seen.tags) if noted_key(tag) is not None))
        keys |= {item.key_id for item in seen.secrets}
    alive = keys - holder.gone
    replaced = {tag.rpartition(":")[0] for tag in more if tag.startswith(NEWEST_TAG)}
    kept = {
        tag
        for tag in tags
        if noted_key(tag) in (None, *alive) or _tells_of_a_removal(tag, tags, seen_tags, holder.gone)
    }
    kept = {tag for tag in kept if not (tag.startswith(NEWEST_TAG) and tag.rpartition(":")[0] in replaced)}
    ordered = tuple(sorted(kept | more))
    await application.tag(tools.graph, holder.object_id, ordered, settling=holder.fresh)
    holder.tags = ordered


def _tells_of_a_removal(tag: str, tags: Sequence[str], seen: Collection[str], gone: Collection[str]) -> bool:
    """Say whether a tag of a secret that is not there tells that somebody else removed it.

    That stays on record until ``rotate --confirm``, for it may be the one that is entered. What this run
    removed, or an earlier one was to remove, is no such thing.
    """
    key_id = noted_key(tag)
    ours = {LEAKED_TAG + str(key_id), RETIRED_TAG + str(key_id)} & set(tags)
    return tag.startswith((DELIVERED_TAG, NEWEST_TAG)) and tag in seen and key_id not in gone and not ours


async def _mint(tools: SecretTools, holder: SecretHolder, step: Mint) -> tuple[Observed, Secret]:
    """Make the secret. If the answer is lost, its value is too: remove that secret, and make another."""
    for _ in range(_TRIES):
        key_id = tools.new_key_id()
        start = await _after_the_last(tools, holder)
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
            holder.unseen |= {key_id}
            await _remove_unseen(tools, holder, key_id, step.display_name, start)
            continue
        except ProvisionError as error:
            if error.entry is catalogue.OTHER_OBJECT:  # one may have been made, and its value is nobody's
                with suppress(ProvisionError):  # then it stays in the journal, for the next run
                    await _remove_unseen(tools, holder, key_id, step.display_name, start)
            raise
        if made.key_id != key_id:  # Graph did not keep ours: the journal must know the real one
            tools.journal.write(INTENDED, made.key_id, start)
            tools.journal.write(REMOVED, key_id, start)
        holder.keys |= {made.key_id}
        return made, secret
    raise ProvisionError(catalogue.UNSEEN_SECRET)


async def _after_the_last(tools: SecretTools, holder: SecretHolder) -> datetime:
    """Return the start of a new secret: now, or a second after the newest of ours, which is waited for.

    Dates are kept to the second, and the start must tell which of two secrets is the newer.
    """
    now, next_one = tools.graph.now(), holder.newest and holder.newest + timedelta(seconds=1)
    if next_one and timedelta(0) < next_one - now <= SKEW:
        await tools.graph.sleep((next_one - now).total_seconds())
        now = max(next_one, tools.graph.now())
    holder.newest = now.replace(microsecond=0)
    return holder.newest


async def _remove_unseen(
    tools: SecretTools, holder: SecretHolder, key_id: str, display_name: str, start: datetime
) -> None:
    seen = await client_secret.read_secrets(tools.graph, holder.object_id, settling=holder.fresh)
    for item in seen.secrets:
        unseen = item.key_id == key_id or (
            item.key_id not in holder.keys and item.display_name == display_name and item.start >= start
        )
        if unseen:
            tools.journal.write(INTENDED, item.key_id, start)
            await remove(tools, holder, item.key_id, young=True)


async def _revoke(tools: SecretTools, holder: SecretHolder, key_id: str, cause: BaseException) -> None:
    try:
        await asyncio.shield(remove(tools, holder, key_id, young=True))
    except ProvisionError as error:
        raise ProvisionError(
            catalogue.NOT_REVOKED,
            f"the secret {key_id} was not delivered ({cause}), and it could not be revoked: {error.message}",
            request_id=error.request_id,
        ) from error
