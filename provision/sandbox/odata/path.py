"""Graph paths: segments and the keys in them.

A segment is a name (``applications``), and may carry a key in parentheses:
``('x')``, ``(appId='x')``. Both key forms mean the same as the next segment being the key
(https://learn.microsoft.com/graph/api/application-get: "You can address an application
using either its id or appId"), which may name it too: ``/directoryRoles/roleTemplateId=x``, as
https://learn.microsoft.com/graph/api/directoryrole-get had it and manicminer/hamilton sends it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from provision.sandbox.errors import bad_syntax


@dataclass(frozen=True, slots=True)
class Key:
    """The key of an object: a plain value, or a named alternate key."""

    value: str
    name: str | None = None  # None: the primary key
    parenthesised: bool = False


Segment = str | Key


def split(path: str) -> list[Segment]:
    """Segments of a percent-encoded path; empty ones (doubled slashes) vanish."""
    out: list[Segment] = []
    for raw in _pieces(path):
        text = unquote(raw)
        named = _NAMED_KEY.fullmatch(text)
        if named is not None:
            out.append(Key(_unquote(named["value"]), named["name"]))
            continue
        name, key = _key(text)
        out.append(name)
        if key is not None:
            out.append(key)
    return out


_NAMED_KEY = re.compile(r"(?P<name>[A-Za-z]\w*)=(?P<value>[^=]+)")  # an id in base64 may end in "="


def _pieces(path: str) -> list[str]:
    """Split at slashes outside of quotes (a key may hold a slash).

    Only a key in parentheses or after its name is quoted: an apostrophe is legal in a user's name, and
    stands for itself in a plain segment.
    """
    out, current, quoted = [], "", False
    decoded_quote = path.replace("%27", "'")
    for char in decoded_quote:
        if char == "'" and (quoted or "(" in current or current.endswith("=")):
            quoted = not quoted
        if char == "/" and not quoted:
            out.append(current)
            current = ""
        else:
            current += char
    out.append(current)
    return [piece for piece in out if piece.strip()]


def _key(text: str) -> tuple[str, Key | None]:
    if not text.endswith(")") or "(" not in text or text.startswith("("):
        return text, None
    name, _, inner = text[:-1].partition("(")
    if not inner.strip():
        return name, None  # a function or an action written with empty parentheses
    left, equals, right = inner.partition("=")
    if equals and left.strip().replace("_", "").isalnum():
        return name, Key(_unquote(right.strip()), left.strip(), parenthesised=True)
    return name, Key(_unquote(inner.strip()), parenthesised=True)


def _unquote(literal: str) -> str:
    if literal.startswith("'"):
        if len(literal) < 2 or not literal.endswith("'"):
            raise bad_syntax("There is an unterminated string literal in the request path.")
        return literal[1:-1].replace("''", "'")
    return literal
