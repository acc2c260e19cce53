"""``/oauth2PermissionGrants``: delegated permissions that were consented to.

https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

from __future__ import annotations

from provision.sandbox.directory import grants
from provision.sandbox.errors import no_contained_writes, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.routes.links import Source, named
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "oauth2PermissionGrant"


def _grant(call: Call) -> Record:
    key = call.keys["id"]
    record = call.tenant.get(_KIND, key.value)
    # Unlike a GUID the id of a grant has a case.
    if record is None or record.id != key.value:
        raise not_found(key.value)
    return record


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-list."""
    return common.listing(call, _KIND).answer()


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-post."""
    return common.created(call, grants.grant(call, common.body_of(call)))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-get."""
    return common.one(call, _grant(call))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-update."""
    grants.regrant(call, _grant(call), common.body_of(call))
    return no_content()


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-delete."""
    call.tenant.remove(_grant(call))
    return no_content()


def of(base: str, kind: str) -> list[Endpoint]:
    """Return the grants of a client, or of a person: https://learn.microsoft.com/graph/api/serviceprincipal-list-oauth2permissiongrants."""
    return on(f"{base}/{{id}}", base, named(kind))


def on(path: str, base: str, source: Source) -> list[Endpoint]:
    """Return the same for an object that another path leads to."""

    def listed_of(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/serviceprincipal-list-oauth2permissiongrants."""
        record = source(call)
        own = "principalId" if record.kind == "user" else "clientId"
        found = [g for g in call.tenant.all(_KIND) if g.props[own] == record.id]
        key = call.keys["id"].value if "id" in call.keys else record.id
        return common.listing(call, _KIND, f"{base}('{key}')/oauth2PermissionGrants").answer(found)

    def write(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant: written by its own path."""
        source(call)
        raise no_contained_writes()

    return [
        Endpoint("GET", f"{path}/oauth2PermissionGrants", listed_of),
        Endpoint("POST", f"{path}/oauth2PermissionGrants", write),
        Endpoint("PATCH", f"{path}/oauth2PermissionGrants/{{grant}}", write),
        Endpoint("DELETE", f"{path}/oauth2PermissionGrants/{{grant}}", write),
    ]


ENDPOINTS = [
    Endpoint("GET", "oauth2PermissionGrants", listed),
    Endpoint("POST", "oauth2PermissionGrants", create),
    Endpoint("GET", "oauth2PermissionGrants/{id}", get),
    Endpoint("PATCH", "oauth2PermissionGrants/{id}", update),
    Endpoint("DELETE", "oauth2PermissionGrants/{id}", delete),
]
