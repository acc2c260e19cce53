"""Print plans and results in the format that was asked for: one document, whatever happened."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from provision import report
from provision.cli.console import colorful
from provision.cli.options import Common
from provision.errors import Exit, ProvisionError, worst
from provision.plan.model import Plan
from provision.plan.result import Result


def plans(items: Sequence[Plan | ProvisionError], options: Common) -> None:
    """Print plans to stdout; what failed goes to stderr, or into the JSON document."""
    if options.output == "json":
        _json(report.plans_json(items) if len(items) > 1 else _only_plan(items[0]))
        return
    color = colorful(sys.stdout, plain=options.no_color)
    for number, item in enumerate(items):
        if isinstance(item, Plan):
            if number:
                click.echo()
            text = (
                report.plan_markdown(item)
                if options.output == "markdown"
                else report.plan_text(item, color=color)
            )
            click.echo(text)
        else:
            error(item, options)
    made = [item for item in items if isinstance(item, Plan)]
    if len(made) == len(items) > 1:
        click.echo(f"\n{report.together_text(made)}")


def results(items: Sequence[Result | ProvisionError], options: Common) -> None:
    """Print results to stdout; what failed goes to stderr, or into the JSON document."""
    if options.output == "json":
        _json(report.results_json(items) if len(items) > 1 else _only_result(items[0]))
        return
    color = colorful(sys.stdout, plain=options.no_color)
    for number, item in enumerate(items):
        if isinstance(item, Result):
            if number:
                click.echo()
            text = (
                report.result_markdown(item)
                if options.output == "markdown"
                else report.result_text(item, color=color)
            )
            click.echo(text)
            for failed in item.errors:
                error(failed, options)
        else:
            error(item, options)


def error(item: ProvisionError, options: Common) -> None:
    """Print an error to stderr."""
    click.echo(report.error_text(item, color=colorful(sys.stderr, plain=options.no_color)), err=True)


def failures(items: Sequence[Plan | Result | ProvisionError]) -> Exit:
    """Return the exit code that the failures among these ask for; ``DONE`` without any."""
    codes = [item.exit for item in items if isinstance(item, ProvisionError)]
    codes += [failed.exit for item in items if isinstance(item, Result) for failed in item.errors]
    return worst(codes)


def _only_plan(item: Plan | ProvisionError) -> dict[str, object]:
    return report.plan_json(item) if isinstance(item, Plan) else report.error_json(item)


def _only_result(item: Result | ProvisionError) -> dict[str, object]:
    return report.result_json(item) if isinstance(item, Result) else report.error_json(item)


def _json(document: dict[str, object]) -> None:
    click.echo(report.document(document))
