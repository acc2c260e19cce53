"""Text that somebody else wrote, made harmless for where it is printed.

A display name may hold terminal escape codes, marks that turn the direction of writing, Markdown,
HTML, or a command that a pipeline would obey. What is escaped stays readable.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

# Azure Pipelines obeys ##vso[...] and GitHub Actions ##[...] wherever they stand in a line of the log,
# GitHub Actions ::...:: at its beginning, white space left out.
# https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
_SIGILS = "@#!~%$&^:"  # before a name: a person, an issue, a milestone, a label, a picture
_COMMAND = re.compile(r"##(?=\[|vso\[)|^(\s*)::", re.IGNORECASE)
# Letters and marks that have no ink, by Unicode's Default_Ignorable_Code_Point, and the empty braille cell.
_NO_INK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def plain(text: str) -> str:
    """Return one line for a terminal or a log: what cannot be seen is written out, commands are broken."""
    shown = text if text.isascii() and text.isprintable() else "".join(map(_visible, text))
    return _COMMAND.sub(_broken, shown)


def _visible(char: str) -> str:
    # C: control, format (direction marks, zero width), lone surrogates, what has no character; Z: spaces.
    if (unicodedata.category(char)[0] in "CZ" and char != " ") or _NO_INK.match(char):
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def _broken(found: re.Match[str]) -> str:
    return "#\\x23" if found[0].startswith("##") else f"{found[1]}:\\x3a"


def markdown(text: str) -> str:
    """Return text for a Markdown page: a mark that could be taken for markup is a character reference.

    A page's host looks for ``@team`` and ``#12`` once the references are resolved; a zero width space
    behind the mark keeps it from finding one. A command to be pasted is inline code, where none of that is.
    """
    parts = _PASTED.split(text)  # every other one is a command
    return "".join(code(part) if at % 2 else _prose(part, behind=at > 0) for at, part in enumerate(parts))


_PASTED = re.compile(r"['`](provision [a-z]+ [^'`]+)['`]")


def _prose(text: str, *, behind: bool) -> str:
    """Make prose inert; ``behind`` something on its line, where a space begins no code block."""
    if behind and text.startswith(" "):
        return f" {_prose(text[1:], behind=False)}"
    shown = plain(text)
    return "".join(_inert(shown, at) for at in range(len(shown)))


def _inert(text: str, at: int) -> str:
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    in_word = before not in ("", " ")
    in_prose = in_word and not before.isdigit()  # "1." and "1)" begin a list
    harmless = (
        char.isalnum()
        or char in ",;'\"/(?"
        or (char == " " and at > 0)  # spaces at the beginning would make a code block
        or (char in ".:" and in_prose and after in ("", " "))
        or (char == ")" and in_prose)
        or (char == "-" and in_word)  # so that a date can be read, and looked for, in the page's source
    )
    if harmless:
        return char
    looked_for = (char in _SIGILS and after not in ("", " ")) or text[at - 3 : at + 1].lower() == "www."
    return f"&#{ord(char)};&#8203;" if looked_for else f"&#{ord(char)};"


def fenced(text: str, language: str = "") -> str:
    """Return lines as a Markdown code block that they cannot end; each must be :func:`plain` already."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def code(text: str) -> str:
    """Return text as Markdown's inline code; it cannot end it, nor a table's cell."""
    shown = plain(text).replace("|", "\\x7c")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # A space at both ends would be taken off, and no backtick may touch the fence.
    pad = " " if shown[:1] + shown[-1:] in ("", "  ") or "`" in shown[:1] + shown[-1:] else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markup(text: str) -> str:
    """Return text for an HTML page, in an element or in a quoted attribute."""
    return html.escape(plain(text), quote=True)


def json_text(value: Any) -> str:
    """Return JSON for stdout: ASCII, and without anything that a pipeline would obey."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    return text.replace("##", "\\u0023\\u0023").replace("::", ":\\u003a")
