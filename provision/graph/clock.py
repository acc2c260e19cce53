"""What time it is: a moment of this process, and the service's time as its answers tell it."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime.fromtimestamp(0, UTC)


def moment() -> float:
    """Return this moment in seconds of this process, to compare with another."""
    return _elapsed()


class ServiceTime:
    """The service's time, from the ``Date`` of its answers; this machine's before the first.

    It never goes back: an answer that was long on its way, or comes from a cache, is no news of it.
    """

    def __init__(self) -> None:
        self._ahead: timedelta | None = None  # it, without this process's monotonic time

    def now(self) -> datetime:
        """Return it."""
        if self._ahead is None:
            return datetime.now(UTC)
        return _EPOCH + self._ahead + timedelta(seconds=_elapsed())

    def learn(self, header: str | None) -> None:
        """Take an answer's ``Date``; one that is none is left alone."""
        try:
            date = parsedate_to_datetime(header) if header else None
        except ValueError:
            return
        if date is not None and date.tzinfo is not None:
            ahead = date - _EPOCH - timedelta(seconds=_elapsed())
            self._ahead = ahead if self._ahead is None else max(ahead, self._ahead)


def _elapsed() -> float:
    """Return the seconds of a clock that goes on while the machine sleeps, where there is one.

    ``time.monotonic`` stands still then on Linux and macOS
    (https://docs.python.org/3/library/time.html#time.CLOCK_BOOTTIME, clock_gettime(3) of macOS).
    """
    if sys.platform == "win32":
        return time.monotonic()
    clock = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if clock is None else time.clock_gettime(clock)
