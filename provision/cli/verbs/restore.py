"""``provision restore``: bring a destroyed registration back."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.one_tenant import rule
from provision.cli.options import Common, assume_yes, common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.job import Job
    from provision.plan.model import Plan


@click.command(
    cls=Verb,
    examples=(
        "provision restore configs/prod.yaml --dry-run",
        "provision restore configs/prod.yaml --sandbox --yes",
    ),
)
@click.option("--dry-run", is_flag=True, help="Stop after showing the plan.")
@click.option("--client-id", metavar="ID", callback=rule("guid"), help="Which of several deleted ones.")
@assume_yes
@partial(common, outcome="endings")
def restore(options: Common, dry_run: bool, client_id: str | None, yes: bool) -> int:
    """Bring back what 'destroy' ended: application, service principal, grant; the ids are the same.

    The plan lists each credential that will sign in again, others' too. Only a deleted registration with this
    config's name and our tag, or its client_id, is taken.
    """
    from provision.cli.carry_out import carry_out
    from provision.engine import restore as engine
    from provision.engine.carry_out import Way
    from provision.outcomes.ending import Endings

    async def planner(job: Job) -> Plan:
        return await engine.plan_restoration(job, client_id)

    if dry_run:
        from provision.cli.verbs.plan import look

        return asyncio.run(look(options, detailed_exitcode=False, planner=planner))
    return asyncio.run(carry_out(options, Way(planner, engine.restore, outcome=Endings), yes=yes))
