"""The page about errors and findings, ``docs/errors.md``: a section an entry of the catalogue."""

from __future__ import annotations

from provision.errors import catalogue
from provision.report.catalogue import entry_markdown

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


def page() -> str:
    """Return the page."""
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
