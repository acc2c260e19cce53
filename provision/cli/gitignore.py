"""The lines of ``.gitignore`` that keep secrets, and what this program keeps, out of git."""

from __future__ import annotations

from pathlib import Path

from provision import bounded
from provision.errors import ProvisionError, catalogue

LINES = (".provision/", "*.secret", "*.provision.json")
_LARGEST = 1024 * 1024


def complete(folder: Path = Path()) -> tuple[str, ...]:
    """Put the lines that are lacking behind those that are there, and return them.

    Raises ``ProvisionError`` if the file cannot be read or written.
    """
    file = folder / ".gitignore"
    try:
        there = bounded.decoded(bounded.read(str(file), _LARGEST), "replace") if file.exists() else ""
        lacking = tuple(line for line in LINES if line not in map(str.strip, there.splitlines()))
        if lacking:
            with file.open("a", encoding="utf-8", newline="\n") as more:
                more.write(("\n" if there and not there.endswith("\n") else "") + "\n".join(lacking) + "\n")
    except OSError as error:
        raise ProvisionError(catalogue.DISK, f"{file} cannot be written: {error.strerror}") from error
    return lacking
