"""The sequence of every verb that writes: plan each config, check, ask once, carry out, hand over.

``cli/`` only chooses what is planned and shows what it came to; what makes a write safe is here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from provision.engine import preflight, run
from provision.engine.about import Notes, about
from provision.engine.fleet import run_each
from provision.engine.job import Job
from provision.engine.session import Person, Session
from provision.errors import ProvisionError, combined
from provision.outcomes.outcome import Outcome
from provision.outcomes.results import Applied
from provision.outcomes.search import Search
from provision.plan import guards
from provision.plan.approval import NONE, Approval, judge
from provision.plan.model import Plan
from provision.values import dataclass

Planner: TypeAlias = Callable[[Job], Awaitable[Plan]]
Prover: TypeAlias = Callable[[Job, Plan], Awaitable[str]]
Applier: TypeAlias = Callable[[Job, Plan], Awaitable[Any]]
Drawn: TypeAlias = Callable[[tuple[Any, ...], Search, frozenset[str]], Outcome]
Planned: TypeAlias = dict[str, Plan | ProvisionError]


@dataclass(frozen=True)
class Way:
    """How the plans of one verb are made, approved and carried out.

    With an approval, only what is approved is carried out; if one config is not as approved, or one of an
    approved set cannot be planned, nothing is. With ``keep_going``, the others are all the same.

    ``prover`` is asked, before the question, whether a plan that removes a secret may go on; it says
    what it proved. ``outcome`` puts together what the applier returned for each config.
    """

    planner: Planner
    applier: Applier = run.apply
    prover: Prover | None = None
    approval: Approval = NONE
    keep_going: bool = False
    outcome: Drawn = Applied


async def carry_out(session: Session, way: Way, person: Person) -> Outcome:
    """Carry out what is planned for each config. One that fails never stops or hides another.

    Raises ``ProvisionError``, and writes nothing, where the answer is no or the whole is not as approved.
    """
    proofs: dict[str, str] = {}

    async def checked(job: Job) -> Plan:
        plan = await _checked(job, way.planner, session.allowed)
        if way.prover is not None and plan.pending:
            proofs[job.path] = await way.prover(job, plan)
        return plan

    async def carry_out_one(job: Job) -> Any:
        plan = planned[job.path]
        if isinstance(plan, ProvisionError):
            raise plan
        with about(job.path, plan.name, plan.digest):
            made = await way.applier(job, plan)
        return made if way.prover is None else replace(made, proof=proofs.get(job.path))

    session.progress("looking at the tenant ...")
    with session.progress.over("looking", len(session.entries)) as watch:
        plans = await run_each(session.entries, checked, parallel=session.parallel, watch=watch)
    session.progress.done()
    planned: Planned = {entry.path: plan for entry, plan in zip(session.entries, plans, strict=True)}
    with _noted(session.log, planned):
        left = _left_out(planned, way, session)
    entries = [entry for entry in session.entries if entry.path not in left]
    meant = {entry.path: planned[entry.path] for entry in entries}
    due = [plan for plan in meant.values() if isinstance(plan, Plan) and plan.pending]
    with _noted(session.log, meant):
        _refuse_many(due, session.allowed)
        if due:
            person.confirm(due)
    if due:
        session.progress("applying ...")
    with session.progress.over("applying", len(entries) if due else 0, writes=True) as watch:
        items = await run_each(entries, carry_out_one, parallel=session.parallel, watch=watch)
    _note_outcomes(session.log, {entry.path: planned[entry.path] for entry in entries}, items)
    session.progress.done()
    if left:
        person.tell(f"left out, for no digest of theirs was approved: {', '.join(left.values())}")
    return way.outcome(tuple(items), session.search.without(left), session.allowed)


async def _checked(job: Job, planner: Planner, allowed: frozenset[str]) -> Plan:
    """Return a plan that this identity may carry out, and whose sink is ready."""
    try:
        plan = await planner(job)
    except ProvisionError as error:
        raise preflight.explain(job, error) from error
    await preflight.refuse(job, plan)
    await run.make_ready(job, plan, allowed)
    return plan


@contextmanager
def _noted(log: Notes | None, planned: Mapping[str, Plan | ProvisionError]) -> Iterator[None]:
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
    log: Notes | None,
    planned: Mapping[str, Plan | ProvisionError],
    items: Sequence[Any],
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


def _left_out(planned: Planned, way: Way, session: Session) -> dict[str, str]:
    """Put an error in the place of each plan that is not as approved; return what no approval is about.

    Raises ``ProvisionError`` if nothing is to be carried out because of it.
    """
    approval, now = way.approval, session.now()
    if not approval.given:
        return {}
    made = {path: plan for path, plan in planned.items() if isinstance(plan, Plan)}
    failed = [plan for plan in planned.values() if isinstance(plan, ProvisionError)]
    # A set, or a file, that is not whole is not what somebody looked at.
    if failed and not way.keep_going and approval.saved is not None:
        raise combined(failed)
    found = judge(approval, list(made.values()), whole=not failed, now=now, allowed=session.allowed)
    # A digest that is nobody's here may be that of a config which could not be planned.
    explained = failed or all(one.plan is not None for one in found.refused)
    if found.refused and not (way.keep_going and found.approved and explained):
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


def _refuse_many(due: Sequence[Plan], allowed: frozenset[str]) -> None:
    many = guards.fleet(due)
    if many is not None and many.entry.name not in allowed:
        raise ProvisionError(many.entry, many.message)
