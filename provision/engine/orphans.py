"""``provision orphans``: find what carries our tag in the tenants of the configs, and none of them names.

A config that cannot be read may be the one that names it, so no tenant is judged while there is one.
Soft-deleted applications are not looked at: nobody can sign in as them, and Entra removes them after 30 days
(https://learn.microsoft.com/graph/api/directory-deleteditems-list).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from provision.engine.fleet import Broken, Entry
from provision.engine.job import Job
from provision.engine.observe import Tenant
from provision.errors import ProvisionError
from provision.graph import application, client_secret, consent, service_principal
from provision.graph.records import maybe, text, time
from provision.graph.tenant import is_guid
from provision.outcomes.orphans import Orphan, Orphans, Searched, Unsearched
from provision.plan.model import Target
from provision.products.permissions import PERMISSIONS
from provision.resources import Desired


@dataclass
class _Names:
    """What the configs name in one tenant."""

    unique_names: set[str] = field(default_factory=set)
    client_ids: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def hold(self, record: dict[str, Any]) -> bool:
        """Say whether a config names this registration."""
        return maybe(record, "uniqueName") in self.unique_names or text(record, "appId") in self.client_ids


async def find_orphans(
    entries: Sequence[Entry], declared: Sequence[Desired], target: Target, *, elsewhere: bool, parallel: int
) -> Orphans:
    """Look through the tenants that the jobs are connected to.

    ``declared`` is what the configs say; with ``elsewhere`` the jobs are connected to another tenant than
    their configs name. A tenant that cannot be read is an ``Unsearched``, and hides no other.
    """
    broken = [entry for entry in entries if isinstance(entry, Broken)]
    if broken:
        return Orphans(target, (), tuple(one.error.met_with(one.path, one.name) for one in broken))
    jobs = [entry for entry in entries if isinstance(entry, Job)]
    tenants = {id(job.tenant): job.tenant for job in jobs}.values()
    ids = {id(tenant): await _id(tenant) for tenant in tenants}
    lost = [Unsearched(t.tenant, found) for t in tenants if isinstance(found := ids[id(t)], ProvisionError)]
    # A domain that could not be looked up may be any of the other tenants'.
    if any(not is_guid(item.tenant) for item in lost) and len(tenants) > 1:
        return Orphans(target, tuple(lost))
    names = (
        {id(jobs[0].tenant): _elsewhere(jobs[0].tenant.tenant, str(ids[id(jobs[0].tenant)]), declared)}
        if elsewhere
        else _names(jobs, ids)
    )
    limit = asyncio.Semaphore(parallel)
    searched: dict[tuple[str, str], asyncio.Task[Searched | Unsearched]] = {}
    for tenant in tenants:
        found = ids[id(tenant)]
        if isinstance(found, str):
            key = (found, tenant.graph.cloud.graph)
            if key not in searched:
                searched[key] = asyncio.create_task(_searched(tenant, found, names[id(tenant)], limit))
    return Orphans(target, (*await asyncio.gather(*searched.values()), *lost))


async def _id(tenant: Tenant) -> str | ProvisionError:
    try:
        return await tenant.id()
    except ProvisionError as error:
        return error


def _names(jobs: Sequence[Job], ids: dict[int, str | ProvisionError]) -> dict[int, _Names]:
    """Return what is named in each tenant: two ways to call one tenant name the same one."""
    by_id: dict[tuple[str, str], _Names] = {}
    found: dict[int, _Names] = {}
    client_ids = _client_ids([job.desired for job in jobs])
    for job in jobs:
        key = (str(ids[id(job.tenant)]), job.tenant.graph.cloud.graph)
        names = found[id(job.tenant)] = by_id.setdefault(key, _Names(client_ids=client_ids))
        names.unique_names.add(job.desired.application.unique_name)
    return found


def _elsewhere(tenant: str, tenant_id: str, declared: Sequence[Desired]) -> _Names:
    """Return what is named in a tenant that stands in the place of the configs' own.

    Whether a domain is one of its names cannot be told without asking about another tenant; it counts as one.
    """
    names = _Names(client_ids=_client_ids(declared))
    for desired in declared:
        if desired.tenant in (tenant, tenant_id):
            names.unique_names.add(desired.application.unique_name)
        elif not is_guid(desired.tenant):
            names.unique_names.add(desired.application.unique_name)
            names.notes.append(
                f"'{desired.name}' names its tenant by the domain {desired.tenant}, which was not looked up: "
                "it counts as this tenant's"
            )
    return names


def _client_ids(declared: Sequence[Desired]) -> set[str]:
    return {item.application.client_id for item in declared if item.application.client_id}


async def _searched(
    tenant: Tenant, tenant_id: str, names: _Names, limit: asyncio.Semaphore
) -> Searched | Unsearched:
    async def one(record: dict[str, Any]) -> Orphan:
        async with limit:
            return await _orphan(tenant, record)

    try:
        tagged = await application.tagged(tenant.graph)
        left = sorted((item for item in tagged if not names.hold(item)), key=lambda item: text(item, "appId"))
        orphans = await asyncio.gather(*map(one, left))
    except ProvisionError as error:
        return Unsearched(tenant.tenant, error)
    return Searched(
        tenant=tenant.tenant,
        tenant_id=tenant_id,
        cloud=tenant.graph.cloud.name,
        tagged=len(tagged),
        orphans=tuple(orphans),
        now=tenant.graph.now(),
        notes=tuple(names.notes),
    )


async def _orphan(tenant: Tenant, record: dict[str, Any]) -> Orphan:
    client_id = text(record, "appId")
    principal = await service_principal.by_client_id(tenant.graph, client_id)
    held = await consent.assignments(tenant.graph, client_id)
    grants = held.by(text(principal, "id") if principal else None)
    roles = {await tenant.role(item): item.name for item in PERMISSIONS.values()} if grants else {}
    return Orphan(
        object_id=text(record, "id"),
        client_id=client_id,
        unique_name=maybe(record, "uniqueName"),
        display_name=maybe(record, "displayName") or "",
        created=time(record, "createdDateTime"),
        secrets=client_secret.observed(record),
        granted=tuple(name for role, name in roles.items() if role in grants),
        other_grants=sum(grant not in roles for grant in grants),
    )
