"""The client secret: desired, observed, and the steps between them.

Graph returns the text once, in the answer to ``addPassword``; afterwards only ``keyId``,
``displayName``, the dates and a three-character ``hint`` can be read. So a secret counts only when
its delivery is on record: in the tenant (a tag of the application) or with the sink.
Sources: https://learn.microsoft.com/graph/api/application-addpassword and
https://learn.microsoft.com/graph/api/resources/passwordcredential
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provision.change import Action, Change
from provision.errors import Finding, Severity, catalogue
from provision.resources.app_management_policy import Limits

ADDRESS = "client_secret"
LONGEST_MONTHS = 24  # the portal's ceiling, which the product's manual repeats
DAYS_A_MONTH = 365.25 / 12  # where a length in months is compared with one in days
# https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation
MOST_WITH_PERSONAL_ACCOUNTS = 2
RECOMMENDED = timedelta(days=180)  # CISA SCuBA MS.AAD.5.6v1
# Entra compares a policy's lifetime with "less than" (cisagov/ScubaGear, baselines/aad.md).
POLICY_MARGIN = timedelta(hours=1)
_SPAN = re.compile(r"([1-9]\d{0,4})(d|w|mo|y)")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in days and calendar months; ``longest`` asks for all that is allowed."""

    days: int = 0
    months: int = 0
    longest: bool = False

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read ``180d``, ``26w``, ``6mo``, ``1y`` or ``max``; ``ValueError`` for anything else."""
        if text == "max":
            return cls(longest=True)
        found = _SPAN.fullmatch(text)
        if found is None:
            raise ValueError(f"'{text}' is not a length of time: write 180d, 26w, 6mo, 1y or max")
        number, unit = int(found[1]), found[2]
        match unit:
            case "d":
                return cls(days=number)
            case "w":
                return cls(days=7 * number)
            case "mo":
                return cls(months=number)
            case _:
                return cls(months=12 * number)

    def after(self, start: datetime) -> datetime:
        """Return the end of the span; a month's end is kept (31 January + 1 month is 28 February)."""
        months = LONGEST_MONTHS if self.longest else self.months
        year, month = divmod(start.month - 1 + months, 12)
        year, month = start.year + year, month + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day) + timedelta(days=self.days)

    def __str__(self) -> str:
        if self.longest:
            return "the longest allowed"
        count, unit = (self.days, "day") if self.days else (self.months, "month")
        return f"{count} {unit}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Desired:
    """The secret that the configuration asks for."""

    name: str  # the config's name, which the mark carries
    description: str
    lifetime: Span
    renew_before: Span

    @property
    def mark(self) -> str:
        """The ending by which a secret is known as ours."""
        return f" [provision:{self.name}]"

    @property
    def display_name(self) -> str:
        """The name that a new secret gets."""
        return self.description + self.mark

    def marks(self, secret: Observed) -> bool:
        """Say whether a secret carries the mark."""
        return (secret.display_name or "").endswith(self.mark)


@dataclass(frozen=True, slots=True)
class Observed:
    """One password credential as Graph lists it."""

    key_id: str  # lower case
    display_name: str | None
    start: datetime
    end: datetime
    hint: str | None


@dataclass(frozen=True, slots=True)
class Records:
    """What is known of deliveries: the tenant's tags, the sink's own record, the journal's intents."""

    tenant: frozenset[str] = frozenset()
    sink: frozenset[str] = frozenset()
    journal: frozenset[str] = frozenset()  # minted or about to be, by this machine


@dataclass(frozen=True, slots=True)
class Mint:
    """``POST /applications/{id}/addPassword``, then the delivery, then its record."""

    display_name: str
    lifetime: Span
    limits: Limits

    def end(self, start: datetime) -> datetime:
        """Return the ``endDateTime`` for a secret that starts then."""
        return end_date(self.lifetime, self.limits, start)


@dataclass(frozen=True, slots=True)
class Record:
    """Write the tenant's record of a delivery that only the sink remembers."""

    key_id: str


@dataclass(frozen=True, slots=True)
class Remove:
    """``POST /applications/{id}/removePassword``: a secret of ours, which is not to be used any more."""

    key_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The secrets of one config at one moment, sorted by delivery and end; in each, the newest first."""

    ours: tuple[Observed, ...]  # every one with our mark
    delivered: tuple[Observed, ...]  # delivered and not ended
    ended: tuple[Observed, ...]  # delivered once, but past their end
    unproven: tuple[Observed, ...]  # marked and not ended, without any record of delivery

    @property
    def current(self) -> Observed | None:
        """The delivered secret that was made last: the one that is, or is to be, entered."""
        return self.delivered[0] if self.delivered else None

    @property
    def older(self) -> tuple[Observed, ...]:
        """The delivered ones that are alive beside it: a rotation waits for its confirmation."""
        return self.delivered[1:]


def marked(desired: Desired, observed: Sequence[Observed]) -> tuple[Observed, ...]:
    """Return the secrets that carry the config's mark, the newest first."""
    ours = filter(desired.marks, observed)
    return tuple(sorted(ours, key=lambda item: (item.start, item.end, item.key_id), reverse=True))


def standing(desired: Desired, observed: Sequence[Observed], records: Records, *, now: datetime) -> Standing:
    """Sort the secrets that carry our mark by delivery and end, at the moment ``now``; ignore all others."""
    ours = marked(desired, observed)
    trusted = records.tenant | records.sink
    return Standing(
        ours=ours,
        delivered=tuple(item for item in ours if item.key_id in trusted and item.end > now),
        ended=tuple(item for item in ours if item.key_id in trusted and item.end <= now),
        unproven=tuple(item for item in ours if item.key_id not in trusted and item.end > now),
    )


def end_date(lifetime: Span, limits: Limits, start: datetime) -> datetime:
    """Return the end to ask for: the earliest by config, 24 calendar months, and policy less an hour."""
    ends = [lifetime.after(start), Span(longest=True).after(start)]
    if limits.longest is not None:
        ends.append(start + max(limits.longest - POLICY_MARGIN, timedelta(0)))
    return min(ends)


def renewal_date(desired: Desired, secret: Observed) -> datetime:
    """Return when the secret is due for renewal: ``renew_before`` its end, at most a third of its life."""
    window = min(_length(desired.renew_before, secret.start), (secret.end - secret.start) / 3)
    return secret.end - window


def confirm_by(state: Standing) -> datetime:
    """Return by when the newest must be entered: the end of the one before it, which the product still uses.

    Only while two delivered ones are alive (``state.older``).
    """
    return state.older[0].end


def _length(span: Span, start: datetime) -> timedelta:
    return span.after(start) - start


def diff(
    desired: Desired,
    observed: Sequence[Observed],
    records: Records,
    limits: Limits,
    *,
    now: datetime,
) -> tuple[Change, ...]:
    """Return the changes after which a delivered secret outlives its renewal window.

    A new one comes first. A delivered one is never removed, not even an ended one, and while two
    of ours are alive no third is minted.
    """
    state = standing(desired, observed, records, now=now)
    main = _main_change(desired, state, limits, now=now)
    return (*unrecorded(state, records), main, *lost(state, records))


def minting(desired: Desired, limits: Limits, reason: str) -> Change:
    """Return the change that makes and delivers a secret."""
    after = {"displayName": desired.display_name, "lifetime": granted_lifetime(desired.lifetime, limits)}
    step = Mint(desired.display_name, desired.lifetime, limits)
    return Change(ADDRESS, Action.CREATE, reason, None, after, step)


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
            Record(item.key_id),
        )
        for item in state.delivered
        if item.key_id not in records.tenant
    )


def lost(state: Standing, records: Records) -> tuple[Change, ...]:
    """Return the removals of secrets that an interrupted run of this machine made and never delivered."""
    why = "minted by a run that was interrupted; nobody ever received it"
    return tuple(removal(item, why) for item in state.unproven if item.key_id in records.journal)


def _main_change(desired: Desired, state: Standing, limits: Limits, *, now: datetime) -> Change:
    current = state.current
    due = _due(desired, state, now=now)
    if due is not None:
        return minting(desired, limits, due)
    assert current is not None
    if state.older:
        return Change(ADDRESS, Action.NO_OP, "two delivered ones are alive: the newer waits to be confirmed")
    return Change(ADDRESS, Action.NO_OP, f"delivered, ends {current.end:%Y-%m-%d}")


def _due(desired: Desired, state: Standing, *, now: datetime) -> str | None:
    """Say why a secret is to be minted, or ``None``."""
    if state.current is None:
        return f"the delivered one ended {state.ended[0].end:%Y-%m-%d}" if state.ended else "none delivered"
    if now < renewal_date(desired, state.current) or state.older:
        return None
    return f"renewal is due: the delivered one ends {state.current.end:%Y-%m-%d}"


def granted_lifetime(lifetime: Span, limits: Limits) -> str:
    """Say in words how long a new secret will live, without a date that changes from day to day."""
    if limits.longest is not None:
        allowed = limits.longest - POLICY_MARGIN
        # Months vary in length; the longest reading decides whether the policy is what limits.
        if _nominal(lifetime) > allowed:
            return f"{_days(limits.longest)} less an hour (policy '{limits.policy}')"
    return f"{LONGEST_MONTHS} months" if _nominal(lifetime) >= _nominal(Span(longest=True)) else str(lifetime)


def _nominal(span: Span) -> timedelta:
    months = LONGEST_MONTHS if span.longest else span.months
    return timedelta(days=span.days + round(months * DAYS_A_MONTH))


def _days(length: timedelta) -> str:
    days = length / timedelta(days=1)
    return f"{days:g} day{'' if days == 1 else 's'}"


def check(
    desired: Desired,
    observed: Sequence[Observed],
    records: Records,
    limits: Limits,
    *,
    now: datetime,
    due: bool,
) -> tuple[Finding, ...]:
    """Return what a reader of the plan should know about the secrets; ``due`` if one is to be minted."""
    state = standing(desired, observed, records, now=now)
    return (
        *_lifetime_findings(desired, limits, due=due),
        *_overlap_findings(desired, state, records),
        *_wording_findings(desired, state, due=due),
    )


def _lifetime_findings(desired: Desired, limits: Limits, *, due: bool) -> list[Finding]:
    findings: list[Finding] = []
    if limits.blocked and due:
        findings.append(
            Finding(
                catalogue.SECRETS_BLOCKED,
                Severity.ERROR,
                f"policy '{limits.policy}' forbids new client secrets on this application",
            )
        )
    granted = _nominal(desired.lifetime)
    if limits.longest is not None and granted > limits.longest - POLICY_MARGIN:
        granted = limits.longest - POLICY_MARGIN
        findings.append(
            Finding(
                catalogue.LIFETIME_CAPPED,
                Severity.INFO,
                f"policy '{limits.policy}' allows less than {_days(limits.longest)}: "
                f"a new secret lives that long less an hour, not {desired.lifetime}",
            )
        )
    if granted > RECOMMENDED:
        findings.append(
            Finding(
                catalogue.LIFETIME_OVER_180_DAYS,
                Severity.WARNING,
                f"a new secret would live {granted_lifetime(desired.lifetime, limits)}; "
                "CISA recommends 180 days or less",
            )
        )
    if _nominal(desired.renew_before) > granted / 3:
        findings.append(
            Finding(
                catalogue.RENEW_BEFORE_CAPPED,
                Severity.INFO,
                f"renewal begins a third of its life before a secret's end, not {desired.renew_before}",
            )
        )
    return findings


def _overlap_findings(desired: Desired, state: Standing, records: Records) -> list[Finding]:
    findings: list[Finding] = []
    if state.older:
        newest = state.delivered[0]
        findings.append(
            Finding(
                catalogue.AWAITS_CONFIRMATION,
                Severity.WARNING,
                f"a rotation waits to be confirmed: enter the secret that begins with {newest.hint or '?'} "
                f"(until {newest.end:%Y-%m-%d}) by {confirm_by(state):%Y-%m-%d}, when the one before it ends",
            )
        )
    findings += [
        Finding(
            catalogue.SECRET_UNPROVEN,
            Severity.WARNING,
            f"secret {item.key_id} carries the mark of '{desired.name}', "
            "but nothing records that it was delivered",
        )
        for item in state.unproven
        if item.key_id not in records.journal
    ]
    return findings


def _wording_findings(desired: Desired, state: Standing, *, due: bool) -> list[Finding]:
    current = state.current
    if due or current is None or current.display_name == desired.display_name:
        return []
    return [
        Finding(
            catalogue.TAKES_EFFECT_LATER,
            Severity.INFO,
            f"the secret is called '{current.display_name}'; "
            f"the next one will be called '{desired.display_name}'",
        )
    ]
