"""Text as PowerShell literals: whatever it holds, it stays a text, in whatever encoding the file is read.

Source: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
"""

from __future__ import annotations

import re

# PowerShell takes typographic quotes for quotes: U+2018 to U+201B end a single-quoted text as ' does. So
# no character beyond ASCII is written as itself; Windows PowerShell would misread it anyway in a file
# without a byte order mark.
_PLAIN = re.compile(r"([ -~]+)")


def literal(text: str) -> str:
    """Return an expression that is this text: single-quoted, with any other character by its number."""
    parts = [_part(part) for part in _PLAIN.split(text) if part]
    if not parts:
        return "''"
    if len(parts) == 1 and parts[0].startswith("'"):
        return parts[0]
    # The first decides what + means: beginning with a text, it joins texts.
    return f"({' + '.join(parts if parts[0].startswith(chr(39)) else [chr(39) * 2, *parts])})"


def _part(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    raw = text.encode("utf-16-be", "surrogatepass")
    units = (int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2))
    return " + ".join(f"[char]0x{unit:04x}" for unit in units)
