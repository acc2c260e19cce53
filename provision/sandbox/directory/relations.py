"""Where navigation properties lead: kept links, and relations that follow from the links of others.

https://learn.microsoft.com/graph/api/resources/directoryobject
"""

from __future__ import annotations

from collections.abc import Callable

from provision.sandbox.directory.people import groups_of
from provision.sandbox.keeping.store import CREATOR, Record, Tenant

KINDS = (
    "application",
    "servicePrincipal",
    "user",
    "group",
    "directoryRole",
    "organization",
    "appManagementPolicy",
    "extensionProperty",
    "administrativeUnit",
)
"""The kinds of record that are directory objects."""


def follow(tenant: Tenant, record: Record, name: str) -> list[Record]:
    """Return the objects at the end of a navigation property."""
    computed = _COMPUTED.get(name)
    if computed is not None:
        return computed(tenant, record)
    found = (tenant.any(i, KINDS) for i in record.links.get(name, ()))
    return [r for r in found if r is not None]


def _member_of(tenant: Tenant, record: Record) -> list[Record]:
    holders = [*tenant.all("group"), *tenant.all("directoryRole")]
    return [h for h in holders if record.id in h.links.get("members", ())]


def _transitive_member_of(tenant: Tenant, record: Record) -> list[Record]:
    groups = groups_of(tenant, record.id)
    members = {record.id, *(g.id for g in groups)}
    roles = [r for r in tenant.all("directoryRole") if members & set(r.links.get("members", ()))]
    return [*groups, *roles]


def _transitive_members(tenant: Tenant, record: Record) -> list[Record]:
    found: dict[str, Record] = {}
    pending = [record]
    while pending:
        for member in follow(tenant, pending.pop(), "members"):
            if member.id not in found:
                found[member.id] = member
                if member.kind == "group":
                    pending.append(member)
    return list(found.values())


def _owned_objects(tenant: Tenant, record: Record) -> list[Record]:
    owned = (r for kind in ("application", "servicePrincipal", "group") for r in tenant.all(kind))
    return [r for r in owned if record.id in r.links.get("owners", ())]


def _created_objects(tenant: Tenant, record: Record) -> list[Record]:
    """https://learn.microsoft.com/graph/api/user-list-createdobjects."""
    made = (r for kind in ("application", "servicePrincipal", "group") for r in tenant.all(kind))
    return [r for r in made if record.id in r.links.get(CREATOR, ())]


def _applies_to(tenant: Tenant, record: Record) -> list[Record]:
    governed = (r for kind in ("application", "servicePrincipal") for r in tenant.all(kind))
    return [r for r in governed if record.id in r.links.get("appManagementPolicies", ())]


_COMPUTED: dict[str, Callable[[Tenant, Record], list[Record]]] = {
    "memberOf": _member_of,
    "transitiveMemberOf": _transitive_member_of,
    "transitiveMembers": _transitive_members,
    "ownedObjects": _owned_objects,
    "createdObjects": _created_objects,
    "appliesTo": _applies_to,
}
