"""The one sequence for one config: observe, plan, refuse or carry out, hand over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import uuid4

from provision import products
from provision.clouds import Cloud
from provision.delivery import Sink
from provision.engine.execute import Execution
from provision.engine.handoff import settings
from provision.engine.journal import Journal
from provision.engine.observe import Tenant, observe
from provision.engine.secret import Minting
from provision.errors import ProvisionError, catalogue, combined
from provision.plan.build import build
from provision.plan.model import Plan, Target
from provision.plan.result import Consent, ConsentState, Outcome, Outputs, Result, SecretKey, Status
from provision.resources import Desired, client_secret, consent
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
    delivering: asyncio.Lock = field(default_factory=asyncio.Lock)  # shared by the jobs of one run
    new_key_id: Callable[[], str] = _new_key_id


async def plan(job: Job) -> Plan:
    """Look, and return what is to be done; writes nothing."""
    observed = await observe(job.tenant, job.desired)
    return build(
        job.target,
        job.desired,
        observed,
        _records(job, observed.tenant_id),
        now=job.tenant.graph.now(),
    )


def _records(job: Job, tenant_id: str) -> Records:
    intended, delivered = job.journal(tenant_id).keys()
    return Records(sink=job.sink.recall() | delivered, journal=intended)


def make_ready(job: Job, plan: Plan, allowed: Collection[str]) -> None:
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
        job.sink.probe()


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
            name=job.desired.name,
            delivering=job.delivering,
        ),
    )
    await execution.run()
    outcomes = execution.ordered()
    secret = None
    if execution.minted is not None:
        secret = _secret_key(job, execution.minted, job.sink.label)
    elif _status(outcomes, client_secret.ADDRESS) is not Status.FAILED:
        secret = _current(job, plan)
    return _result(plan, graph.cloud, outcomes, execution.app_id, secret)


def show(job: Job, plan: Plan) -> Result:
    """Return the values to enter as they are now; ``ProvisionError`` if there is no application yet."""
    app = plan.observed.application
    if app is None:
        raise ProvisionError(
            catalogue.NOT_APPLIED, f"there is no application for '{plan.name}' in this tenant yet"
        )
    outcomes = tuple(
        Outcome(change, Status.UNCHANGED if change.step is None else Status.NOT_TRIED)
        for change in plan.changes
    )
    return _result(plan, job.tenant.graph.cloud, outcomes, app.app_id, _current(job, plan))


def _current(job: Job, plan: Plan) -> SecretKey | None:
    observed = plan.observed
    if observed.application is None:
        return None
    records = _records(job, observed.tenant_id)
    records = Records(observed.application.delivered, records.sink, records.journal)
    standing = client_secret.standing(
        job.desired.client_secret, observed.secrets, records, now=job.tenant.graph.now()
    )
    if standing.current is None:
        return None
    holds = standing.current.key_id in job.sink.recall()
    return _secret_key(job, standing.current, job.sink.label if holds else None)


def _secret_key(job: Job, secret: client_secret.Observed, delivered_to: str | None) -> SecretKey:
    return SecretKey(
        key_id=secret.key_id,
        hint=secret.hint,
        expires=secret.end,
        renew=client_secret.renewal_date(job.desired.client_secret, secret),
        delivered_to=delivered_to,
    )


def _result(
    plan: Plan, cloud: Cloud, outcomes: tuple[Outcome, ...], app_id: str | None, secret: SecretKey | None
) -> Result:
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
    done = granted or _status(outcomes, consent.ADDRESS) is Status.DONE
    return ConsentState.GRANTED if done else ConsentState.REQUIRED


def _status(outcomes: tuple[Outcome, ...], address: str) -> Status:
    return next(outcome.status for outcome in outcomes if outcome.change.address == address)
