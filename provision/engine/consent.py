"""The consent alone: given by whoever may, handed over by whoever may not, and waited for.

The grant needs the service principal. It is made here if it is missing and this identity may make it; else
it is left to the consent link, whose page makes both.
"""

from __future__ import annotations

from dataclasses import replace

from provision.change import Action, Change
from provision.engine import preflight
from provision.engine.observe import observe
from provision.engine.run import Job, applied, carried_out, consent_of, remember_consent, result_of
from provision.graph import consent as grants
from provision.plan.build import planned
from provision.plan.model import Plan
from provision.plan.result import Outcome, Result, Status
from provision.plan.rights import Presence, Step
from provision.resources import consent, service_principal

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 30.0  # seconds between two looks


async def plan(job: Job) -> Plan:
    """Look, and return what gives the consent: the grant, and before it a principal that is missing.

    It is this run's to give, whatever the config says of ``apply``. What this identity surely may not do
    is handed over. ``ProvisionError`` if there is no application yet.
    """
    observed = await observe(job.tenant, job.desired)
    applied(job, observed)
    detail = await consent_of(job, observed)
    needed = job.desired.consent.mode is not consent.Mode.NONE
    wanted = consent.Desired(consent.Mode.GRANT) if needed else job.desired.consent
    grant = consent.diff(wanted, observed.role, observed.assignments)
    principal = service_principal.diff(observed.service_principal)
    changes = (principal, grant) if grant.step is not None else (grant,)
    found = replace(
        planned(job.target, job.desired, observed, changes, consent.explain(detail)), consent=detail
    )
    return await _handed_over(job, found) if found.pending else found


async def give(job: Job, plan: Plan) -> Result:
    """Carry it out; being refused the grant is a hand-over, as it is for ``apply``."""
    execution = await carried_out(job, plan)
    result = result_of(job, plan, execution.ordered(), execution.app_id, None)
    remember_consent(job, result)
    return result


async def wait(job: Job, patience: float) -> Result:
    """Look for the grant itself until it is there, or until so many seconds were waited.

    Nothing is remembered of a wait: one that was interrupted goes on by running again.
    """
    found, waited, pause = await plan(job), 0.0, FIRST_PAUSE
    app, graph = found.observed.application, job.tenant.graph
    assert app is not None
    observed = found.observed
    while found.consent not in (consent.Detail.GRANTED, consent.Detail.NOT_NEEDED) and waited < patience:
        step = min(pause, patience - waited)
        graph.notify(
            f"waiting for the consent of '{job.desired.name}', {_span(waited)} of {_span(patience)}; "
            "Ctrl-C ends the waiting, running again goes on with it"
        )
        await graph.sleep(step)
        waited, pause = waited + step, min(pause * 1.5, LONGEST_PAUSE)
        observed = replace(observed, assignments=await grants.assignments(graph, app.app_id))
        if consent.granted(observed.role, observed.assignments):
            found = await plan(job)
    outcomes = tuple(
        Outcome(change, Status.UNCHANGED if change.action is Action.NO_OP else Status.HANDOFF)
        for change in found.changes
    )
    result = result_of(job, found, outcomes, app.app_id, None)
    remember_consent(job, result)
    return result


async def _handed_over(job: Job, found: Plan) -> Plan:
    """Return the plan with what this identity surely may not do left to somebody else."""
    _, held = await preflight.judged(job, found, handing_over=False)
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
    handed = planned(job.target, job.desired, found.observed, changes, found.findings)
    return replace(handed, consent=found.consent)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{minutes}:{rest:02} min"
