"""List the owners of an application and of a service principal.

Sources: https://learn.microsoft.com/graph/api/application-list-owners and
https://learn.microsoft.com/graph/api/serviceprincipal-list-owners
"""

from __future__ import annotations

from typing import Any

from provision.graph.application import READ
from provision.graph.client import Graph
from provision.graph.listing import listed
from provision.graph.records import maybe, text
from provision.resources.owner import Observed

_FIELDS = ("id", "displayName", "userPrincipalName")


async def of_application(graph: Graph, object_id: str) -> tuple[Observed, ...]:
    """Return the owners of an application that is there; ``NotReadable`` if they cannot be known."""
    builder = graph.sdk.applications.by_application_id(object_id).owners
    return _observed(
        await listed(graph, builder, what="owners of the application", needs=READ, select=_FIELDS, known=True)
    )


async def of_principal(graph: Graph, app_id: str) -> tuple[Observed, ...]:
    """Return the principal's owners, none without a principal; ``NotReadable`` without the right."""
    # The SDK's builder of this address has no child for owners, so the address is written out.
    items = await listed(
        graph,
        graph.sdk.service_principals.by_service_principal_id(app_id).owners,
        url=f"servicePrincipals(appId='{app_id}')/owners",
        what="owners of the service principal",
        needs=READ,
        select=_FIELDS,
    )
    return _observed(items)


def _observed(items: list[dict[str, Any]]) -> tuple[Observed, ...]:
    found = [
        Observed(
            id=text(item, "id").lower(),
            kind=(maybe(item, "@odata.type") or "").rpartition(".")[2] or "object",
            name=maybe(item, "displayName"),
            address=maybe(item, "userPrincipalName"),
        )
        for item in items
    ]
    return tuple(sorted(found, key=lambda item: item.id))
