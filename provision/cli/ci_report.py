"""What the pipeline is told of plans and results: annotations, a summary, outputs; never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from provision import report
from provision.cli.ci import Pipeline
from provision.errors import Finding, ProvisionError, Severity
from provision.outcomes.result import Result, Status
from provision.outcomes.search import Search
from provision.plan.model import Plan
from provision.plan.saved import overall

if TYPE_CHECKING:
    from provision.outcomes.drift import Drift
    from provision.outcomes.expiry import Expiry
    from provision.outcomes.orphans import Orphans

_Facts = dict[str, str]


def plans(items: Sequence[Plan | ProvisionError], pipeline: Pipeline, search: Search) -> None:
    """Tell of plans: ``changes``, ``digest``, and what is known of the one or of each config."""
    made = [item for item in items if isinstance(item, Plan)]
    _findings(made, pipeline)
    _errors(items, pipeline)
    pipeline.summary(report.plans_markdown(items, report.SUMMARY_LIMIT, search))
    changes = any(plan.pending for plan in made)
    # Without a digest nothing can be approved: half of a fleet is not what somebody looked at.
    digest = overall(made) if len(made) == len(items) else ""
    facts = _facts([_plan(plan) for plan in made], len(items))
    pipeline.outputs({**facts, "changes": _flag(changes), "digest": digest})


def results(items: Sequence[Result | ProvisionError], pipeline: Pipeline, search: Search) -> None:
    """Tell of results: ``changes``, and what is known of the one or of each config."""
    made = [item for item in items if isinstance(item, Result)]
    _findings([result.plan for result in made], pipeline)
    _errors(items, pipeline)
    for result in made:
        for failed in result.errors:
            pipeline.error(failed)
    pipeline.summary(report.results_markdown(items, report.SUMMARY_LIMIT, search))
    changes = any(outcome.status is Status.DONE for result in made for outcome in result.outcomes)
    pipeline.outputs({"changes": _flag(changes), **_facts([_result(result) for result in made], len(items))})


def drifts(
    items: Sequence[Drift | ProvisionError],
    least: Severity,
    pipeline: Pipeline,
    search: Search,
    orphans: Orphans | None = None,
) -> None:
    """Tell of drift: ``attention`` if something of that severity, or worse, was found, or an orphan."""
    _errors(items, pipeline)
    pages = []
    found = False
    for item in items:
        if isinstance(item, ProvisionError):
            pages.append(report.error_markdown(item))
            continue
        pages.append(report.drift_markdown(item))
        found = found or bool(item.counting(least))
        for deviation in item.deviations:
            finding = Finding(deviation.entry, deviation.severity, deviation.message, deviation.fix)
            pipeline.finding(finding, item.plan.desired)
    if orphans is not None:
        pages.append(report.orphans_markdown(orphans))
        found = found or any(True for _ in orphans.found)
    whole = "\n\n".join([*report.summary_markdown(items, search), *pages])
    pipeline.summary(report.cut(whole, report.SUMMARY_LIMIT))
    pipeline.outputs({"attention": _flag(found)})


def expiry(found: Expiry, pipeline: Pipeline) -> None:
    """Tell of the ends of secrets: ``attention`` if one is within the window."""
    for item in found.unreadable:
        pipeline.error(item.error)
    pipeline.summary(report.cut(report.expiry_markdown(found), report.SUMMARY_LIMIT))
    pipeline.outputs({"attention": _flag(bool(found.counting))})


def orphans(found: Orphans, pipeline: Pipeline) -> None:
    """Tell of what no config names: ``attention`` if there is any."""
    _errors(found.errors, pipeline)
    pipeline.summary(report.orphans_markdown(found))
    pipeline.outputs({"attention": _flag(any(True for _ in found.found))})


def _findings(made: Sequence[Plan], pipeline: Pipeline) -> None:
    for plan in made:
        for finding in plan.findings:
            pipeline.finding(finding, plan.desired)


def _errors(items: Sequence[object], pipeline: Pipeline) -> None:
    for item in items:
        if isinstance(item, ProvisionError):
            pipeline.error(item)


def _plan(plan: Plan) -> _Facts:
    app = plan.observed.application
    return {
        "name": plan.name,
        "tenant_id": plan.observed.tenant_id,
        "oauth_client_id": app.app_id if app else "",
        "digest": plan.digest,
    }


def _result(result: Result) -> _Facts:
    key = result.outputs.secret_key
    return {
        "name": result.plan.name,
        "tenant_id": result.outputs.tenant_id,
        "oauth_client_id": result.outputs.oauth_client_id or "",
        "consent": result.consent.state.value,
        "consent_url": result.consent.url or "",
        "secret_key_id": key.key_id if key else "",
        "secret_expires": f"{key.expires:%Y-%m-%dT%H:%M:%SZ}" if key else "",
    }


def _facts(items: Sequence[_Facts], count: int) -> _Facts:
    """Return each fact as an output where there is one config, and ``configs`` with all of all."""
    one: Mapping[str, str] = items[0] if len(items) == count == 1 else {}
    return {**one, "configs": json.dumps(items, separators=(",", ":"))}


def _flag(value: bool) -> str:
    return "true" if value else "false"
