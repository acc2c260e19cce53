"""The sandbox's clock: an offset on a ticking one, so that time can be set and still passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Answers ``now``; ``advance`` and ``set`` move it, the offset is kept in the state."""

    def __init__(self, now: Callable[[], datetime] | None = None, offset: timedelta = timedelta()) -> None:
        self._now = now or _utc_now
        self.offset = offset

    def now(self) -> datetime:
        """Return the sandbox's time, in UTC."""
        return self._now().astimezone(UTC) + self.offset

    def real(self) -> datetime:
        """Return the time underneath, which token lifetimes follow."""
        return self._now().astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move on (or back, with a negative one)."""
        self.offset += by

    def set(self, moment: datetime) -> None:
        """Make it that moment now, and keep ticking from there."""
        self.offset = moment.astimezone(UTC) - self._now().astimezone(UTC)


def instant(moment: datetime) -> str:
    """Print a stored time as the directory does: whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(moment: datetime) -> str:
    """Print a time just taken as the directory does: seven digits, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
