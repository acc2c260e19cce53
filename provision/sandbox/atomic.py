"""Files that are replaced whole or not at all. The rest of the program has its own (``provision.atomic``)."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

END = ".tmp"  # of a file that is not in its place yet; it begins with a dot and the name of the other


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put a file that only its owner reads in the place of another; ``OSError`` if it cannot be.

    ``durable``: its content is on the disk before its name; the name is, after :func:`sync_folder`.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{END}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
