"""App role assignments, by the side of who was given the role and by that of whose role it is.

https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto and
.../serviceprincipal-post-approleassignments
"""

from __future__ import annotations

import re

from provision.sandbox.directory import grants
from provision.sandbox.errors import (
    invalid_grant_identifier,
    no_direct_queries,
    not_a_reference,
    not_found,
)
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.routes.links import Source, named
from provision.sandbox.wire.call import Answer, Call, Json, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "appRoleAssignment"
_IDENTIFIER = re.compile(r"[\w-]{43}")  # base64url of two GUIDs


def endpoints(base: str, kind: str) -> list[Endpoint]:
    """``appRoleAssignments``: what the object in the path was given."""
    return of(f"{base}/{{id}}", base, named(kind))


def of(path: str, base: str, source: Source) -> list[Endpoint]:
    """Return the same for an object that another path leads to."""
    return _side(path, base, source, "appRoleAssignments", "principalId")


def _side(path: str, base: str, source: Source, name: str, own: str) -> list[Endpoint]:
    def context(call: Call, record: Record) -> str:
        key = call.keys["id"].value if "id" in call.keys else record.id
        return f"{base}('{key}')/{name}"

    def found(call: Call) -> tuple[str, list[Record]]:
        record = source(call)
        return context(call, record), call.tenant.find(_KIND, own, record.id)

    def one(call: Call) -> tuple[str, Record]:
        where, records = found(call)
        wanted = call.keys["assignment"].value
        if not _IDENTIFIER.fullmatch(wanted):
            raise invalid_grant_identifier()
        record = next((r for r in records if r.id == wanted), None)
        if record is None:
            raise not_found(wanted)
        return where, record

    def listed(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignments."""
        where, records = found(call)
        return common.listing(call, _KIND, where).answer(records)

    def count(call: Call) -> Answer:
        return common.listing(call, _KIND).count(found(call)[1])

    def create(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto."""
        record = source(call)
        body: Json = {**common.body_of(call)}
        body.setdefault(own, record.id)
        if str(body[own]).lower() != record.id:
            raise not_a_reference()
        return common.created(call, grants.assign(call, body), context=context(call, record))

    def get(call: Call) -> Answer:
        where, record = one(call)
        return common.one(call, record, context=where)

    def delete(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/serviceprincipal-delete-approleassignedto."""
        call.tenant.remove(one(call)[1])
        return no_content()

    return [
        Endpoint("GET", f"{path}/{name}", listed),
        Endpoint("GET", f"{path}/{name}/$count", count),
        Endpoint("POST", f"{path}/{name}", create),
        Endpoint("GET", f"{path}/{name}/{{assignment}}", get),
        Endpoint("DELETE", f"{path}/{name}/{{assignment}}", delete),
    ]


ASSIGNED_TO = _side(
    "servicePrincipals/{id}",
    "servicePrincipals",
    named("servicePrincipal"),
    "appRoleAssignedTo",
    "resourceId",
)


def direct(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/resources/approleassignment: by way of either end only."""
    del call
    raise no_direct_queries()


DIRECT = [
    Endpoint("GET", "appRoleAssignments", direct),
    Endpoint("GET", "appRoleAssignments/{id}", direct),
    Endpoint("PATCH", "appRoleAssignments/{id}", direct),
    Endpoint("DELETE", "appRoleAssignments/{id}", direct),
]
