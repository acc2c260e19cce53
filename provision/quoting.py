"""Words of a command as the reader's shell takes them: a POSIX shell's, and on Windows PowerShell's.

Sources: https://docs.python.org/3/library/shlex.html#shlex.quote and
https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
"""

from __future__ import annotations

import os
import re
import shlex

WINDOWS = os.name == "nt"
# What PowerShell takes as it is within a word: not a comma (a list), braces (a block) or @ (a splat).
_PLAIN_THERE = re.compile(r"[A-Za-z0-9_./\\:=+%-]+")
_ACTIVE_THERE = re.compile('["$`\u201c\u201d\u201e]')  # inside double quotes, too
_QUOTES_THERE = re.compile("(['\u2018\u2019\u201a\u201b])")  # each ends a single-quoted text there
_NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9_@%+=:,./{}~-]")
_ACTIVE = re.compile(r"[\"$`\\!]")


def quoted(word: str) -> str:
    """Return a word so that the shell hands it on as it is."""
    if not WINDOWS:
        return shlex.quote(word)
    doubled = _QUOTES_THERE.sub(r"\1\1", word)
    return word if _PLAIN_THERE.fullmatch(word) else f"'{doubled}'"


def within_quotes(word: str) -> str:
    """Return the same in double quotes where these do: for a command that a text puts into single ones."""
    if WINDOWS:
        plain, active = bool(_PLAIN_THERE.fullmatch(word)), _ACTIVE_THERE.search(word)
    else:
        plain = bool(word) and not _NEEDS_QUOTES.search(word) and not word.startswith("~")
        active = _ACTIVE.search(word)
    if plain:
        return word
    return quoted(word) if not word or active else f'"{word}"'
