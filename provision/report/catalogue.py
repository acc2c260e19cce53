"""The catalogue of errors and findings as text: one entry for ``explain``, all of them for the docs."""

from __future__ import annotations

from collections.abc import Iterable

from provision.errors import Entry, Exit, codes
from provision.errors.codes import ServiceCode


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
    if seen_as := ", ".join(codes.standing_for(entry.name)):
        rows.append(f"Seen as: {seen_as}")
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
    if seen_as := ", ".join(codes.standing_for(entry.name)):
        rows += ["", f"Seen as {seen_as}."]
    if entry.source:
        rows += ["", f"Source: <{entry.source}>"]
    return "\n".join(rows)


def _exit(entry: Entry) -> str:
    """A finding that stops nothing has no exit code of its own; what counts findings has."""
    if entry.exit is not Exit.DONE or not entry.code.startswith("PRV6"):
        return str(int(entry.exit))
    return "0; as a warning 4 of drift, 5 of plan --fail-on warning"


def row_text(row: ServiceCode) -> str:
    """Return what a code of another service means, and what to look at first."""
    return "\n".join(
        (
            f"{row.code}: {row.cause}",
            f"First check: {row.check}",
            f"What to do: {row.fix}",
            f"Source: {row.source}",
        )
    )


def row_markdown(row: ServiceCode) -> str:
    """Return what a code of another service means as a section."""
    return "\n".join(
        (
            f"### {row.code}",
            "",
            row.cause,
            "",
            f"**First check:** {row.check}",
            "",
            f"**What to do:** {row.fix}",
            "",
            f"Source: <{row.source}>",
        )
    )


def row_json(row: ServiceCode) -> dict[str, str]:
    """Return a code of another service, as it stands beside its entry."""
    return {
        "code": row.code,
        "entry": row.means,
        "cause": row.cause,
        "check": row.check,
        "fix": row.fix,
        "source": row.source,
    }


def entry_json(entry: Entry, rows: Iterable[ServiceCode] = ()) -> dict[str, object]:
    """Return one entry as ``provision.explanation/1``, with the codes of other services that led to it."""
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
        "service_codes": list(codes.standing_for(entry.name)),
        "found": [row_json(row) for row in rows if row.means == entry.name],
    }
