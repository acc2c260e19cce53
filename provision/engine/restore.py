"""``provision restore``: bring a deleted registration back, its principal, and its grant.

Graph restores an application without its principal, which is restored by its own id
(https://learn.microsoft.com/graph/api/directory-deleteditems-restore). Whether a grant comes back with the
principal no page says, so it is looked at then, and granted anew where it is not there.
"""

from __future__ import annotations

from provision.change import Change
from provision.engine.ending import carried, empty, find_deleted
from provision.engine.job import Job
from provision.engine.run import read_state, worded
from provision.errors import ProvisionError, catalogue
from provision.graph import consent as grants
from provision.graph import deleted
from provision.graph import service_principal as principals
from provision.outcomes.ending import Act, Ending
from provision.plan import ending
from provision.plan.model import Plan
from provision.resources import Observed, application, consent, service_principal


async def plan_restoration(job: Job, client_id: str | None) -> Plan:
    """Return the plan that brings the registration back, as far as it is not there.

    Raises ``ProvisionError`` if nothing of it is deleted and nothing is there, or if several deleted
    applications could be meant.
    """
    try:
        observed = (await read_state(job))[0]
    except ProvisionError as error:
        if error.entry not in (catalogue.SOFT_DELETED, catalogue.CLIENT_ID_NOT_FOUND):
            raise
        observed = empty(await job.tenant.id())
    if observed.application is not None:
        return worded(job, await _rest(job, observed))
    gone = await find_deleted(job, client_id)
    if gone is None:
        raise ProvisionError(
            catalogue.NOTHING_DELETED,
            f"no application of '{job.desired.name}' is deleted in this tenant, and none is there",
        )
    role = await job.tenant.role(job.desired.consent.permission)
    seen = Observed(observed.tenant_id, None, None, role, (), (), observed.policy, observed.mailbox)
    return worded(job, ending.restoration(job.context, job.desired, seen, gone))


async def _rest(job: Job, observed: Observed) -> Plan:
    """Plan what an interrupted run left: an application without its principal, or without its grant."""
    app = observed.application
    assert app is not None
    granted = consent.granted(observed.role, observed.assignments)
    lacking = None
    if observed.service_principal is None:
        record = await deleted.principal(job.tenant.graph, app.app_id)
        lacking = str(record["id"]) if record else None
        if record is None:  # none to bring back: 'apply' makes one
            return ending.nothing(job.context, job.desired, observed)
    changes = ending.returning(job.desired, observed, lacking, granted=granted)
    if not any(change.step for change in changes):
        return ending.nothing(job.context, job.desired, observed)
    return ending.rest(job.context, job.desired, observed, changes)


async def restore(job: Job, plan: Plan) -> Ending:
    """Carry out a plan of :func:`plan_restoration`; a change that fails is an outcome."""
    graph, app = job.tenant.graph, plan.observed.application
    back = next((c for c in plan.changes if isinstance(c.step, application.Restore)), None)
    after = (back.after or {}) if back else {}
    client_id = app.app_id if app else str(after["appId"]) if after else None

    async def step(change: Change) -> None:
        assert client_id is not None
        match change.step:
            case application.Restore(object_id):
                await deleted.restore(graph, object_id, "application")
                await deleted.back(graph, client_id)
            case service_principal.Restore(object_id):
                await deleted.restore(graph, object_id, "service principal")
            case consent.Grant(role) as grant:
                record = await principals.by_client_id(graph, client_id, settling=True)
                if record is None:  # it is not restored, and 'apply' makes one
                    raise ProvisionError(catalogue.NOT_RESTORED, "the service principal is not there")
                principal = principals.observed(record)
                held = await grants.assignments(graph, client_id)
                if not consent.granted(role, held.by(principal.id)):
                    await grants.grant(graph, principal.id, grant, plan.desired.consent.permission)

    outcomes = await carried(job, plan, step)
    return Ending(
        plan=plan,
        act=Act.RESTORE,
        outcomes=outcomes,
        client_id=client_id,
        object_id=app.id if app else str(after["id"]) if after else None,
        at=graph.now(),
    )
