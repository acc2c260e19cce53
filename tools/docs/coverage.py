"""The table of what is emulated, from routes and rights, for ``docs/sandbox-coverage.md``."""

from __future__ import annotations

from collections.abc import Iterable

from provision.sandbox.authorization.permissions import Right, right_of
from provision.sandbox.coverage.covered import page_of, words_of
from provision.sandbox.directory.relations import KINDS
from provision.sandbox.routes import ENDPOINTS
from provision.sandbox.wire.routing import Endpoint
from tools.docs.part import Part

_SUFFIXES = ("$count", "$ref", *KINDS)  # forms of the path before them, under the same right


def table(endpoints: Iterable[Endpoint]) -> str:
    """Markdown: a row for each path and right, then the rights by their numbers."""
    numbers: dict[str, int] = {}
    lines = ["| Method | Path | Right | Page |", "|---|---|---|---|"]
    for (path, right), row in sorted(_rows(endpoints).items(), key=lambda item: item[0][0].lower()):
        methods, forms, pages = row
        number = numbers.setdefault(" | ".join(words_of(right)), len(numbers) + 1)
        also = f" ({', '.join(f'`/{form}`' for form in forms)})" if forms else ""
        links = ", ".join(f"[{page.rsplit('/', 1)[1]}]({page})" for page in pages)
        lines.append(f"| {', '.join(methods)} | `/{path}`{also} | {number} | {links} |")
    lines += ["", "| Right | As an application | For a person | And the person is |", "|---|---|---|---|"]
    lines += [f"| {number} | {words} |" for words, number in numbers.items()]
    return "\n".join(lines)


Row = tuple[list[str], list[str], list[str]]  # methods, forms of the path, pages


def _rows(endpoints: Iterable[Endpoint]) -> dict[tuple[str, Right], Row]:
    rows: dict[tuple[str, Right], Row] = {}
    known = {(endpoint.method, endpoint.pattern) for endpoint in endpoints}
    for endpoint in endpoints:
        right = right_of(endpoint.method, endpoint.pattern)
        if right is None:  # refused to everybody
            continue
        path, forms = endpoint.pattern, list[str]()
        while (parts := path.rpartition("/"))[2] in _SUFFIXES and (endpoint.method, parts[0]) in known:
            path = parts[0]
            forms.insert(0, parts[2])
        path = f"beta/{path}" if endpoint.beta else path
        methods, also, pages = rows.setdefault((path, right), ([], [], []))
        # That a cast list can be counted too goes without saying.
        form = forms[0] if len(forms) == 1 else ""
        for found, item in ((methods, endpoint.method), (also, form), (pages, page_of(endpoint))):
            if item and item not in found:
                found.append(item)
    return rows


PART = Part("coverage", lambda: table(ENDPOINTS), end="<!-- end of coverage -->")
