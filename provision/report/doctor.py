"""What ``doctor`` found: aligned for a terminal, as Markdown, and as ``provision.doctor/1``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from provision.outcomes.doctor import Check, Diagnoses, Diagnosis, State
from provision.outcomes.rights import Presence, Right
from provision.report import lines
from provision.report.documents import fleet_json, timestamp
from provision.report.escape import code, markdown, plain
from provision.report.fold import BELOW, LEAST, hung
from provision.report.formats import PLAIN, Medium
from provision.report.pages import fleet_markdown
from provision.report.pen import BOLD, DIM, GREEN, RED, YELLOW, Pen
from provision.report.text import fleet_text

_COLORS = {
    State.OK: GREEN,
    State.FAILED: RED,
    State.NOTE: YELLOW,
    State.NOT_CHECKED: YELLOW,
    Presence.PRESENT: GREEN,
    Presence.MISSING: RED,
    Presence.UNKNOWN: YELLOW,
    Presence.NOT_CHECKED: YELLOW,
    Presence.NOT_NEEDED: DIM,
}
_STATE = max(map(len, (*State, *Presence)))
_LACKING = (Presence.MISSING, Presence.UNKNOWN, Presence.NOT_CHECKED)


def diagnoses_text(found: Diagnoses, medium: Medium) -> str:
    """Return one after the other, and which configs failed."""
    made = [doctor_text(one, color=medium.color, columns=medium.width) for one in found.made]
    return fleet_text(found, made)


def diagnoses_markdown(found: Diagnoses, medium: Medium) -> str:
    """Return one after the other, with the errors of those that could not be looked at."""
    return fleet_markdown(found, doctor_markdown, medium)


def diagnoses_json(found: Diagnoses, _: Medium = PLAIN) -> dict[str, Any]:
    """Return one, or as ``provision.doctors/1`` several, with the errors of those there are none of."""
    return fleet_json(found, lambda one: doctor_json(one, found.allowed), "doctors")


def doctor_text(found: Diagnosis, *, color: bool = False, columns: int | None = None) -> str:
    """Return the checks, then the rights; below each that is not there, what would be enough.

    ``columns``: lines are broken to fit into so many.
    """
    pen = Pen(color=color)
    where = lines.where(found.target, found.cloud)
    out = [f"{pen(found.name, BOLD)}  in tenant {plain(found.tenant_id or found.tenant)}, {where}"]
    if found.roles:
        out.append(f"directory roles of who signed in: {plain(', '.join(found.roles))}")
    out.append("")
    width = max(len(item) for item in (*(c.name for c in found.checks), *(r.what for r in found.rights)))
    for check in found.checks:
        head = _head(check.name, check.state, width, pen)
        out += hung(head, plain(check.message), width + _STATE + 6, columns)
        if check.state is State.FAILED and check.entry:
            fix = f"{plain(check.fix or check.entry.fix)} [{check.entry.code}]"
            out += _below(fix, width, columns)
    if found.rights:
        out += ["", "Rights needed to"]
    for right in found.rights:
        head = _head(right.what, right.presence, width, pen)
        out += hung(head, plain(right.detail), width + _STATE + 6, columns)
        if right.presence in _LACKING:
            out += _below(f"needs {plain(right.least)}", width, columns)
    givers = dict.fromkeys(right.giver for right in found.rights if right.presence is Presence.MISSING)
    out += [f"Who gives it: {plain(giver)}." for giver in givers]
    return "\n".join(out)


def _head(name: str, state: State | Presence, width: int, pen: Pen) -> str:
    return f"  {plain(name):<{width}}  {pen(f'{state.value:<{_STATE}}', _COLORS[state])}  "


def _below(text: str, width: int, columns: int | None) -> list[str]:
    """Return what stands below a line's words: where these begin."""
    at = width + _STATE + 6
    at = at if columns is None or columns - at >= LEAST else BELOW
    return hung(" " * at, text, at, columns)


def doctor_markdown(found: Diagnosis) -> str:
    """Return two tables: what was looked at, and the rights."""
    where = lines.where(found.target, found.cloud)
    out = [
        f"### provision doctor: {code(found.name)}",
        "",
        f"Tenant {code(found.tenant_id or found.tenant)}, {where}.",
        "",
        "| Looked at | State | Found |",
        "|---|---|---|",
        *(f"| {c.name} | {_state(c.state)} | {markdown(_told(c))} |" for c in found.checks),
    ]
    if found.rights:
        out += ["", "| Right to | State | By, or what is missing | Minimum needed |", "|---|---|---|---|"]
        out += [_row(right) for right in found.rights]
    return "\n".join(out)


def _row(right: Right) -> str:
    least = markdown(right.least) if right.presence in _LACKING else ""
    return f"| {right.what} | {_state(right.presence)} | {markdown(right.detail)} | {least} |"


def _state(state: State | Presence) -> str:
    return f"**{state.value}**" if state in (State.FAILED, Presence.MISSING) else state.value


def _told(check: Check) -> str:
    return f"{check.message}. {check.fix or ''}".strip() if check.state is State.FAILED else check.message


def doctor_json(found: Diagnosis, allowed: Collection[str] = ()) -> dict[str, Any]:
    """Return one as ``provision.doctor/1``."""
    who = found.caller
    return {
        "format": "provision.doctor/1",
        "target": found.target.value,
        "name": found.name,
        "tenant": found.tenant,
        "tenant_id": found.tenant_id,
        "cloud": found.cloud,
        "time": timestamp(found.time),
        "identity": {
            "kind": who.kind.value,
            "id": who.id,
            "name": who.name,
            "app_id": who.app_id,
            "directory_roles": list(found.roles) if who.directory_roles is not None else None,
        },
        "checks": [_check(check) for check in found.checks],
        "rights": [
            {
                "step": right.step.value,
                "state": right.presence.value,
                "detail": right.detail,
                "least": right.least,
                "giver": right.giver,
                "source": right.source,
            }
            for right in found.rights
        ],
        "exit_code": int(found.exit(allowed)),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "check": check.name,
        "state": check.state.value,
        "message": check.message,
        "code": check.entry.code if check.entry else None,
        "name": check.entry.name if check.entry else None,
        "fix": (check.fix or check.entry.fix) if check.entry else None,
    }
