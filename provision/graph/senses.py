"""What an id means that a person typed: Entra shows several side by side, and they look alike.

An app registration has an Application (client) ID and an Object ID, its service principal another Object ID.
Source: https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals
"""

from __future__ import annotations

import asyncio
from typing import Any

from provision.graph.answers import Failure
from provision.graph.client import Graph, Query, configuration
from provision.graph.identity import same
from provision.graph.records import maybe
from provision.plan.identification import Meant

_FIELDS = ("id", "appId", "displayName")
_APPLICATION, _PRINCIPAL = "application", "service principal"


async def of_object_id(graph: Graph, object_id: str) -> Meant | None:
    """Return what has that object id, an application or a service principal; ``None`` if neither is seen."""
    found = await asyncio.gather(
        _look(graph, graph.sdk.applications.by_application_id(object_id), object_id, _APPLICATION),
        _look(graph, graph.sdk.service_principals.by_service_principal_id(object_id), object_id, _PRINCIPAL),
    )
    return next((item for item in found if item is not None), None)


async def _look(graph: Graph, builder: Any, object_id: str, kind: str) -> Meant | None:
    """Ask for one sort of object; what may not be read, or is not there, is not seen."""
    query = configuration(Query(select=_FIELDS))
    try:
        record = (await graph.send(builder.to_get_request_information(query))).body
    except Failure:
        return None
    client_id = maybe(record, "appId")
    if client_id is None or not same(maybe(record, "id") or "", object_id):
        return None
    return Meant(kind, maybe(record, "displayName") or "", client_id)
