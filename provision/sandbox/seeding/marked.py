"""YAML read with the line of everything, so that a mistake can be pointed at."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from provision.sandbox import bounded

_LARGEST = 4 * 1024 * 1024  # bytes
_DEEPEST = 32  # levels of a map in a list in a map
# The scanner in Python takes minutes for what libyaml tells at once: a file of brackets.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SeedError(Exception):
    """A seed file that cannot be used: the message begins with ``file:line``."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A node of the document. Every reader raises ``SeedError`` where the node is not what is meant."""

    file: str
    node: yaml.Node
    name: str

    def error(self, what: str) -> SeedError:
        """Return a mistake here."""
        return SeedError(f"{self.file}:{self.node.start_mark.line + 1}: {self.name}: {what}")

    def mapping(self, *allowed: str, required: tuple[str, ...] = ()) -> dict[str, Marked]:
        """Return a mapping with no keys but these; null is an empty one."""
        if self._is_null:
            entries: dict[str, Marked] = {}
        elif isinstance(self.node, yaml.MappingNode):
            entries = dict(self._entries(self.node, allowed))
        else:
            raise self.error("a mapping is meant")
        for name in required:
            if name not in entries:
                raise self.error(f"'{name}' is missing")
        return entries

    def _entries(self, node: yaml.MappingNode, allowed: tuple[str, ...]) -> Iterator[tuple[str, Marked]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise Marked(self.file, key, self.name).error(f"'{name}' stands twice")
            if allowed and name not in allowed:
                raise Marked(self.file, key, self.name).error(
                    f"'{name}' is not known here; known are {', '.join(allowed)}"
                )
            seen.add(name)
            yield name, Marked(self.file, value, name)

    def items(self) -> list[Marked]:
        """Return a list; null is an empty one."""
        if self._is_null:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("a list is meant")
        return [Marked(self.file, item, f"{self.name}[{n}]") for n, item in enumerate(self.node.value)]

    def text(self) -> str:
        """Text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or self._is_null or not self.node.value.strip():
            raise self.error("text is meant")
        return str(self.node.value).strip()

    def texts(self) -> list[str]:
        """Return a list of texts."""
        return [item.text() for item in self.items()]

    def choice(self, *allowed: str) -> str:
        """Return one of a few words."""
        value = self.text()
        if value not in allowed:
            raise self.error(f"'{value}' is not one of {', '.join(allowed)}")
        return value

    def whole(self, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.text()
        if not value.isdecimal() or not least <= int(value) <= most:
            raise self.error(f"a whole number from {least} to {most} is meant")
        return int(value)

    def plain(self) -> Any:
        """Return the value as JSON has it."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(self.node)
        except yaml.YAMLError as error:
            raise self.error(str(error)) from error
        finally:
            loader.dispose()

    @property
    def _is_null(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"


def documents(path: Path) -> list[Marked]:
    """Return the documents of a file; ``SeedError`` if it cannot be read."""
    try:
        data = bounded.read(path, _LARGEST, streams=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise SeedError(f"{path}: {reason}") from error
    try:
        text = data.decode(
            "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        )
        depth = 0
        for event in yaml.parse(text, _Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else str(path)
            if isinstance(event, yaml.AliasEvent):
                raise SeedError(f"{where}: aliases (*{event.anchor}) are not read")
            if depth > _DEEPEST:
                raise SeedError(f"{where}: a seed is not nested deeper than {_DEEPEST} levels")
        return [Marked(str(path), node, "seed") for node in yaml.compose_all(text, _Loader) if node]
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SeedError(f"{path}{line}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SeedError(f"{path}: not YAML ({error})") from error
