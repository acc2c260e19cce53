"""The plans of ``rotate``: what each of its modes does to the secrets; nothing else is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from provision.change import Action, Change
from provision.errors import ProvisionError, Severity, catalogue
from provision.plan import generation
from provision.plan.build import assemble, limits_of, may_be_shorter, secret_findings
from provision.plan.model import Context, Plan
from provision.resources import Desired, Observed
from provision.resources.client_secret import (
    ADDRESS,
    Mint,
    Records,
    Remove,
    Standing,
    called,
    finishing,
    forgetting,
    lost,
    minting,
    none_to_enter,
    removal,
    renewal_due,
    standing,
    unchanged,
    unrecorded,
)
from provision.resources.client_secret import Observed as Secret
from provision.resources.consent import Detail
from provision.resources.last_use import Observed as LastUse


class Mode(StrEnum):
    """What is asked for.

    ========= ========================= ==========================================================
    asked     delivered ones alive      outcome
    ========= ========================= ==========================================================
    ROTATE    none, one                 one more is made and delivered
    ROTATE    two, the newer not due    nothing: the newer waits to be confirmed
    ROTATE    two, the newer is due     one more is made and delivered, as ``apply`` does
    AGAIN     two or more               one more is made and delivered, then the newest before it goes
    CONFIRM   two or more               all but the newest go, and what has ended
    EMERGENCY any                       one more is made and delivered, then all others go at once
    ========= ========================= ==========================================================

    In each, what an interrupted run of this machine left undelivered goes too, and what an interrupted
    AGAIN or EMERGENCY of any machine was to remove. While an emergency is not finished and its new secret
    is delivered, ROTATE and EMERGENCY only finish it. What another run delivered since this one was started
    is left out of account: whoever carries the plan out meets it, and makes none beside it.
    """

    ROTATE = "rotate"
    AGAIN = "again"
    CONFIRM = "confirm"
    EMERGENCY = "emergency"


def build(
    context: Context,
    desired: Desired,
    observed: Observed,
    records: Records,
    mode: Mode,
    *,
    now: datetime,
    consented: Detail,
    came: frozenset[str] = frozenset(),
    allowed: Collection[str] = (),
) -> Plan:
    """Return what ``rotate`` would do in this mode; ``now`` is the service's time.

    ``came`` are the key ids that other runs delivered since this one was started, ``allowed`` names what is
    let pass. It removes only secrets that carry our mark, and that were delivered, or that an interrupted run
    left.
    """
    wanted, shorter = desired.client_secret, may_be_shorter(allowed)
    before, known = [item for item in observed.secrets if item.key_id not in came], records.without(came)
    state = standing(wanted, before, known, now=now)
    limits = limits_of(observed, now=now, allowed=allowed)
    make = partial(minting, wanted, limits, _reason(mode, state, came), now=now)
    ends = [item.end for item in (*state.delivered, state.succeeded) if item not in (None, state.adopted)]
    replaced = None if shorter else max(ends, default=None)
    if mode is Mode.EMERGENCY and not _only_to_finish(state):
        changes = _emergency(make, state, known, now)
    else:
        due = renewal_due(wanted, state, now=now)
        changes = _of_mode(mode, state, make, replaced=replaced, due=due)
    done = {change.address for change in changes}
    succeeded = state.current is not None or any(isinstance(change.step, Mint) for change in changes)
    also = (*(finishing(state) if succeeded else ()), *lost(state, known))
    changes = (*changes, *(change for change in also if change.address not in done))
    touched = {change.address for change in changes}
    missing = tuple(change for change in unrecorded(state, known) if change.address not in touched)
    changes = (*missing, *changes)
    found = secret_findings(desired, observed, records, changes, now=now, allowed=allowed)
    # Every other way removes the secret that was waiting, and the finding names that one.
    stays = mode is Mode.ROTATE
    findings = (
        replace(f, severity=Severity.WARNING) if f.entry is catalogue.TWO_DELIVERED and not stays else f
        for f in found
        if stays or f.entry is not catalogue.AWAITS_CONFIRMATION
    )
    return assemble(
        context,
        desired,
        observed,
        changes,
        findings,
        consented=consented,
        standing=state,
        records=records,
        came=came,
    )


def _of_mode(
    mode: Mode, state: Standing, make: Callable[..., Change], *, replaced: datetime | None, due: bool
) -> tuple[Change, ...]:
    """Return what a mode asks for; ``replaced``: the end of what is replaced, ``due``: a renewal is."""
    match mode:
        case Mode.CONFIRM:
            return _confirmed(state)
        case Mode.ROTATE | Mode.EMERGENCY if _only_to_finish(state):
            return (_nothing("an emergency is not finished: its new secret is delivered"),)
        case Mode.AGAIN if state.waits:
            # Only the newest was surely never entered: one before it may be.
            unconfirmed = state.delivered[0]
            return (
                make(at_least=replaced, retires=(unconfirmed.key_id, *sorted(state.replaced))),
                removal(unconfirmed, "replaced before it was confirmed"),
            )
        case Mode.ROTATE if state.waits and not due:
            return (_nothing(unchanged(state)),)
        case _:
            return (
                make(
                    at_least=replaced if state.succeeded else None,
                    retires=tuple(sorted(state.replaced)),
                    leaked=tuple(sorted(state.leaked)),
                ),
            )


def _emergency(
    make: Callable[..., Change], state: Standing, records: Records, now: datetime
) -> tuple[Change, ...]:
    """Put all of ours that are alive on record as leaked, make a new one, and remove what was delivered.

    An adopted one is removed by ``--confirm`` alone. What is ours by its mark alone stays on record, for
    somebody who can tell whose it is. What another run may be about to hand over is no such thing: it is
    made for the leaked one, or not yet anybody's.
    """
    delivered = tuple(item for item in state.delivered if item != state.adopted)
    gone = (*delivered, *state.going, *(item for item in state.ended if item != state.adopted))
    unknown = (
        item
        for item in state.unproven
        if item.key_id not in records.journal and not generation.holds_back(item, now)
    )
    leaked = sorted({item.key_id for item in (*delivered, *state.going, *unknown)})
    return (make(leaked=tuple(leaked)), *(removal(item, "it leaked, or may have") for item in gone))


def _only_to_finish(state: Standing) -> bool:
    """Say whether an emergency got as far as its new secret's delivery, and no further."""
    return state.current is not None and any(item.key_id in state.leaked for item in state.going)


def revocation(
    context: Context,
    desired: Desired,
    observed: Observed,
    records: Records,
    key_id: str,
    *,
    consented: Detail,
) -> Plan:
    """Return the plan that removes one marked secret of which nothing says that it was delivered.

    Raises ``ProvisionError`` for any other: it may be in use, or is somebody else's.
    """
    wanted = key_id.lower()
    found = next((item for item in observed.secrets if item.key_id == wanted), None)
    if found is None:
        raise ProvisionError(catalogue.NOT_OURS, f"the application has no secret {wanted}")
    if not desired.client_secret.marks(found):
        mark = desired.client_secret.mark
        raise ProvisionError(
            catalogue.NOT_OURS, f"secret {wanted} ('{found.display_name}') does not carry the mark '{mark}'"
        )
    if wanted in records.tenant | records.sink | {desired.client_secret.adopt}:
        raise ProvisionError(catalogue.NOT_OURS, f"secret {wanted} was delivered, and may be in use")
    changes = (removal(found, "nothing records that it was delivered, and its removal was asked for"),)
    return assemble(
        context, desired, observed, changes, (), consented=consented, standing=None, records=records
    )


def _reason(mode: Mode, state: Standing, came: frozenset[str]) -> str:
    if came:
        return f"asked for, unless {', '.join(sorted(came))} stays, which another run delivered meanwhile"
    if mode is Mode.EMERGENCY and (state.delivered or state.going):
        return "the present one is to be replaced at once"
    if state.current is None:
        return none_to_enter(state) if state.gone or state.going else "none delivered is alive"
    return "asked for"


def _confirmed(state: Standing) -> tuple[Change, ...]:
    if state.current is None:
        return (_nothing(f"there is no secret to confirm: {none_to_enter(state)}; run 'provision apply'"),)
    retired = [removal(item, _whose(state, item, "its successor is entered")) for item in state.older]
    retired += [removal(item, _whose(state, item, "it has ended")) for item in state.ended]
    retired += forgetting(state.missing)
    return tuple(retired) or (_nothing("one delivered secret is alive: nothing waits to be confirmed"),)


def _whose(state: Standing, secret: Secret, why: str) -> str:
    """Say of an adopted secret which it is, for a person made it by hand; Graph does not tell who."""
    return f"{why}; it is the adopted one, {called(secret)}" if secret == state.adopted else why


def with_last_use(plan: Plan, used: LastUse) -> Plan:
    """Return the plan with the last sign-in of an adopted secret that it removes: what a person goes by."""
    adopted = plan.standing.adopted if plan.standing else None
    if adopted is None:
        return plan
    words = used.words(adopted.key_id) or f"its last sign-in was not read: {used.unread}"
    changes = tuple(
        replace(change, reason=f"{change.reason}; {words}")
        if isinstance(change.step, Remove) and change.step.key_id == adopted.key_id
        else change
        for change in plan.changes
    )
    return replace(plan, changes=changes)


def _nothing(why: str) -> Change:
    return Change(ADDRESS, Action.NO_OP, why)
