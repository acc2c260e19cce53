"""The tree that a config's text is read into: values with the places where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from provision.errors import Place
from provision.values import dataclass

Path = tuple[str | int, ...]


class Kind(StrEnum):
    """The type that YAML gives a word without quotes. Quoted words are always ``TEXT``."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "yes or no"
    DATE = "a date"
    NULL = "nothing"


class Unset(str):
    """A text that is not known yet, for its variable is not set; every rule lets it pass."""

    __slots__ = ()


class NotText:
    """Stands for a value that no key takes (a date, a number with a point), so that it is refused."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One word or text. ``text`` is the value, ``shown`` what stands in the file (variables unresolved)."""

    place: Place
    text: str
    shown: str
    kind: Kind = Kind.TEXT
    unset: bool = False

    @property
    def interpolated(self) -> bool:
        """Whether a variable has a part in it: then no message may print ``text``."""
        return self.unset or self.text != self.shown


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a map, with the place of the key."""

    key: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Map:
    """A map."""

    place: Place
    entries: Mapping[str, Entry]


Node = Scalar | Items | Map

_TRUE = frozenset({"yes", "true", "on"})


def data(node: Node) -> Any:
    """Return the tree as plain values: text, whole numbers, booleans, ``None``, tuples and dicts."""
    match node:
        case Map():
            return {key: data(entry.value) for key, entry in node.entries.items()}
        case Items():
            return tuple(data(item) for item in node.items)
        case Scalar(kind=Kind.TEXT):
            return Unset(node.text) if node.unset else node.text
        case Scalar(kind=Kind.NULL):
            return None
        case Scalar(kind=Kind.BOOLEAN):
            return node.text.lower() in _TRUE
        case _:
            plain = node.text.isascii() and node.text.isdigit() and len(node.text) < 16
            return int(node.text) if plain and str(int(node.text)) == node.text else NotText()


def find(root: Node, path: Sequence[str | int]) -> Node | None:
    """Return what stands at a path, or ``None``."""
    node: Node | None = root
    for part in path:
        node = _child(node, part)
    return node


def _child(node: Node | None, part: str | int) -> Node | None:
    if isinstance(node, Map) and isinstance(part, str):
        entry = node.entries.get(part)
        return entry.value if entry else None
    if isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def places(root: Map) -> dict[Path, Place]:
    """Return where each key stands: a value that is one word at the word, a map or list at its key."""
    found: dict[Path, Place] = {(): root.place}

    def walk(node: Node, path: Path) -> None:
        if isinstance(node, Map):
            for key, entry in node.entries.items():
                value = entry.value
                empty = isinstance(value, Scalar) and value.kind is Kind.NULL and not value.shown
                found[*path, key] = value.place if isinstance(value, Scalar) and not empty else entry.key
                walk(value, (*path, key))
        elif isinstance(node, Items):
            for index, item in enumerate(node.items):
                found[*path, index] = item.place
                walk(item, (*path, index))

    walk(root, ())
    return found
