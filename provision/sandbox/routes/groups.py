"""``/groups``: groups, as far as this work and the clients that are tried with it use them.

https://learn.microsoft.com/graph/api/resources/group
"""

from __future__ import annotations

from provision.sandbox.directory import people
from provision.sandbox.routes import assignments, common, links, membership, properties
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "group"
_named = links.named(_KIND)


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/group-list."""
    return common.listing(call, _KIND).answer()


def count(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/group-list, ``/$count``."""
    return common.listing(call, _KIND).count()


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/group-post-groups."""
    return common.created(call, people.create_group(call, common.body_of(call)))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/group-get."""
    return common.one(call, _named(call))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/group-update."""
    people.update_group(call, _named(call), common.body_of(call))
    return no_content()


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/group-delete."""
    people.delete(call, _named(call))
    return no_content()


ENDPOINTS = [
    Endpoint("GET", "groups", listed),
    Endpoint("GET", "groups/$count", count),
    Endpoint("POST", "groups", create),
    Endpoint("GET", "groups/{id}", get),
    Endpoint("PATCH", "groups/{id}", update),
    Endpoint("DELETE", "groups/{id}", delete),
    *(
        e
        for name in ("members", "owners", "transitiveMembers", "memberOf", "transitiveMemberOf")
        for e in links.readable("groups/{id}", _named, name)
    ),
    *links.writable("groups", _KIND, "members"),
    *links.writable("groups", _KIND, "owners"),
    *membership.endpoints("groups", _KIND),
    *properties.endpoints("groups/{id}", _KIND, _named),
    *assignments.endpoints("groups", _KIND),
]
