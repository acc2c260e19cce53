"""``/servicePrincipals``: applications as they are in this tenant.

https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from provision.sandbox.directory import principals, security_attributes
from provision.sandbox.errors import bad_syntax, not_found
from provision.sandbox.routes import assignments, common, grants, links, membership, passwords, properties
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "servicePrincipal"


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/serviceprincipal-list."""
    return common.listing(call, _KIND).answer()


def count(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/serviceprincipal-list, ``/$count``."""
    return common.listing(call, _KIND).count()


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals."""
    return common.created(call, principals.create(call, common.body_of(call, _KIND)))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/serviceprincipal-get."""
    return common.one(call, common.find(call, _KIND, call.keys["id"]))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/serviceprincipal-update and .../serviceprincipal-upsert."""
    key = call.keys["id"]
    record = common.lookup(call, _KIND, key)
    if record is not None:
        principals.update(call, *security_attributes.taken(call, record, common.body_of(call, _KIND)))
        return no_content()
    if not call.create_if_missing:
        raise not_found(key.value)
    if key.name is None or key.name.lower() != "appid":
        raise bad_syntax("Upsert is only supported with the alternate key 'appId'.")
    return common.created(call, principals.create(call, common.body_of(call, _KIND), app_id=key.value))


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/serviceprincipal-delete."""
    principals.delete(call, common.find(call, _KIND, call.keys["id"]))
    return no_content()


ENDPOINTS = [
    Endpoint("GET", "servicePrincipals", listed),
    Endpoint("GET", "servicePrincipals/$count", count),
    Endpoint("POST", "servicePrincipals", create),
    Endpoint("GET", "servicePrincipals/{id}", get),
    Endpoint("PATCH", "servicePrincipals/{id}", update),
    Endpoint("DELETE", "servicePrincipals/{id}", delete),
    *passwords.endpoints("servicePrincipals", _KIND),
    *assignments.endpoints("servicePrincipals", _KIND),
    *assignments.ASSIGNED_TO,
    *assignments.DIRECT,
    *grants.of("servicePrincipals", _KIND),
    *links.readable("servicePrincipals/{id}", links.named(_KIND), "owners"),
    *links.writable("servicePrincipals", _KIND, "owners"),
    *(
        e
        for name in ("memberOf", "transitiveMemberOf", "ownedObjects", "createdObjects")
        for e in links.readable("servicePrincipals/{id}", links.named(_KIND), name)
    ),
    *links.policies("servicePrincipals", _KIND),
    *membership.endpoints("servicePrincipals", _KIND),
    *properties.endpoints("servicePrincipals/{id}", _KIND, links.named(_KIND)),
]
