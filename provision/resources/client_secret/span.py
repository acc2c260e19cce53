"""How long a secret lives: spans of days and calendar months, the end to ask for, when renewal begins.

Source: https://learn.microsoft.com/graph/api/application-addpassword
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from provision.resources.app_management_policy import Limits
from provision.values import dataclass

LONGEST_MONTHS = 24  # the portal's ceiling, which the product's manual repeats
DAYS_A_MONTH = 365.25 / 12  # where a length in months is compared with one in days
RECOMMENDED = timedelta(days=180)  # CISA SCuBA MS.AAD.5.6v1
# Entra compares a policy's lifetime with "less than" (cisagov/ScubaGear, baselines/aad.md).
POLICY_MARGIN = timedelta(hours=1)
# Months vary, so a secret of one month made a day later may end some hours earlier: nothing to speak of.
UNNOTICED = timedelta(days=1)
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


def latest_end(limits: Limits, start: datetime) -> datetime:
    """Return the latest end that may be asked for: 24 calendar months, or the policy's less an hour."""
    most = Span(longest=True).after(start)
    if limits.longest is None:
        return most
    return min(most, start + max(limits.longest - POLICY_MARGIN, timedelta(0)))


def end_date(
    lifetime: Span, limits: Limits, start: datetime, *, at_least: datetime | None = None
) -> datetime:
    """Return the end to ask for: the earliest by config, 24 calendar months, and policy less an hour.

    ``at_least`` is the end of the secret that it replaces: the new one does not end before that, unless
    the policy or the 24 months make it.
    """
    most = latest_end(limits, start)
    end = min(lifetime.after(start), most)
    return end if at_least is None else max(end, min(at_least, most))


def renewal_of(renew_before: Span, start: datetime, end: datetime) -> datetime:
    """Return when a secret of these dates is due: ``renew_before`` its end, at most a third of its life."""
    return end - min(renew_before.after(start) - start, (end - start) / 3)


def granted_lifetime(lifetime: Span, limits: Limits) -> str:
    """Say in words how long a new secret will live, without a date that changes from day to day."""
    if limits.longest is not None:
        allowed = limits.longest - POLICY_MARGIN
        # Months vary in length; the longest reading decides whether the policy is what limits.
        if nominal(lifetime) > allowed:
            return f"{days(limits.longest)} less an hour (policy '{limits.policy}')"
    return f"{LONGEST_MONTHS} months" if nominal(lifetime) >= nominal(Span(longest=True)) else str(lifetime)


def nominal(span: Span) -> timedelta:
    """Return a span's length with months of a twelfth of a year, for a comparison."""
    months = LONGEST_MONTHS if span.longest else span.months
    return timedelta(days=span.days + round(months * DAYS_A_MONTH))


def days(length: timedelta) -> str:
    """Say a length in days, or in hours where it is no whole number of them."""
    whole = length % timedelta(days=1) == timedelta(0)
    count, unit = (length / timedelta(days=1), "day") if whole else (length / timedelta(hours=1), "hour")
    return f"{count:g} {unit}{'' if count == 1 else 's'}"
