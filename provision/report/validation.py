"""Which configs are in order, as text, as ``provision.validation/1`` and as Markdown."""

from __future__ import annotations

from typing import Any

from provision.outcomes.validation import Checked, Validation
from provision.report.documents import error_json, search_json
from provision.report.escape import code, markdown, plain
from provision.report.formats import PLAIN, Medium
from provision.report.pages import error_markdown


def validation_text(found: Validation, _: Medium = PLAIN) -> str:
    """Return a line a config; what is wrong with it is told beside."""
    lines = [
        f"{plain(one.path)}: {_said(one)}" + (f" ({plain(one.name)})" if one.name else "")
        for one in _listed(found)
    ]
    return "\n".join(lines)


def validation_markdown(found: Validation, _: Medium = PLAIN) -> str:
    """Return a list item a config."""
    items = []
    for one in _listed(found):
        said = f"**{_said(one)}**" if one.error else _said(one)
        items.append(f"- {code(one.path)}: {said}" + (f" ({markdown(one.name)})" if one.name else ""))
    return "\n".join(items)


def validation_json(found: Validation, _: Medium = PLAIN) -> dict[str, Any]:
    """Return all as ``provision.validation/1``; of one CONFIG that is a file and wrong, the error."""
    if found.errors and not found.search.listed:
        return error_json(found.errors[0])
    return {
        "format": "provision.validation/1",
        "configs": [
            {"path": one.path, "name": one.name} if one.error is None else error_json(one.error)
            for one in found.configs
        ],
        "warnings": [error_json(doubt) for doubt in found.doubts],
        **search_json(found.search),
    }


def validation_summary(found: Validation, _: Medium = PLAIN) -> str:
    """Return what is wrong, if anything."""
    return "\n\n".join(map(error_markdown, found.errors))


def _listed(found: Validation) -> tuple[Checked, ...]:
    """Return the configs to be named: of one that is wrong the error says all."""
    return () if found.errors and not found.search.listed else found.configs


def _said(one: Checked) -> str:
    return "in order" if one.error is None else "not in order"
