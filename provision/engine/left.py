"""How the secrets of one config stand at the end of a run, and what is to be said of where they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from provision.delivery import Sink
from provision.engine.journal import Journal
from provision.engine.known import recorded, with_held
from provision.errors import Finding, ProvisionError, Severity, catalogue
from provision.outcomes.result import SecretKey
from provision.plan.build import by_severity
from provision.plan.model import Plan
from provision.resources import client_secret
from provision.resources.client_secret import Observed, Records
from provision.values import dataclass


@dataclass(frozen=True)
class Left:
    """How the secrets stand, and which keys the sink holds, those that are gone included."""

    state: client_secret.Standing
    records: Records
    there: frozenset[str]  # the key ids of the application
    held: frozenset[str]  # of those that the sink says it holds
    now: datetime


async def left_behind(
    desired: client_secret.Desired,
    secrets: tuple[Observed, ...],
    tags: tuple[str, ...],
    journal: Journal,
    sink: Sink,
    *,
    now: datetime,
) -> Left:
    """Return how the secrets stand by the tenant's tags, the journal and the sink."""
    records = recorded(desired, tags, journal)
    there = frozenset(item.key_id for item in secrets)
    try:
        held = await asyncio.to_thread(sink.recall, there | records.tenant)
        records = with_held(records, there, held)
    except ProvisionError:  # where it is kept cannot be told; that it was delivered, the tenant knows
        held = frozenset()
        records = replace(records, journal=frozenset())
    return Left(client_secret.standing(desired, secrets, records, now=now), records, there, held, now)


def retold(plan: Plan, left: Left, *, minted: bool) -> tuple[Finding, ...]:
    """Return the plan's findings with those about the secrets as they stand after the run.

    An emergency that came since the plan is another run's, which is at it. The commands in the plan's own
    are whole already.
    """
    desired, whole = plan.desired.client_secret, plan.again.worded
    mints = (c.step for c in plan.changes if isinstance(c.step, client_secret.Mint))
    known = plan.records.leaked.union(*(step.leaked for step in mints))
    again = [
        f if f.entry is not catalogue.EMERGENCY_UNFINISHED or f.value in known else _under_way(f.value)
        for f in client_secret.of_the_standing(desired, left.state, left.records, now=left.now)
    ]
    found = [f for f in plan.findings if f.entry not in client_secret.OF_THE_STANDING]
    # Of the secret that was just handed over the sheet itself says until when it is to be entered.
    found += [
        replace(f, message=whole(f.message), fix=whole(f.fix or f.entry.fix))
        for f in again
        if not (minted and f.entry is catalogue.AWAITS_CONFIRMATION)
    ]
    return by_severity(found)


def _under_way(key_id: str) -> Finding:
    return Finding(
        catalogue.EMERGENCY_UNDER_WAY,
        Severity.INFO,
        f"another run declared an emergency meanwhile, about the secret {key_id}",
        value=key_id,
    )


def to_enter(
    desired: client_secret.Desired, left: Left, journal: Journal, sink: Sink, *, fresh: Observed | None
) -> SecretKey | None:
    """Return the secret to enter: ``fresh``, which this run made, or else the one delivered last.

    Where the sink does not hold it, this machine's journal may still know where it went.
    """
    state = left.state
    current = fresh or state.current
    if current is None:
        return None
    held = fresh is not None or current.key_id in left.held
    return SecretKey(
        key_id=current.key_id,
        hint=current.hint,
        expires=current.end,
        renew=client_secret.renewal_date(desired, current),
        renew_due=client_secret.renewal_due(desired, state, now=left.now),
        delivered_to=sink.label if held else journal.place_of(current.key_id),
        held=held,
        fresh=fresh is not None,
        adopted=current == state.adopted,
        confirm_by=state.confirm_by,
    )


def of_the_place(left: Left, sink: Sink, secret: SecretKey | None, *, named: bool) -> str | None:
    """Return what is to be said of a sink that was named for this run and holds another secret, or none.

    ``named``: by ``--deliver``. A value of a key that is gone is told of wherever it lies.
    """
    if secret is None or secret.held or sink.interactive:
        return None
    gone = left.held - left.there
    if len(gone) == 1:
        return (
            f"{sink.label} holds the value of the secret {min(gone)}, which was removed: do not enter it. "
            f"The present one {_begins(secret)}."
        )
    if left.held:
        return (
            f"{sink.label} holds an older secret, {min(left.held)}: do not enter it. The present one "
            f"{_begins(secret)}."
        )
    if named:
        return f"{sink.label} was not used: the secret was delivered earlier ({_begins(secret)})."
    return None


def _begins(secret: SecretKey) -> str:
    return f"begins with {secret.hint}" if secret.hint else f"is the key {secret.key_id}"
