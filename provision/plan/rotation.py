"""The plans of ``rotate``: what each of its modes does to the secrets; nothing else is changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from provision.change import Action, Change
from provision.errors import ProvisionError, catalogue
from provision.plan.build import limits_of, planned, secret_findings
from provision.plan.model import Plan, Target
from provision.resources import Desired, Observed
from provision.resources.client_secret import (
    ADDRESS,
    Records,
    Standing,
    lost,
    minting,
    removal,
    standing,
    unrecorded,
)


class Mode(StrEnum):
    """What is asked for.

    ========= ======================= ==========================================================
    asked     delivered ones alive    outcome
    ========= ======================= ==========================================================
    ROTATE    none, one               one more is made and delivered
    ROTATE    two                     nothing: the newer waits to be confirmed
    AGAIN     two or more             one more is made and delivered, then all but the oldest go
    CONFIRM   two                     the older goes, and what has ended
    EMERGENCY any                     one more is made and delivered, then all others go at once
    ========= ======================= ==========================================================

    In each, what an interrupted run of this machine left undelivered goes too.
    """

    ROTATE = "rotate"
    AGAIN = "again"
    CONFIRM = "confirm"
    EMERGENCY = "emergency"


def build(
    target: Target,
    desired: Desired,
    observed: Observed,
    records: Records,
    mode: Mode,
    *,
    now: datetime,
) -> Plan:
    """Return what ``rotate`` would do in this mode; ``now`` is the service's time.

    It removes only secrets that carry our mark, and that were delivered, or that an interrupted run left.
    """
    state = standing(desired.client_secret, observed.secrets, records, now=now)
    fresh = minting(desired.client_secret, limits_of(observed, now=now), _reason(mode, state))
    match mode:
        case Mode.CONFIRM:
            changes = _confirmed(state)
        case Mode.EMERGENCY:
            gone = (*state.delivered, *state.ended)
            changes = (fresh, *(removal(item, "it leaked, or may have") for item in gone))
        case Mode.AGAIN if state.older:
            # More than one if an earlier --again was interrupted; the oldest is the one that is in use.
            unconfirmed = state.delivered[:-1]
            changes = (fresh, *(removal(item, "replaced before it was confirmed") for item in unconfirmed))
        case _ if state.older:
            changes = (_nothing("two delivered ones are alive: the newer waits to be confirmed"),)
        case _:
            changes = (fresh,)
    removed = {change.address for change in changes}
    missing = (change for change in unrecorded(state, records) if change.address not in removed)
    changes = (*missing, *changes, *lost(state, records))
    found = secret_findings(desired, observed, records, changes, now=now)
    # Every other way removes the secret that was waiting, and the finding names that one.
    stays = mode is Mode.ROTATE
    findings = (f for f in found if stays or f.entry is not catalogue.AWAITS_CONFIRMATION)
    return planned(target, desired, observed, changes, findings)


def revocation(target: Target, desired: Desired, observed: Observed, records: Records, key_id: str) -> Plan:
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
    if wanted in records.tenant | records.sink:
        raise ProvisionError(catalogue.NOT_OURS, f"secret {wanted} was delivered, and may be in use")
    changes = (removal(found, "nothing records that it was delivered, and its removal was asked for"),)
    return planned(target, desired, observed, changes, ())


def _reason(mode: Mode, state: Standing) -> str:
    if state.current is None:
        return "none delivered is alive"
    return "the present one is to be replaced at once" if mode is Mode.EMERGENCY else "asked for"


def _confirmed(state: Standing) -> tuple[Change, ...]:
    if state.current is None:
        return (_nothing("no delivered secret is alive: there is none to confirm"),)
    retired = [removal(item, "its successor is entered") for item in state.older]
    retired += [removal(item, "it has ended") for item in state.ended]
    return tuple(retired) or (_nothing("one delivered secret is alive: nothing waits to be confirmed"),)


def _nothing(why: str) -> Change:
    return Change(ADDRESS, Action.NO_OP, why)
