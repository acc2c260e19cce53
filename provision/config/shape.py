"""A config as it may be shown to strangers: its keys, and of its values only words of this program's own.

Every name, id, address, path, comment and unknown key is left out, and how long it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provision.config.document import decode, read
from provision.config.node import Items, Kind, Map, Node, Scalar
from provision.config.schema import json_schema
from provision.errors import ProvisionError

_DEEPEST = 6
_PLAIN = frozenset({"1", "true", "false", "null", "max"})
_LENGTH = re.compile(r"[0-9]{1,5}(?:d|w|mo|y)")  # of time: lifetime, renew_before


def shape(raw: bytes) -> list[str]:
    """Return the lines of a config without anything of its owner's; of one that cannot be read, why."""
    try:
        root, faults = read(decode(raw, ""), "")
    except ProvisionError as error:
        return [f"cannot be read: {_told(one)}" for one in error.all]
    return [*_map(root, json_schema(), 0), *(f"# fault: {_told(fault)}" for fault in faults)]


def _told(error: ProvisionError) -> str:
    place = error.where
    at = f", line {place.line}, column {place.column}" if place and place.line else ""
    return f"{error.entry.code} {error.entry.name}{at}"


def _map(node: Map, schema: Any, depth: int) -> Iterator[str]:
    for key, entry in node.entries.items():
        below = _below(schema, key)
        known = below is not None
        yield from _entry(key if known else "(a key that is not known)", entry.value, below, depth)


def _entry(key: str, value: Node, schema: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    match value:
        case Map() if depth < _DEEPEST:
            yield f"{indent}{key}:"
            yield from _map(value, schema, depth + 1)
        case Map():
            yield f"{indent}{key}: (a map)"
        case Items():
            yield f"{indent}{key}: (a list of {len(value.items)})"
        case Scalar():
            yield f"{indent}{key}: {_value(value, schema)}"


def _value(value: Scalar, schema: Any) -> str:
    if value.text in _words(schema) | _PLAIN or _LENGTH.fullmatch(value.text):
        return value.text
    if value.kind is not Kind.TEXT:
        return f"({value.kind.value})"
    return "(text with a variable)" if "${" in value.text else "(text)"


def _below(schema: Any, key: str) -> Any:
    """Return what the schema says of a key, in any alternative; ``None`` if it knows no such key."""
    if not isinstance(schema, dict):
        return None
    found = schema.get("properties", {}).get(key)
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found = found if found is not None else _below(one, key)
    return found


def _words(schema: Any) -> frozenset[str]:
    """Return the words that the schema lists for a value: they are this program's, not the owner's."""
    if not isinstance(schema, dict):
        return frozenset()
    found = {word for word in schema.get("enum", ()) if isinstance(word, str)}
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found |= _words(one)
    return frozenset(found)
