"""Which cloud a tenant is in, by the OpenID documents of the login hosts; nobody signs in for it.

Source: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

from provision.clouds import CLOUDS
from provision.graph.answers import Lost
from provision.graph.client import Graph
from provision.graph.tenant import lives_in, openid_url, read_document


async def clouds_of(graph: Graph, tenant: str) -> frozenset[str] | None:
    """Return the clouds that a tenant may be in; none: no login host knows it. ``None``: they do not say.

    GCC has the hosts of the worldwide cloud, and cannot be told from it.
    """
    unsaid = False
    for login in dict.fromkeys(cloud.login for cloud in CLOUDS.values()):
        cloud = next(one for one in CLOUDS.values() if one.login == login)
        try:
            answer = await graph.fetch_once(openid_url(cloud, tenant))
        except Lost:
            unsaid = True
            continue
        document = read_document(answer.content) if answer.is_success else None
        if document is None:
            unsaid = unsaid or answer.status_code not in (400, 404)
            continue
        found = lives_in(document)
        return (found - {"gcc"} or found) if found else None
    return None if unsaid else frozenset()
