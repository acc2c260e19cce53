"""The program's own folder in the user's: made so that git never takes what is in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from provision import atomic


def make(folder: Path) -> None:
    """Make the folder if it is not there, with a ``.gitignore`` that covers all in it.

    Raises ``OSError`` if it cannot be made. A ``.gitignore`` that is there stays as it is; one that cannot be
    written stops nothing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        handle = os.open(folder / ".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        atomic.write(handle, "*\n", durable=False)
