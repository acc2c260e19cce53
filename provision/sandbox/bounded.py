"""Read a file that may be a pipe, a device or a circle of links: opened once, and never waited for.

The rest of the program has its own (``provision.bounded``), of which the sandbox knows nothing.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import time
from pathlib import Path

_TIMEOUT = 30.0  # seconds for a pipe that a shell hands over
_STREAMS = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read(path: Path, largest: int, *, streams: bool = False) -> bytes:
    """Return all of a file of that many bytes at most; ``OSError`` says in ``strerror`` why it cannot.

    With ``streams`` a pipe is read, too, if a shell handed it over as ``/dev/fd/63`` or ``/dev/stdin``.
    """
    try:
        handle = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.EINVAL, "it is a socket, not a file") from None
        raise
    try:
        about = os.fstat(handle)
        if stat.S_ISREG(about.st_mode):
            if about.st_size > largest:
                raise _too_large(largest)
            return _all(handle, largest, None)
        if streams and str(path).startswith(_STREAMS) and stat.S_ISFIFO(about.st_mode):
            return _all(handle, largest, time.monotonic() + _TIMEOUT)
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
    finally:
        os.close(handle)


def _all(handle: int, largest: int, until: float | None) -> bytes:
    found = bytearray()
    while True:
        if until is not None and sys.platform != "win32":
            left = max(0.0, until - time.monotonic())
            if not select.select([handle], [], [], left)[0] or left == 0.0:
                raise OSError(errno.ETIMEDOUT, "it did not end in time")
        try:
            part = os.read(handle, min(65536, largest + 1 - len(found)))
        except BlockingIOError:
            continue
        if not part:
            return bytes(found)
        found += part
        if len(found) > largest:
            raise _too_large(largest)


def _too_large(largest: int) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {largest // 1024 // 1024} MiB")
