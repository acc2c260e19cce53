"""Plans, results and errors for a terminal: what a person reads first, aligned, coloured where it helps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from provision.errors import Finding, ProvisionError, Severity
from provision.outcomes.outcome import Fleet
from provision.outcomes.plans import Plans
from provision.outcomes.result import ConsentState, Result
from provision.outcomes.results import Results
from provision.plan import guards
from provision.plan.model import Plan
from provision.plan.saved import overall
from provision.report import lines
from provision.report.escape import plain
from provision.report.fleet_summary import is_fleet, plans_summary, results_summary
from provision.report.fold import cells, fold, pad
from provision.report.formats import Medium
from provision.report.letter import letter_lines
from provision.report.pen import BOLD, OF_SEVERITY, OF_SIGN, RED, YELLOW, Pen
from provision.report.verify import verification_text

_FACT = len("Calendar:")  # how wide the labels below the sheet are
_EXCERPT = 100  # characters of a line that are shown above a caret


def plans_text(plans: Plans, medium: Medium) -> str:
    """Return plan after plan, and what they come to together, or which configs failed."""
    if is_fleet(plans, medium):
        return plans_summary(plans, medium)
    made = plans.made
    texts = [(plan.name, plan_text(plan, color=medium.color, width=medium.width)) for plan in made]
    # One plan is to be seen at once; of many, those that a reader opens.
    parts = [medium.fold(f"Plan: {name}", text) if len(made) > 1 else text for name, text in texts]
    return fleet_text(plans, parts, together_text(made) if len(made) == len(plans.items) != 1 else "")


def results_text(results: Results, medium: Medium) -> str:
    """Return hand-off sheet after hand-off sheet, and which configs failed."""
    if is_fleet(results, medium):
        return results_summary(results, medium)
    made = results.made
    return fleet_text(results, [result_text(one, color=medium.color, width=medium.width) for one in made])


def fleet_text(fleet: Fleet[Any], parts: Iterable[str], *after: str) -> str:
    """Return the texts of several configs with a line between them, and which of the configs failed."""
    failed = failed_text(fleet.items) if len(fleet.items) > 1 else ""
    return "\n\n".join(filter(None, [*parts, *after, failed]))


def plan_text(plan: Plan, *, color: bool = False, width: int | None = None) -> str:
    """Return a plan as a diff: what changes, why, what else to know, and the digest to approve it by.

    ``width``: lines are broken to fit into so many columns.
    """
    pen = Pen(color=color)
    where = lines.where(plan.target, plan.desired.cloud.name)
    address = plain(plan.desired.mailbox.address)
    out = [f"{pen(plan.name, BOLD)}  for {address}, in tenant {plain(plan.observed.tenant_id)}, {where}", ""]
    out += [pen(f"  {line.sign} {line.text}".rstrip(), OF_SIGN[line.sign]) for line in lines.of_plan(plan)]
    out += ["", *_findings(plan.findings, pen)]
    refused, waits = lines.refusal(plan), lines.waiting(plan)
    said = pen(_sentence(refused), RED) if refused else _sentence(waits) if waits else ""
    stop = f" {said}." if said else ""
    out += [f"Plan: {lines.summary(plan)}.{stop}", f"Digest: {plan.digest}"]
    return fold("\n".join(out), width)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def together_text(plans: Sequence[Plan]) -> str:
    """Return what several plans come to in one: what they are refused for, and the digest of all."""
    many = guards.fleet(plans)
    out = _findings((many,) if many else (), Pen(color=False))
    return "\n".join([*out, f"Digest of these {len(plans)} plans: {overall(plans)}"])


def _findings(findings: tuple[Finding, ...], pen: Pen) -> list[str]:
    if not findings:
        return []
    out = []
    for finding in findings:
        head = pen(finding.severity.value, OF_SEVERITY[finding.severity])
        out.append(f"{head}: {plain(finding.message)} [{finding.entry.code} {finding.entry.name}]")
        if finding.severity is not Severity.INFO:
            out.append(f"  {plain(finding.fix or finding.entry.fix)}")
    return [*out, ""]


def result_text(result: Result, *, color: bool = False, width: int | None = None) -> str:
    """Return the hand-off sheet: what came of the plan, the values to enter screen by screen, the dates.

    ``width``: lines are broken to fit into so many columns, but for the message, which is to be copied.
    """
    pen = Pen(color=color)
    out = [f"{pen(result.plan.name, BOLD)}: {lines.outcome(result)}", ""]
    for screen, boxes in groupby(result.settings, key=lambda setting: setting.screen):
        listed = list(boxes)
        wide = max(cells(box.label) for box in listed)
        out.append(pen(f"Enter in {plain(result.title)}, {plain(screen)}", BOLD))
        out += [f"  {pad(box.label, wide)}  {plain(box.value)}" for box in listed]
        out += ["  Then save the screen.", ""]
    facts = [*lines.secret(result), *_consent(result, pen)]
    if result.portal_url:
        facts.append(("Portal", plain(result.portal_url)))
    facts += [("Note", plain(note)) for note in result.notes]
    out += [f"{label + ':':<{_FACT}} {fact}" for label, fact in facts]
    findings = _findings(result.plan.findings, pen)
    out += ["", *findings[:-1]] if findings else []
    if result.verified is not None:
        out += ["", verification_text(result.verified, Medium(color=color))]
    return "\n".join([fold("\n".join(out), width), *letter_lines(result.consent.letter)])


def _consent(result: Result, pen: Pen) -> list[tuple[str, str]]:
    consent = result.consent
    if consent.state is not ConsentState.REQUIRED:
        return [(label, plain(text)) for label, text in lines.grants(result)]
    head = pen("still to be given.", YELLOW)
    link = f" opens this link and accepts:\n{plain(consent.url)}" if consent.url else " gives it."
    return [("Consent", f"{head} A {consent.role_needed}{link}")]


def failed_text(items: Sequence[object]) -> str:
    """Return how many of several configs failed, and which; nothing if none did."""
    names = [item.subject or "?" for item in items if isinstance(item, ProvisionError)]
    return f"{len(names)} of {len(items)} configs failed: {plain(', '.join(names))}" if names else ""


def error_text(error: ProvisionError, *, color: bool = False, width: int | None = None) -> str:
    """Return errors as a person reads them: what, where with a caret, whose words, what to do next.

    ``width``: lines are broken to fit into so many columns.
    """
    pen = Pen(color=color)
    out = []
    for single, after in zip(error.all, (*error.others, None), strict=True):
        out.append(_error(single, pen, width))
        if single.name and (after is None or after.name != single.name):
            out.append(f"  The config is {plain(single.name)}.")
    return "\n".join(out)


def _error(error: ProvisionError, pen: Pen, width: int | None) -> str:
    where = f"{plain(str(error.where))}: " if error.where else ""
    head = pen("error", RED)
    out = [fold(f"{where}{head}: {plain(error.message)} [{error.entry.code} {error.entry.name}]", width)]
    place = error.where
    if place is not None and place.text is not None and place.line is not None:
        number = str(place.line)
        before, line = _excerpt(place.text, place.column or 1)
        out.append(f"  {number} | {line}")
        if place.column is not None:
            out.append(f"  {' ' * len(number)} | {' ' * before}{pen('^', RED)}")
    if error.request_id:
        out.append(f"  request id: {plain(error.request_id)}")
    out.append(fold(f"  {plain(error.fix)}", width))
    return "\n".join(out)


def _excerpt(text: str, column: int) -> tuple[int, str]:
    """Return the part of a line around a column, and how many cells stand before that column in it."""
    start = max(0, column - 1 - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    head = "... " if start else ""
    tail = " ..." if len(text) > start + _EXCERPT else ""
    before = head + plain(text[start : column - 1])
    return cells(before), before + plain(text[column - 1 : start + _EXCERPT]) + tail
