"""``provision plan``: show what apply would do."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.completion import files
from provision.cli.options import MINTS, Common, common, fail_on
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.engine.carry_out import Planner
    from provision.errors import Severity
    from provision.plan.model import Plan


@click.command(
    cls=Verb,
    examples=(
        "provision plan configs/prod.yaml --sandbox",
        "provision plan configs --out approved.json",
    ),
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=files,
    help="Save the plan there, for 'apply --plan FILE'; it holds no secret.",
)
@fail_on(None, "Exit 5 when a finding is of this severity, or worse.")
@partial(common, outcome="plans", deliver=MINTS)
def plan(options: Common, detailed_exitcode: bool, out: str | None, fail_on: Severity | None) -> int:
    """Show what apply would do to each CONFIG, a file, folder or glob. Writes nothing.

    Exits 0, or with --detailed-exitcode 2 when changes are pending, or 5 as --fail-on says; 4 when
    something of a secret cannot wait. A consent that only a person can give counts as a change, but not
    with --allow consent-pending.
    """
    return asyncio.run(look(options, detailed_exitcode=detailed_exitcode, out=out, least=fail_on))


def _then(plans: Sequence[Plan]) -> tuple[str, ...]:
    """Return the verb that comes after these plans, with what it is to be allowed."""
    from provision.errors import catalogue
    from provision.plan.scoping import not_allowed

    if any(one.pending for one in plans) or not any(one.later for one in plans):
        return ("apply",) if any(one.pending for one in plans) else ("show",)
    due = any(not_allowed(change) for one in plans for change in one.later)
    return ("apply", "--allow", catalogue.REMOVE_GRANT.name) if due else ("apply",)


async def look(
    options: Common,
    *,
    detailed_exitcode: bool,
    out: str | None = None,
    least: Severity | None = None,
    planner: Planner | None = None,
) -> int:
    """Plan each config, print the plans, and save them to ``out``; returns the exit code.

    ``least`` is the severity from which on a finding makes it 5, ``planner`` another verb's planning.
    """
    from provision.cli import emit, plan_file
    from provision.cli.session import open_session
    from provision.engine import run
    from provision.engine.fleet import run_each
    from provision.outcomes.plans import Plans

    async with open_session(options, writes=False) as session:
        session.progress("looking at the tenant ...")
        with session.progress.over("looking", len(session.entries)) as watch:
            items = await run_each(
                session.entries, planner or run.plan, parallel=options.parallel, watch=watch
            )
        now = session.now()
    if out is not None:
        plan_file.write(out, items, session.search, now=now)
    plans = Plans(tuple(items), session.search, options.allow, detailed_exitcode, least)
    code = emit.finish(plans, options)
    stopped = plans.errors or any(one.blockers for one in plans.made)
    if planner is None and out is None and not stopped:
        emit.then(options.again.command(*_then(plans.made)), options)
    return code
