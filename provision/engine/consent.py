"""``provision consent``: grant what the product needs, or hand that over to an administrator, or wait.

A grant needs the application's service principal. If that is missing, it is created here where this identity
has the right to; otherwise the consent link does it, whose page creates both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeGuard

from provision.change import Action, Change
from provision.engine import preflight
from provision.engine.about import about
from provision.engine.fleet import Entry, run_each
from provision.engine.job import Job
from provision.engine.observe import observe
from provision.engine.results import remember_consent, result_of
from provision.engine.run import consent_of, execute_plan, require_application, worded
from provision.engine.session import Person, Session
from provision.errors import ProvisionError
from provision.graph import consent as grants
from provision.outcomes.result import ConsentState, Outcome, Result, Status
from provision.outcomes.rights import Presence, Step
from provision.plan.build import assemble
from provision.plan.digest import digest
from provision.plan.model import Plan
from provision.resources import consent, service_principal
from provision.resources.client_secret import Records

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 30.0  # seconds between two looks


async def carry_out(
    session: Session, person: Person, *, looks: Callable[[Entry], bool]
) -> list[Result | ProvisionError]:
    """Grant what is to be granted once the person agreed; at a config that ``looks``, look alone."""

    async def grant_one(job: Job) -> Result:
        plan = planned[job.path]
        if isinstance(plan, ProvisionError):
            raise plan
        if looks(job):
            return seen(job, plan)
        with about(job.path, plan.name, plan.digest):
            return await give(job, plan)

    session.progress("looking at the tenant ...")
    with session.progress.over("looking", len(session.entries)) as watch:
        plans = await run_each(session.entries, plan, parallel=session.parallel, watch=watch)
    session.progress.done()
    meant = [p for entry, p in zip(session.entries, plans, strict=True) if not looks(entry)]
    if due := [p for p in meant if not isinstance(p, ProvisionError) and p.pending]:
        person.confirm(due)
    planned = {entry.path: plan for entry, plan in zip(session.entries, plans, strict=True)}
    with session.progress.over("granting", len(session.entries), writes=bool(due)) as watch:
        return await run_each(session.entries, grant_one, parallel=session.parallel, watch=watch)


async def wait_for(
    session: Session, items: Sequence[Result | ProvisionError], budget: float
) -> list[Result | ProvisionError]:
    """Return the items with each consent that is to be given waited for, in a session that writes nothing."""

    async def one(job: Job) -> Result:
        return await wait(job, budget)

    due = [entry for entry, item in zip(session.entries, items, strict=True) if waits(item)]
    found = iter(await run_each(due, one, parallel=len(due)))
    return [next(found) if waits(item) else item for item in items]


def waits(item: Result | ProvisionError) -> TypeGuard[Result]:
    """Say whether a consent is still to be given."""
    return isinstance(item, Result) and item.consent.state is ConsentState.REQUIRED


async def plan(job: Job) -> Plan:
    """Read the tenant and return a plan of two changes at most: create the principal, grant what is needed.

    The grant is planned even if the config says ``consent: handoff``, which is about ``apply``. If this
    identity surely lacks a right for it, the changes become hand-overs.

    Raises ``ProvisionError`` if the application does not exist yet, or if the tenant cannot be read.
    """
    observed = await observe(job.tenant, job.desired)
    require_application(job, observed)
    detail = await consent_of(job, observed)
    needed = job.desired.consent.mode is not consent.Mode.NONE
    wanted = replace(job.desired.consent, mode=consent.Mode.GRANT) if needed else job.desired.consent
    grant = consent.diff(wanted, observed.role, observed.assignments)
    principal = service_principal.diff(observed.service_principal)
    changes = (principal, grant) if grant.step is not None else (grant,)
    found = assemble(
        job.context,
        job.desired,
        observed,
        changes,
        consent.explain(job.desired.consent, detail),
        consented=detail,
        standing=None,
        records=Records(),
    )
    return worded(job, await _handed_over(job, found) if found.pending else found)


async def give(job: Job, plan: Plan) -> Result:
    """Carry the plan out and return its result; a grant that Graph refuses is reported as a hand-over."""
    execution = await execute_plan(job, plan)
    result = result_of(job, plan, execution.ordered(), execution.app_id, None)
    remember_consent(job, result)
    return result


async def wait(job: Job, budget: float) -> Result:
    """Read the grants again and again until the permission is among them, for ``budget`` seconds at most.

    Returns the result with the state of the consent at the end of the wait, whichever it is. No state is kept
    of a wait: running the command again goes on with it. Raises what :func:`plan` raises.
    """
    found, waited, pause = await plan(job), 0.0, FIRST_PAUSE
    app, graph = found.observed.application, job.tenant.graph
    assert app is not None
    observed = found.observed
    while found.consent not in (consent.Detail.GRANTED, consent.Detail.NOT_NEEDED) and waited < budget:
        step = min(pause, budget - waited)
        graph.notify(
            f"waiting for the consent of '{job.desired.name}', {_span(waited)} of {_span(budget)}; "
            "Ctrl-C ends the waiting, running again goes on with it"
        )
        await graph.sleep(step)
        waited, pause = waited + step, min(pause * 1.5, LONGEST_PAUSE)
        principal = observed.service_principal
        held = await grants.assignments(graph, app.app_id)
        observed = replace(observed, assignments=held.by(principal.id if principal else None))
        if consent.granted(observed.role, observed.assignments):
            found = await plan(job)
    return seen(job, found)


def seen(job: Job, found: Plan) -> Result:
    """Return how the consent stands by a plan of :func:`plan` that is not carried out here."""
    outcomes = tuple(
        Outcome(change, Status.UNCHANGED if change.action is Action.NO_OP else Status.HANDOFF)
        for change in found.changes
    )
    app = found.observed.application
    result = result_of(job, found, outcomes, app.app_id if app else None, None)
    remember_consent(job, result)
    return result


async def _handed_over(job: Job, found: Plan) -> Plan:
    """Turn the plan's changes into hand-overs if this identity surely lacks a right for one of them."""
    _, held = await preflight.judge(job, found, handing_over=False)
    missing = {right.step: right for right in held if right.presence is Presence.MISSING}
    lacking = missing.get(Step.GRANT) or missing.get(Step.PRINCIPAL)
    if lacking is None:
        return found
    reason = f"this identity may not {lacking.what}: {lacking.detail}"
    if lacking.step is Step.PRINCIPAL:
        reason += (
            "; the consent link makes it together with the grant, or somebody with that right runs 'apply'"
        )
    changes = tuple(
        Change(c.address, Action.HANDOFF, reason, c.before, c.after) if c.step is not None else c
        for c in found.changes
    )
    digested = digest(found.target, found.desired, found.observed, changes)
    return replace(found, changes=changes, digest=digested)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{minutes}:{rest:02} min"
