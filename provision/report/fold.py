"""Long lines for a terminal: broken between words, what follows hanging below where the text began."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

NARROWEST = 40  # columns; a terminal that says it has fewer is left alone
LEAST = 30  # columns that a text beside a label must have, or it goes on below the label
_COLOR = re.compile("\x1b\\[[0-9;]*m")
# A command is pasted, so it is one word: the terminal itself breaks it, which a copy does not show.
_WORD = re.compile("(?:'provision [^']*'|`provision [^`]*`|[^ '`]|['`])+")
_LABEL = re.compile("^( .*?\\S {2,})(?=\\S)|^[A-Z][a-z]+: +(?=\\S)")
_HANGING = 4
BELOW = 6  # columns before a text that stands below its label


def cells(text: str) -> int:
    """Return how wide a terminal shows a text: an ideograph takes two cells, an accent and a colour none."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char)
        for char in _COLOR.sub("", text)
    )


def pad(text: str, width: int) -> str:
    """Return a text with blanks behind it, as wide as a terminal shows it."""
    return text + " " * (width - cells(text))


def fold(text: str, width: int | None) -> str:
    """Return a text whose lines fit into so many columns as far as words allow; ``None``: as it is."""
    if width is None or width < NARROWEST:
        return text
    return "\n".join(part for line in text.split("\n") for part in _folded(line, width))


def hung(head: str, words: str, column: int, width: int | None) -> list[str]:
    """Return ``head`` with words beside it from ``column`` on; below it, where too little room is left."""
    below = width is not None and width - column < LEAST
    if below and cells(head) + cells(words) + 2 > (width or 0):
        return [head.rstrip(), *_broken(" " * BELOW + words, " " * BELOW, width)]
    first, *rest = _broken(f"{head}{words}", " " * column, width)
    return [first, *rest]


def table(rows: Sequence[Sequence[str]], width: int | None, *, below: int) -> list[tuple[str, ...]]:
    """Return the lines of each row of a table; with too little room the last ``below`` columns go below."""
    kept = len(rows[0])
    if width is not None and max(map(sum, _widths(rows))) > width:
        kept -= below
    columns = [max(cells(row[at]) for row in rows) for at in range(kept)]
    shown = []
    for row in rows:
        padded = [cell + " " * (columns[at] - cells(cell)) for at, cell in enumerate(row[:kept])]
        rest = "  ".join(cell for cell in row[kept:] if cell)
        shown.append(("  ".join(padded).rstrip(), *([f"    {rest}"] if rest else [])))
    return shown


def _widths(rows: Sequence[Sequence[str]]) -> list[list[int]]:
    columns = [max(cells(row[at]) for row in rows) + 2 for at in range(len(rows[0]))]
    return [columns]


def _folded(line: str, width: int) -> list[str]:
    if cells(line) <= width:
        return [line]
    bare = _COLOR.sub("", line)
    label = _LABEL.match(bare)
    column = label.end() if label else 0
    if not label or width - column < LEAST:
        column = len(bare) - len(bare.lstrip()) + _HANGING
    return _broken(line, " " * column, width)


def _broken(line: str, indent: str, width: int | None) -> list[str]:
    """Break between words; the blanks at the beginning and between them stay as they are."""
    if width is None:
        return [line]
    lines: list[str] = []
    here, end = "", 0
    for word in _WORD.finditer(line):
        gap = line[end : word.start()]
        end = word.end()
        if here.strip() and cells(here + gap + word[0]) > width:
            lines.append(here.rstrip())
            here = indent + word[0]
        else:
            here += gap + word[0] if here or gap else word[0]
    return [*lines, here]
