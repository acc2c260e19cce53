"""``$filter``: text to a tree, by the grammar below.

    or      = and *( "or" and )
    and     = unary *( "and" unary )
    unary   = "not" unary | compare
    compare = primary [ ( "eq"|"ne"|"gt"|"ge"|"lt"|"le" ) primary | "in" "(" literal *( "," literal ) ")" ]
    primary = "(" or ")" | literal | name "(" args ")" | path
    path    = name *( "/" name ) [ "/" ( "any" | "all" ) "(" [ name ":" or ] ")" | "/$count" ]

A subset of the OData 4.01 ABNF (https://docs.oasis-open.org/odata/odata/v4.01/), which is what
Graph's directory collections understand (https://learn.microsoft.com/graph/filter-query-parameter).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal as Choice

from provision.sandbox.errors import GraphError, bad_syntax

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-]))"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))"
    r"|(?P<name>[A-Za-z_@$][\w.]*)"
    r"|(?P<mark>[(),:/]))"
)
_COMPARE = ("eq", "ne", "gt", "ge", "lt", "le")
_MAX_DEPTH = 100
FUNCTIONS = {"startswith": 2, "endswith": 2, "contains": 2, "tolower": 1, "toupper": 1}


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; ``kind`` is the token it was written as."""

    value: str | bool | float | None
    kind: Choice["string", "guid", "time", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Path:
    """A property, by names; ``count`` for ``x/$count``."""

    names: tuple[str, ...]
    count: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, applied."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """A value among constants."""

    left: Node
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` or ``or``."""

    op: Choice["and", "or"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Lambda:
    """``path/any(v:...)`` or ``all``; without a body, "is there any"."""

    op: Choice["any", "all"]
    path: Path
    variable: str
    body: Node | None


Node = Literal | Path | Function | Compare | In | Logic | Not | Lambda


def parse(text: str) -> Node:
    """Return the tree of a filter; 400 with the position of the fault."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(text) and text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._unreadable(at)
            kind = str(match.lastgroup)
            self._tokens.append((kind, match.group(kind), match.start(kind)))
            at = match.end()
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        tree = self._or()
        if self._at < len(self._tokens):
            raise self._fault()
        return tree

    # -- the grammar -----------------------------------------------------------------------

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise invalid("The maximum depth limit for the filter expression has been exceeded.")
        left = self._and()
        while self._word("or"):
            left = Logic("or", left, self._and())
        self._depth -= 1
        return left

    def _and(self) -> Node:
        left = self._unary()
        while self._word("and"):
            left = Logic("and", left, self._unary())
        return left

    def _unary(self) -> Node:
        if self._peek()[1].lower() == "not" and self._peek()[0] == "name":
            self._at += 1
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise invalid("The maximum depth limit for the filter expression has been exceeded.")
            inner = self._unary()
            self._depth -= 1
            return Not(inner)
        return self._compare()

    def _compare(self) -> Node:
        left = self._primary()
        kind, text, _ = self._peek()
        word = text.lower() if kind == "name" else ""
        if word in _COMPARE:
            self._at += 1
            return Compare(word, left, self._primary())
        if word == "in":
            self._at += 1
            return In(left, self._literals())
        return left

    def _primary(self) -> Node:
        kind, text, _ = self._peek()
        if kind == "mark" and text == "(":
            self._at += 1
            inner = self._or()
            self._expect(")")
            return inner
        if kind != "name":
            return self._literal()
        if text.lower() in ("true", "false", "null"):
            return self._literal()
        self._at += 1
        if self._peek()[1] == "(":
            return self._function(text)
        return self._path(text)

    def _function(self, name: str) -> Node:
        if name.lower() not in FUNCTIONS:
            raise invalid(
                f"An unknown function with name '{name}' was found. This may also be a function import or a"
                " key lookup on a navigation property, which is not allowed."
            )
        self._expect("(")
        args = [self._or()]
        while self._peek()[1] == ",":
            self._at += 1
            args.append(self._or())
        self._expect(")")
        if len(args) != FUNCTIONS[name.lower()]:
            raise invalid(
                f"No function signature for the function with name '{name}' matches the specified arguments."
            )
        return Function(name.lower(), tuple(args))

    def _path(self, first: str) -> Node:
        names = [first]
        while self._peek()[1] == "/":
            self._at += 1
            kind, text, _ = self._next()
            if kind != "name":
                self._at -= 1
                raise self._fault()
            if text.lower() == "$count":
                return Path(tuple(names), count=True)
            if text.lower() in ("any", "all") and self._peek()[1] == "(":
                return self._lambda("any" if text.lower() == "any" else "all", tuple(names))
            names.append(text)
        return Path(tuple(names))

    def _lambda(self, op: Choice["any", "all"], names: tuple[str, ...]) -> Node:
        self._expect("(")
        if self._peek()[1] == ")":
            self._at += 1
            return Lambda(op, Path(names), "", None)
        kind, variable, _ = self._next()
        if kind != "name":
            self._at -= 1
            raise self._fault()
        self._expect(":")
        body = self._or()
        self._expect(")")
        return Lambda(op, Path(names), variable, body)

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._peek()[1] == ",":
            self._at += 1
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        kind, text, _ = self._next()
        match kind:
            case "string":
                return Literal(text[1:-1].replace("''", "'"), "string")
            case "guid":
                return Literal(text.lower(), "guid")
            case "time":
                return Literal(text, "time")
            case "number":
                return Literal(float(text), "number")
            case "name" if text.lower() in ("true", "false"):
                return Literal(text.lower() == "true", "boolean")
            case "name" if text.lower() == "null":
                return Literal(None, "null")
        self._at -= 1
        raise self._fault()

    # -- tokens ----------------------------------------------------------------------------

    def _peek(self) -> tuple[str, str, int]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "", len(self._text))

    def _next(self) -> tuple[str, str, int]:
        token = self._peek()
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        kind, text, _ = self._peek()
        if kind == "name" and text.lower() == word:
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if self._peek()[1] != mark or self._peek()[0] != "mark":
            raise self._fault()
        self._at += 1

    def _fault(self) -> GraphError:
        return invalid(f"Syntax error at position {self._peek()[2]} in '{self._text}'.")

    def _unreadable(self, at: int) -> GraphError:
        at += len(self._text[at:]) - len(self._text[at:].lstrip())
        if self._text[at] == "'":
            return invalid(
                f"There is an unterminated string literal at position {len(self._text)} in '{self._text}'."
            )
        return invalid(
            f"Syntax error: character '{self._text[at]}' is not valid at position {at} in '{self._text}'."
        )


def invalid(message: str) -> GraphError:
    """400 for a filter that is not OData."""
    return bad_syntax(f"Invalid filter clause: {message}")
