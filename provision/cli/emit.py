"""Print plans and results in the format that was asked for: one document, whatever happened."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext

from provision import report
from provision.cli import ci_report
from provision.cli.console import colorful, columns
from provision.cli.options import Common
from provision.cli.streams import err, out, out_html, out_json
from provision.errors import Exit, ProvisionError, worst
from provision.outcomes.result import Result
from provision.outcomes.search import Search
from provision.plan.model import Plan


def plans(items: Sequence[Plan | ProvisionError], options: Common, search: Search) -> None:
    """Print plans to stdout; what failed goes to stderr, and into a document; tell the pipeline."""
    match options.output:
        case "json":
            _json(report.plans_json(items, search) if search.listed else _only_plan(items[0]))
        case "html":
            out_html(report.plans_html(items, search))
        case "markdown":
            out(report.plans_markdown(items, _room(options), search))
        case _:
            _plans_text(items, options)
    _failed(items, options)
    ci_report.plans(items, options.ci, search)


def _plans_text(items: Sequence[Plan | ProvisionError], options: Common) -> None:
    color = colorful(sys.stdout, plain=options.no_color)
    made = [item for item in items if isinstance(item, Plan)]
    for number, plan in enumerate(made):
        if number:
            out()
        # One plan is to be seen at once; of many, those that a reader opens.
        with options.ci.group(f"Plan: {plan.name}", sys.stdout) if len(made) > 1 else nullcontext():
            out(report.plan_text(plan, color=color, width=columns(sys.stdout)))
    if len(made) == len(items) != 1:
        out(f"\n{report.together_text(made)}")
    failed_text(items)


def failed_text(items: Sequence[object]) -> None:
    """Print to stdout which of several configs failed; why goes to stderr."""
    if len(items) > 1 and (failed := report.failed_text(items)):
        out(f"\n{failed}")


def results(items: Sequence[Result | ProvisionError], options: Common, search: Search) -> None:
    """Print results to stdout; what failed goes to stderr, and into a document; tell the pipeline."""
    match options.output:
        case "json":
            _json(report.results_json(items, search) if search.listed else _only_result(items[0]))
        case "html":
            out_html(report.results_html(items, search))
        case "markdown":
            out(report.results_markdown(items, _room(options), search))
        case _:
            color = colorful(sys.stdout, plain=options.no_color)
            for number, result in enumerate(item for item in items if isinstance(item, Result)):
                if number:
                    out()
                out(report.result_text(result, color=color, width=columns(sys.stdout)))
            failed_text(items)
    _failed(items, options)
    ci_report.results(items, options.ci, search)


def _room(options: Common) -> int | None:
    """How long a page may be: in a pipeline it may become a comment; elsewhere nothing of it is lost."""
    return report.LIMIT if options.ci.posts else None


def _failed(items: Sequence[Plan | Result | ProvisionError], options: Common) -> None:
    if options.output == "json":
        return
    for item in items:
        if isinstance(item, ProvisionError):
            error(item, options)
        elif isinstance(item, Result):
            for failed in item.errors:
                error(failed, options)


def error(item: ProvisionError, options: Common) -> None:
    """Print an error to stderr."""
    color = colorful(sys.stderr, plain=options.no_color)
    err(report.error_text(item, color=color, width=columns(sys.stderr)))


def failures(items: Sequence[Plan | Result | ProvisionError]) -> Exit:
    """Return the exit code that the failures among these ask for; ``DONE`` without any."""
    codes = [item.exit for item in items if isinstance(item, ProvisionError)]
    codes += [failed.exit for item in items if isinstance(item, Result) for failed in item.errors]
    return worst(codes)


def attention(items: Sequence[Plan | Result | ProvisionError]) -> Exit:
    """Return 4 if something of a secret cannot wait, although nothing failed; else ``DONE``."""
    made = [item.plan if isinstance(item, Result) else item for item in items]
    found = [finding for plan in made if isinstance(plan, Plan) for finding in plan.findings]
    return worst(Exit.ATTENTION for finding in found if finding.entry.exit is Exit.ATTENTION)


def _only_plan(item: Plan | ProvisionError) -> dict[str, object]:
    return report.plan_json(item) if isinstance(item, Plan) else report.error_json(item)


def _only_result(item: Result | ProvisionError) -> dict[str, object]:
    return report.result_json(item) if isinstance(item, Result) else report.error_json(item)


def _json(document: dict[str, object]) -> None:
    out_json(report.document(document))
