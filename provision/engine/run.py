"""The sequence that every command runs for one config: read, plan, refuse or carry out, hand over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

from provision.engine.afterwards import afterwards
from provision.engine.execute import Execution
from provision.engine.holder import SecretTools
from provision.engine.job import Job
from provision.engine.known import completed, heard_of, recorded
from provision.engine.left import retold
from provision.engine.observe import observe
from provision.engine.results import remember_consent, revoked, what_is_left, with_secret
from provision.errors import Finding, ProvisionError, catalogue, combined
from provision.graph import consent as grants
from provision.graph.polling import Polling
from provision.graph.retry import REPLICATION
from provision.outcomes.result import Outcome, Result, Status
from provision.plan import generation, rotation
from provision.plan.build import build
from provision.plan.model import Plan
from provision.resources import Observed, client_secret, consent, delivery_tags
from provision.resources import application as applications
from provision.resources.client_secret import Records
from provision.secret import Secret

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BUDGET = 30.0  # seconds to wait for what this machine delivered to be seen
_TRIES_IN_VAIN = 3  # deliveries in a row that failed, for whatever reason, before no secret is made any more


async def read_state(job: Job) -> tuple[Observed, Records]:
    """Return what the tenant holds for the config, and which secrets are known to have been delivered.

    The sink is asked only about secrets that neither the tenant nor the journal has a record of. Raises
    ``ProvisionError`` if the tenant cannot be read; a sink that cannot is noted in ``not_checked``.
    """
    observed = await _observe_once_settled(job)
    app, wanted = observed.application, job.desired.client_secret
    told = recorded(wanted, app.tags if app else (), job.journal(observed.tenant_id))
    records, error = await completed(wanted, observed.secrets, told, job.sink)
    if error is not None:
        unknown = (*observed.not_checked, f"what {job.sink.label} holds: {error.message}")
        observed = replace(observed, not_checked=unknown)
    return observed, records


def known_keys(observed: Observed) -> frozenset[str]:
    """Return the ids of the keys that the application has, or had delivered: they prove a record its own."""
    app = observed.application
    there = frozenset(item.key_id for item in observed.secrets)
    return there | (delivery_tags.delivered(app.tags) if app else frozenset())


async def _observe_once_settled(job: Job) -> Observed:
    """Read the tenant until it shows what this machine delivered in the last minutes, for 30 s at most.

    From a replica that lags behind, a second secret would be planned, or the record be written twice. What
    is not shown after that time was removed by somebody; nobody waits where the tenant shows that already.
    """
    graph, polling = job.tenant.graph, Polling(job.tenant.graph, _BUDGET)
    while True:
        observed = await observe(job.tenant, job.desired)
        app = observed.application
        if app is None:
            return observed
        # What was delivered before this application was made belonged to one that is gone.
        since = max(graph.now() - REPLICATION, app.created or _LONG_AGO)
        lately = job.journal(observed.tenant_id).lately_delivered(since)
        wanted, secrets = job.desired.client_secret, observed.secrets
        if all(heard_of(wanted, key_id, when, secrets, app.tags) for key_id, when in lately.items()):
            return observed
        if not await polling.pause("Entra does not show what was just delivered yet"):
            return observed


async def plan(job: Job) -> Plan:
    """Read the tenant and return what ``apply`` would do; ``ProvisionError`` if it cannot be read."""
    observed, records = await read_state(job)
    now, consented = job.tenant.graph.now(), await consent_of(job, observed)
    found = build(
        job.context, job.desired, observed, records, now=now, consented=consented, allowed=job.allowed
    )
    return worded(job, found)


def worded(job: Job, plan: Plan) -> Plan:
    """Return a plan whose findings and reasons name commands that can be pasted, and the places of this job.

    If a secret is due, what is to be said of its place is said, too.
    """
    mints = any(isinstance(change.step, client_secret.Mint) for change in plan.changes)
    found, whole = (*plan.findings, *job.of_delivery) if mints else plan.findings, job.again.worded
    told = (replace(item, message=whole(item.message), fix=whole(_fix(job, item))) for item in found)
    reasons = (replace(change, reason=whole(change.reason)) for change in plan.changes)
    return replace(plan, findings=tuple(told), changes=tuple(reasons))


def _fix(job: Job, finding: Finding) -> str:
    fix = finding.fix or finding.entry.fix
    if finding.entry is catalogue.MAILBOX_MISSING:  # a slip of the fingers is the usual reason
        return f"Compare mail.address in {job.address_at} with Exchange first. {fix}"
    return fix


async def consent_of(job: Job, observed: Observed) -> consent.Detail:
    """Return whether consent is granted, and if not, why: never given, revoked, or given in another way."""
    desired, role, assignments = job.desired.consent, observed.role, observed.assignments
    app, there = observed.application, consent.granted(role, assignments)
    if app is None or there or desired.mode is consent.Mode.NONE:
        return consent_seen(job, observed)
    seen = job.journal(observed.tenant_id).consented(app.app_id)
    principal = observed.service_principal
    on_behalf = principal is not None and await grants.delegated(
        job.tenant.graph, app.app_id, principal.id, role, desired.permission
    )
    return consent.detail(desired, role, assignments, delegated=on_behalf, seen=seen)


def consent_seen(job: Job, observed: Observed) -> consent.Detail:
    """Return the same by what was read already, for verbs that depend on no more."""
    app = observed.application
    seen = app is not None and job.journal(observed.tenant_id).consented(app.app_id)
    return consent.detail(
        job.desired.consent, observed.role, observed.assignments, delegated=False, seen=seen
    )


async def plan_rotation(job: Job, mode: rotation.Mode) -> Plan:
    """Read the tenant and return what a rotation would do; ``ProvisionError`` without an application."""
    observed, records = await read_state(job)
    require_application(job, observed)
    graph = job.tenant.graph
    came = job.began.came_since(graph, job.desired.client_secret, observed) if job.began else frozenset()
    found = rotation.build(
        job.context,
        job.desired,
        observed,
        records,
        mode,
        now=graph.now(),
        consented=consent_seen(job, observed),
        came=came,
        allowed=job.allowed,
    )
    if mode is rotation.Mode.CONFIRM and found.standing and found.standing.adopted:
        found = rotation.with_last_use(found, await job.tenant.last_use())
    if mode is rotation.Mode.EMERGENCY:
        more = await afterwards(graph, job.desired, observed, now=graph.now())
        found = replace(found, findings=(*found.findings, *more))
    return worded(job, found)


async def plan_revocation(job: Job, key_id: str) -> Plan:
    """Read the tenant and return the plan that removes one secret.

    Raises ``ProvisionError`` if the application or the secret does not exist, or if the secret is not ours or
    was delivered.
    """
    observed, records = await read_state(job)
    require_application(job, observed)
    seen = consent_seen(job, observed)
    found = rotation.revocation(job.context, job.desired, observed, records, key_id, consented=seen)
    return worded(job, found)


def require_application(job: Job, observed: Observed) -> applications.Observed:
    """Return the config's application; ``ProvisionError`` if it does not exist yet."""
    if observed.application is None:
        raise ProvisionError(
            catalogue.NOT_APPLIED, f"there is no application for '{job.desired.name}' in this tenant yet"
        )
    return observed.application


async def make_ready(job: Job, plan: Plan, allowed: Collection[str]) -> None:
    """Check that the plan may be carried out; nothing is written to the tenant.

    Raises ``ProvisionError`` for every finding that stops ``apply`` and whose name is not in ``allowed``,
    and, if a secret is to be made, if the sink is not ready to take it.
    """
    refused = [
        ProvisionError(finding.entry, finding.message, fix=finding.fix)
        for finding in plan.blockers
        if not (finding.entry.allowable and finding.entry.name in allowed)
    ]
    if refused:
        raise combined(refused)
    if any(isinstance(change.step, client_secret.Mint) for change in plan.changes):
        await asyncio.to_thread(job.sink.probe, known_keys(plan.observed))
        _refuse_in_vain(job, plan.observed.tenant_id, allowed)


def _refuse_in_vain(job: Job, tenant_id: str, allowed: Collection[str]) -> None:
    """Refuse to make a secret for a place that did not take the last one, and was not said to be mended.

    A probe cannot see whether every sink may be written to; each try would make a secret and revoke it.
    """
    if job.sink.interactive or catalogue.NOT_TAKEN_BEFORE.name in allowed:
        return
    found = job.journal(tenant_id).undelivered(job.sink.label)
    if found is not None and (found.lasting or found.times >= _TRIES_IN_VAIN):
        when = f" on {found.last:%Y-%m-%d %H:%M} UTC" if found.last else ""
        raise ProvisionError(
            catalogue.NOT_TAKEN_BEFORE,
            f"{job.sink.label} did not take the last secret{when} (in a row: {found.times}), and the trial "
            "cannot see whether it would take one now; none was made",
        )


def _forget(_: Secret) -> None:
    """Default for ``keep``: drop the delivered secret."""


async def apply(job: Job, plan: Plan, *, keep: Callable[[Secret], None] = _forget) -> Result:
    """Carry out a plan that :func:`make_ready` let pass, and return the result.

    A change that fails is an outcome of the result, not an exception.
    """
    execution = await execute_plan(job, plan, keep=keep)
    made, holder = execution.minted or execution.by_another, execution.holder
    there = holder.seen.secrets if holder and holder.seen else plan.observed.secrets
    kept = tuple(item for item in there if item.key_id not in execution.removed)
    secrets = (*kept, made) if made and made not in kept else kept
    tags = holder.tags_left if holder else ()
    if (other := execution.by_another) is not None:  # seen on record, whatever a server shows by now
        name = job.desired.client_secret.name
        tags = (
            *tags,
            delivery_tags.DELIVERED_TAG + other.key_id,
            delivery_tags.newest_tag(name, other.key_id),
        )
    left = await what_is_left(job, plan.observed.tenant_id, secrets, tags)
    outcomes = execution.ordered()
    found = retold(plan, left, minted=made is not None)
    if any(map(revoked, outcomes)):
        found = tuple(item for item in found if item.entry is not catalogue.UNSCOPED_GRANT)
    told = replace(plan, standing=left.state, findings=found)
    result = with_secret(job, left, told, outcomes, execution.app_id, fresh=execution.minted)
    remember_consent(job, result)
    return result


async def execute_plan(job: Job, plan: Plan, *, keep: Callable[[Secret], None] = _forget) -> Execution:
    """Carry out the plan's changes, and return the execution with their outcomes.

    ``keep`` is given the value of a secret that was delivered.
    """
    execution = Execution(plan, secret_tools(job, plan, keep=keep))
    await execution.run()
    return execution


def secret_tools(job: Job, plan: Plan, *, keep: Callable[[Secret], None] = _forget) -> SecretTools:
    """Return what a plan's steps are carried out with."""
    return SecretTools(
        graph=job.tenant.graph,
        sink=job.sink,
        journal=job.journal(plan.observed.tenant_id),
        new_key_id=job.new_key_id,
        dice=job.dice,
        desired=job.desired.client_secret,
        basis=generation.basis(
            job.desired.client_secret,
            [item for item in plan.observed.secrets if item.key_id not in plan.came],
            plan.records.without(plan.came),
            now=job.tenant.graph.now(),
        ),
        delivering=job.delivering,
        keep=keep,
    )


async def show(job: Job) -> Result:
    """Return the values to enter into the product, and write nothing.

    Raises ``ProvisionError`` if the application does not exist yet.
    """
    found = await plan(job)
    observed = found.observed
    app = require_application(job, observed)
    outcomes = tuple(
        Outcome(change, Status.UNCHANGED if change.step is None else Status.NOT_TRIED)
        for change in found.changes
    )
    left = await what_is_left(job, observed.tenant_id, observed.secrets, app.tags)
    shown = replace(found, standing=left.state)
    result = with_secret(job, left, shown, outcomes, app.app_id, fresh=None)
    return replace(result, last_use=await job.tenant.last_use())
