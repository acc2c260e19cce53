"""Mint, deliver, record: the only sequence that makes a secret, however many machines run it at once.

Graph has no lock, and no condition to put on ``addPassword``. What it has is one list of secrets on the
application, to which each run adds its own: a flag that all others see. So every run that mints (``apply``,
the first one of a new application too, ``rotate`` in each of its modes) raises its flag first and looks then;
of two, the one whose flag went up later sees the other's. It does not matter how long anything takes.

=========================================  =================================================================
a look, before anything is delivered       what this run does
=========================================  =================================================================
does not show this run's own secret        looks again: that replica is behind, and may hide another's
shows nobody else's                        delivers; its secret stays, so whoever looks later sees it
shows a *claim*: a marked secret of        yields: revokes its own, pauses for a random time, looks again,
another run, not known to be delivered     and mints again once the claim is gone; ``--timeout`` at most, then
                                           ``ANOTHER_RUN`` (run again). Both may yield: neither can know
                                           whether the other saw it, and any order by time or id is a guess
shows one *delivered* since the plan       revokes its own, and is done: done by another run, which is named
=========================================  =================================================================

A claim older than ten minutes is an orphan, whose machine was killed, and holds nobody back. So a run whose
own is nearly that old revokes it (``SECRET_TOO_OLD``) in place of delivering: its machine slept, or a person
let a question stand. The clock is the service's, and is read again at the last moment.

After the delivery its records, two tags of the application, are merged into those that are there: read,
written, and read back, until they are there. The last look also shows whether another run delivered in spite
of all (``TWO_DELIVERED`` names both): docs/secrets.md says when that can be. A delivered secret is removed
only while a look shows the one that is to stay.

The journal says what is intended before the secret is made, and that it was delivered before the tenant's
record of that is written; a secret that could not be delivered is removed. So wherever a run is killed, the
next one can tell what happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from provision.delivery import Handover, Undeliverable
from provision.engine.holder import SecretHolder, SecretTools, others
from provision.engine.journal import DELIVERED, INTENDED, LEAKED, REMOVED, UNDELIVERED
from provision.engine.looks import look, remove
from provision.engine.records import announce, record, see_no_record_lost, write_records
from provision.errors import ProvisionError, catalogue
from provision.graph import client_secret
from provision.graph.client import SKEW
from provision.graph.polling import RandomPauses
from provision.plan import generation
from provision.resources import delivery_tags
from provision.resources.client_secret import Mint, Observed, Records, standing
from provision.secret import Secret
from provision.values import dataclass

_TRIES = 5  # how often a lost answer is mended before giving up


@dataclass(frozen=True, slots=True)
class Handed:
    """The secret that was handed over, and whether another run did it; then this run made none that stays."""

    secret: Observed
    elsewhere: bool


async def mint_and_deliver(tools: SecretTools, holder: SecretHolder, step: Mint) -> Handed:
    """Make a secret, hand its value to the sink, and record the delivery, unless another run does it.

    If it cannot be delivered, it is removed and the ``ProvisionError`` raised; if removing fails too, the
    error's entry is ``NOT_REVOKED``. Raises ``ANOTHER_RUN`` if it is not known in time what became of another
    run's secret, ``TWO_DELIVERED`` or ``REVOKED_MEANWHILE`` if this one's was delivered in vain.
    """
    await _declare(tools, holder, step.leaked)
    pauses = RandomPauses(tools.graph, tools.dice)
    met = holder.met if holder.met is not None else await look(tools, holder)
    yielded = False
    while True:
        while met.claims and not met.delivered:
            rival = met.claims[0].key_id
            if not await pauses.pause(f"another run makes a secret ({rival})", grow=yielded):
                raise ProvisionError(
                    catalogue.ANOTHER_RUN,
                    f"another run makes a secret for '{tools.desired.name}' ({rival}), "
                    "and what became of it is not known yet; this run made none",
                )
            yielded, met = False, await look(tools, holder)
        if met.delivered:
            going = _going(step)
            if not going <= set(holder.tags):  # what this run is still to remove, if it is killed before that
                await write_records(tools, holder, going)
                await see_no_record_lost(tools, holder)
            return Handed(met.delivered[0], elsewhere=True)
        made, secret = await _mint(tools, holder, step)
        interrupted = None
        try:
            met = await look(tools, holder, shows=frozenset({made.key_id}))
            if not met:
                await announce(tools, holder, made.key_id, step.retires)
                interrupted = await _hand_over(tools, holder, secret, made)
        except BaseException as error:  # whatever it was, Ctrl-C too: nobody has the value, so it must go
            _remember(tools, made.key_id, error)
            await _revoke(tools, holder, made.key_id, str(error))
            raise
        if not met:
            break
        del secret
        await _revoke(tools, holder, made.key_id, "another run makes one")
        yielded = True
    holder.delivered = made
    tools.keep(secret)
    with suppress(ProvisionError):  # a full disk must not keep the tenant from knowing
        await asyncio.to_thread(
            tools.journal.write, DELIVERED, made.key_id, tools.graph.now(), place=tools.sink.label
        )
    succeeds = delivery_tags.succeeds_tag(made.key_id, tools.basis.succeeds)
    await record(tools, holder, made.key_id, going=_going(step) | {succeeds})
    if interrupted is not None:
        raise interrupted
    await _refuse_two(tools, holder, made)
    return Handed(made, elsewhere=False)


async def _declare(tools: SecretTools, holder: SecretHolder, leaked: Sequence[str]) -> None:
    """Put an emergency on record before anything is done, so that it is finished if this run is killed.

    Journal and tag each do; without both, the tag comes with the new secret's record.
    """
    known = tools.journal.leaked() if leaked else frozenset()
    with suppress(ProvisionError):
        for key_id in leaked:
            if key_id not in known:
                tools.journal.write(LEAKED, key_id, tools.graph.now())
    tags = frozenset(delivery_tags.LEAKED_TAG + key_id for key_id in leaked)
    if not tags <= set(holder.tags):
        with suppress(ProvisionError):
            await write_records(tools, holder, tags, urgent=True)
            await see_no_record_lost(tools, holder, patient=False)


def _going(step: Mint) -> set[str]:
    """Return the tags of what is to be removed once the new secret is delivered."""
    leaked = {delivery_tags.LEAKED_TAG + key for key in step.leaked}
    return leaked | {delivery_tags.RETIRED_TAG + key for key in step.retires}


def _remember(tools: SecretTools, key_id: str, error: BaseException) -> None:
    """Note that the sink did not take the value, for the next run to know before it makes another."""
    if tools.sink.interactive or getattr(error, "entry", None) is not catalogue.DELIVERY_FAILED:
        return
    lasting = isinstance(error, Undeliverable)
    with suppress(ProvisionError):  # a full disk must not keep the secret from being revoked
        tools.journal.write(UNDELIVERED, key_id, tools.graph.now(), place=tools.sink.label, lasting=lasting)


async def _hand_over(
    tools: SecretTools, holder: SecretHolder, secret: Secret, made: Observed
) -> asyncio.CancelledError | None:
    """Hand the value to the sink, unless it is too old by then.

    If Ctrl-C comes while a sink delivers in its thread, the thread is waited for, since it cannot be stopped.
    If it succeeds, the interruption is returned for the caller to raise once the delivery is recorded.
    """

    def in_time() -> None:
        if not generation.in_time(made, tools.graph.now()):
            raise ProvisionError(
                catalogue.SECRET_TOO_OLD,
                f"the secret {made.key_id} was made at {made.start:%H:%M:%S} (UTC) and not handed over yet; "
                "it was revoked",
            )

    handover = Handover(tools.desired.name, made.key_id, made.end, made.start, in_time=in_time)
    async with tools.delivering:
        in_time()
        _refuse_mixed_up(holder, "it was revoked")
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


async def _refuse_two(tools: SecretTools, holder: SecretHolder, made: Observed) -> None:
    """Raise ``ProvisionError`` (``TWO_DELIVERED``) if another run delivered one of the same generation.

    Where this one's took so long that others may have held it for an orphan, one of theirs without a record
    is waited for, and told as well.
    """
    assert holder.seen is not None
    met, pauses = others(tools, holder, holder.seen), RandomPauses(tools.graph, tools.dice)
    late = not generation.in_time(made, tools.graph.now())
    while late and met.claims and not met.delivered:
        if not await pauses.pause("another run made a secret meanwhile"):
            break
        met = await look(tools, holder, shows=frozenset({made.key_id}))
    tags = holder.seen.tags
    recorded, succeeds = delivery_tags.delivered(tags), delivery_tags.successions(tags)
    state = standing(tools.desired, holder.seen.secrets, Records(recorded), now=tools.graph.now())
    pair = generation.twins(state, succeeds) or ()
    # The first by an older version of the program.
    untold = [item for item in met.delivered if item.key_id not in succeeds] + list(
        met.claims if late else ()
    )
    for item in (*(pair if made.key_id in [twin.key_id for twin in pair] else ()), *untold):
        if item.key_id != made.key_id:
            raise ProvisionError(
                catalogue.TWO_DELIVERED,
                f"two runs at the same time each handed over a secret for '{tools.desired.name}': "
                f"this one {made.key_id}, another one {item.key_id}",
            )


async def _mint(tools: SecretTools, holder: SecretHolder, step: Mint) -> tuple[Observed, Secret]:
    """Make the secret. If the answer is lost, its value is too: remove that secret, and make another.

    Of two that were made at the same time by the same name only the key id tells whose is whose; so if Graph
    did not keep ours, one whose answer was lost is not removed, and will be reported.
    """
    pauses = RandomPauses(tools.graph, tools.dice)
    for tried in range(_TRIES):
        if tried and not await pauses.pause("the answer with a new secret was lost; it is made again"):
            break
        key_id = tools.new_key_id()
        start = await _after_the_last(tools, holder)
        # In a thread: the disk takes its time, and others go on meanwhile.
        await asyncio.to_thread(tools.journal.write, INTENDED, key_id, start)
        holder.mine |= {key_id}
        _refuse_mixed_up(holder, "it was not made")
        try:
            made, secret = await client_secret.mint(
                tools.graph,
                holder.object_id,
                key_id=key_id,
                display_name=step.display_name,
                start=start,
                end=step.end(start),
                fresh=holder.fresh,
            )
        except client_secret.ReplyLost:
            holder.unseen |= {key_id}
            await look(tools, holder)
            continue
        except ProvisionError as error:
            if error.entry is catalogue.LIFETIME_REFUSED and (within := step.within_policy(start)):
                return await _mint(tools, holder, within)
            if error.entry is catalogue.OTHER_OBJECT:  # one may have been made, and its value is nobody's
                holder.mixed_up = True  # known to the steps beside this one before it is cleared up
                holder.unseen |= {key_id}
                with suppress(ProvisionError):  # then it stays in the journal, for the next run
                    await look(tools, holder)
            raise
        if made.key_id != key_id:  # Graph did not keep ours: the journal must know the real one
            tools.journal.write(INTENDED, made.key_id, start)
            tools.journal.write(REMOVED, key_id, start)
        holder.mine |= {made.key_id}
        holder.keys |= {made.key_id}
        return made, secret
    raise ProvisionError(catalogue.UNSEEN_SECRET)


def _refuse_mixed_up(holder: SecretHolder, what: str) -> None:
    """Raise ``ProvisionError`` if a step beside this one was answered about another object."""
    if holder.mixed_up:
        raise ProvisionError(
            catalogue.OTHER_OBJECT,
            f"an answer to a step beside that of the new secret was about another object; {what}",
        )


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


async def _revoke(tools: SecretTools, holder: SecretHolder, key_id: str, cause: str) -> None:
    try:
        await asyncio.shield(remove(tools, holder, key_id, young=True))
    except ProvisionError as error:
        raise ProvisionError(
            catalogue.NOT_REVOKED,
            f"the secret {key_id} was not delivered ({cause}), and it could not be revoked: {error.message}",
            request_id=error.request_id,
        ) from error
