"""Read what a person named without trusting that it is a file: it may never end, never come, or never fit.

Opened once and never waited for; what was opened is what is judged and read. Everything that cannot be read
so is an ``OSError`` whose ``strerror`` says why in words, so that callers have one way to tell it.
"""

from __future__ import annotations

import codecs
import errno
import os
import select
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

TIMEOUT = 30.0  # seconds for what a shell hands over: a slow program may stand at the other end
# What a shell hands over, such as <(envsubst < prod.yaml), or standard input by its name.
STREAMS = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
Named: TypeAlias = str | os.PathLike[str]
_CHUNK = 65536
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Unfit(OSError):
    """It is there, and is nothing that can be read as a file of this program; ``strerror`` says why."""


def read(
    path: Named,
    largest: int,
    *,
    may: Callable[[str], bool] | None = None,
    timeout: float = TIMEOUT,
) -> bytes:
    """Return all that is in a file of ``largest`` bytes at most.

    A pipe is read only where a shell handed it over (:data:`STREAMS`), and then for ``timeout`` seconds at
    most. ``may`` is asked with the real path of what was opened. Raises ``OSError`` for what cannot be
    opened, is no file, is too large, does not end in time, or may not be.
    """
    name = os.fspath(path)
    handed_over = name.startswith(STREAMS)
    if may is not None and not handed_over and not may(os.path.realpath(name)):
        raise _elsewhere()  # not even opened
    try:
        handle = os.open(name, _FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO:  # so Linux answers to open() of a socket
            raise Unfit(errno.ENXIO, "it is a socket, not a file") from None
        raise
    try:
        about = os.fstat(handle)
        if may is not None and not handed_over:
            _refuse_elsewhere(name, about, may)
        if stat.S_ISREG(about.st_mode):
            if about.st_size > largest:
                raise _too_large(largest)
            return _all(handle, largest, None)
        if handed_over and (stat.S_ISFIFO(about.st_mode) or stat.S_ISSOCK(about.st_mode)):
            return _all(handle, largest, time.monotonic() + timeout)
        if _is_nothing(about):
            return b""
        raise _no_file(handle, about)
    finally:
        os.close(handle)


def head(path: Named, count: int) -> bytes:
    """Return the first bytes of a file, however large it is; ``OSError`` if it is none."""
    handle = os.open(path, _FLAGS)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise _no_file(handle, about)
        return os.read(handle, count)
    finally:
        os.close(handle)


def for_appending(path: Named) -> int:
    """Open a file that only its owner reads, made if need be; ``OSError`` at once if it takes no line.

    A pipe that somebody reads and a device such as /dev/stderr take one; a pipe that nobody reads does not.
    """
    flags = (
        os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    )
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise Unfit(errno.ENXIO, "it is a pipe that nobody reads, or a socket") from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    if sys.platform != "win32":
        os.set_blocking(handle, True)
    return handle


def text(path: Named, largest: int) -> str:
    """Return a small file as text; ``OSError`` as :func:`read`, ``ValueError`` if it is none."""
    return decoded(read(path, largest))


def decoded(raw: bytes, errors: str = "strict") -> str:
    """Return the text of a file's bytes: UTF-8, or as a byte order mark says, which is no part of it.

    Windows PowerShell 5.1 writes UTF-16 with ``>`` and a mark before UTF-8. Source:
    https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors)
    return raw.decode("utf-8-sig", errors)


def line_of_stdin(largest: int, *, timeout: float = TIMEOUT, as_it_is: bool = False) -> str:
    """Return the next line of standard input without its end, of ``largest`` bytes at most.

    A byte order mark before it is left out, unless the line is wanted ``as_it_is``.
    Nothing behind it is taken. A person at a terminal may take as long as they like. Raises ``OSError`` if
    the line does not end in time or never fits, and ``UnicodeDecodeError`` if it is no text.
    """
    try:
        handle = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # no stream of the system's: another program gave the text
        line = sys.stdin.readline().rstrip("\r\n")
        return line if as_it_is else line.removeprefix("\ufeff")
    until = None if sys.stdin.isatty() else time.monotonic() + timeout
    found = bytearray()
    while not found.endswith(b"\n"):
        _await(handle, until)
        byte = os.read(handle, 1)  # one by one: what follows the line is somebody else's
        if not byte:
            break
        found += byte
        if len(found) > largest:
            raise _too_large(largest)
    return found.decode("utf-8" if as_it_is else "utf-8-sig").rstrip("\r\n")


def all_of_stdin(largest: int, *, timeout: float = TIMEOUT) -> bytes:
    """Return all of standard input, of ``largest`` bytes at most.

    A person at a terminal may take as long as they like. Raises ``OSError`` if it does not end in time, or is
    larger.
    """
    try:
        handle = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # no stream of the system's: another program gave the text
        found = sys.stdin.read(largest + 1).encode("utf-8", "surrogateescape")
        if len(found) > largest:
            raise _too_large(largest) from None
        return found
    return _all(handle, largest, None if sys.stdin.isatty() else time.monotonic() + timeout)


def refuse_unfit(path: Named, largest: int) -> None:
    """Raise ``OSError`` if a file that others read could hang them or never end, or is too large.

    One that is not there, or may not be read, is theirs to tell; so is what a shell hands over, for a look
    would take it away.
    """
    if os.fspath(path).startswith(STREAMS):
        return
    try:
        handle = os.open(path, _FLAGS)
    except OSError:
        return
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise _no_file(handle, about)
        if about.st_size > largest:
            raise _too_large(largest)
    finally:
        os.close(handle)


def _all(handle: int, largest: int, until: float | None) -> bytes:
    found = bytearray()
    while True:
        if until is not None:
            _await(handle, until)
        try:
            part = os.read(handle, min(_CHUNK, largest + 1 - len(found)))
        except BlockingIOError:
            _await(handle, until)
            continue
        if not part:
            return bytes(found)
        found += part
        if len(found) > largest:
            raise _too_large(largest)


def _await(handle: int, until: float | None) -> None:
    """Wait until there is something to read; ``Unfit`` if it is too late. Windows cannot wait for a pipe."""
    if sys.platform == "win32":
        return
    left = None if until is None else max(0.0, until - time.monotonic())
    if not select.select([handle], [], [], left)[0] or left == 0.0:
        raise Unfit(errno.ETIMEDOUT, "it did not end in time")


def _refuse_elsewhere(name: str, about: os.stat_result, may: Callable[[str], bool]) -> None:
    """What was opened must be what stands at the real path, however links were turned meanwhile."""
    real = os.path.realpath(name)
    if not may(real) or not os.path.samestat(Path(real).stat(), about):
        raise _elsewhere()


def _elsewhere() -> Unfit:
    return Unfit(errno.EXDEV, "it leads out of its folder tree")


def _is_nothing(about: os.stat_result) -> bool:
    if sys.platform == "win32" or not stat.S_ISCHR(about.st_mode):
        return False  # there a file's status does not tell which device it is
    try:
        return about.st_rdev == Path(os.devnull).stat().st_rdev
    except OSError:
        return False


def _no_file(handle: int, about: os.stat_result) -> OSError:
    mode = about.st_mode
    if stat.S_ISDIR(mode):
        return IsADirectoryError(errno.EISDIR, "it is a folder")
    if stat.S_ISFIFO(mode):
        return Unfit(errno.EINVAL, "it is a named pipe, not a file")
    if stat.S_ISSOCK(mode):
        return Unfit(errno.EINVAL, "it is a socket, not a file")
    return Unfit(
        errno.EINVAL, "it is a terminal, not a file" if os.isatty(handle) else "it is a device, not a file"
    )


def _too_large(largest: int) -> Unfit:
    shown = f"{largest // 1024 // 1024} MiB" if largest >= 1024 * 1024 else f"{largest // 1024} KiB"
    return Unfit(errno.EFBIG, f"it is larger than {shown}")
