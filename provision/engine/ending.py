"""``provision destroy``: end a registration as planned, and have sinks forget its values.

One request deletes: the application, softly, and Entra takes its principal and grants with it. What is left
to do after a kill shows by looking, so the next run does it: a deleted application is done with, and a sink
that still holds a value of this config is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from provision.change import Action, Change
from provision.delivery.interface import forgetting
from provision.engine import limiting
from provision.engine.drift import find_drift
from provision.engine.holder import SecretHolder
from provision.engine.job import Job
from provision.engine.run import known_keys, read_state, secret_tools, worded
from provision.errors import ProvisionError, catalogue
from provision.graph import certificate, client_secret, deleted
from provision.graph.identity import same
from provision.graph.records import maybe, text, texts
from provision.outcomes.ending import Act, Ending
from provision.outcomes.result import Outcome, Status
from provision.plan import ending
from provision.plan.ending import Forget, Gone, Lies
from provision.plan.model import Plan
from provision.resources import (
    Desired,
    Observed,
    app_management_policy,
    application,
    consent,
    delivery_tags,
    mailbox,
    mailbox_scope,
    service_principal,
)

# What others may rely on: it would end with the application.
_SHARED = (
    catalogue.UNDECLARED_SECRET,
    catalogue.UNDECLARED_CERTIFICATE,
    catalogue.UNDECLARED_FEDERATED_CREDENTIAL,
    catalogue.UNDECLARED_PERMISSION,
    catalogue.UNDECLARED_GRANT,
)


def empty(tenant_id: str) -> Observed:
    """Return what is observed of a registration that is not there."""
    return Observed(
        tenant_id=tenant_id,
        application=None,
        service_principal=None,
        role=consent.Role("", ""),
        assignments=(),
        secrets=(),
        policy=app_management_policy.Observed(),
        mailbox=mailbox.Observed(mailbox.State.NOT_CHECKED),
    )


async def plan_destruction(job: Job, *, forget: bool) -> Plan:
    """Read the tenant and return the plan that ends the registration; nothing is due if there is none.

    Raises ``ProvisionError`` if the tenant cannot be read, or if the application belongs to another tool.
    """
    observed = await _there(job)
    if observed.application is None:
        lies = await _lies(job, observed, forget=forget)
        plan = ending.destruction(job.context, job.desired, observed, foreign=(), not_checked=(), lies=lies)
        return worded(job, plan)
    found = await find_drift(job)
    every = (*found.deviations, *(item.deviation for item in found.ignored))
    foreign = [item.message for item in every if item.entry in _SHARED]
    plan = ending.destruction(
        job.context,
        job.desired,
        found.plan.observed,
        foreign=foreign,
        not_checked=found.not_checked,
        lies=await _lies(job, found.plan.observed, forget=forget),
        used=await job.tenant.last_use(),
    )
    return worded(job, plan)


async def _there(job: Job) -> Observed:
    try:
        return (await read_state(job))[0]
    except ProvisionError as error:
        if error.entry not in (catalogue.SOFT_DELETED, catalogue.CLIENT_ID_NOT_FOUND):
            raise
        return empty(await job.tenant.id())


async def _lies(job: Job, observed: Observed, *, forget: bool) -> tuple[Lies, ...]:
    """Return where a delivered value is: in the sink that is named, or where the journal says it went."""
    can = forgetting(job.sink) is not None
    label, places = job.sink.label, dict[str, Lies]()
    try:
        if await asyncio.to_thread(_held, job, observed):
            places[label] = Lies(label, forget=forget and can, can=can)
    except ProvisionError as error:  # it cannot be looked at, or what is there is somebody else's
        places[label] = Lies(label, forget=False, can=can, untouched=error.message, way=error.fix)
    app = observed.application
    journal = job.journal(observed.tenant_id)
    for key_id in sorted(delivery_tags.delivered(app.tags)) if app else ():
        place = journal.place_of(key_id)
        if place is not None and place not in places:
            places[place] = Lies(place, forget=False, can=False, named=False)
    return tuple(places.values())


def _held(job: Job, observed: Observed) -> bool:
    sink, known = forgetting(job.sink), known_keys(observed)
    return bool(job.sink.recall(known)) if sink is None else sink.lies(known)


async def destroy(job: Job, plan: Plan) -> Ending:
    """Carry out a plan of :func:`plan_destruction`, or of a purge; a change that fails is an outcome."""
    graph, app = job.tenant.graph, plan.observed.application

    async def step(change: Change) -> None:
        match change.step:
            case application.Delete(object_id):
                await deleted.delete(graph, object_id)
            case mailbox_scope.Remove(assignment_id):
                assert app is not None
                holder = SecretHolder(app.id, app.tags, known_keys(plan.observed), fresh=False)
                await limiting.remove(secret_tools(job, plan), holder, assignment_id)
            case application.Purge(object_id):
                await deleted.purge(graph, object_id, "application")
            case service_principal.Purge(object_id):
                await deleted.purge(graph, object_id, "service principal")
            case Forget():
                sink = forgetting(job.sink)
                assert sink is not None
                await asyncio.to_thread(sink.forget, known_keys(plan.observed))

    outcomes = await carried(job, plan, step)
    purges = any(isinstance(change.step, application.Purge) for change in plan.changes)
    ended = any(o.status is Status.DONE and isinstance(o.change.step, application.Delete) for o in outcomes)
    now = graph.now()
    return Ending(
        plan=plan,
        act=Act.PURGE if purges else Act.DESTROY,
        outcomes=outcomes,
        client_id=app.app_id if app else None,
        object_id=app.id if app else None,
        until=now + timedelta(days=deleted.KEPT_DAYS) if ended else None,
        at=now,
    )


async def carried(job: Job, plan: Plan, step: Callable[[Change], Awaitable[None]]) -> tuple[Outcome, ...]:
    """Carry out the changes in their order; after one that fails no other is tried.

    A grant that this identity may not give is handed over.
    """
    outcomes: list[Outcome] = []
    failed = False
    for change in plan.changes:
        if change.action in (Action.NO_OP, Action.HANDOFF):
            handed = change.action is Action.HANDOFF
            outcomes.append(Outcome(change, Status.HANDOFF if handed else Status.UNCHANGED))
            failed = failed or (handed and _limits(change))
            continue
        if failed:
            outcomes.append(Outcome(change, Status.NOT_TRIED))
            continue
        try:
            await step(change)
        except ProvisionError as error:
            told = error.met_with(job.path, job.desired.name).worded(job.again.worded)
            handed = error.entry is catalogue.NO_PERMISSION and (
                change.address == consent.ADDRESS or _limits(change)
            )
            outcomes.append(Outcome(change, Status.HANDOFF if handed else Status.FAILED, told))
            failed = failed or not handed or _limits(change)
        else:
            outcomes.append(Outcome(change, Status.DONE))
    return tuple(outcomes)


def _limits(change: Change) -> bool:
    """Say whether a change ends Exchange's limit; until it is ended, the application stays."""
    return change.address.partition("[")[0] == mailbox_scope.ADDRESS


async def plan_purge(job: Job, client_id: str | None) -> Plan:
    """Return the plan that removes the soft-deleted application of this config for good.

    Raises ``ProvisionError`` if the registration is there, or if several deleted ones could be meant.
    """
    tenant_id = await job.tenant.id()
    observed = await _there(job)
    if observed.application is not None:
        raise ProvisionError(
            catalogue.STILL_LIVE,
            f"'{observed.application.display_name}' ({observed.application.app_id}) is not deleted",
        )
    gone = await find_deleted(job, client_id)
    return worded(job, ending.purging(job.context, job.desired, empty(tenant_id), gone))


async def find_deleted(job: Job, client_id: str | None) -> Gone | None:
    """Return the soft-deleted application that this config means, with its principal; ``None`` without one.

    Ours is one with our tag and this config's ``uniqueName``, or the one that the config's ``client_id``
    names. Raises ``ProvisionError`` if there are several, and ``client_id`` does not choose.
    """
    graph = job.tenant.graph
    await job.tenant.id()
    found = [item for item in await deleted.applications(graph) if _ours(job.desired, item)]
    if client_id is not None:
        found = [item for item in found if same(text(item, "appId"), client_id)]
    if len(found) > 1:
        listed = "; ".join(
            f"{text(item, 'appId')} '{maybe(item, 'displayName') or ''}', deleted "
            f"{(maybe(item, 'deletedDateTime') or '')[:10]}"
            for item in found
        )
        raise ProvisionError(
            catalogue.SEVERAL_DELETED, f"several deleted applications could be meant: {listed}"
        )
    if not found:
        return None
    (record,) = found
    principal = await deleted.principal(graph, text(record, "appId"))
    return Gone(
        id=text(record, "id"),
        app_id=text(record, "appId"),
        display_name=maybe(record, "displayName") or "",
        deleted=maybe(record, "deletedDateTime") or "",
        principal_id=text(principal, "id") if principal else None,
        credentials=_credentials(job, record, principal),
    )


def _ours(desired: Desired, record: dict[str, Any]) -> bool:
    wanted = desired.application
    if wanted.client_id is not None:
        return same(text(record, "appId"), wanted.client_id)
    tagged = application.OWNER_TAG in texts(record, "tags")
    return tagged and maybe(record, "uniqueName") == wanted.unique_name


def _credentials(job: Job, record: dict[str, Any], principal: dict[str, Any] | None) -> tuple[str, ...]:
    """Return each living credential of a deleted application, ours and others', in words."""
    now = job.tenant.graph.now()
    said = []
    for holder, item in ((record, ""), (principal or {}, " of the service principal")):
        for secret in client_secret.observed(holder):
            if secret.end > now:
                whose = "ours" if job.desired.client_secret.marks(secret) else "not ours"
                said.append(
                    f"secret {secret.key_id}{item} ('{secret.display_name}', {whose}), until "
                    f"{secret.end:%Y-%m-%d}"
                )
        said += [
            f"certificate {key.key_id}{item} ('{key.display_name}'), until {_day(key.end)}"
            for key in certificate.observed(holder)
            if key.end is None or key.end > now
        ]
    return tuple(said)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "a day that is not told"
