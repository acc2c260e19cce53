"""``provision drift``: what differs from the config, and what is there that nobody declared."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from provision.cli.options import Common, common, fail_on

if TYPE_CHECKING:
    from provision.errors import ProvisionError, Severity
    from provision.outcomes.drift import Drift


@click.command()
@fail_on("warning", "Which findings count for exit code 4: this severity, or worse.")
@common
def drift(options: Common, fail_on: Severity) -> int:
    """Find what differs from each CONFIG, and what is on its application that nobody declared.

    Secrets, certificates, federated credentials, redirect URIs, permissions, grants, owners and settings.
    Writes nothing and repairs nothing. Exits 4 when something counts, else 0; drift.ignore in the config
    lets pass what is known.
    """
    return asyncio.run(_drift(options, fail_on))


async def _drift(options: Common, least: Severity) -> int:
    from provision.cli import ci_report
    from provision.cli.session import opened
    from provision.engine.drift import find_drift
    from provision.engine.fleet import each
    from provision.errors import Exit, ProvisionError, worst

    async with opened(options, writes=False) as session:
        session.progress("looking at the tenant ...")
        items = await each(session.jobs, find_drift, parallel=options.parallel)
    _print(items, options)
    ci_report.drifts(items, least, options.ci)
    codes = [item.exit for item in items if isinstance(item, ProvisionError)]
    found = any(not isinstance(item, ProvisionError) and item.counting(least) for item in items)
    return worst([*codes, Exit.ATTENTION if found else Exit.DONE])


def _print(items: Sequence[Drift | ProvisionError], options: Common) -> None:
    """Print drift to stdout; what failed goes to stderr, or into the JSON document."""
    from provision import report
    from provision.cli import emit
    from provision.cli.console import colorful
    from provision.errors import ProvisionError

    if options.output == "json":
        first = items[0]
        one = report.error_json(first) if isinstance(first, ProvisionError) else report.drift_json(first)
        click.echo(report.document(report.drifts_json(items) if len(items) > 1 else one))
        return
    color = colorful(sys.stdout, plain=options.no_color)
    for item in items:
        if isinstance(item, ProvisionError):
            emit.error(item, options)
        elif options.output == "markdown":
            click.echo(report.drift_markdown(item))
        else:
            click.echo(report.drift_text(item, color=color))
