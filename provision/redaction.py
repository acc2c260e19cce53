"""What another program or service said, without what signs in: tokens, secrets, passwords, cookies.

Azure CLI, Azure PowerShell and azd print a token as their answer, and a message about an answer that cannot
be read repeats it: coloured, wrapped, escaped, in UTF-16, or encoded once more. What looks like one is left
out, and so is the rest of a value that runs on; an id, a time, a path and a sentence stay.
Sources: https://learn.microsoft.com/entra/identity-platform/access-tokens (a token is three parts of
base64url, the first a JSON object, so it begins with eyJ) and
https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
"""

from __future__ import annotations

import re
from urllib.parse import unquote

HIDDEN = "<hidden>"
_COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_NO_WIDTH = re.compile("[\x00\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")  # UTF-16 read as bytes has NULs
# A token, and the lines that it was wrapped into: those of nothing but its letters, and an end of one.
_WRAPPED = r"(?:\s*\r?\n\s*[\w./+=~-]{16,}(?=\s|[\"'\\]|$))*(?:\s*\r?\n\s*[\w./+=~-]+(?=[\"'\\]))?"
_TOKEN = re.compile(r"\b(?:eyJ|ZXlK|ey\s?J)[\w./+=~%-]{12,}" + _WRAPPED)
_WITH_SCHEME = re.compile(
    r"\b(Bearer|Basic|Negotiate|SharedAccessSignature)(\s+)[\w./+=~%:&-]{8,}" + _WRAPPED, re.I
)
_COOKIES = re.compile(r"\b((?:set-)?cookie[\"']?\s*[:=]\s*)[^\r\n]+", re.I)
# The name of what signs in, anything that stands between it and its value, and the value.
_NAMED = re.compile(
    r"""(?P<name>(?:access|refresh|id|sas|auth|federated)_?-?token|(?:client|shared)?_?-?secret
    |password|passwd|pwd|assertion|authorization|api_?-?key|x-functions-key
    |saml(?:response|request)|(?:account|access|private|subscription)_?-?key)
    (?P<between>\\*["']?\s*(?:[:=]|=>|\|)\s*\\*["']?\s*)
    (?P<value>[^\s"'\\,;|<>{}()\[\]]{3,}|<(?!hidden>)[^>\s]{3,}>)"""
    + _WRAPPED,
    re.I | re.X,
)
# What no word, path or id is: long, of one piece, with capitals, small letters and digits mixed.
_OPAQUE = re.compile(r"(?<![\w./+~-])[\w+~.=-]{32,}(?:/[\w+~.=/-]+)?(?![\w~])")
_GUID = re.compile(r"^[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$")
_ENCODED = re.compile(r"\S*%[0-9A-Fa-f]{2}\S*")
_ESCAPED = re.compile(r"\\u00([2-7][0-9a-fA-F])")
_SPREAD = re.compile(r"(?<!\S)(?:\S ){20,}\S(?!\S)")  # a letter a word: UTF-16 whose NULs became blanks
_HEX = re.compile(r"\b[0-9a-fA-F]{100,}\b")
_MOST = 20_000  # characters; what follows says nothing more


def redacted(text: str) -> str:
    """Return the text without colours, and without what signs in; everything else stays as it is."""
    shown = _NO_WIDTH.sub("", _COLOUR.sub("", text[:_MOST]))
    shown = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), shown)
    return _hidden(_ENCODED.sub(_decoded_where_it_tells, shown))


def _hidden(text: str) -> str:
    """Hide what signs in, in a text that nothing is encoded in."""
    shown = _COOKIES.sub(rf"\1{HIDDEN}", text)
    shown = _TOKEN.sub(HIDDEN, _SPREAD.sub(HIDDEN, _HEX.sub(HIDDEN, shown)))
    shown = _WITH_SCHEME.sub(rf"\1\2{HIDDEN}", shown)
    shown = _NAMED.sub(rf"\g<name>\g<between>{HIDDEN}", shown)
    return _OPAQUE.sub(_unless_known, shown)


def _decoded_where_it_tells(found: re.Match[str]) -> str:
    """Leave an encoded word as it is, unless something is hidden in it once it is decoded."""
    plain = unquote(unquote(found[0]))
    hidden = _hidden(plain)
    return found[0] if hidden == plain else hidden


def _unless_known(found: re.Match[str]) -> str:
    word = found[0].strip(".=")
    mixed = all(re.search(kind, word) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    # A host's name, a file's, or words with hyphens: where all pieces are short, it is no secret.
    longest = max(map(len, re.split(r"[./_=-]", word)))
    return HIDDEN if mixed and longest >= 16 and not _GUID.match(word) else found[0]
