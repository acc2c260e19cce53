"""A list as Graph answers it: filter, search, order, count, page.

Which queries need ``ConsistencyLevel: eventual`` follows
https://learn.microsoft.com/graph/aad-advanced-queries
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from provision.sandbox.entities.schema import EntityType
from provision.sandbox.errors import (
    GraphError,
    bad_request,
    bad_syntax,
    no_custom_pages,
    no_reference_filter,
    unsupported_query,
)
from provision.sandbox.keeping.store import INDEXED, Record
from provision.sandbox.odata import shape as shapes
from provision.sandbox.odata.evaluate import Compiler, Predicate
from provision.sandbox.odata.filter import Compare, In, Literal, Logic, Node, Path, parse
from provision.sandbox.wire.call import Answer, Call

Json = dict[str, Any]
DEFAULT_PAGE, MAX_PAGE = 100, 999
# What $search tokenises; elsewhere it matches beginnings (aad-advanced-queries, "Using $search").
_CONTAINS = ("displayName", "description")


class Listing:
    """Answers ``GET`` on a collection of one entity type."""

    def __init__(
        self,
        call: Call,
        entity: EntityType,
        context: str,
        *,
        view: Callable[[Record], Json] = lambda r: r.props,
        related: Callable[[Record, str, shapes.Shape], Json] | None = None,
        show: Callable[[Record, shapes.Shape], Json] | None = None,
        page: int = DEFAULT_PAGE,
        headers: dict[str, str] | None = None,
        pages: bool = True,
        reference: bool = False,
    ) -> None:
        self._call, self._entity, self._context = call, entity, context
        self._show, self._headers, self._pages = show, headers or {}, pages
        self._reference = reference  # what a relation leads to
        self._view, self._related, self._page = view, related, page
        self._advanced = not entity.directory_object or (call.eventual and self._counts())

    def answer(self, records: Sequence[Record] | None = None) -> Answer:
        """Return the page that the request asks for; of these records, or of all of the kind in it."""
        shape = shapes.of(self._entity, self._call.query)
        found = self._ordered(self._matching(records))
        size = self._size()
        start = self._start()
        page = found[start : start + size]
        body: Json = {"@odata.context": f"{self._call.service}/$metadata#{self._context}{shape.context()}"}
        if self._counts() and start == 0 and self._may_count():
            body["@odata.count"] = len(found)
        if start + size < len(found):
            body["@odata.nextLink"] = self._next(start + size)
        body["value"] = [self._shown(r, shape) for r in page]
        return Answer(200, body, dict(self._headers))

    def _shown(self, record: Record, shape: shapes.Shape) -> Json:
        if self._show is not None:
            return self._show(record, shape)
        return shapes.show(self._entity, self._view(record), shape, self._of(record))

    def count(self, records: Sequence[Record] | None = None) -> Answer:
        """``/$count``: a bare number."""
        if self._entity.directory_object and not self._call.eventual:
            raise bad_request("$count is not currently supported.")
        self._advanced = True
        return Answer(200, str(len(self._matching(records))))

    def _of(self, record: Record) -> Callable[[str, shapes.Shape], Json] | None:
        related = self._related
        return None if related is None else lambda name, shape: related(record, name, shape)

    # -- which -----------------------------------------------------------------------------

    def _matching(self, records: Sequence[Record] | None) -> list[Record]:
        tests: list[Predicate] = []
        seen = self._view
        text = self._call.query.get("filter")
        search = self._call.query.get("search")
        if search is not None:
            if self._entity.directory_object and (not self._call.eventual or self._call.query.get("expand")):
                # With $expand whatever the header says: microsoft-graph-docs-contrib issue 2577.
                raise unsupported_query(
                    "Request with $search query parameter only works through MSGraph with a special request"
                    " header: 'ConsistencyLevel: eventual'"
                )
            tests.append(_search(search, self._entity))
        tree = None
        if text is not None:
            if not text:
                raise bad_syntax("Invalid filter clause: The filter is empty.")
            tree = parse(text)
            if self._reference and not self._advanced and not _names_ids(tree):
                raise no_reference_filter()
            compiler = Compiler(self._entity, advanced=self._advanced)
            tests.append(compiler.predicate(tree))
            if compiler.navigates:
                seen = _with_relations(self._view)
        if records is None:
            records = self._candidates(tree)
        for test in tests:
            records = [r for r in records if test(seen(r))]
        return list(records)

    def _candidates(self, tree: Node | None) -> Sequence[Record]:
        """Return those that can match, by an index where the filter names an indexed property."""
        indexed = INDEXED.get(self._entity.kind, ())
        pending = [tree] if tree is not None else []
        while pending:
            node = pending.pop()
            if isinstance(node, Logic) and node.op == "and":
                pending += [node.left, node.right]
            if isinstance(node, Compare) and node.op == "eq" and isinstance(node.left, Path):
                prop = self._entity.by_name.get(node.left.names[0].lower())
                right = node.right
                if (
                    prop
                    and prop.name in indexed
                    and isinstance(right, Literal)
                    and isinstance(right.value, str)
                ):
                    return self._call.tenant.find(self._entity.kind, prop.name, right.value)
        return self._call.tenant.all(self._entity.kind)

    # -- in which order --------------------------------------------------------------------

    def _ordered(self, records: list[Record]) -> list[Record]:
        text = self._call.query.get("orderby")
        if not text:
            return records
        if (
            self._entity.directory_object
            and not self._advanced
            and (self._call.query.get("filter") or self._call.query.get("search"))
        ):
            raise unsupported_query("Sorting not supported for current query.")
        for part in reversed([p.split() for p in text.split(",")]):
            if not part or len(part) > 2 or (len(part) == 2 and part[1].lower() not in ("asc", "desc")):
                raise bad_syntax(f"Invalid $orderby clause: Syntax error in '{text}'.")
            name = part[0]
            prop = self._entity.by_name.get(name.lower())
            if prop is None:
                raise bad_syntax(
                    f"Could not find a property named '{name}' on type 'microsoft.graph.{self._entity.name}'."
                )
            key = prop.name
            if self._entity.sortable is not None and key not in self._entity.sortable:
                raise unsupported_query(f"Unsupported sort property '{key}' for '{self._entity.resource}'.")
            records = sorted(
                records,
                key=lambda r: (self._view(r).get(key) is not None, str(self._view(r).get(key)).lower()),
                reverse=len(part) == 2 and part[1].lower() == "desc",
            )
        return records

    # -- how many --------------------------------------------------------------------------

    def _counts(self) -> bool:
        text = self._call.query.get("count")
        if text is None:
            return False
        if text.lower() not in ("true", "false"):
            raise bad_syntax(
                f"Invalid value '{text}' for $count query option found. The $count query option"
                " requires a boolean value."
            )
        return text.lower() == "true"

    def _may_count(self) -> bool:
        return self._call.eventual or not self._entity.directory_object

    def _size(self) -> int:
        text = self._call.query.get("top")
        if text is None:
            return self._page
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise bad_syntax(
                f"Invalid value '{text}' for $top query option found. The $top query option requires a"
                " non-negative integer value."
            )
        if not self._entity.pages or not self._pages:
            raise no_custom_pages()
        if not 1 <= int(text) <= MAX_PAGE:
            raise unsupported_query(
                f"Invalid page size specified: '{int(text)}'. Must be between 1 and {MAX_PAGE} inclusive."
            )
        return int(text)

    def _start(self) -> int:
        token = self._call.query.get("skiptoken")
        if token is None:
            if self._call.query.get("skip") is not None and self._entity.directory_object:
                raise bad_request("'$skip' is not supported by the service.")  # msgraph-metadata issue 135
            return int(self._call.query.get("skip") or 0)
        try:
            start, mark = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        except (ValueError, TypeError) as error:
            raise _expired() from error
        if mark != self._fingerprint() or not isinstance(start, int) or start < 0:
            raise _expired()
        return start

    def _next(self, start: int) -> str:
        token = json.dumps([start, self._fingerprint()]).encode()
        options = {k: v for k, v in self._call.query.options.items() if k != "skiptoken"}
        options["skiptoken"] = base64.urlsafe_b64encode(token).decode().rstrip("=")
        query = "&".join(f"${k}={quote(v, safe='(),$/:')}" for k, v in options.items())
        path = re.sub(r"/{2,}", "/", self._call.path).lstrip("/")
        return f"{self._call.root}/{path}?{query}"

    def _fingerprint(self) -> str:
        """Return what a page token holds for: the collection and the query that it continues."""
        parts = [self._context, *(self._call.query.get(n) or "" for n in ("filter", "search", "orderby"))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _names_ids(tree: Node) -> bool:
    """Return whether a filter asks for objects by their ids only."""
    if isinstance(tree, Logic):
        return _names_ids(tree.left) and _names_ids(tree.right)
    left = tree.left if isinstance(tree, Compare | In) else None
    return isinstance(left, Path) and [n.lower() for n in left.names] == ["id"]


def _with_relations(view: Callable[[Record], Json]) -> Callable[[Record], Json]:
    """Return the properties together with the ids that relations lead to."""
    return lambda r: {**view(r), **{n: [{"id": i} for i in ids] for n, ids in r.links.items()}}


def _expired() -> GraphError:
    return GraphError(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )


_CLAUSE = re.compile(r'\s*(?P<not>NOT\s+)?"(?P<name>\w+):(?P<text>(?:[^"\\]|\\.)*)"\s*(?P<op>AND|OR)?', re.I)


def _search(text: str, entity: EntityType) -> Predicate:
    """``"displayName:Web" OR "description:x"``: clauses joined from left to right, AND by default."""
    clauses: list[tuple[str, bool, str, str]] = []
    at, op = 0, "and"
    stripped = text.strip().strip("()")
    while at < len(stripped):
        match = _CLAUSE.match(stripped, at)
        if match is None:
            raise bad_request('Invalid $search query. Enclose the clause in double quotes: "property:value".')
        prop = entity.by_name.get(match.group("name").lower())
        if prop is None or prop.type != "String":
            raise unsupported_query(f"Property '{match.group('name')}' is not searchable.")
        words = re.sub(r"\\(.)", r"\1", match.group("text")).lower()
        clauses.append((op, match.group("not") is not None, prop.name, words))
        op, at = (match.group("op") or "and").lower(), match.end()

    def test(obj: Any) -> bool:
        result = True
        for how, negated, name, words in clauses:
            hit = _hit(obj.get(name), words, contains=name in _CONTAINS) != negated
            result = (result or hit) if how == "or" else (result and hit)
        return result

    return test


def _hit(value: Any, words: str, *, contains: bool) -> bool:
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        if not isinstance(text, str):
            continue
        if not contains:
            if text.lower().startswith(words):
                return True
            continue
        tokens = re.findall(r"\w+", re.sub(r"([a-z])([A-Z])|([A-Za-z])(\d)", r"\1\3 \2\4", text).lower())
        tokens += re.findall(r"\w+", text.lower())
        if all(any(t.startswith(w) for t in tokens) for w in re.findall(r"\w+", words)):
            return True
    return False
