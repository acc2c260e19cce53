"""``provision drift``: read what a plan reads and all else that is set on the application, and compare.

Reading takes three rounds of requests that depend on each other, or two if no permission has to be looked up
by name. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from provision.checks.drift import judge
from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.engine import run
from provision.engine.concurrently import concurrently
from provision.engine.job import Job
from provision.engine.observe import Tenant
from provision.errors import ProvisionError, catalogue
from provision.graph import (
    application,
    certificate,
    client_secret,
    delegated_grant,
    federated_credential,
    owner,
    registration_settings,
    service_principal,
)
from provision.graph.client import Graph
from provision.graph.identity import Held
from provision.graph.listing import NotReadable
from provision.graph.records import maybe
from provision.outcomes.drift import Drift
from provision.plan.build import build
from provision.plan.model import Plan
from provision.resources import Desired, Surroundings
from provision.resources.consent import Mode
from provision.resources.undeclared import DelegatedGrant, Publisher


async def find_drift(job: Job) -> Drift:
    """Return how one config's application differs from the config, undeclared things included.

    What this identity may not read is listed in ``Drift.not_checked``. Raises ``ProvisionError`` if the
    application itself cannot be read, or if it belongs to another tool.
    """
    (observed, records), around = await concurrently(
        run.read_state(job), surroundings(job.tenant, job.desired)
    )
    app, settings = observed.application, around.settings
    # It is read twice, and may be made anew between.
    if app is not None and settings is not None and app.id != settings.id:
        raise ProvisionError(
            catalogue.CHANGED_MEANWHILE,
            f"the application of '{job.desired.name}' was {settings.id}, and is {app.id}",
        )
    now = job.tenant.graph.now()
    seen = run.consent_seen(job, observed)
    found = build(job.context, job.desired, observed, records, now=now, consented=seen, allowed=job.allowed)
    plan = run.worded(job, found)
    named = await publishers(job.tenant, plan, around)
    judged = judge(plan, records, replace(around, publishers=named), now=now)
    whole = job.again.worded
    return replace(judged, deviations=tuple(replace(item, fix=whole(item.fix)) for item in judged.deviations))


async def surroundings(tenant: Tenant, desired: Desired) -> Surroundings:
    """Return what else is on the application that a config means; nothing if it is not there."""
    graph, wanted = tenant.graph, desired.application
    await tenant.id()  # the token is for this tenant, or nothing is asked
    record = await (
        application.by_client_id(graph, wanted.client_id, registration_settings.FIELDS)
        if wanted.client_id
        else application.by_unique_name(graph, wanted.unique_name, registration_settings.FIELDS)
    )
    if record is None:
        return Surroundings()
    settings = registration_settings.observed(record)
    missed: list[str] = []
    principal, federated, owners, scopes, principal_owners, used = await concurrently(
        service_principal.by_client_id(graph, settings.app_id, service_principal.DRIFT_FIELDS),
        _readable(federated_credential.of_application(graph, settings.id), missed),
        _readable(owner.of_application(graph, settings.id), missed),
        _readable(_delegated(graph, settings.app_id), missed),
        _readable(owner.of_principal(graph, settings.app_id), missed),
        tenant.last_use(),
    )
    principal_id = maybe(principal or {}, "id")
    return Surroundings(
        settings=settings,
        certificates=certificate.observed(record),
        federated=federated,
        owners=owners,
        assignment_required=service_principal.assignment_required(principal or {}),
        principal_secrets=client_secret.observed(principal or {}),
        principal_certificates=certificate.observed(principal or {}),
        principal_owners=principal_owners,
        delegated=tuple(item for held in scopes for item in held.by(principal_id)),
        last_use=used,
        not_checked=tuple(sorted(missed)),
    )


async def _readable(call: Awaitable[tuple[Any, ...]], missed: list[str]) -> tuple[Any, ...]:
    """Return what was read; if it may not be read, return nothing and add the missing right to ``missed``."""
    try:
        return await call
    except NotReadable as error:
        missed.append(f"{error.what}: needs {error.needs}")
        return ()


async def _delegated(graph: Graph, app_id: str) -> tuple[Held[DelegatedGrant]]:
    return (await delegated_grant.of_principal(graph, app_id),)


async def publishers(tenant: Tenant, plan: Plan, around: Surroundings) -> tuple[Publisher, ...]:
    """Look up the resources of undeclared permissions, for their names; each resource once in a run."""
    observed = plan.observed
    app, role = observed.application, observed.role
    apps = {
        str(entry.get("resourceAppId") or "").lower()
        for entry in (app.required_resource_access if app else ())
        if plan.desired.consent.mode is Mode.NONE or not _only_mail(entry, role.role_id)
    }
    granted = {item.resource_id for item in observed.assignments if item != role}
    ids = granted | {item.resource_id for item in around.delegated}
    if role.resource_id in ids:
        ids.remove(role.resource_id)
        apps.add(MICROSOFT_GRAPH_APP_ID)
    found = await concurrently(
        *(tenant.publisher(app_id=key) for key in sorted(apps - {""})),
        *(tenant.publisher(object_id=key) for key in sorted(ids - {""})),
    )
    return tuple(item for item in found if item is not None)


def _only_mail(entry: dict[str, Any], role_id: str) -> bool:
    access = entry.get("resourceAccess") or ()
    return all(item.get("type") == "Role" and str(item.get("id")).lower() == role_id for item in access)
