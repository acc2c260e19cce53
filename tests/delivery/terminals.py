"""A real terminal for a program: a pseudo-terminal whose other end the test holds."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from pathlib import Path

from tests import warm

CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"


class Terminal:
    """A program on a terminal of 24 lines; what it prints is kept in ``shown``."""

    def __init__(self, *argv: str, stdout: Path | None = None, **environment: str) -> None:
        self._ours, theirs = os.openpty()
        out = stdout.open("wb") if stdout else theirs
        self._process = subprocess.Popen(
            [warm.python(), "--terminal", *argv],  # its own, so that Ctrl-C reaches it as a signal
            stdin=theirs,
            stdout=out,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", **environment},
        )
        os.close(theirs)
        if stdout:
            out.close()  # type: ignore[union-attr]
        self.shown = ""

    def expect(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """Wait until what is printed from now on matches, and take it; fails with all that was shown."""
        start, end = getattr(self, "_read", 0), time.monotonic() + seconds
        while not (found := re.compile(pattern, re.DOTALL).search(self.shown, start)):
            if not self._more(end - time.monotonic()):
                raise AssertionError(f"{pattern!r} was not shown; there was:\n{self.shown}")
        self._read = found.end()
        return found

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._ours)
        self._ours = -1

    def wait(self, seconds: float = 30) -> int:
        """Return the exit code once the program has ended."""
        end = time.monotonic() + seconds
        while self._ours >= 0 and self._more(end - time.monotonic()):
            pass
        return self._process.wait(max(5.0, end - time.monotonic()))

    def close(self) -> None:
        """End the program, if it still runs, and give the terminal back."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._ours >= 0:
            os.close(self._ours)

    def _more(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], max(0.0, seconds))[0]:
            return False
        try:
            read = os.read(self._ours, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)
