"""The list of faults that no test notices, and need not: ``survivors.md``, read back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).with_name("survivors.md")
_ROW = re.compile(r"^\| `(?P<file>[^`]+)` \| `(?P<function>[^`]+)` \| `` (?P<fault>.+?) `` \| (?P<why>.+) \|")

Survivor = tuple[str, str, str]  # file, function, and what is changed to what


def read() -> list[Survivor]:
    """Return the rows of the page; one without a reason is none."""
    found = (_ROW.match(line) for line in PAGE.read_text().splitlines())
    return [(row["file"], row["function"], row["fault"].replace("\\|", "|")) for row in found if row]


def unknown(rows: Iterable[Survivor], known: Iterable[Survivor]) -> list[Survivor]:
    """Return the rows that are not among the known ones; of two that read alike, each counts."""
    return list((Counter(rows) - Counter(known)).elements())
