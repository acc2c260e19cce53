"""Entries of the catalogue as ``explain`` prints them: text, ``provision.explanation/1``, Markdown."""

from __future__ import annotations

from typing import Any

from provision.outcomes.explanation import Explanation
from provision.report.catalogue import (
    entry_json,
    entry_markdown,
    entry_text,
    list_text,
    row_markdown,
    row_text,
)
from provision.report.formats import PLAIN, Medium


def explanation_text(found: Explanation, _: Medium = PLAIN) -> str:
    """Return each in full, or of all a line each."""
    if found.whole:
        return list_text(found.entries)
    return "\n\n".join([*map(row_text, found.codes), *map(entry_text, found.entries)])


def explanation_markdown(found: Explanation, _: Medium = PLAIN) -> str:
    """Return the same as a page."""
    if found.whole:
        return f"```text\n{list_text(found.entries)}\n```"
    return "\n\n".join([*map(row_markdown, found.codes), *map(entry_markdown, found.entries)])


def explanation_json(found: Explanation, _: Medium = PLAIN) -> dict[str, Any]:
    """Return one as ``provision.explanation/1``, several as ``provision.explanations/1``."""
    documents = [entry_json(entry, found.codes) for entry in found.entries]
    if len(documents) == 1 and not found.whole:
        return documents[0]
    return {"format": "provision.explanations/1", "entries": documents}
