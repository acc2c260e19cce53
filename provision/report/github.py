"""What GitHub Actions' runner obeys: annotations, groups, masks in the log; outputs in a file.

Sources: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands and, for the
escaping, https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

from __future__ import annotations

from collections.abc import Mapping

from provision.errors import Place, Severity
from provision.report.escape import plain

MASK = "::add-mask::"  # before the value itself
GROUP_END = "::endgroup::"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotation(severity: Severity, title: str, message: str, place: Place | None) -> str:
    """Return the command that shows a message at a line of a file."""
    properties = {"file": place.file if place else None}
    if place is not None and place.line is not None:
        properties |= {"line": str(place.line), "col": str(place.column) if place.column else None}
    properties["title"] = title
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{_LEVELS[severity]} {said}::{_data(message)}"


def group(title: str) -> str:
    """Return the command that begins a part of the log which is folded."""
    return f"::group::{_data(title)}"


def outputs(values: Mapping[str, str], delimiter: str) -> str:
    """Return what is appended to ``GITHUB_OUTPUT``; the delimiter is one that no value can guess."""
    parts = []
    for name, value in values.items():
        shown = plain(value)
        assert delimiter not in shown
        parts.append(f"{name}<<{delimiter}\n{shown}\n{delimiter}\n")
    return "".join(parts)


def _data(text: str) -> str:
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
