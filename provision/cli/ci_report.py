"""What the pipeline is told of plans and results: annotations, a summary, outputs; never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from provision import report
from provision.cli.ci import Pipeline
from provision.errors import Finding, ProvisionError, Severity
from provision.outcomes.search import Search

if TYPE_CHECKING:
    from provision.outcomes.drift import Drift
    from provision.outcomes.expiry import Expiry
    from provision.outcomes.orphans import Orphans

_Facts = dict[str, str]


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


def _errors(items: Sequence[object], pipeline: Pipeline) -> None:
    for item in items:
        if isinstance(item, ProvisionError):
            pipeline.error(item)


def _flag(value: bool) -> str:
    return "true" if value else "false"
