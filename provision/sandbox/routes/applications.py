"""``/applications``: app registrations.

https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

from provision.sandbox.directory import applications
from provision.sandbox.errors import bad_syntax, not_found
from provision.sandbox.routes import (
    common,
    extensions,
    federated,
    links,
    logo,
    membership,
    passwords,
    properties,
)
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "application"


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-list."""
    return common.listing(call, _KIND).answer()


def count(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-list, ``/$count``."""
    return common.listing(call, _KIND).count()


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-post-applications."""
    record, echo = applications.create(call, common.body_of(call, _KIND))
    return common.created(call, record, overlay=echo)


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-get."""
    return common.one(call, common.find(call, _KIND, call.keys["id"]))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-update and .../application-upsert."""
    key = call.keys["id"]
    record = common.lookup(call, _KIND, key)
    if record is not None:
        applications.update(call, record, common.body_of(call, _KIND))
        return no_content()
    if not call.create_if_missing:
        raise not_found(key.value)
    if key.name is None or key.name.lower() != "uniquename":
        raise bad_syntax("Upsert is only supported with the alternate key 'uniqueName'.")
    made, echo = applications.create(call, common.body_of(call, _KIND), unique_name=key.value)
    return common.created(call, made, overlay=echo)


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-delete."""
    applications.delete(call, common.find(call, _KIND, call.keys["id"]))
    return no_content()


ENDPOINTS = [
    Endpoint("GET", "applications", listed),
    Endpoint("GET", "applications/$count", count),
    Endpoint("POST", "applications", create),
    Endpoint("GET", "applications/{id}", get),
    Endpoint("PATCH", "applications/{id}", update),
    Endpoint("DELETE", "applications/{id}", delete),
    *passwords.endpoints("applications", _KIND),
    *federated.ENDPOINTS,
    *extensions.ENDPOINTS,
    *logo.ENDPOINTS,
    *links.readable("applications/{id}", links.named(_KIND), "owners"),
    *links.writable("applications", _KIND, "owners"),
    *links.policies("applications", _KIND),
    *membership.endpoints("applications", _KIND),
    *properties.endpoints("applications/{id}", _KIND, links.named(_KIND)),
]
