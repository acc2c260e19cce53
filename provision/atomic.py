"""Files that are replaced whole or not at all, and what it takes that a loss of power does not undo it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def replace(path: Path, text: str, *, mode: int = 0o600, durable: bool = True) -> None:
    """Put a file in the place of another; ``OSError`` if it cannot be, and then the old one stays.

    ``durable``: once this has returned, a machine that loses its power still has it.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        write(handle, text, durable=durable)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    if durable:
        sync_folder(path.parent)


def write(handle: int, text: str, *, durable: bool = True) -> None:
    """Write all of a text to an open file, and close it."""
    try:
        rest = text.encode()
        while rest:  # a full disk takes a part, and refuses the next
            rest = rest[os.write(handle, rest) :]
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """See the names in a folder on the disk, where the system can."""
    with suppress(OSError):  # Windows has no such call, and not every file system can
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
