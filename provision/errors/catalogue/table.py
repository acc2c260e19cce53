"""The table that every module of the catalogue adds its entries to."""

from __future__ import annotations

from provision.errors import Entry, Exit, FindingEntry

ENTRIES: dict[str, Entry] = {}  # by name


def entry(  # noqa: PLR0917 - read as a row
    code: str,
    name: str,
    exit_code: Exit,
    title: str,
    cause: str,
    fix: str,
    source: str | None = None,
    *,
    allowable: bool = False,
) -> Entry:
    """Add an entry to the table, and return it; what each part means is said at ``Entry``."""
    ENTRIES[name] = Entry(code, name, exit_code, title, cause, fix, source, allowable)
    return ENTRIES[name]


def finding(  # noqa: PLR0917 - read as a row
    code: str,
    name: str,
    exit_code: Exit,
    title: str,
    cause: str,
    fix: str,
    source: str | None = None,
    *,
    key: str,
    address: str,
    allowable: bool = False,
) -> FindingEntry:
    """Add the entry of a finding, and return it; what each part means is said at ``FindingEntry``."""
    made = FindingEntry(code, name, exit_code, title, cause, fix, source, allowable, key=key, address=address)
    ENTRIES[name] = made
    return made
