"""The way of every verb that writes: plan each config, show, ask, carry out, print the results."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from provision import report
from provision.cli import emit
from provision.cli.console import ask, colorful, talk
from provision.cli.options import Common
from provision.cli.session import opened
from provision.engine import preflight, run
from provision.engine.fleet import each
from provision.engine.run import Job
from provision.errors import Exit, ProvisionError, catalogue, combined, worst
from provision.outcomes.result import ConsentState, Result
from provision.plan import guards
from provision.plan.model import Plan
from provision.plan.saved import Saved, refuse_other_digest, refuse_stale
from provision.report.escape import plain

Planner: TypeAlias = Callable[[Job], Awaitable[Plan]]
Prover: TypeAlias = Callable[[Job, Plan], Awaitable[str]]
Applier: TypeAlias = Callable[[Job, Plan], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody approved: a plan file that was read, a digest, or neither."""

    saved: Saved | None = None
    digest: str | None = None

    def refuse_other(self, plans: Sequence[Plan], *, now: datetime, allowed: Collection[str]) -> None:
        """Raise ``ProvisionError`` unless these plans are what was approved."""
        if self.saved is not None:
            refuse_stale(self.saved, plans, now=now, allowed=allowed)
        if self.digest is not None:
            refuse_other_digest(self.digest, plans)


async def carry_out(
    options: Common,
    planner: Planner,
    *,
    yes: bool,
    prover: Prover | None = None,
    applier: Applier = run.apply,
    approval: Approval = Approval(),
) -> int:
    """Carry out what ``planner`` plans for each config; returns the exit code.

    With an approval, everything or nothing: if one plan is not what was approved, none is carried out.

    ``prover`` is asked, before the question, whether a plan that removes a secret may go on; it says
    what it proved. One config that fails never stops or hides another.
    """
    proofs: dict[str, str] = {}

    async def checked(job: Job) -> Plan:
        try:
            plan = await planner(job)
        except ProvisionError as error:
            raise preflight.explained(job, error) from error
        await preflight.refuse(job, plan)
        await run.make_ready(job, plan, options.allow)
        if prover is not None and plan.pending:
            proofs[job.path] = await prover(job, plan)
        return plan

    async def carried_out(job: Job) -> Result:
        plan = planned[job.path]
        if isinstance(plan, ProvisionError):
            raise plan
        return replace(await applier(job, plan), proof=proofs.get(job.path))

    async with opened(options, writes=True) as session:
        session.progress("looking at the tenant ...")
        plans = await each(session.jobs, checked, parallel=options.parallel)
        session.progress.done()
        _refuse_unapproved(session.jobs, plans, approval, options)
        due = [plan for plan in plans if not isinstance(plan, ProvisionError) and plan.pending]
        confirm(due, options, yes=yes)
        if due:
            session.progress("applying ...")
        planned = {job.path: plan for job, plan in zip(session.jobs, plans, strict=True)}
        items = await each(session.jobs, carried_out, parallel=options.parallel)
    emit.results(items, options)
    waiting = any(isinstance(item, Result) and item.consent.state is ConsentState.REQUIRED for item in items)
    consent = Exit.CONSENT if waiting and catalogue.CONSENT_PENDING.name not in options.allow else Exit.DONE
    verified = [
        item.verified.verification.exit for item in items if isinstance(item, Result) and item.verified
    ]
    return worst([emit.failures(items), emit.attention(items), consent, *verified])


def _refuse_unapproved(
    jobs: Sequence[Job], plans: Sequence[Plan | ProvisionError], approval: Approval, options: Common
) -> None:
    made = [plan for plan in plans if isinstance(plan, Plan)]
    if approval != Approval():
        if failed := [plan for plan in plans if isinstance(plan, ProvisionError)]:
            raise combined(failed)
        approval.refuse_other(made, now=jobs[0].tenant.graph.now(), allowed=options.allow)
    many = guards.fleet(made)
    if many is not None and many.entry.name not in options.allow:
        raise ProvisionError(many.entry, many.message)


def confirm(due: Sequence[Plan], options: Common, *, yes: bool) -> None:
    """Show what is due and ask; ``ProvisionError`` if the answer is no or nobody can give one."""
    if not due:
        return
    if options.output != "json":
        for plan in due:
            with options.ci.group(f"Plan: {plan.name}", sys.stderr):
                talk(report.plan_text(plan, color=colorful(sys.stderr, plain=options.no_color)))
    count = sum(len(plan.pending) for plan in due)
    # What was allowed by name is said once more, with its date, where the answer is given.
    short = [f"{plain(plan.name)}: {plain(f.message)}.\n" for plan in due for f in plan.findings
             if f.entry is catalogue.SHORTER_LIFE]  # fmt: skip
    ask(f"{''.join(short)}Make {'this change' if count == 1 else f'these {count} changes'}?", yes=yes)
