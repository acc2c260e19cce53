"""``provision drift``: what differs from the config, and what is there that nobody declared."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import LOOKS, Common, common, fail_on
from provision.cli.streams import out, out_json
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.cli.session import Session
    from provision.errors import ProvisionError, Severity
    from provision.outcomes.drift import Drift
    from provision.outcomes.orphans import Orphans
    from provision.outcomes.search import Search


@click.command(
    cls=Verb,
    examples=(
        "provision drift configs/prod.yaml",
        "provision drift configs --with-orphans -o markdown",
    ),
)
@fail_on("warning", "Which findings count for exit code 4: this severity, or worse.")
@click.option(
    "--with-orphans",
    is_flag=True,
    help="Find as well what no config names, as 'orphans' does; of a folder, a glob or several configs.",
)
@partial(common, deliver=LOOKS)
def drift(options: Common, fail_on: Severity, with_orphans: bool) -> int:
    """Find what differs from each CONFIG, and what is on its application that nobody declared.

    Secrets, certificates, federated credentials, redirect URIs, permissions, grants, owners and settings.
    Writes nothing and repairs nothing. Exits 4 when something counts, else 0; drift.ignore in the config
    lets pass what is known.
    """
    return asyncio.run(_drift(options, fail_on, with_orphans=with_orphans))


async def _drift(options: Common, least: Severity, *, with_orphans: bool) -> int:
    from provision.cli import ci_report
    from provision.cli.session import opened
    from provision.cli.verbs.orphans import refuse_part
    from provision.engine.drift import find_drift
    from provision.engine.fleet import each
    from provision.errors import Exit, ProvisionError, worst

    if with_orphans:
        refuse_part(options, "--with-orphans")
    async with opened(options, writes=False) as session:
        session.progress("looking at the tenant ...")
        items = await each(session.entries, find_drift, parallel=options.parallel)
        orphans = await _orphans(session, options) if with_orphans else None
    _print(items, options, session.search, orphans)
    ci_report.drifts(items, least, options.ci, session.search, orphans)
    codes = [item.exit for item in items if isinstance(item, ProvisionError)]
    found = any(not isinstance(item, ProvisionError) and item.counting(least) for item in items)
    beside = orphans.exit if orphans is not None else Exit.DONE
    return worst([*codes, beside, Exit.ATTENTION if found else Exit.DONE])


async def _orphans(session: Session, options: Common) -> Orphans:
    from provision.engine.orphans import find_orphans
    from provision.errors import ProvisionError, catalogue

    if not session.search.listed:
        raise ProvisionError(
            catalogue.USAGE,
            "--with-orphans takes all the configs that there are: a folder, a glob or several files",
        )
    return await find_orphans(
        session.entries, session.declared, session.target, elsewhere=False, parallel=options.parallel
    )


def _print(
    items: Sequence[Drift | ProvisionError], options: Common, search: Search, orphans: Orphans | None
) -> None:
    """Print drift to stdout; what failed goes to stderr, or into the JSON document."""
    from provision import report
    from provision.cli import emit
    from provision.cli.console import colorful, columns
    from provision.errors import ProvisionError

    if options.output == "json":
        if search.listed:
            out_json(report.document(report.drifts_json(items, search, orphans)))
            return
        (first,) = items
        one = report.error_json(first) if isinstance(first, ProvisionError) else report.drift_json(first)
        out_json(report.document(one))
        return
    color = colorful(sys.stdout, plain=options.no_color)
    for item in items:
        if isinstance(item, ProvisionError):
            emit.error(item, options)
        elif options.output == "markdown":
            out(report.drift_markdown(item))
        else:
            out(report.fold(report.drift_text(item, color=color), columns(sys.stdout)))
    if options.output == "markdown":
        for line in [*([report.orphans_markdown(orphans)] if orphans else []),
                     *report.summary_markdown(items, search)]:  # fmt: skip
            out(f"\n{line}")
        return
    if orphans is not None:
        out(f"\n{report.orphans_text(orphans, color=color)}")
    if len(items) > 1 and (failed := report.failed_text(items)):
        out(f"\n{failed}")
