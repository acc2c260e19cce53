"""A tenant is its id: whatever the configs call it, it is looked up before anything is decided."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from provision.config import Config
from provision.config.duplicates import declared_twice
from provision.engine.observe import Tenant
from provision.errors import ProvisionError
from provision.graph import tenant as lookup

# The tenant; and the addresses of Graph and of the login service, and the identity that a config chooses.
Key: TypeAlias = tuple[str, str]
Tenants: TypeAlias = Mapping[Key, Tenant]


def key(config: Config) -> Key:
    """Return what a config's connection goes by."""
    cloud, auth = config.desired.cloud, config.document.tenant.auth
    return config.desired.tenant, " ".join(filter(None, (cloud.graph, cloud.login, auth)))


async def named_by_id(
    configs: Sequence[Config], tenants: Tenants
) -> tuple[tuple[Config, ...], dict[Key, Tenant], dict[str, list[ProvisionError]]]:
    """Return the configs with each tenant named by its GUID, one connection for each tenant, and the doubles.

    A name that cannot be looked up stays as it is, and its tenant raises the reason for the configs that use
    it. Doubles are configs that turn out to declare an application of another one: by path, the faults.
    """
    keys = list(tenants)
    found = await asyncio.gather(*(_looked_up(tenants[each]) for each in keys))
    by_id: dict[Key, Tenant] = {}
    ids: dict[Key, str] = {}
    for each, tenant_id in zip(keys, found, strict=True):
        if isinstance(tenant_id, ProvisionError):
            by_id[each] = replace(tenants[each], unknown=tenant_id)
            continue
        ids[each] = tenant_id
        kept = by_id.setdefault((tenant_id, each[1]), replace(tenants[each], tenant=tenant_id))
        kept.made_up.update(tenants[each].made_up)
    settled = tuple(
        config.in_tenant(ids[key(config)]) if key(config) in ids else config for config in configs
    )
    used = {tenant.graph for tenant in by_id.values()}
    await asyncio.gather(*(each.close() for each in tenants.values() if each.graph not in used))
    return settled, by_id, declared_twice(settled)


async def _looked_up(tenant: Tenant) -> str | ProvisionError:
    try:
        return await lookup.id_of(tenant.graph, tenant.tenant)
    except ProvisionError as error:
        return error
