"""``provision apply``: plan, ask, carry out, hand over."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from provision.cli.options import Common, common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.engine.run import Job
    from provision.errors import ProvisionError
    from provision.plan.model import Plan
    from provision.plan.result import Result


@click.command()
@click.option("--dry-run", is_flag=True, help="Stop after showing the plan, as 'plan' does.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@common
def apply(options: Common, dry_run: bool, yes: bool) -> int:
    """Make each CONFIG so: show the plan, ask, carry it out, deliver the secret, print the values.

    A second run changes nothing. Exits 3 when all is done but an administrator's consent is still
    to be given (0 with --allow consent-pending).
    """
    if dry_run:
        from provision.cli.plan import look

        return asyncio.run(look(options, detailed_exitcode=False))
    return asyncio.run(_apply(options, yes=yes))


async def _apply(options: Common, *, yes: bool) -> int:
    from provision.cli import emit
    from provision.cli.session import opened
    from provision.engine import run
    from provision.engine.fleet import each
    from provision.errors import Exit, ProvisionError, worst
    from provision.plan.result import ConsentState, Result

    async with opened(options, writes=True) as session:
        session.progress("looking at the tenant ...")

        async def checked(job: Job) -> Plan:
            plan = await run.plan(job)
            run.make_ready(job, plan, options.allow)
            return plan

        plans = await each(session.jobs, checked, parallel=options.parallel)
        session.progress.done()
        _confirm(plans, options, yes=yes)
        session.progress("applying ...")

        async def carried_out(pair: tuple[Job, Plan | ProvisionError]) -> Result:
            job, plan = pair
            if isinstance(plan, ProvisionError):
                raise plan
            return await run.apply(job, plan)

        pairs = list(zip(session.jobs, plans, strict=True))
        items = await each(pairs, carried_out, parallel=options.parallel)
    emit.results(items, options)
    waiting = any(isinstance(item, Result) and item.consent.state is ConsentState.REQUIRED for item in items)
    consent = Exit.CONSENT if waiting and "consent-pending" not in options.allow else Exit.DONE
    return worst([emit.failures(items), consent])


def _confirm(plans: Sequence[Plan | ProvisionError], options: Common, *, yes: bool) -> None:
    """Show what is due and ask; ``ProvisionError`` if the answer is no or nobody can give one."""
    from provision import report
    from provision.cli.console import colorful, talk
    from provision.delivery.terminal import interruptible
    from provision.errors import ProvisionError, catalogue

    due = [plan for plan in plans if not isinstance(plan, ProvisionError) and plan.pending]
    if not due:
        return
    if options.output != "json":
        for plan in due:
            talk(report.plan_text(plan, color=colorful(sys.stderr, plain=options.no_color)))
    if yes:
        return
    if not sys.stdin.isatty():
        raise ProvisionError(catalogue.NOT_INTERACTIVE)
    count = sum(len(plan.pending) for plan in due)
    question = f"Make {'this change' if count == 1 else f'these {count} changes'}? Type yes"
    with interruptible():
        answer = click.prompt(question, default="no", show_default=False, err=True)
    if answer.strip().lower() != "yes":
        raise ProvisionError(catalogue.DECLINED)
