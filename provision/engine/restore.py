"""``provision restore``: bring a deleted registration back, its principal, its grant, and Exchange's limit.

Graph restores an application without its principal, which is restored by its own id
(https://learn.microsoft.com/graph/api/directory-deleteditems-restore). Whether a grant comes back with the
principal no page says, so it is looked at then, and granted anew where it is not there.
"""

from __future__ import annotations

from dataclasses import replace

from provision.change import Action, Change
from provision.engine import limiting
from provision.engine.ending import carried, empty, find_deleted
from provision.engine.holder import SecretHolder
from provision.engine.job import Job
from provision.engine.run import read_state, secret_tools, worded
from provision.errors import ProvisionError, catalogue
from provision.graph import consent as grants
from provision.graph import deleted, mailbox_scope
from provision.graph import service_principal as principals
from provision.outcomes.ending import Act, Ending
from provision.plan import ending, scoping
from provision.plan.model import Plan
from provision.resources import Observed, application, consent, service_principal
from provision.resources.mailbox_scope import Claim, Create


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
    seen = await _with_limit(job, seen, gone.principal_id)
    limit = _limit(job, seen) if gone.principal_id else ()
    return worded(job, ending.restoration(job.context, job.desired, seen, gone, limit))


async def _with_limit(job: Job, observed: Observed, principal_id: str | None) -> Observed:
    """Add what Exchange lets a principal do that is to come back, where the config limits it by Graph."""
    wanted = job.desired.mailbox
    if not wanted.by_graph:
        return observed
    tables, box = await job.tenant.exchange(), await job.tenant.mailbox(wanted.address)
    role = job.desired.consent.permission.exchange_role
    return replace(observed, mailbox=box, exchange=mailbox_scope.of_principal(tables, principal_id, role))


def _limit(job: Job, observed: Observed) -> tuple[Change, ...]:
    """Return the change that sets Exchange's limit again, which ``destroy`` ended."""
    if not job.desired.mailbox.by_graph:
        return ()
    found = scoping.limit(job.desired, observed, now=job.tenant.graph.now())
    return tuple(change for change in found if change.action is not Action.DELETE)


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
    if lacking:
        observed = await _with_limit(job, observed, lacking)
    changes = [*ending.returning(job.desired, observed, lacking, granted=granted), *_limit(job, observed)]
    if not any(change.step for change in changes):
        return ending.nothing(job.context, job.desired, observed)
    return ending.rest(job.context, job.desired, observed, changes)


async def restore(job: Job, plan: Plan) -> Ending:
    """Carry out a plan of :func:`plan_restoration`; a change that fails is an outcome."""
    graph, app = job.tenant.graph, plan.observed.application
    back = next((c for c in plan.changes if isinstance(c.step, application.Restore)), None)
    after = (back.after or {}) if back else {}
    client_id = app.app_id if app else str(after["appId"]) if after else None
    object_id = app.id if app else str(after["id"]) if after else None
    tools = secret_tools(job, plan)
    holder = SecretHolder(object_id or "", app.tags if app else (), frozenset(), fresh=True)

    async def principal_id(client_id: str) -> str:
        record = await principals.by_client_id(graph, client_id, fresh=True)
        if record is None:  # it is not restored, and 'apply' makes one
            raise ProvisionError(catalogue.NOT_RESTORED, "the service principal is not there")
        return principals.observed(record).id

    async def step(change: Change) -> None:
        assert client_id is not None
        match change.step:
            case application.Restore(object_id):
                await deleted.restore(graph, object_id, "application")
                await deleted.back(graph, client_id)
            case service_principal.Restore(object_id):
                await deleted.restore(graph, object_id, "service principal")
            case consent.Grant(role) as grant:
                principal = await principal_id(client_id)
                held = await grants.assignments(graph, client_id)
                if not consent.granted(role, held.by(principal)):
                    await grants.grant(graph, principal, grant, plan.desired.consent.permission)
            case Create() as limit:
                await limiting.create(tools, holder, await principal_id(client_id), limit)
            case Claim() as left:
                await limiting.claim(tools, holder, await principal_id(client_id), left)

    outcomes = await carried(job, plan, step)
    return Ending(
        plan=plan,
        act=Act.RESTORE,
        outcomes=outcomes,
        client_id=client_id,
        object_id=object_id,
        at=graph.now(),
    )
