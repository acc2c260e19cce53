"""``provision destroy``: end a registration, softly; ``--purge`` removes a deleted one for good."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.completion import files
from provision.cli.one_tenant import rule
from provision.cli.options import Common, approved, assume_yes, common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.job import Job
    from provision.plan.model import Plan


@click.command(
    cls=Verb,
    examples=(
        "provision destroy configs/prod.yaml --dry-run",
        "provision destroy configs/prod.yaml --sandbox --yes --allow destroy",
    ),
)
@click.option("--dry-run", is_flag=True, help="Stop after showing the plan.")
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=files,
    help="With --dry-run: save the plan there, for 'destroy --plan FILE'.",
)
@approved
@click.option("--forget", is_flag=True, help="Have the sink remove the delivered value, where it can.")
@click.option("--purge", is_flag=True, help="Remove for good what is already deleted; --allow purge.")
@click.option(
    "--client-id", metavar="ID", callback=rule("guid"), help="With --purge: which of several deleted ones."
)
@assume_yes
@partial(common, outcome="endings")
def destroy(  # noqa: PLR0917 - click calls it by name
    options: Common,
    dry_run: bool,
    out: str | None,
    plan_file: str | None,
    expect_digest: tuple[str, ...],
    forget: bool,
    purge: bool,
    client_id: str | None,
    yes: bool,
) -> int:
    """End the registration of each CONFIG: application, service principal, grants, secrets.

    Entra keeps it for 30 days; 'restore' brings it back until then. On a terminal the name is typed,
    elsewhere it takes --yes --allow destroy. What nobody declared on it refuses it (--allow destroy-shared).
    """
    from provision.cli.carry_out import carry_out
    from provision.cli.plan_file import read
    from provision.engine import ending
    from provision.engine.carry_out import Way
    from provision.errors import ProvisionError, catalogue
    from provision.outcomes.ending import Endings
    from provision.plan.approval import Approval

    if out is not None and not dry_run:
        raise ProvisionError(catalogue.USAGE, "--out goes with --dry-run")
    if client_id is not None and not purge:
        raise ProvisionError(catalogue.USAGE, "--client-id goes with --purge")
    if purge and forget:
        raise ProvisionError(catalogue.USAGE, "--purge and --forget do not go together")

    async def planner(job: Job) -> Plan:
        if purge:
            return await ending.plan_purge(job, client_id)
        return await ending.plan_destruction(job, forget=forget)

    if dry_run:
        from provision.cli.verbs.plan import look

        return asyncio.run(look(options, detailed_exitcode=False, out=out, planner=planner))
    needed = catalogue.PURGE if purge else catalogue.DESTROY
    if yes and needed.name not in options.allow:
        raise ProvisionError(needed, f"--yes alone does not {'purge' if purge else 'destroy'}")
    approval = Approval(read(plan_file) if plan_file else None, expect_digest, bool(options.select))
    way = Way(planner, ending.destroy, approval=approval, outcome=Endings)
    return asyncio.run(carry_out(options, way, yes=yes, named=True))
