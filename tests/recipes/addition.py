"""What an addition is: new files, and lines put behind others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """A text that is put behind another, in one file below ``provision/``."""

    path: str
    behind: str
    text: str


@dataclass(frozen=True)
class Addition:
    """What somebody who reads the row ``row`` of the table writes."""

    row: str
    files: dict[str, str]
    edits: tuple[Edit, ...] = ()
