"""The one sequence for one config: observe, plan, refuse or carry out, hand over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from uuid import uuid4

from provision import products
from provision.delivery import Retrieving, Sink
from provision.engine.execute import Execution
from provision.engine.handoff import settings
from provision.engine.journal import Journal
from provision.engine.observe import Tenant, observe
from provision.engine.secret import Minting
from provision.errors import ProvisionError, catalogue, combined
from provision.plan import rotation
from provision.plan.build import build
from provision.plan.model import Plan, Target
from provision.plan.result import Consent, ConsentState, Outcome, Outputs, Result, SecretKey, Status
from provision.resources import Desired, Observed, client_secret, consent
from provision.resources import application as applications
from provision.resources.client_secret import Records


def _new_key_id() -> str:
    return str(uuid4())


@dataclass(frozen=True)
class Job:
    """One config and what it is to be carried out with."""

    desired: Desired
    target: Target
    tenant: Tenant
    sink: Sink
    journal: Callable[[str], Journal]  # by tenant id
    source: Retrieving | None = None  # where a value is read back from
    delivering: asyncio.Lock = field(default_factory=asyncio.Lock)  # shared by the jobs of one run
    new_key_id: Callable[[], str] = _new_key_id


async def look(job: Job) -> tuple[Observed, Records]:
    """Return what is there for the job's config, and every record of its secrets' deliveries."""
    observed = await observe(job.tenant, job.desired)
    app = observed.application
    intended, delivered = job.journal(observed.tenant_id).keys()
    records = Records(
        tenant=app.delivered if app else frozenset(), sink=delivered, journal=intended - delivered
    )
    now = job.tenant.graph.now()
    state = client_secret.standing(job.desired.client_secret, observed.secrets, records, now=now)
    if not state.unproven:
        return observed, records
    # Only then is the sink asked, which may be a service far away.
    try:
        held = await asyncio.to_thread(job.sink.recall)
    except ProvisionError as error:
        unknown = (*observed.not_checked, f"what {job.sink.label} holds: {error.message}")
        # It may hold what our journal intended: nothing is taken for lost until it can be asked.
        return replace(observed, not_checked=unknown), replace(records, journal=frozenset())
    return observed, replace(records, sink=records.sink | held)


async def plan(job: Job) -> Plan:
    """Look, and return what is to be done; writes nothing."""
    observed, records = await look(job)
    found = build(job.target, job.desired, observed, records, now=job.tenant.graph.now())
    return replace(found, delivery=job.sink.label)


async def plan_rotation(job: Job, mode: rotation.Mode) -> Plan:
    """Look, and return what a rotation does; ``ProvisionError`` if there is no application yet."""
    observed, records = await look(job)
    _refuse_nothing(job, observed)
    found = rotation.build(job.target, job.desired, observed, records, mode, now=job.tenant.graph.now())
    return replace(found, delivery=job.sink.label)


async def plan_revocation(job: Job, key_id: str) -> Plan:
    """Look, and return the plan that removes one secret; ``ProvisionError`` if it is not to be removed."""
    observed, records = await look(job)
    _refuse_nothing(job, observed)
    return rotation.revocation(job.target, job.desired, observed, records, key_id)


def _refuse_nothing(job: Job, observed: Observed) -> None:
    if observed.application is None:
        raise ProvisionError(
            catalogue.NOT_APPLIED, f"there is no application for '{job.desired.name}' in this tenant yet"
        )


async def make_ready(job: Job, plan: Plan, allowed: Collection[str]) -> None:
    """See that the plan may be carried out: no finding stops it, and the sink is ready for a secret.

    Raises ``ProvisionError`` unless each finding that stops ``apply`` is allowed by name.
    """
    refused = [
        ProvisionError(finding.entry, finding.message, fix=finding.fix)
        for finding in plan.blockers
        if not (finding.entry.allowable and finding.entry.name in allowed)
    ]
    if refused:
        raise combined(refused)
    if any(isinstance(change.step, client_secret.Mint) for change in plan.changes):
        await asyncio.to_thread(job.sink.probe)


async def apply(job: Job, plan: Plan) -> Result:
    """Carry out a plan that is ready, and return what came of it; failures are in its outcomes."""
    graph = job.tenant.graph
    execution = Execution(
        plan,
        Minting(
            graph=graph,
            sink=job.sink,
            journal=job.journal(plan.observed.tenant_id),
            new_key_id=job.new_key_id,
            desired=job.desired.client_secret,
            delivering=job.delivering,
        ),
    )
    await execution.run()
    made, holder = execution.minted, execution.holder
    kept = tuple(item for item in plan.observed.secrets if item.key_id not in execution.removed)
    secret = await _to_enter(
        job,
        plan.observed.tenant_id,
        (*kept, made) if made else kept,
        applications.delivered(holder.tags) if holder else frozenset(),
        fresh=made,
    )
    return _result(job, plan, execution.ordered(), execution.app_id, secret)


async def show(job: Job) -> Result:
    """Return the values to enter as they are now; ``ProvisionError`` if there is no application yet."""
    found = await plan(job)
    _refuse_nothing(job, found.observed)
    app = found.observed.application
    outcomes = tuple(
        Outcome(change, Status.UNCHANGED if change.step is None else Status.NOT_TRIED)
        for change in found.changes
    )
    observed = found.observed
    secret = await _to_enter(
        job, observed.tenant_id, observed.secrets, app.delivered if app else frozenset(), fresh=None
    )
    return _result(job, found, outcomes, app.app_id if app else None, secret)


async def _to_enter(
    job: Job,
    tenant_id: str,
    secrets: tuple[client_secret.Observed, ...],
    recorded: frozenset[str],
    *,
    fresh: client_secret.Observed | None,
) -> SecretKey | None:
    """The secret that is, or is to be, entered: ``fresh``, or the newest that was delivered."""
    try:
        held = await asyncio.to_thread(job.sink.recall)
    except ProvisionError:  # where it is kept cannot be told; that it was delivered, the tenant knows
        held = frozenset()
    _, delivered = job.journal(tenant_id).keys()
    desired = job.desired.client_secret
    state = client_secret.standing(
        desired, secrets, Records(recorded, delivered | held), now=job.tenant.graph.now()
    )
    current = fresh or state.current
    if current is None:
        return None
    return SecretKey(
        key_id=current.key_id,
        hint=current.hint,
        expires=current.end,
        renew=client_secret.renewal_date(desired, current),
        delivered_to=job.sink.label if fresh or current.key_id in held else None,
        confirm_by=client_secret.confirm_by(state) if state.older else None,
    )


def _result(
    job: Job, plan: Plan, outcomes: tuple[Outcome, ...], app_id: str | None, secret: SecretKey | None
) -> Result:
    cloud = job.tenant.graph.cloud
    desired, observed = plan.desired, plan.observed
    outputs = Outputs(
        oauth_client_id=app_id,
        tenant_id=observed.tenant_id,
        email_address=desired.mailbox.address,
        secret_key=secret,
    )
    product = products.load(desired.product)
    return Result(
        plan=plan,
        outcomes=outcomes,
        outputs=outputs,
        title=product.title,
        settings=settings(product, outputs),
        notes=product.notes,
        consent=Consent(
            state=_consent_state(plan, outcomes),
            url=cloud.consent_url(observed.tenant_id, app_id) if app_id else None,
            role_needed=consent.ROLE_NEEDED,
        ),
        # A rehearsal's application is in no portal.
        portal_url=cloud.registration_url(app_id) if app_id and plan.target is Target.GRAPH else None,
    )


def _consent_state(plan: Plan, outcomes: tuple[Outcome, ...]) -> ConsentState:
    if plan.desired.consent.mode is consent.Mode.NONE:
        return ConsentState.NOT_NEEDED
    granted = consent.granted(plan.observed.role, plan.observed.assignments)
    done = any(o.change.address == consent.ADDRESS and o.status is Status.DONE for o in outcomes)
    return ConsentState.GRANTED if granted or done else ConsentState.REQUIRED
