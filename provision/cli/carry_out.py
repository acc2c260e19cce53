"""The way of every verb that writes: plan each config, show, ask, carry out, print the results."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from provision.cli import emit
from provision.cli.console import ask, colorful, columns, talk
from provision.cli.log_file import LogFile, about
from provision.cli.options import Common
from provision.cli.session import opened
from provision.engine import preflight, run
from provision.engine.fleet import each
from provision.engine.run import Job
from provision.errors import ProvisionError, catalogue, combined
from provision.outcomes.result import Result
from provision.outcomes.results import Applied
from provision.plan import guards
from provision.plan.approval import NONE, Approval, judge
from provision.plan.model import Plan
from provision.report.escape import plain
from provision.report.formats import Format
from provision.report.text import plan_text

Planner: TypeAlias = Callable[[Job], Awaitable[Plan]]
Prover: TypeAlias = Callable[[Job, Plan], Awaitable[str]]
Applier: TypeAlias = Callable[[Job, Plan], Awaitable[Result]]


async def carry_out(
    options: Common,
    planner: Planner,
    *,
    yes: bool,
    prover: Prover | None = None,
    applier: Applier = run.apply,
    approval: Approval = NONE,
    keep_going: bool = False,
) -> int:
    """Carry out what ``planner`` plans for each config; returns the exit code.

    With an approval, only what is approved is carried out; if one config is not as approved, or one of an
    approved set cannot be planned, nothing is. With ``keep_going``, the others are all the same.

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
        with about(job.path, plan.name, plan.digest):
            return replace(await applier(job, plan), proof=proofs.get(job.path))

    async with opened(options, writes=True, keep_going=keep_going) as session:
        session.progress("looking at the tenant ...")
        plans = await each(session.entries, checked, parallel=options.parallel)
        session.progress.done()
        planned = {entry.path: plan for entry, plan in zip(session.entries, plans, strict=True)}
        with _noted(session.log, planned):
            left = _judged(planned, approval, options, now=session.now(), keep_going=keep_going)
        entries = [entry for entry in session.entries if entry.path not in left]
        meant = [planned[entry.path] for entry in entries]
        due = [plan for plan in meant if isinstance(plan, Plan) and plan.pending]
        with _noted(session.log, {entry.path: planned[entry.path] for entry in entries}):
            _refuse_many(due, options)
            confirm(due, options, yes=yes)
        if due:
            session.progress("applying ...")
        items = await each(entries, carried_out, parallel=options.parallel)
        _note_outcomes(session.log, {entry.path: planned[entry.path] for entry in entries}, items)
    if left:
        talk(f"left out, for no digest of theirs was approved: {', '.join(left.values())}")
    return emit.finish(Applied(tuple(items), session.search.without(left), options.allow), options)


@contextmanager
def _noted(log: LogFile | None, planned: Mapping[str, Plan | ProvisionError]) -> Iterator[None]:
    """Note for each config with something due that the run was refused, or that the answer was no."""
    try:
        yield
    except ProvisionError as error:
        if log is not None:
            for path, plan in planned.items():
                if isinstance(plan, Plan) and plan.pending:
                    with about(path, plan.name, plan.digest):
                        log.note("run", result=error.entry.name)
        raise


def _note_outcomes(
    log: LogFile | None,
    planned: Mapping[str, Plan | ProvisionError],
    items: Sequence[Result | ProvisionError],
) -> None:
    """Note what came of each config that had something due, or was refused."""
    if log is None:
        return
    for (path, plan), item in zip(planned.items(), items, strict=True):
        made = plan if isinstance(plan, Plan) else None
        name = made.name if made else getattr(item, "name", None) or ""
        with about(path, name, made.digest if made else None):
            if isinstance(item, ProvisionError):
                log.note("run", result=item.entry.name)
            elif made and made.pending:
                log.note("run", result=item.errors[0].entry.name if item.errors else "done")


def _judged(
    planned: dict[str, Plan | ProvisionError],
    approval: Approval,
    options: Common,
    *,
    now: datetime,
    keep_going: bool,
) -> dict[str, str]:
    """Put an error in the place of each plan that is not as approved; return what no approval is about.

    Raises ``ProvisionError`` if nothing is to be carried out because of it.
    """
    if not approval.given:
        return {}
    made = {path: plan for path, plan in planned.items() if isinstance(plan, Plan)}
    failed = [plan for plan in planned.values() if isinstance(plan, ProvisionError)]
    # A set, or a file, that is not whole is not what somebody looked at.
    if failed and not keep_going and approval.saved is not None:
        raise combined(failed)
    found = judge(approval, list(made.values()), whole=not failed, now=now, allowed=options.allow)
    # A digest that is nobody's here may be that of a config which could not be planned.
    explained = failed or all(one.plan is not None for one in found.refused)
    if found.refused and not (keep_going and found.approved and explained):
        raise combined([*failed, *(one.error for one in found.refused)])
    refused = {one.plan.digest: one.error for one in found.refused if one.plan is not None}
    approved = {plan.digest for plan in found.approved}
    left: dict[str, str] = {}
    for path, plan in made.items():
        if plan.digest in refused:
            planned[path] = refused[plan.digest].met_with(path, plan.name)
        elif plan.digest not in approved:
            left[path] = plan.name
    return left


def _refuse_many(due: Sequence[Plan], options: Common) -> None:
    many = guards.fleet(due)
    if many is not None and many.entry.name not in options.allow:
        raise ProvisionError(many.entry, many.message)


def confirm(due: Sequence[Plan], options: Common, *, yes: bool) -> None:
    """Show what is due and ask; ``ProvisionError`` if the answer is no or nobody can give one."""
    if not due:
        return
    if options.output is not Format.JSON:
        for plan in due:
            with options.ci.group(f"Plan: {plan.name}", sys.stderr):
                color = colorful(sys.stderr, plain=options.no_color)
                talk(plan_text(plan, color=color, width=columns(sys.stderr)))
    count = sum(len(plan.pending) for plan in due)
    # What was allowed by name is said once more, with its date, where the answer is given.
    short = [f"{plain(plan.name)}: {plain(f.message)}.\n" for plan in due for f in plan.findings
             if f.entry is catalogue.SHORTER_LIFE]  # fmt: skip
    ask(f"{''.join(short)}Make {'this change' if count == 1 else f'these {count} changes'}?", yes=yes)
