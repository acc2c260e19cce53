"""Judge when secrets end: which state each is in, which need somebody, and in which order they are shown.

"Window" is what ``--within`` says, from the service's now on; its last moment belongs to it. A secret is
*outlived* when a delivered one of ours that was made later ends later. *Current* is the one delivered last.
The *last day* is the first end of a delivered one that is alive, for any of these may be the one entered.
"Counts" is what exit code 4 means.

============================================================== =================== ===================
secret                                                         state               counts
============================================================== =================== ===================
ours, ended, not outlived                                      expired             yes
ours, ended, outlived                                          expired             no
ours, ends within the window, not outlived                     expiring            yes
ours, current, an older one alive beside it                    awaits-confirmation if the last day is
                                                                                   within the window, or its
                                                                                   own renewal has come
ours, alive, a later one delivered                             replaced            only where that one was
                                                                                   removed
ours, the only one, in its renewal window                      renewal-due         no
ours, the only one, before that                                fine                no
ours, alive, leaked in an emergency that was not finished      leaked              yes
ours by its mark, alive, no record of a delivery               unproven            if it ends within the
                                                                                   window, not outlived
ours, minted by a run of this machine that was interrupted     unproven, expired   no: nobody has it
others', ends within the window                                expiring            yes
others', ends later                                            fine                no
others', ended                                                 expired             no
certificates, and what is on the service principal     as others' secrets
one of ours that was delivered was removed by somebody else    removed             yes
none of ours was ever delivered                                none                no: ``plan`` says it
============================================================== =================== ===================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from provision.checks.signs_in import Holder
from provision.outcomes.expiry import Expiry, Row, State, Unreadable, Watched
from provision.plan.model import Target
from provision.resources import client_secret
from provision.resources.client_secret import Observed, Records, Span, Standing
from provision.values import dataclass

_NO_START = datetime.min.replace(tzinfo=UTC)  # of a certificate it is not read


@dataclass(frozen=True, slots=True)
class Subject:
    """The application whose secrets are judged."""

    tenant_id: str
    client_id: str | None  # None: there is no application yet


def rows(
    subject: Subject,
    desired: client_secret.Desired,
    secrets: Sequence[Observed],
    records: Records,
    *,
    within: Span,
    now: datetime,
    others: Iterable[Holder] = (),
) -> tuple[Row, ...]:
    """Return a row for each secret of one application, ours and others', in any order.

    ``others`` is what signs in as it beside the application's own secrets: judged as others' secrets are.

    ``within`` is the window that ``attention`` is judged by, ``now`` the service's time.
    """
    state = client_secret.standing(desired, secrets, records, now=now)
    row = partial(Row, desired.name, subject.tenant_id, subject.client_id, now)
    window_end, late = within.after(now), client_secret.overdue(desired, state, now=now)
    judged: list[Row] = []
    if state.gone or state.missing:
        judged.append(row(State.REMOVED, attention=True))
    elif not (state.delivered or state.ended or state.going):
        judged.append(row(State.NONE, attention=False))
    for secret in secrets:
        soon = secret.end <= window_end
        if secret not in state.ours:
            meaning = _of_others(secret, soon=soon, now=now)
            judged.append(row(meaning, attention=meaning is State.EXPIRING, ours=False, secret=secret))
            continue
        confirm_by = state.confirm_by if secret == state.current else None
        ending = soon and not _outlived(secret, state) and not _never_received(secret, state, records)
        meaning = _of_ours(desired, secret, state, ending=ending, now=now)
        judged.append(
            row(
                meaning,
                attention=ending
                or meaning is State.LEAKED
                or (confirm_by is not None and (confirm_by <= window_end or late is not None))
                or (meaning is State.REPLACED and bool(state.gone)),
                adopted=secret == state.adopted,
                secret=secret,
                renew=client_secret.renewal_date(desired, secret) if secret == state.current else None,
                confirm_by=confirm_by,
            )
        )
    for holder in others:
        for kind, secret in _held(holder):
            meaning = _of_others(secret, soon=secret.end <= window_end, now=now)
            made = row(meaning, attention=meaning is State.EXPIRING, ours=False, secret=secret)
            judged.append(replace(made, kind=kind, holder=holder.kind))
    return tuple(judged)


def _held(holder: Holder) -> Iterator[tuple[str, Observed]]:
    """Yield secrets and certificates alike: what counts is when each ends."""
    yield from (("secret", item) for item in holder.secrets)
    for item in holder.certificates:
        yield "certificate", Observed(item.key_id, item.display_name, _NO_START, item.end, None)


def _of_others(secret: Observed, *, soon: bool, now: datetime) -> State:
    if secret.end <= now:
        return State.EXPIRED
    return State.EXPIRING if soon else State.FINE


def _of_ours(
    desired: client_secret.Desired, secret: Observed, state: Standing, *, ending: bool, now: datetime
) -> State:
    if secret.end <= now:
        return State.EXPIRED
    if secret.key_id in state.leaked:
        return State.LEAKED
    if secret in state.unproven:
        return State.UNPROVEN
    if ending:
        return State.EXPIRING
    if secret != state.current:
        return State.REPLACED
    if state.older:
        return State.AWAITS_CONFIRMATION
    return State.RENEWAL_DUE if now >= client_secret.renewal_date(desired, secret) else State.FINE


def _outlived(secret: Observed, state: Standing) -> bool:
    """Say whether a later one of ours that somebody received ends later."""
    return any(
        (other.start, other.key_id) > (secret.start, secret.key_id) and other.end > secret.end
        for other in (*state.delivered, *state.ended)
    )


def _never_received(secret: Observed, state: Standing, records: Records) -> bool:
    known = (*state.delivered, *state.ended, *state.going)
    return secret not in known and secret.key_id in records.journal


_RANK = (State.REMOVED, State.NONE, State.RENEWAL_DUE, State.AWAITS_CONFIRMATION, State.UNPROVEN)


def _urgency(row: Row) -> tuple[int, float, str, str]:
    """First what counts, then what is to be done some day, then what is fine, then what is past."""
    if row.attention:
        rank = 0
    elif row.state in _RANK:
        rank = 1 + _RANK.index(row.state)
    else:
        rank = 1 + len(_RANK) + (row.state is State.EXPIRED)
    moment = row.deadline.timestamp() if row.deadline else 0.0
    key_id = row.secret.key_id if row.secret else ""
    past = rank > 1 + len(_RANK)
    return rank, -moment if past else moment, row.config, key_id  # of the past, the latest first


def gather(target: Target, within: Span, configs: Iterable[Watched | Unreadable], *, now: datetime) -> Expiry:
    """Return the fleet, its rows sorted by urgency.

    Two configs may mean one application: a secret that is ours to one of them is not shown as
    somebody else's to the other.
    """
    listed = tuple(configs)
    every = [row for item in listed if isinstance(item, Watched) for row in item.rows]
    ours = {(row.tenant_id, row.secret.key_id) for row in every if row.ours and row.secret}
    shown = [
        row for row in every if row.ours or (row.secret and (row.tenant_id, row.secret.key_id) not in ours)
    ]
    return Expiry(target, within, listed, tuple(sorted(shown, key=_urgency)), now)
