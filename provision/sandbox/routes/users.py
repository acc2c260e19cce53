"""``/users`` and ``/me``: people, as far as this work reads and makes them.

https://learn.microsoft.com/graph/api/resources/user
"""

from __future__ import annotations

from provision.sandbox.directory import people, security_attributes
from provision.sandbox.errors import bad_syntax, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import assignments, common, grants, links, manager, membership, properties
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "user"


def _me(call: Call) -> Record:
    if not call.caller.is_user:
        raise bad_syntax("/me request is only valid with delegated authentication flow.")
    record = call.tenant.get(_KIND, call.caller.object_id)
    if record is None:
        raise not_found(call.caller.object_id)
    return record


_named = links.named(_KIND)


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-list."""
    return common.listing(call, _KIND).answer()


def count(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-list, ``/$count``."""
    return common.listing(call, _KIND).count()


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-post-users."""
    return common.created(call, people.create_user(call, common.body_of(call)))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-get."""
    return common.one(call, _named(call))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-update."""
    people.update_user(call, *security_attributes.taken(call, _named(call), common.body_of(call)))
    return no_content()


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-delete."""
    people.delete(call, _named(call))
    return no_content()


def me(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/user-get: who signed in."""
    return common.one(call, _me(call))


_RELATIONS = ("memberOf", "transitiveMemberOf", "ownedObjects", "createdObjects")
ENDPOINTS = [
    Endpoint("GET", "users", listed),
    Endpoint("GET", "users/$count", count),
    Endpoint("POST", "users", create),
    Endpoint("GET", "users/{id}", get),
    Endpoint("PATCH", "users/{id}", update),
    Endpoint("DELETE", "users/{id}", delete),
    Endpoint("GET", "me", me),
    *manager.endpoints("users/{id}", _named),
    *(
        endpoint
        for path, source in (("users/{id}", _named), ("me", _me))
        for endpoint in (
            *(e for name in _RELATIONS for e in links.readable(path, source, name)),
            *membership.actions(path, source),
            *grants.on(path, "users", source),
            *assignments.of(path, "users", source),
            *properties.endpoints(path, _KIND, source),
        )
    ),
]
