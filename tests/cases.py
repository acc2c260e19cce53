"""Cases whose answers stand in a text file beside their test: a heading a case, then a line for each thing.

``GOLDEN=update`` writes the answers anew; look at the difference before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path

from provision.change import Change
from provision.errors import Finding

HEADING = "## "
ANEW = "if it is meant so: make golden, and look at the difference"


def changed(changes: Iterable[Change]) -> list[str]:
    """A line for each change: where, what, why, from what to what, and by which step."""
    return [
        f"{change.address} {change.action}: {change.reason} | {change.before} -> {change.after} | "
        f"{brief(change.step)}"
        for change in changes
    ]


def brief(value: object) -> str:
    """A value without those of its fields that are as they are by default."""
    if not is_dataclass(value) or isinstance(value, type):
        return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else repr(value)
    given = ((one.name, getattr(value, one.name)) for one in fields(value) if one.repr)
    defaults = {one.name: one.default for one in fields(value)}
    inner = ", ".join(f"{name}={brief(item)}" for name, item in given if item != defaults[name])
    return f"{type(value).__name__}({inner})"


def found(findings: Iterable[Finding]) -> list[str]:
    """A line for each finding: how bad, which, in words, about what, and what to do if that is its own."""
    return [
        f"{finding.severity} {finding.entry.name}: {finding.message} | {finding.value} | {finding.fix or ''}"
        for finding in findings
    ]


def answers(path: Path, names: Sequence[str], answer: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """Return the kept answer to each case, which must be there for these and for no others."""
    if os.environ.get("GOLDEN") == "update":
        blocks = (f"{HEADING}{name}\n" + "".join(f"{line}\n" for line in answer(name)) for name in names)
        path.write_text("\n".join(blocks))
    kept: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line.startswith(HEADING):
            lines = kept.setdefault(line.removeprefix(HEADING), [])
        elif line:
            lines.append(line)
    assert list(kept) == list(names)
    return kept
