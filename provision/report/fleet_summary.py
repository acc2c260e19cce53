"""What came of a fleet: failures first, each with its next step, then what changed, then counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from provision.errors import Entry, Exit, ProvisionError, Severity
from provision.outcomes.outcome import Fleet
from provision.outcomes.plans import Plans
from provision.outcomes.result import ConsentState, Outcome, Result, Status
from provision.outcomes.results import Results
from provision.plan import guards
from provision.plan.model import Plan, Target
from provision.plan.saved import overall
from provision.report import lines
from provision.report.escape import plain
from provision.report.fold import fold
from provision.report.formats import Medium
from provision.report.pen import BOLD, RED, YELLOW, Pen

FEW = 10  # configs, up to which each is shown in full
_GROUPS = 30  # different failures that are told
_NAMES = 60  # names in one line
_HINT = "Each in full: --full, or -o json."


def is_fleet(fleet: Fleet[Any], medium: Medium) -> bool:
    """Say whether these are too many to be shown each in full, and nobody asked for that."""
    return not medium.full and len(fleet.items) > FEW


def plans_summary(plans: Plans, medium: Medium) -> str:
    """Return what many plans come to."""
    pen = Pen(color=medium.color)
    due = [plan for plan in plans.made if plan.pending]
    waiting = [(plan.name, said) for plan in plans.made if (said := lines.waits_for(plan))]
    same = [plan.name for plan in plans.made if not plan.pending and not plan.handed_off]
    counts = {
        "to change": len(due),
        "waiting": len(waiting),
        "unchanged": len(same),
        "failed": len(_failed(plans)),
    }
    out = [*_failures(plans, pen), *_refusals(plans.made, pen), *_findings(plans.made, pen)]
    out += _listed("To change", due, lines.summary, pen)
    for what in dict.fromkeys(said for _, said in waiting):
        out += _named(what[0].upper() + what[1:], [name for name, said in waiting if said == what], pen)
    out += _named("Unchanged", same, pen)
    out += _tenants(plans, pen)
    many = guards.fleet(plans.made)
    if many is not None:
        out += [f"{many.severity.value}: {plain(many.message)} [{many.entry.code} {many.entry.name}]", ""]
    out.append(pen(_counted(len(plans.items), counts, plans.made), BOLD))
    if len(plans.made) == len(plans.items):
        out.append(f"Digest of these {len(plans.made)} plans: {overall(plans.made)}")
    return fold("\n".join([*out, _HINT]), medium.width)


def results_summary(results: Results, medium: Medium) -> str:
    """Return what many results come to."""
    pen = Pen(color=medium.color)
    failed = {error.config or error.name for error in results.errors}
    whole = [one for one in results.made if not one.errors]
    changed = [one for one in whole if any(map(_did, one.outcomes))]
    same = [one.plan.name for one in whole if not any(map(_did, one.outcomes))]
    waiting = [one.plan.name for one in whole if one.consent.state is ConsentState.REQUIRED]
    counts = {
        "changed": len(changed),
        "unchanged": len(same),
        "failed": len(failed),
        "waiting for an administrator's consent": len(waiting),
    }
    out = [*_failures(results, pen), *_findings([one.plan for one in results.made], pen)]
    out += _listed("Changed", changed, _came, pen)
    out += _named("An administrator's consent is waited for", waiting, pen)
    out += _named("Unchanged", same, pen)
    out += _tenants(results, pen)
    hint = "The values to enter: provision show, --full, or -o json."
    said = _counted(len(results.items), counts, [one.plan for one in results.made])
    return fold("\n".join([*out, pen(said, BOLD), hint]), medium.width)


def _did(outcome: Outcome) -> bool:
    return outcome.status in {Status.DONE, Status.BY_ANOTHER}


def _came(result: Result) -> str:
    key = result.outputs.secret_key
    delivered = f"; secret in {plain(key.delivered_to)}" if key and key.delivered_to else ""
    return f"{lines.came(result)}{delivered}"


def _failed(fleet: Fleet[Any]) -> set[str]:
    return {str(error.config or error.name) for error in fleet.errors}


def _failures(fleet: Fleet[Any], pen: Pen) -> list[str]:
    """Return each failure once, with all that it happened to, and what to do: in general, if it differs."""
    groups: dict[tuple[str, str], list[tuple[str, ProvisionError]]] = {}
    for error in fleet.errors:
        for single in error.all:
            said = (f"{single.message} [{single.entry.code} {single.entry.name}]", _place(single))
            groups.setdefault(said, []).append((error.subject or "?", single))
    if not groups:
        return []
    out = [pen(f"Failed: {len(_failed(fleet))} of {len(fleet.items)}", RED)]
    for (message, place), met in list(groups.items())[:_GROUPS]:
        first = met[0][1]
        fix = first.fix if len({single.fix for _, single in met}) == 1 else first.entry.fix
        out += [f"  {_names(name for name, _ in met)}: {place}{plain(message)}", f"    {plain(fix)}"]
    if len(groups) > _GROUPS:
        out.append(f"  and {len(groups) - _GROUPS} other failures, which -o json has")
    return [*out, ""]


def _place(error: ProvisionError) -> str:
    return f"{plain(str(error.where))}: " if error.where and error.where.line else ""


def _refusals(plans: Iterable[Plan], pen: Pen) -> list[str]:
    refused = {plan.name: said for plan in plans if (said := lines.refusal(plan))}
    if not refused:
        return []
    rows = [f"  {plain(name)}: {said}" for name, said in refused.items()]
    return [pen(f"Refused: {len(refused)}", RED), *rows, ""]


def _findings(plans: Iterable[Plan], pen: Pen) -> list[str]:
    """Return what is to be known of some of them, each thing once, but for what a refusal names already."""
    groups: dict[Entry, list[str]] = {}
    for plan in plans:
        for finding in plan.findings:
            if finding.severity is Severity.WARNING or finding.entry.exit is Exit.ATTENTION:
                groups.setdefault(finding.entry, []).append(plan.name)
    if not groups:
        return []
    out = [pen("Worth a look", YELLOW)]
    for entry, names in groups.items():
        out += [f"  {_names(names)}: {entry.title} [{entry.code} {entry.name}]", f"    {entry.fix}"]
    return [*out, ""]


def _listed(title: str, items: Sequence[Any], said: Callable[[Any], str], pen: Pen) -> list[str]:
    if not items:
        return []
    names = [item.name if isinstance(item, Plan) else item.plan.name for item in items]
    wide = max(map(len, names))
    rows = [f"  {name:<{wide}}  {said(item)}" for name, item in zip(names, items, strict=True)]
    return [pen(f"{title}: {len(items)}", BOLD), *rows, ""]


def _named(title: str, names: Sequence[str], pen: Pen) -> list[str]:
    return [pen(f"{title}: {len(names)}", BOLD), f"  {_names(names)}", ""] if names else []


def _names(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - _NAMES} more" if len(found) > _NAMES else ""
    return f"{plain(', '.join(found[:_NAMES]))}{more}"


def _tenants(fleet: Fleet[Any], pen: Pen) -> list[str]:
    """Return how each tenant fared, where there are several: those in which something failed by name."""
    whose: Mapping[str, str] = fleet.search.tenants
    total = Counter(whose.values())
    if len(total) < 2:
        return []
    lost = Counter(whose[path] for path in _failed(fleet) if path in whose)
    rows = [
        f"  {plain(tenant)}: {total[tenant] - count} of {total[tenant]} done, {count} failed"
        for tenant, count in lost.most_common()
    ]
    whole = len(total) - len(lost)
    if whole:
        rows.append(f"  {whole} {'tenant' if whole == 1 else 'tenants'} without a failure")
    return [pen(f"Tenants: {len(total)}", BOLD), *rows, ""]


def _counted(total: int, counts: Mapping[str, int], plans: Iterable[Plan]) -> str:
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    rehearsed = (
        " (a rehearsal on the sandbox)" if any(plan.target is Target.SANDBOX for plan in plans) else ""
    )
    return f"{total} configs: {said or 'nothing to do'}{rehearsed}."
