"""The catalogue of errors and findings as text: one entry for ``explain``, all of them for the docs.

``python -m provision.report.catalogue`` prints ``docs/errors.md``.
"""

from __future__ import annotations

from collections.abc import Iterable

from provision.errors import Entry, Exit, catalogue

_GROUPS = {
    "1": "The command line",
    "2": "The config",
    "3": "Refused before anything is written",
    "4": "Sign-in and Microsoft Graph",
    "5": "Delivery of the secret",
    "6": "Findings",
    "7": "The sandbox",
    "8": "Signing in as the product, and sending mail",
    "9": "The rest",
}


def entry_text(entry: Entry) -> str:
    """Return one entry in full."""
    rows = [
        f"{entry.code} {entry.name}: {entry.title}",
        "",
        f"Why: {entry.cause}",
        f"What to do: {entry.fix}",
        f"Exit code: {_exit(entry)}",
    ]
    if entry.allowable:
        rows.append(f"Let it pass: --allow {entry.name}")
    if entry.aadsts or entry.graph:
        rows.append(f"Seen as: {_seen_as(entry)}")
    if entry.source:
        rows.append(f"Source: {entry.source}")
    return "\n".join(rows)


def list_text(entries: Iterable[Entry]) -> str:
    """Return a line an entry."""
    listed = list(entries)
    width = max(len(entry.name) for entry in listed)
    return "\n".join(f"{entry.code}  {entry.name:<{width}}  {entry.title}" for entry in listed)


def entry_markdown(entry: Entry) -> str:
    """Return one entry as a section whose anchor is its code."""
    rows = [
        f"### {entry.code}",
        "",
        f"`{entry.name}`: {entry.title}. Exit code {_exit(entry)}.",
        "",
        entry.cause,
        "",
        f"**What to do:** {entry.fix}",
    ]
    if entry.allowable:
        rows += ["", f"`--allow {entry.name}` lets it pass."]
    if entry.aadsts or entry.graph:
        rows += ["", f"Seen as {_seen_as(entry)}."]
    if entry.source:
        rows += ["", f"Source: <{entry.source}>"]
    return "\n".join(rows)


def _exit(entry: Entry) -> str:
    """A finding that stops nothing has no exit code of its own; what counts findings has."""
    if entry.exit is not Exit.DONE or not entry.code.startswith("PRV6"):
        return str(int(entry.exit))
    return "0; as a warning 4 of drift, 5 of plan --fail-on warning"


def _seen_as(entry: Entry) -> str:
    return ", ".join((*(f"AADSTS{number}" for number in entry.aadsts), *entry.graph))


def entry_json(entry: Entry) -> dict[str, object]:
    """Return one entry as ``provision.explanation/1``."""
    return {
        "format": "provision.explanation/1",
        "code": entry.code,
        "name": entry.name,
        "title": entry.title,
        "cause": entry.cause,
        "fix": entry.fix,
        "exit_code": int(entry.exit),
        "allowable": entry.allowable,
        "source": entry.source,
        "service_codes": [*(f"AADSTS{number}" for number in entry.aadsts), *entry.graph],
    }


def page() -> str:
    """Return ``docs/errors.md``."""
    parts = [
        "# Errors and findings",
        "",
        "`provision explain CODE` prints one of these. Codes are stable and never reused.",
        "",
        "This page is written from `provision/errors/catalogue/` by `make docs`.",
    ]
    group = ""
    for entry in sorted(catalogue.ENTRIES.values(), key=lambda entry: entry.code):
        if entry.code[3] != group:
            group = entry.code[3]
            parts += ["", f"## {_GROUPS[group]}"]
        parts += ["", entry_markdown(entry)]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page())  # noqa: T201 - this is the output
