"""Which credential signed in last, as a report of Graph's beta tells it, and what may be concluded from it.

The report lags, and how long it keeps a row is not documented: a row that is not there is never proof.
Source: https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from provision.values import dataclass

READ = "AuditLog.Read.All"
LAG = timedelta(hours=48)  # the greatest that is expected where nobody declares another
_DAY = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, slots=True)
class Observed:
    """The last sign-in by key id, and when that was read; ``unread`` says why it was not."""

    times: Mapping[str, datetime] = field(default_factory=dict)
    read: datetime | None = None
    unread: str = ""

    def of(self, key_id: str) -> datetime | None:
        """Return when this credential signed in last; ``None`` if no row tells."""
        return self.times.get(key_id.lower())

    def words(self, key_id: str) -> str:
        """Say what the report tells of one credential; nothing where it was not read."""
        if self.read is None:
            return ""
        last = self.of(key_id)
        at = f"(report read {self.read:{_DAY}})"
        return f"last signed in {last:{_DAY}} {at}" if last else f"no sign-in in the report, no proof {at}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the older secrets may go, and what was seen."""

    quiet: bool
    words: str


def judge(newest: str, older: Sequence[str], found: Observed, *, lag: timedelta) -> Verdict:
    """Say whether the older secrets are out of use, by a report that lags ``lag`` at most.

    What the report shows is complete up to ``lag`` before it was read. An older secret is out of use once the
    newest one has signed in after it, and it was seen quiet for longer than ``lag`` up to that moment. One
    without a row, or the newest without one, proves nothing.
    """
    if found.read is None:
        return Verdict(False, f"the report of sign-ins was not read: {found.unread}")
    used = found.of(newest)
    if used is None:
        return Verdict(False, f"the report shows no sign-in of the new secret {newest} yet")
    complete = found.read - lag
    for key_id in older:
        last = found.of(key_id)
        if last is None:
            return Verdict(False, f"the report has no row of the older secret {key_id}, which proves nothing")
        if last >= used:
            return Verdict(False, f"the older secret {key_id} signed in {last:{_DAY}}, after the new one")
        if complete - last <= lag:
            until = last + 2 * lag
            return Verdict(
                False,
                f"the older secret {key_id} signed in {last:{_DAY}}; with a lag of {hours(lag)} it counts as "
                f"quiet from {until:{_DAY}} on",
            )
    shown = "; ".join(f"{key_id} {found.words(key_id)}" for key_id in (newest, *older))
    return Verdict(True, shown)


def hours(span: timedelta) -> str:
    """Return a length of time as an option takes it."""
    return f"{span / timedelta(hours=1):g}h"
