"""From how the secrets stand to the changes that are due: the pure diff of ``apply``, and its parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from provision.change import Action, Change
from provision.resources.app_management_policy import Limits
from provision.resources.client_secret.model import (
    ADDRESS,
    Desired,
    Forget,
    Mint,
    Observed,
    Record,
    Records,
    Remove,
)
from provision.resources.client_secret.span import UNNOTICED, end_date, granted_lifetime
from provision.resources.client_secret.standing import Standing, renewal_due, standing


def diff(
    desired: Desired,
    observed: Sequence[Observed],
    records: Records,
    limits: Limits,
    *,
    now: datetime,
    shorter: bool = False,
) -> tuple[Change, ...]:
    """Return the changes after which a delivered secret outlives its renewal window.

    A new one comes first. A delivered one is never removed, not even an ended one, unless somebody asked
    for that before and the run was interrupted. ``shorter``: the new one may end before the one it replaces.
    """
    state = standing(desired, observed, records, now=now)
    main = _main_change(desired, state, limits, now=now, shorter=shorter)
    return (*unrecorded(state, records), main, *finishing(state), *lost(state, records))


def minting(
    desired: Desired,
    limits: Limits,
    reason: str,
    *,
    now: datetime,
    at_least: datetime | None = None,
    retires: tuple[str, ...] = (),
    leaked: tuple[str, ...] = (),
) -> Change:
    """Return the change that makes and delivers a secret.

    ``at_least`` is the end of what it replaces, ``retires`` and ``leaked`` are key ids that :class:`Mint`
    puts on record.
    """
    step = Mint(desired.display_name, desired.lifetime, limits, at_least, retires, leaked)
    lifetime = granted_lifetime(desired.lifetime, limits)
    if stretched(step, now):
        lifetime = f"until {step.end(now):%Y-%m-%d}, as the one that it replaces"
    after = {"displayName": desired.display_name, "lifetime": lifetime}
    return Change(ADDRESS, Action.CREATE, reason, None, after, step)


def least_end(state: Standing) -> datetime | None:
    """Return the end before which a new secret is not to end; an adopted one's was nobody's choice here."""
    succeeded = state.succeeded
    return None if succeeded is None or succeeded == state.adopted else succeeded.end


def called(secret: Observed) -> str:
    """Return how a person knows a secret that was made by hand: by its name, beginning and dates."""
    begins = f", begins with {secret.hint}" if secret.hint else ""
    return (
        f"'{secret.display_name or 'without a name'}' ({secret.key_id}{begins}, "
        f"made {secret.start:%Y-%m-%d}, ends {secret.end:%Y-%m-%d})"
    )


def stretched(step: Mint, now: datetime) -> bool:
    """Say whether the secret lives longer than the config asks for, because the one it replaces does."""
    return step.end(now) - end_date(step.lifetime, step.limits, now) >= UNNOTICED


def removal(secret: Observed, reason: str) -> Change:
    """Return the change that removes a secret of ours."""
    before = {"displayName": secret.display_name, "keyId": secret.key_id}
    return Change(f"{ADDRESS}[{secret.key_id}]", Action.DELETE, reason, before, None, Remove(secret.key_id))


def unrecorded(state: Standing, records: Records) -> tuple[Change, ...]:
    """Return the changes that record a delivery which the tenant has no record of.

    They come before a new secret: its delivery takes the place of the sink's record, which may be all
    that says that the one before it is in use.
    """
    return tuple(
        Change(
            f"{ADDRESS}[{item.key_id}]",
            Action.UPDATE,
            "it was delivered, but the tenant's record of that is missing",
            {"delivered": None},
            {"delivered": item.key_id},
            Record(item.key_id, newest=item == state.latest),
        )
        for item in state.delivered
        if item.key_id not in records.tenant and item != state.adopted
    )


def lost(state: Standing, records: Records) -> tuple[Change, ...]:
    """Return the removals of secrets that an interrupted run of this machine made and never delivered."""
    why = "minted by a run that was interrupted; nobody ever received it"
    return tuple(removal(item, why) for item in state.unproven if item.key_id in records.journal)


def finishing(state: Standing) -> tuple[Change, ...]:
    """Return the removals that an interrupted ``rotate`` of any machine, in any of its modes, left."""
    return tuple(
        removal(
            item,
            "it leaked, or may have; the emergency was not finished"
            if item.key_id in state.leaked
            else "it was replaced; the run that was to remove it was interrupted",
        )
        for item in state.going
    )


def forgetting(stale: frozenset[str]) -> tuple[Change, ...]:
    """Return the changes that drop the records of deliveries whose secret is gone."""
    return tuple(
        Change(
            f"{ADDRESS}[{key_id}]",
            Action.UPDATE,
            "the tenant records its delivery, and it is not there any more",
            {"delivered": key_id},
            {"delivered": None},
            Forget(key_id),
        )
        for key_id in sorted(stale)
    )


def _main_change(
    desired: Desired, state: Standing, limits: Limits, *, now: datetime, shorter: bool
) -> Change:
    due = _due(desired, state, now=now)
    if due is not None:
        return minting(
            desired,
            limits,
            due,
            now=now,
            at_least=None if shorter else least_end(state),
            retires=tuple(sorted(state.replaced)),
            leaked=tuple(sorted(state.leaked)),
        )
    assert state.current is not None
    return Change(ADDRESS, Action.NO_OP, unchanged(state))


def unchanged(state: Standing) -> str:
    """Say of a current secret that it stays as it is."""
    assert state.current is not None
    if state.confirm_by is None:
        how = "adopted" if state.current == state.adopted else "delivered"
        return f"{how}, ends {state.current.end:%Y-%m-%d}"
    count = "two" if len(state.delivered) == 2 else str(len(state.delivered))
    return (
        f"{count} delivered ones are alive: the newest waits to be entered and confirmed by "
        f"{state.confirm_by:%Y-%m-%d}"
    )


def _due(desired: Desired, state: Standing, *, now: datetime) -> str | None:
    """Say why a secret is to be made, or ``None``."""
    if state.current is None:
        return none_to_enter(state)
    if not renewal_due(desired, state, now=now):
        return None
    how = "adopted" if state.current == state.adopted else "delivered"
    return f"renewal is due: the {how} one ends {state.current.end:%Y-%m-%d}"


def none_to_enter(state: Standing) -> str:
    """Say why there is no secret to enter."""
    if any(item.key_id in state.leaked for item in state.going):
        return "the present one leaked, or may have; the emergency was not finished"
    if state.gone:
        return f"the one delivered last ({', '.join(sorted(state.gone))}) was removed"
    if state.succeeded is not None:
        return (
            f"the one delivered last ({state.succeeded.key_id}) is to be replaced, and nothing says that its "
            "successor was delivered"
        )
    if not state.ended:
        return "none delivered"
    how = "adopted" if state.ended[0] == state.adopted else "delivered"
    return f"the {how} one ended {state.ended[0].end:%Y-%m-%d}"
