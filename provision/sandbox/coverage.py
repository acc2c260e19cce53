"""The table of what is emulated, from routes and rights, for ``docs/sandbox-coverage.md``.

``python -m provision.sandbox.coverage FILE`` writes it between the file's two markers; with ``--check``
it only tells whether it is as it would be written.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from provision.sandbox.caller import GLOBAL_ADMINISTRATOR
from provision.sandbox.directory.relations import KINDS
from provision.sandbox.entities.tenancy import ROLES
from provision.sandbox.permissions import OWNED_BY, PRIVILEGED_ROLE_ADMINISTRATOR, Names, Right, right_of
from provision.sandbox.routes import ENDPOINTS
from provision.sandbox.routing import Endpoint

BEGIN = "<!-- coverage: written by `make docs` -->"
END = "<!-- end of coverage -->"
_PAGE = re.compile(r"https://learn\.microsoft\.com/[\w/.-]*\w")
_SUFFIXES = ("$count", "$ref", *KINDS)  # forms of the path before them, under the same right


def table(endpoints: Iterable[Endpoint]) -> str:
    """Markdown: a row for each path and right, then the rights by their numbers."""
    numbers: dict[str, int] = {}
    lines = ["| Method | Path | Right | Page |", "|---|---|---|---|"]
    for (path, right), row in sorted(_rows(endpoints).items(), key=lambda item: item[0][0].lower()):
        methods, forms, pages = row
        number = numbers.setdefault(told(right), len(numbers) + 1)
        also = f" ({', '.join(f'`/{form}`' for form in forms)})" if forms else ""
        links = ", ".join(f"[{page.rsplit('/', 1)[1]}]({page})" for page in pages)
        lines.append(f"| {', '.join(methods)} | `/{path}`{also} | {number} | {links} |")
    lines += ["", "| Right | As an application | For a person | And the person is |", "|---|---|---|---|"]
    lines += [f"| {number} | {told} |" for told, number in numbers.items()]
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
        for found, item in ((methods, endpoint.method), (also, form), (pages, page(endpoint))):
            if item and item not in found:
                found.append(item)
    return rows


def page(endpoint: Endpoint) -> str:
    """The page that the handler's docstring names."""
    match = _PAGE.search(endpoint.handler.__doc__ or "")
    return match[0] if match else ""


def told(right: Right) -> str:
    """A right in three cells: as an application, for a person, and who the person is."""
    application = _needs(right.application)
    if right.owned:
        application += f"; or `{OWNED_BY}`, of its own objects"
    return f"{application} | {_needs(right.delegated)} | {_who(right)}"


def _needs(groups: tuple[Names, ...]) -> str:
    if not groups:
        return "any token"
    if not all(groups):
        return "none: not supported"
    return "; and ".join(" or ".join(f"`{name}`" for name in sorted(group)) for group in groups)


def _who(right: Right) -> str:
    if right.exchange:
        return "one who may use the mailbox"
    if right.roles is None:
        return "anybody"
    roles = sorted(ROLES.get(role, role) for role in {GLOBAL_ADMINISTRATOR, *right.roles})
    names = ", ".join(roles) + (", or an owner" if right.owned else "")
    if right.grants:
        names += (
            f" (of Microsoft Graph's roles only {ROLES[PRIVILEGED_ROLE_ADMINISTRATOR]} and the Global one)"
        )
    return names


def written(text: str) -> str:
    """A document with the table as it is now between its markers; ``ValueError`` if they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{table(ENDPOINTS)}\n\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    """0: written, or as it should be; 1: stale; 2: no such document."""
    parser = argparse.ArgumentParser(prog="python -m provision.sandbox.coverage", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it is stale")
    options = parser.parse_args(argv)
    try:
        text = options.file.read_text(encoding="utf-8")
        wanted = written(text)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 2
    if text == wanted:
        return 0
    if options.check:
        sys.stderr.write(f"{options.file}: its table of coverage is stale; run: make docs\n")
        return 1
    options.file.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
