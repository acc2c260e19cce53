"""List the delegated permissions that were granted to a service principal.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-list-oauth2permissiongrants
"""

from __future__ import annotations

from provision.graph.client import Graph
from provision.graph.identity import Held, holder_of
from provision.graph.listing import fetch_list
from provision.graph.records import maybe
from provision.resources.undeclared import DelegatedGrant

NEEDS = "Directory.Read.All"


async def of_principal(graph: Graph, app_id: str) -> Held[DelegatedGrant]:
    """Return one item for each permission, however they were granted; ``NotReadable`` without the right."""
    what = "delegated permissions that were granted"
    # The SDK's builder of this address has no child for grants, so the address is written out.
    items = await fetch_list(
        graph,
        graph.sdk.service_principals.by_service_principal_id(app_id).oauth2_permission_grants,
        url=f"servicePrincipals(appId='{app_id}')/oauth2PermissionGrants",
        what=what,
        needs=NEEDS,
    )
    found = {
        DelegatedGrant(
            resource_id=maybe(item, "resourceId") or "",
            scope=scope,
            everybody=item.get("consentType") != "Principal",
        )
        for item in items
        for scope in (maybe(item, "scope") or "").split()
    }
    ordered = sorted(found, key=lambda item: (item.resource_id, item.scope, item.everybody))
    return Held(what, "clientId", holder_of(items, what, "clientId"), tuple(ordered))
