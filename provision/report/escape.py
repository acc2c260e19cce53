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
_COMMAND = re.compile(r"##(?=\[|vso\[)|^(\s*)::", re.IGNORECASE)
_WORD = re.compile(r"[^A-Za-z0-9 ]")


def plain(text: str) -> str:
    """Return one line for a terminal or a log: what cannot be seen is written out, commands are broken."""
    shown = "".join(_visible(char) for char in text)
    return _COMMAND.sub(_broken, shown)


def _visible(char: str) -> str:
    # Cc control, Cf format (direction marks, zero width), Zl and Zp line ends, Cs lone surrogates, Co, Cn.
    if unicodedata.category(char)[0] == "C" or unicodedata.category(char) in ("Zl", "Zp"):
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def _broken(found: re.Match[str]) -> str:
    return "#\\x23" if found[0].startswith("##") else f"{found[1]}:\\x3a"


def markdown(text: str) -> str:
    """Return text for a Markdown page: every mark as a character reference, which none is taken for."""
    return _WORD.sub(lambda found: f"&#{ord(found[0])};", plain(text))


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
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markup(text: str) -> str:
    """Return text for an HTML page, in an element or in a quoted attribute."""
    return html.escape(plain(text), quote=True)


def document(value: Any) -> str:
    """Return JSON for stdout: ASCII, and without anything that a pipeline would obey."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    return text.replace("##", "\\u0023\\u0023").replace("::", ":\\u003a")
