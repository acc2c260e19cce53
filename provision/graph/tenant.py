"""Tell a tenant's id, and see that the token is for that tenant.

Source: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

import re
from uuid import UUID

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.graph.client import Graph
from provision.graph.refusals import translated

_ISSUER_TENANT = re.compile(r"/([0-9a-fA-F-]{36})(/|$)")


async def resolve(graph: Graph, tenant: str) -> str:
    """Return the tenant's GUID; a domain is looked up in its OpenID document.

    ``ProvisionError`` if there is no such tenant in this cloud, or if the identity that signed in
    belongs to another one: nothing must be written there.
    """
    tenant_id = tenant if _is_guid(tenant) else await _by_domain(graph, tenant)
    await graph.tokens.get_authorization_token(graph.root)
    signed_in = graph.tokens.tenant_id()
    if signed_in is not None and signed_in != tenant_id:
        raise ProvisionError(
            catalogue.SIGN_IN,
            f"this identity signed in to tenant {signed_in}, but the config means {tenant_id}",
            fix=f"Sign in to the config's tenant, for example with 'az login --tenant {tenant}'.",
        )
    return tenant_id


async def _by_domain(graph: Graph, domain: str) -> str:
    url = f"{graph.cloud.login}/{domain}/v2.0/.well-known/openid-configuration"
    try:
        response = await graph.fetch(url)
    except Lost as failure:
        raise translated(failure, "looking up the tenant") from failure
    found = None
    if response.is_success:
        document = response.json()
        found = _ISSUER_TENANT.search(str(document.get("issuer"))) if isinstance(document, dict) else None
    if found is None:
        raise ProvisionError(
            catalogue.TENANT_NOT_FOUND, f"tenant '{domain}' is not in the cloud '{graph.cloud.name}'"
        )
    return found[1].lower()


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
