"""What is going on, on stderr: one line that is rewritten on a terminal, else few lines.

Of a fleet it counts: how many are done, how many failed, what is waited for, how fast it goes and until when.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from provision.cli.streams import err
from provision.report.escape import plain
from provision.report.fleet_summary import FEW

_QUIET = 30.0  # seconds between two lines where no terminal is
_FRAME = 0.1  # seconds between two drawings on one
_SHOWN = 5  # names of those that a stop found under way
_ENOUGH = 3  # that are done, from which on an estimate is made


class Progress:
    """Tells one thing after another; of a fleet, see :meth:`over`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = False
        self._clock = clock
        self._fleet: Fleet | None = None

    def __call__(self, text: str) -> None:
        """Tell one thing; while a fleet is counted, it is what something in it waits for."""
        if self._fleet is not None:
            self._fleet.waits(text)
        elif self._live:
            self.draw(text)
        else:
            err(text)

    def say(self, text: str) -> None:
        """Tell what a person has to do: it stays on the screen, whatever comes."""
        self.done()
        err(text)

    def draw(self, text: str) -> None:
        """Put a text in the place of the line that is there."""
        err(f"\r\x1b[2K{text[: _width()]}", nl=False)
        self._shown = True

    def done(self) -> None:
        """Take the line away, so that what follows starts on a clean one."""
        if self._shown:
            err("\r\x1b[2K", nl=False)
            self._shown = False

    @contextmanager
    def over(self, what: str, count: int, *, writes: bool = False) -> Iterator[Fleet | None]:
        """Count ``count`` configs while ``what`` is done with each; of a few each is told of by itself.

        Whoever stops it in the middle of ``writes`` hears what is done.
        """
        fleet = self._fleet = Fleet(self, what, count, self._clock, live=self._live) if count > FEW else None
        try:
            yield fleet
        except (asyncio.CancelledError, KeyboardInterrupt):
            self._fleet = None
            if fleet is not None and writes:
                self.say(fleet.stopped())
            raise
        finally:
            self._fleet = None
            if fleet is not None:
                fleet.end()
            self.done()


class Fleet:
    """Counts the configs of a run as they begin and end."""

    def __init__(
        self, progress: Progress, what: str, count: int, clock: Callable[[], float], *, live: bool
    ) -> None:
        self._progress, self._what, self._count, self._clock, self._live = progress, what, count, clock, live
        self._began = self._told = clock()
        self._done = self._failed = 0
        self._under_way: dict[str, None] = {}
        self._waiting = ""
        self._later: asyncio.TimerHandle | None = None

    def began(self, name: str) -> None:
        """Take note that a config is worked on."""
        self._under_way[name] = None
        self._tell()

    def ended(self, name: str, *, failed: bool) -> None:
        """Take note of what came of it."""
        self._under_way.pop(name, None)
        self._done += not failed
        self._failed += failed
        self._waiting = ""
        self._tell()

    def waits(self, text: str) -> None:
        """Take note of what is waited for."""
        self._waiting = text
        self._tell()

    def _tell(self) -> None:
        now = self._clock()
        if now - self._told < (_FRAME if self._live else _QUIET):
            if self._live and self._later is None:  # nothing else may happen for a while
                with suppress(RuntimeError):
                    self._later = asyncio.get_running_loop().call_later(_FRAME, self._again)
            return
        self._told = now
        if self._live:
            self._progress.draw(self.line())
        else:
            err(self.line())

    def _again(self) -> None:
        self._later = None
        self._tell()

    def end(self) -> None:
        """Draw no more."""
        if self._later is not None:
            self._later.cancel()

    def line(self) -> str:
        """Return the whole of it in one line."""
        ended = self._done + self._failed
        parts = [f"{self._what}: {self._done} of {self._count} done"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if self._under_way:
            parts.append(f"{len(self._under_way)} under way")
        passed = self._clock() - self._began
        if ended >= _ENOUGH and passed > 0 and ended < self._count:
            rate = ended / passed
            parts.append(f"{rate:.1f} a second, about {_span((self._count - ended) / rate)} left")
        waiting = f"; waiting: {plain(self._waiting)}" if self._waiting else ""
        return ", ".join(parts) + waiting

    def stopped(self) -> str:
        """Return what is done, for whoever stopped it."""
        names = list(self._under_way)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        cut = f"; in the middle of {plain(', '.join(names[:_SHOWN]))}{more}" if names else ""
        left = self._count - self._done - self._failed - len(names)
        failed = f", {self._failed} failed" if self._failed else ""
        return (
            f"stopped: {self._done} of {self._count} done{failed}{cut}; {left} not begun. "
            "Run the same command again: it goes on where this one was."
        )


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns - 1
    except OSError:
        return 79
