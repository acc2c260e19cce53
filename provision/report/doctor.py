"""What ``doctor`` found: aligned for a terminal, as Markdown, and as ``provision.doctor/1``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from provision.errors import ProvisionError
from provision.outcomes.doctor import Check, Diagnosis, State
from provision.outcomes.rights import Presence, Right
from provision.outcomes.search import Search
from provision.report import lines
from provision.report.documents import error_json, search_json, timestamp
from provision.report.escape import code, markdown, plain
from provision.report.pen import BOLD, DIM, GREEN, RED, YELLOW, Pen

_COLORS = {
    State.OK: GREEN, State.FAILED: RED, State.NOTE: YELLOW, State.NOT_CHECKED: YELLOW,
    Presence.PRESENT: GREEN, Presence.MISSING: RED, Presence.UNKNOWN: YELLOW,
    Presence.NOT_CHECKED: YELLOW, Presence.NOT_NEEDED: DIM,
}  # fmt: skip
_STATE = max(map(len, (*State, *Presence)))
_LACKING = (Presence.MISSING, Presence.UNKNOWN, Presence.NOT_CHECKED)


def doctor_text(found: Diagnosis, *, color: bool = False) -> str:
    """Return the checks, then the rights; below each that is not there, what would be enough."""
    pen = Pen(color=color)
    where = lines.where(found.target, found.cloud)
    out = [f"{pen(found.name, BOLD)}  in tenant {plain(found.tenant_id or found.tenant)}, {where}"]
    if found.roles:
        out.append(f"directory roles of who signed in: {plain(', '.join(found.roles))}")
    out.append("")
    width = max(len(item) for item in (*(c.name for c in found.checks), *(r.what for r in found.rights)))
    for check in found.checks:
        out.append(_line(check.name, check.state, check.message, width, pen))
        if check.state is State.FAILED and check.entry:
            out.append(
                f"{'':<{width + _STATE + 6}}{plain(check.fix or check.entry.fix)} [{check.entry.code}]"
            )
    if found.rights:
        out += ["", "It takes the right to"]
    for right in found.rights:
        out.append(_line(right.what, right.presence, right.detail, width, pen))
        if right.presence in _LACKING:
            out.append(f"{'':<{width + _STATE + 6}}needs {plain(right.least)}")
    givers = dict.fromkeys(right.giver for right in found.rights if right.presence is Presence.MISSING)
    out += [f"Who gives it: {plain(giver)}." for giver in givers]
    return "\n".join(out)


def _line(name: str, state: State | Presence, message: str, width: int, pen: Pen) -> str:
    shown = pen(f"{state.value:<{_STATE}}", _COLORS[state])
    return f"  {plain(name):<{width}}  {shown}  {plain(message)}"


def doctor_markdown(found: Diagnosis) -> str:
    """Return two tables: what was looked at, and the rights."""
    where = lines.where(found.target, found.cloud)
    out = [
        f"### provision doctor: {code(found.name)}", "",
        f"Tenant {code(found.tenant_id or found.tenant)}, {where}.", "",
        "| Looked at | State | Found |", "|---|---|---|",
        *(f"| {c.name} | {_state(c.state)} | {markdown(_told(c))} |" for c in found.checks),
    ]  # fmt: skip
    if found.rights:
        out += ["", "| Right to | State | By, or what lacks | Enough is |", "|---|---|---|---|"]
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


def doctors_json(
    items: Sequence[Diagnosis | ProvisionError], search: Search, allowed: Collection[str] = ()
) -> dict[str, Any]:
    """Return several, and the errors of those that could not be looked at, as ``provision.doctors/1``."""
    return {
        "format": "provision.doctors/1",
        "doctors": [
            doctor_json(item, allowed) if isinstance(item, Diagnosis) else error_json(item) for item in items
        ],
        **search_json(search),
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
