"""What requirements-run.lock pins: names, versions, conditions and hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FIRST = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One library of the lock; ``marker`` says on which machines alone it is wanted."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]


def read(path: Path) -> tuple[Pin, ...]:
    """Return what a lock pins, in its order; ``ValueError`` for an entry that is not pinned by hash."""
    return tuple(_pin(entry) for entry in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip()))


def _pin(entry: str) -> Pin:
    first, hashes = _FIRST.match(entry), _HASH.findall(entry)
    if first is None or not hashes:
        raise ValueError(f"no version and hash is pinned by: {entry.splitlines()[0]}")
    marker = first["marker"]
    return Pin(first["name"], first["version"], marker.strip() if marker else None, tuple(hashes))
