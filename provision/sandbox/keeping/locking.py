"""A lock between processes, held on an open file: it ends with the process, however that ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path


class Locked(Exception):
    """Somebody else holds the lock, and did not let go in time."""


@contextlib.contextmanager
def lock_file(path: Path, timeout: float) -> Iterator[None]:
    """Hold ``path`` exclusively; wait up to ``timeout`` seconds, then raise ``Locked``."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + timeout
        while not _try(fd):
            if time.monotonic() > deadline:
                raise Locked(str(path))
            time.sleep(0.005)
        yield
    finally:
        os.close(fd)  # closing lets go


if sys.platform == "win32":
    import msvcrt

    def _try(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
