"""What a run came to, put together: outcomes, the values to enter, and how the consent stands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from provision.engine.handoff import letter, settings
from provision.engine.job import Job
from provision.engine.journal import CONSENTED, REMOVED
from provision.engine.left import Left, left_behind, of_the_place, to_enter
from provision.errors import ProvisionError
from provision.graph import caller as callers
from provision.outcomes.result import Consent, ConsentState, Outcome, Outputs, Result, SecretKey, Status
from provision.plan.model import Plan, Target
from provision.products import Product
from provision.resources import client_secret, consent


async def what_is_left(
    job: Job, tenant_id: str, secrets: tuple[client_secret.Observed, ...], tags: tuple[str, ...]
) -> Left:
    """Return the secrets of the config that are there, and what is on record of them."""
    desired, journal = job.desired.client_secret, job.journal(tenant_id)
    return await left_behind(desired, secrets, tags, journal, job.sink, now=job.tenant.graph.now())


def with_secret(
    job: Job,
    left: Left,
    plan: Plan,
    outcomes: tuple[Outcome, ...],
    app_id: str | None,
    *,
    fresh: client_secret.Observed | None,
) -> Result:
    """Return the result with the secret to enter, and what is to be said of where that is."""
    journal = job.journal(plan.observed.tenant_id)
    key = to_enter(job.desired.client_secret, left, journal, job.sink, fresh=fresh)
    said = of_the_place(left, job.sink, key, named="--deliver" in job.again.options)
    result = result_of(job, plan, outcomes, app_id, key)
    return replace(result, of_the_place=said and job.again.worded(said))


def result_of(
    job: Job, plan: Plan, outcomes: tuple[Outcome, ...], app_id: str | None, secret: SecretKey | None
) -> Result:
    """Put together the result of a run: outcomes, the values to enter, and how the consent stands."""
    cloud = job.tenant.graph.cloud
    desired, observed = plan.desired, plan.observed
    outputs = Outputs(
        oauth_client_id=app_id,
        tenant_id=observed.tenant_id,
        email_address=desired.mailbox.address,
        secret_key=secret,
    )
    product = desired.profile
    return Result(
        plan=plan,
        outcomes=tuple(
            replace(
                outcome,
                error=outcome.error
                and outcome.error.met_with(job.path, desired.name).worded(job.again.worded),
            )
            for outcome in outcomes
        ),
        outputs=outputs,
        title=product.title,
        settings=settings(product, outputs),
        notes=product.notes,
        consent=_consent(job, plan, outcomes, app_id, product),
        # A rehearsal's application is in no portal.
        at=job.tenant.graph.now(),
        by=callers.of_token(job.tenant.graph.tokens).name,
        portal_url=cloud.registration_url(app_id) if app_id and plan.target is Target.GRAPH else None,
    )


def _consent(
    job: Job, plan: Plan, outcomes: tuple[Outcome, ...], app_id: str | None, product: Product
) -> Consent:
    url = job.tenant.graph.cloud.consent_url(plan.observed.tenant_id, app_id) if app_id else None
    found = Consent(_consent_detail(plan, outcomes), url, consent.ROLE_NEEDED)
    if found.state is ConsentState.REQUIRED and app_id and url:
        return replace(found, letter=letter(plan, product, app_id, url))
    return found


def _consent_detail(plan: Plan, outcomes: tuple[Outcome, ...]) -> consent.Detail:
    """Return how the consent stands now: as the plan found it, unless this run granted it."""
    if plan.desired.consent.mode is consent.Mode.NONE:
        return consent.Detail.NOT_NEEDED
    granted = consent.granted(plan.observed.role, plan.observed.assignments)
    done = any(o.change.address == consent.ADDRESS and o.status is Status.DONE for o in outcomes)
    return consent.Detail.GRANTED if granted or done else plan.consent


def remember_consent(job: Job, result: Result) -> None:
    """Write into the journal that the consent was granted, so that a later run can tell a revoked one.

    Or that this run has removed it: nobody is to ask why.
    """
    client_id = result.outputs.oauth_client_id
    removed = any(revoked(outcome) for outcome in result.outcomes)
    if client_id is None or not (removed or result.consent.state is ConsentState.GRANTED):
        return
    journal = job.journal(result.outputs.tenant_id)
    with suppress(ProvisionError):  # a full disk costs a hint, and no run fails for it
        if journal.consented(client_id) is removed:
            journal.write(REMOVED if removed else CONSENTED, client_id, job.tenant.graph.now())


def revoked(outcome: Outcome) -> bool:
    """Say whether an outcome is that the grant in Entra was removed."""
    return isinstance(outcome.change.step, consent.Revoke) and outcome.status is Status.DONE
