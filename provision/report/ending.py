"""What ``destroy`` and ``restore`` came to, for a terminal, as Markdown, and as ``provision.ending/1``."""

from __future__ import annotations

from typing import Any

from provision.errors import Finding
from provision.outcomes.ending import Act, Ending, Endings
from provision.outcomes.result import Outcome, Status
from provision.report.documents import fleet_json, timestamp
from provision.report.escape import code, markdown, plain
from provision.report.fold import fold
from provision.report.formats import PLAIN, Medium
from provision.report.pages import fleet_markdown
from provision.report.pen import BOLD, Pen
from provision.report.text import fleet_text

_DONE = {Act.DESTROY: "deleted", Act.PURGE: "removed for good", Act.RESTORE: "restored"}


def endings_text(found: Endings, medium: Medium) -> str:
    """Return one after the other, and which configs failed."""
    return fleet_text(found, [_text(one, medium) for one in found.made])


def endings_markdown(found: Endings, medium: Medium) -> str:
    """Return one after the other, with the errors of those that could not be looked at."""
    return fleet_markdown(found, _markdown, medium)


def endings_json(found: Endings, _: Medium = PLAIN) -> dict[str, Any]:
    """Return one, or as ``provision.endings/1`` several."""
    return fleet_json(found, _json, "endings")


def _text(one: Ending, medium: Medium) -> str:
    pen = Pen(color=medium.color)
    out = [f"{pen(one.plan.name, BOLD)}: {plain(_headline(one))}", ""]
    out += [f"  {plain(line)}" for line in _lines(one)]
    return fold("\n".join(out).rstrip(), medium.width)


def _markdown(one: Ending) -> str:
    out = [f"### provision {one.act}: {code(one.plan.name)}", "", markdown(_headline(one)), ""]
    return "\n".join([*out, *(f"- {markdown(line)}" for line in _lines(one))]).rstrip()


def _headline(one: Ending) -> str:
    changed = [o for o in one.outcomes if o.status is Status.DONE]
    if one.errors:
        return f"{one.errors[0].message}; what is not done is shown below"
    if not changed:
        return one.outcomes[0].change.reason if one.outcomes else "nothing to do"
    where = " (a rehearsal on the sandbox)" if one.plan.target.value == "sandbox" else ""
    return f"{_DONE[one.act]}{where}"


def _lines(one: Ending) -> list[str]:
    said = [_line(outcome) for outcome in one.outcomes if outcome.status is not Status.UNCHANGED]
    said += [_finding(finding) for finding in one.plan.findings]
    return [*said, *_next(one)]


def _line(outcome: Outcome) -> str:
    return f"{outcome.change.address}: {outcome.status.value} ({outcome.change.reason})"


def _finding(finding: Finding) -> str:
    fix = f" {finding.fix}" if finding.fix else ""
    return f"{finding.severity.value}: {finding.message}.{fix} [{finding.entry.code} {finding.entry.name}]"


def _next(one: Ending) -> list[str]:
    again = one.plan.again.without("--allow")
    if one.act is Act.DESTROY and one.until is not None:
        return [
            f"Until {one.until:%Y-%m-%d} the way back is: {again.command('restore')}",
            f"The name stays taken until then, or until: {again.command('destroy', '--purge')}",
        ]
    if one.act is Act.RESTORE and not one.errors:
        return [f"What is left to do is shown by: {again.command('plan')}"]
    return []


def _json(one: Ending) -> dict[str, Any]:
    plan = one.plan
    return {
        "format": "provision.ending/1",
        "act": one.act.value,
        "target": plan.target.value,
        "name": plan.name,
        "tenant_id": plan.observed.tenant_id,
        "oauth_client_id": one.client_id,
        "object_id": one.object_id,
        "restorable_until": timestamp(one.until) if one.until else None,
        "changes": [_change(outcome) for outcome in one.outcomes],
        "findings": [
            {
                "code": f.entry.code,
                "name": f.entry.name,
                "severity": f.severity.value,
                "message": f.message,
            }
            for f in plan.findings
        ],
        "digest": plan.digest,
    }


def _change(outcome: Outcome) -> dict[str, Any]:
    change = outcome.change
    return {
        "address": change.address,
        "actions": [change.action.value],
        "status": outcome.status.value,
        "reason": change.reason,
        "before": dict(change.before) if change.before else None,
        "after": dict(change.after) if change.after else None,
        "error": outcome.error.entry.code if outcome.error else None,
    }
