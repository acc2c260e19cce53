"""What a reader of a plan should know about the secrets: their lifetimes, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from provision.errors import Finding, Severity, catalogue
from provision.resources.app_management_policy import Limits
from provision.resources.client_secret.diff import called, stretched
from provision.resources.client_secret.model import Desired, Mint, Records
from provision.resources.client_secret.span import (
    LONGEST_MONTHS,
    POLICY_MARGIN,
    RECOMMENDED,
    UNNOTICED,
    days,
    granted_lifetime,
    latest_end,
    nominal,
)
from provision.resources.client_secret.standing import (
    Inert,
    Standing,
    may_be_entered,
    overdue,
    renewal_date,
)

_ATTRIBUTES = "CustomSecAttributeAssignment.Read.All"
# What a run may change the truth of, so that its result tells them anew.
OF_THE_STANDING = (
    catalogue.ADOPTED,
    catalogue.ADOPTED_SECRET_GONE,
    catalogue.ADOPT_NOT_FOUND,
    catalogue.ADOPT_TOO_LATE,
    catalogue.AWAITS_CONFIRMATION,
    catalogue.CONFIRMATION_OVERDUE,
    catalogue.EMERGENCY_UNFINISHED,
    catalogue.SECRET_REMOVED,
    catalogue.SECRET_UNPROVEN,
)


def check(
    desired: Desired,
    state: Standing,
    records: Records,
    limits: Limits,
    mint: Mint | None,
    *,
    now: datetime,
    shorter: bool = False,
) -> tuple[Finding, ...]:
    """Return what a reader of the plan should know about the secrets; ``mint`` if one is to be made.

    ``shorter``: it is allowed that the new one ends before the one that it replaces.
    """
    return (
        *_lifetime_findings(desired, limits, due=mint is not None),
        *(_end_findings(state, limits, mint, now=now, shorter=shorter) if mint is not None else ()),
        *of_the_standing(desired, state, records, now=now, due=mint is not None),
        *_wording_findings(desired, state, due=mint is not None),
    )


def of_the_standing(
    desired: Desired, state: Standing, records: Records, *, now: datetime, due: bool = False
) -> tuple[Finding, ...]:
    """Return what waits for a person, and until when; ``due`` if a new secret is to be made first."""
    return (
        *_adoption_findings(desired, state),
        *_emergency_findings(state),
        *_removed_findings(state),
        *_overlap_findings(desired, state, now=now, due=due),
        *_unproven_findings(desired, state, records),
    )


def _lifetime_findings(desired: Desired, limits: Limits, *, due: bool) -> Iterator[Finding]:
    if limits.blocked and due:
        yield Finding(
            catalogue.SECRETS_BLOCKED,
            Severity.ERROR,
            f"policy '{limits.policy}' forbids new client secrets on this application",
        )
    if limits.maybe_blocked and due:
        yield Finding(
            catalogue.SECRETS_BLOCKED,
            Severity.WARNING,
            f"policy '{limits.policy}' forbids new client secrets except to some callers; whether this "
            f"identity is one of them could not be read (needs {_ATTRIBUTES}), so apply asks Entra",
        )
    granted = nominal(desired.lifetime)
    if (limit := limits.strict.longest) and limits.maybe_longer and granted > limit - POLICY_MARGIN:
        tried = "is asked for all the same" if limits.otherwise else "is not asked for"
        yield Finding(
            catalogue.LIFETIME_OVER_POLICY,
            Severity.WARNING,
            f"policy '{limits.policy}' allows less than {days(limit)}, except to some callers; whether this "
            f"identity is one of them could not be read (needs {_ATTRIBUTES}); {desired.lifetime} {tried}",
        )
        granted = granted if limits.longest is None else min(granted, limits.longest - POLICY_MARGIN)
    elif limits.longest is not None and granted > limits.longest - POLICY_MARGIN:
        granted = limits.longest - POLICY_MARGIN
        yield Finding(
            catalogue.LIFETIME_CAPPED,
            Severity.INFO,
            f"policy '{limits.policy}' allows less than {days(limits.longest)}: "
            f"a new secret lives that long less an hour, not {desired.lifetime}",
        )
    if granted > RECOMMENDED:
        yield Finding(
            catalogue.LIFETIME_OVER_180_DAYS,
            Severity.WARNING,
            f"a new secret would live {granted_lifetime(desired.lifetime, limits)}; "
            "CISA recommends 180 days or less",
        )
    if nominal(desired.renew_before) > granted / 3:
        yield Finding(
            catalogue.RENEW_BEFORE_CAPPED,
            Severity.INFO,
            f"renewal begins a third of its life before a secret's end, not {desired.renew_before}",
        )


def _end_findings(
    state: Standing, limits: Limits, mint: Mint, *, now: datetime, shorter: bool
) -> Iterator[Finding]:
    """Compare the end of the new secret with the end of those that it stands beside."""
    end = mint.end(now)
    if mint.at_least is not None and latest_end(limits, now) <= mint.at_least - UNNOTICED:
        yield Finding(
            catalogue.SHORTER_LIFE,
            Severity.ERROR,
            f"the new secret may live until {end:%Y-%m-%d} at most ({_limit(limits)}), and the one that it "
            f"replaces ends {mint.at_least:%Y-%m-%d}",
        )
    elif stretched(mint, now):
        yield Finding(
            catalogue.LIVES_AS_LONG,
            Severity.WARNING,
            f"the new secret ends {end:%Y-%m-%d}, as the one that it replaces does, and not after "
            f"{mint.lifetime}: else whoever enters it in time would lose it first",
        )
    elif (shorter or state.adopted in state.delivered) and end + UNNOTICED <= (before := _last(state)):
        yield Finding(
            catalogue.SHORTER_LIFE,
            Severity.WARNING,
            f"the new secret ends {end:%Y-%m-%d}, before the one that it replaces ({before:%Y-%m-%d}): "
            f"once it is entered, {end:%Y-%m-%d} is the last day",
        )


def _last(state: Standing) -> datetime:
    return max((item.end for item in state.delivered), default=datetime.min.replace(tzinfo=UTC))


def _limit(limits: Limits) -> str:
    return f"policy '{limits.policy}'" if limits.longest is not None else f"{LONGEST_MONTHS} months"


def _adoption_findings(desired: Desired, state: Standing) -> Iterator[Finding]:
    if state.adopted is not None:
        text = f"secret {called(state.adopted)} is adopted: its value is in the product, and not known here"
        yield Finding(catalogue.ADOPTED, Severity.INFO, text, value=state.adopted.key_id)
    match state.inert:
        case Inert.GONE:
            text = f"the adopted secret {desired.adopt} is not there any more: secret.adopt is without effect"
            yield Finding(catalogue.ADOPTED_SECRET_GONE, Severity.INFO, text, value=str(desired.adopt))
        case Inert.UNKNOWN:
            text = f"the application has no secret {desired.adopt}, which secret.adopt names"
            yield Finding(catalogue.ADOPT_NOT_FOUND, Severity.ERROR, text, value=str(desired.adopt))
        case Inert.LATE:
            lives = ", ".join(item.key_id for item in (*state.delivered, *state.going))
            text = (
                f"secret.adopt names {desired.adopt}, and a delivered secret of '{desired.name}' is alive "
                f"that was not made beside it: {lives}"
            )
            yield Finding(catalogue.ADOPT_TOO_LATE, Severity.ERROR, text, value=str(desired.adopt))


def _emergency_findings(state: Standing) -> Iterator[Finding]:
    for item in state.going:
        if item.key_id in state.leaked:
            yield Finding(
                catalogue.EMERGENCY_UNFINISHED,
                Severity.WARNING,
                f"secret {item.key_id} (begins with {item.hint or '?'}) leaked, or may have, and still signs "
                "in: 'provision rotate --emergency' was interrupted",
                value=item.key_id,
            )
    for item in state.suspects:
        yield Finding(
            catalogue.EMERGENCY_UNFINISHED,
            Severity.WARNING,
            f"secret {item.key_id} (begins with {item.hint or '?'}) was there in an emergency and still "
            "signs in: nothing tells whether it is ours, so it was not removed",
            fix=f"If nobody else uses it, run 'provision rotate CONFIG --revoke {item.key_id}' now.",
            value=item.key_id,
        )


def _removed_findings(state: Standing) -> Iterator[Finding]:
    if any(item.key_id in state.leaked for item in state.going) or not (state.gone or state.missing):
        return
    removed = ", ".join(sorted(state.gone or state.missing))
    text = f"secret {removed} was delivered and is not there any more: if it is entered, no mail is sent; "
    if state.current is None:
        until = f" (one before it is alive until {state.last_day:%Y-%m-%d})" if state.last_day else ""
        text += f"let 'provision apply' make a new one, and enter that at once{until}"
    else:
        hint = _begins(state.current.hint)
        text += f"enter the one {hint} at once, then run 'provision rotate CONFIG --confirm'"
    yield Finding(catalogue.SECRET_REMOVED, Severity.WARNING, text, value=removed)


def _overlap_findings(desired: Desired, state: Standing, *, now: datetime, due: bool) -> Iterator[Finding]:
    newest, by = state.current, state.confirm_by
    if newest is None or by is None:
        return
    first = min(state.delivered, key=lambda item: item.end)
    ends = "when it ends itself" if first == newest else "when the one before it ends"
    late = overdue(desired, state, now=now)
    if late is not None:
        since = (
            f"the renewal of the one {_begins(late.hint)} is due since {renewal_date(desired, late):%Y-%m-%d}"
        )
        enter = (
            f"let 'provision apply' make the next one, enter that by {by:%Y-%m-%d}"
            if due
            else f"enter the secret {_begins(newest.hint)} by {by:%Y-%m-%d}, {ends}"
        )
        yield Finding(
            catalogue.CONFIRMATION_OVERDUE,
            Severity.WARNING,
            f"a rotation was never confirmed, and {since}: {enter}, "
            "then run 'provision rotate CONFIG --confirm'",
        )
    elif not due:
        yield Finding(
            catalogue.AWAITS_CONFIRMATION,
            Severity.WARNING,
            f"a rotation waits to be confirmed: enter the secret {_begins(newest.hint)} "
            f"(until {newest.end:%Y-%m-%d}) by {by:%Y-%m-%d}, {ends}",
        )


def _unproven_findings(desired: Desired, state: Standing, records: Records) -> Iterator[Finding]:
    for item in may_be_entered(state, records):
        yield Finding(
            catalogue.SECRET_UNPROVEN,
            Severity.WARNING,
            f"secret {item.key_id} carries the mark of '{desired.name}', "
            "but nothing records that it was delivered",
        )


def _begins(hint: str | None) -> str:
    return f"that begins with {hint or '?'}"


def _wording_findings(desired: Desired, state: Standing, *, due: bool) -> Iterator[Finding]:
    current = state.current
    if not due and current not in (None, state.adopted) and current.display_name != desired.display_name:
        yield Finding(
            catalogue.TAKES_EFFECT_LATER,
            Severity.INFO,
            f"the secret is called '{current.display_name}'; "
            f"the next one will be called '{desired.display_name}'",
        )
