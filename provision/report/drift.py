"""Drift as text, as JSON (``provision.drift/1``) and as Markdown."""

from __future__ import annotations

from typing import Any

from provision.errors import Severity
from provision.outcomes.drift import Deviation, Drift, Drifts, Ignored
from provision.report import lines
from provision.report.documents import fleet_json, plan_json
from provision.report.escape import code, fenced, markdown, plain
from provision.report.fold import fold
from provision.report.formats import PLAIN, Medium
from provision.report.orphans import orphans_json, orphans_markdown, orphans_text
from provision.report.pages import fleet_markdown
from provision.report.pen import BOLD, OF_SEVERITY, OF_SIGN, Pen
from provision.report.text import fleet_text


def drift_json(drift: Drift) -> dict[str, Any]:
    """Return drift as ``provision.drift/1``; ``resource_changes`` are those of ``provision.plan/1``."""
    plan = plan_json(drift.plan)
    return {
        "format": "provision.drift/1",
        **{key: plan[key] for key in ("target", "name", "tenant_id")},
        "clean": drift.clean,
        "resource_changes": plan["resource_changes"],
        "findings": [_deviation(item) for item in drift.deviations],
        "ignored": [{**_deviation(item.deviation), "reason": item.reason} for item in drift.ignored],
        "not_checked": list(drift.not_checked),
    }


def drifts_json(found: Drifts, _: Medium = PLAIN) -> dict[str, Any]:
    """Return one, or as ``provision.drifts/1`` several, with the errors of the others and the orphans."""
    orphans = {"orphans": orphans_json(found.orphans)} if found.orphans is not None else {}
    return fleet_json(found, drift_json, "drifts", after=orphans)


def drifts_text(found: Drifts, medium: Medium) -> str:
    """Return one after the other, what no config names, and which configs failed."""
    made = [fold(drift_text(one, color=medium.color), medium.width) for one in found.made]
    orphans = orphans_text(found.orphans, medium) if found.orphans is not None else ""
    return fleet_text(found, made, orphans)


def drifts_markdown(found: Drifts, medium: Medium) -> str:
    """Return one after the other, with the errors of those that could not be looked at, and the orphans."""
    orphans = (orphans_markdown(found.orphans, medium),) if found.orphans is not None else ()
    return fleet_markdown(found, drift_markdown, medium, *orphans)


def _deviation(item: Deviation) -> dict[str, Any]:
    return {
        "code": item.entry.code,
        "name": item.entry.name,
        "severity": item.severity.value,
        "address": item.address,
        "value": item.value,
        "message": item.message,
        "fix": item.fix,
        "source": item.entry.source,
    }


def drift_text(drift: Drift, *, color: bool = False) -> str:
    """Return what was found, the worst first: where, what is there, what to do about it."""
    pen = Pen(color=color)
    out = [f"{pen(drift.plan.name, BOLD)}  in tenant {drift.plan.observed.tenant_id}, {_where(drift)}", ""]
    if _pending(drift):
        out += ["What 'provision apply' would change:"]
        out += [
            pen(f"  {line.sign} {line.text}".rstrip(), OF_SIGN[line.sign])
            for line in lines.of_plan(drift.plan)
        ]
        out.append("")
    for item in drift.deviations:
        head = pen(item.severity.value, OF_SEVERITY[item.severity])
        out.append(f"{head}: {plain(item.message)} [{item.entry.code} {item.entry.name}]")
        if item.severity is not Severity.INFO:
            out += [f"  {_at(item)}", f"  {plain(item.fix)}"]
    out += [
        f"ignored: {_at(item.deviation)} [{item.deviation.entry.name}]: {plain(item.reason)}"
        for item in drift.ignored
    ]
    out += [f"not checked: {plain(text)}" for text in drift.not_checked]
    if drift.deviations or drift.ignored or drift.not_checked:
        out.append("")
    return "\n".join([*out, f"Drift: {_summary(drift)}."])


def _at(item: Deviation) -> str:
    return plain(f"{item.address}: {item.value}") if item.value else plain(item.address)


def drift_markdown(drift: Drift) -> str:
    """Return the same for a job's summary or an issue."""
    out = [
        f"### provision drift: {code(drift.plan.name)}",
        "",
        f"{_summary(drift)}; tenant {code(drift.plan.observed.tenant_id)}, {_where(drift)}.",
        "",
    ]
    if _pending(drift):
        out += [fenced(lines.as_diff(drift.plan), "diff"), ""]
    for item in drift.deviations:
        out.append(
            f"- **{item.severity.value}** {code(item.entry.name)} at {code(item.address)}: "
            f"{markdown(item.message)}"
        )
        if item.severity is not Severity.INFO:
            out.append(f"  {markdown(item.fix)}")
    out += [_ignored(item) for item in drift.ignored]
    out += [f"- not checked: {markdown(text)}" for text in drift.not_checked]
    return "\n".join(out).rstrip()


def _ignored(item: Ignored) -> str:
    what = item.deviation
    where = f"{code(what.entry.name)} at {code(what.address)}"
    return f"- ignored {where}, {code(what.value)}: {markdown(item.reason)}"


def _pending(drift: Drift) -> bool:
    return bool(drift.plan.pending or drift.plan.handed_off)


def _where(drift: Drift) -> str:
    return lines.where(drift.plan.target, drift.plan.desired.cloud.name)


def _summary(drift: Drift) -> str:
    counts = {severity: sum(i.severity is severity for i in drift.deviations) for severity in Severity}
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    parts = [
        f"{counts[severity]} {words[severity]}{'' if counts[severity] == 1 else 's'}"
        for severity in reversed(Severity)
        if counts[severity]
    ]
    if drift.clean:
        parts = ["none", *parts]
    if drift.ignored:
        parts.append(f"{len(drift.ignored)} ignored")
    if drift.not_checked:
        parts.append(f"{len(drift.not_checked)} not checked")
    return ", ".join(parts)
