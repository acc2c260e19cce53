"""The program's own folder in the user's: made so that git never takes what is in it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def make(folder: Path) -> None:
    """Make the folder if it is not there, with a ``.gitignore`` that covers all in it.

    Raises ``OSError`` if it cannot be made. A ``.gitignore`` that is there stays as it is; one that cannot be
    written stops nothing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError), (folder / ".gitignore").open("x", encoding="ascii") as file:
        file.write("*\n")
