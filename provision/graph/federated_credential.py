"""List the federated identity credentials of an application.

Source: https://learn.microsoft.com/graph/api/application-list-federatedidentitycredentials
"""

from __future__ import annotations

from provision.graph.application import READ
from provision.graph.client import Graph
from provision.graph.listing import fetch_list
from provision.graph.records import maybe
from provision.resources.undeclared import FederatedCredential


async def of_application(graph: Graph, object_id: str) -> tuple[FederatedCredential, ...]:
    """Return the application's federated credentials by name; ``NotReadable`` without the right."""
    builder = graph.sdk.applications.by_application_id(object_id).federated_identity_credentials
    items = await fetch_list(graph, builder, what="federated identity credentials", needs=READ)
    found = [
        FederatedCredential(
            name=maybe(item, "name") or "",
            issuer=maybe(item, "issuer") or "",
            # One that takes several subjects has an expression in place of the subject.
            # https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
            subject=maybe(item, "subject") or "an expression",
        )
        for item in items
    ]
    return tuple(sorted(found, key=lambda item: item.name))
