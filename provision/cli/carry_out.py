"""The way of every verb that writes: plan each config, show, ask, carry out, print the results."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import click

from provision import report
from provision.cli import emit
from provision.cli.console import colorful, talk
from provision.cli.options import Common
from provision.cli.session import opened
from provision.delivery.terminal import interruptible
from provision.engine import run
from provision.engine.fleet import each
from provision.engine.run import Job
from provision.errors import Exit, ProvisionError, catalogue, worst
from provision.plan.model import Plan
from provision.plan.result import ConsentState, Result

Planner: TypeAlias = Callable[[Job], Awaitable[Plan]]
Prover: TypeAlias = Callable[[Job, Plan], Awaitable[str]]


async def carry_out(options: Common, planner: Planner, *, yes: bool, prover: Prover | None = None) -> int:
    """Carry out what ``planner`` plans for each config; returns the exit code.

    ``prover`` is asked, before the question, whether a plan that removes a secret may go on; it says
    what it proved. One config that fails never stops or hides another.
    """
    proofs: dict[str, str] = {}

    async def checked(job: Job) -> Plan:
        plan = await planner(job)
        run.make_ready(job, plan, options.allow)
        if prover is not None and plan.pending:
            proofs[job.desired.name] = await prover(job, plan)
        return plan

    async def carried_out(pair: tuple[Job, Plan | ProvisionError]) -> Result:
        job, plan = pair
        if isinstance(plan, ProvisionError):
            raise plan
        return replace(await run.apply(job, plan), proof=proofs.get(job.desired.name))

    async with opened(options, writes=True) as session:
        session.progress("looking at the tenant ...")
        plans = await each(session.jobs, checked, parallel=options.parallel)
        session.progress.done()
        due = [plan for plan in plans if not isinstance(plan, ProvisionError) and plan.pending]
        _confirm(due, options, yes=yes)
        if due:
            session.progress("applying ...")
        items = await each(
            list(zip(session.jobs, plans, strict=True)), carried_out, parallel=options.parallel
        )
    emit.results(items, options)
    waiting = any(isinstance(item, Result) and item.consent.state is ConsentState.REQUIRED for item in items)
    consent = Exit.CONSENT if waiting and catalogue.CONSENT_PENDING.name not in options.allow else Exit.DONE
    return worst([emit.failures(items), consent])


def _confirm(due: Sequence[Plan], options: Common, *, yes: bool) -> None:
    """Show what is due and ask; ``ProvisionError`` if the answer is no or nobody can give one."""
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
