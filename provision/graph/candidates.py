"""List the applications of a tenant, and who holds a permission in it.

Sources: https://learn.microsoft.com/graph/api/application-list,
https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto and
https://learn.microsoft.com/graph/api/directoryobject-getbyids
"""

from __future__ import annotations

from typing import Any

from provision.graph.answers import Failure, items
from provision.graph.application import FIELDS, PAGE, READ
from provision.graph.client import Graph, Query, body, configuration
from provision.graph.listing import fetch_list
from provision.graph.records import maybe
from provision.graph.refusals import translated
from provision.resources.consent import Role

_AT_ONCE = 1000  # ids of one request


async def applications(graph: Graph) -> list[dict[str, Any]]:
    """Return the records of all applications of the tenant, their secrets included."""
    try:
        return await graph.collect(graph.sdk.applications, configuration(Query(select=FIELDS, top=PAGE)))
    except Failure as failure:
        raise translated(failure, "listing applications", needs=READ) from failure


async def holders(graph: Graph, role: Role) -> frozenset[str]:
    """Return the client ids of the applications that this permission is granted to, in small letters."""
    builder = graph.sdk.service_principals.by_service_principal_id(role.resource_id).app_role_assigned_to
    found = await fetch_list(graph, builder, what="who holds the permission", needs=READ)
    ids = sorted(
        {maybe(item, "principalId") or "" for item in found if item.get("appRoleId") == role.role_id}
    )
    held: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        asked = {"ids": ids[start : start + _AT_ONCE], "types": ["servicePrincipal"]}
        request = graph.sdk.directory_objects.get_by_ids.to_post_request_information(body(asked))
        try:
            answer = await graph.send(request)
        except Failure as failure:
            raise translated(failure, "looking up who holds the permission", needs=READ) from failure
        held |= {(maybe(item, "appId") or "").lower() for item in items(answer)}
    return frozenset(held - {""})
