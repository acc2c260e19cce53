"""What a tenant begins with: its organization, domains, an administrator, Microsoft's own principals."""

from __future__ import annotations

import uuid

from provision.sandbox.clock import Clock
from provision.sandbox.store import Record, Store, Tenant


def find(store: Store, tenant: str) -> Tenant | None:
    """The tenant with this id, or with this verified domain."""
    name = tenant.lower()
    return store.tenant(name) or next((t for t in store.tenants.values() if t.get("domain", name)), None)


def create(store: Store, clock: Clock, tenant: str) -> Tenant:
    """A tenant by its id, or one whose id follows from the domain's name."""
    raise NotImplementedError


def administrator(tenant: Tenant) -> Record:
    """The user who may do everything."""
    raise NotImplementedError


def has_mailbox(tenant: Tenant, address: str) -> bool:
    """Whether an object of this tenant answers to the address."""
    raise NotImplementedError


def add_mailbox(tenant: Tenant, clock: Clock, address: str) -> Record:
    """A user with an Exchange mailbox; the domain of the address becomes a verified one."""
    raise NotImplementedError
