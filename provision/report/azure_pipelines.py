"""What Azure Pipelines' agent obeys in a log: issues, groups, masks, variables, a summary.

Sources: https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands and, for the
escaping, https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/taskcommand.ts
"""

from __future__ import annotations

from provision.errors import Place, Severity
from provision.report.escape import plain

MASK = "##vso[task.setsecret]"  # before the value itself
GROUP_END = "##[endgroup]"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "warning"}  # no third


def annotation(severity: Severity, title: str, message: str, place: Place | None) -> str:
    """Return the command that shows a message at a line of a file."""
    properties = {"type": _LEVELS[severity], "sourcepath": place.file if place else None}
    if place is not None and place.line is not None:
        properties["linenumber"] = str(place.line)
        properties["columnnumber"] = str(place.column) if place.column else None
    said = ";".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"##vso[task.logissue {said}]{_data(f'{title}: {message}')}"


def group(title: str) -> str:
    """Return the command that begins a part of the log which is folded."""
    return f"##[group]{plain(title)}"


def output(name: str, value: str) -> str:
    """Return the command that sets a variable which later jobs can read."""
    return f"##vso[task.setvariable variable={_property(name)};isOutput=true]{_data(value)}"


def summary(path: str) -> str:
    """Return the command that adds a Markdown file to the run's summary."""
    return f"##vso[task.uploadsummary]{_data(path)}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace("]", "%5D").replace(";", "%3B")
