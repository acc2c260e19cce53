"""``$select`` and ``$expand``: which properties an answer shows.

https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from provision.sandbox.entities.schema import EntityType
from provision.sandbox.errors import GraphError, bad_syntax, only_one_expansion
from provision.sandbox.odata.query import Query

Json = dict[str, Any]
MAX_EXPANDED = 20  # objects an expansion of a directory relation answers, at most


@dataclass(frozen=True, slots=True)
class Shape:
    """The properties to show, None for the default ones, and the relations to expand."""

    select: tuple[str, ...] | None = None
    expand: dict[str, Shape] = field(default_factory=dict)

    def context(self) -> str:
        """Return what ``@odata.context`` says of it: ``(id,displayName,owners())``."""
        parts = list(self.select or ())
        parts += [f"{name}{shape.context() or '()'}" for name, shape in self.expand.items()]
        return f"({','.join(parts)})" if parts else ""


def of(entity: EntityType, query: Query) -> Shape:
    """Return what a request asks to see; 400 for a property that the type does not have."""
    return _shape(entity, query.get("select"), query.get("expand"))


def _shape(entity: EntityType, select: str | None, expand: str | None) -> Shape:
    chosen: tuple[str, ...] | None = None
    if select is not None:
        names = [n.strip() for n in select.split(",") if n.strip()]
        if "*" not in names and names:
            chosen = tuple(dict.fromkeys(_selected(entity, n) for n in names))
    return Shape(chosen, dict(_expansions(entity, expand)) if expand else {})


def _selected(entity: EntityType, name: str) -> str:
    prop = entity.by_name.get(name.partition("/")[0].lower())
    if prop is not None:
        return prop.name
    for relation in entity.navigation:
        if relation.lower() == name.lower():
            return relation
    raise unparsable(name, entity.name)


def _expansions(entity: EntityType, text: str) -> list[tuple[str, Shape]]:
    out: list[tuple[str, Shape]] = []
    for part in _outside_parentheses(text, ","):
        match = re.fullmatch(r"\s*([\w.]+)\s*(?:\((.*)\))?\s*", part, re.S)
        if match is None:
            raise bad_syntax(f"Parsing OData Select and Expand failed: Syntax error in '{part.strip()}'.")
        name = next((n for n in entity.navigation if n.lower() == match.group(1).lower()), None)
        if name is None:
            raise unparsable(match.group(1), entity.name)
        options = dict(_option(o) for o in _outside_parentheses(match.group(2) or "", ";"))
        select = options.get("select")
        if out and entity.expands_one:
            raise only_one_expansion()
        out.append((name, Shape(tuple(s.strip() for s in select.split(",")) if select else None)))
    return out


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().removeprefix("$").lower(), value.strip()


def _outside_parentheses(text: str, mark: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == mark and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += char
    return [p for p in [*parts, current] if p.strip()]


def unparsable(name: str, kind: str) -> GraphError:
    """400 for a name that the type does not have."""
    return bad_syntax(
        f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type"
        f" 'microsoft.graph.{kind}'."
    )


def show(
    entity: EntityType, props: Json, shape: Shape, related: Callable[[str, Shape], Json] | None = None
) -> Json:
    """Return the properties of one object as answered, null complex values first, as the service does."""
    if shape.select is not None:
        out = {name: props.get(name) for name in shape.select if name.lower() in entity.by_name}
    else:
        out = {name: props.get(name) for name in entity.shown_simple}
        values = [(name, props.get(name)) for name in entity.shown_complex]
        out |= {name: None for name, value in values if value is None}
        out |= {name: value for name, value in values if value is not None}
    if related is not None:
        for name, inner in shape.expand.items():
            out |= related(name, inner)
    return out
