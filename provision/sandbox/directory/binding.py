"""References in a body: ``owners@odata.bind`` and its like, at most 20 in one request.

https://learn.microsoft.com/graph/api/application-post-applications and .../group-post-groups
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provision.sandbox.errors import bad_request, not_found
from provision.sandbox.keeping.store import Tenant

_LIMIT = 20


def bound(tenant: Tenant, body: dict[str, Any], name: str, kinds: Sequence[str]) -> list[str]:
    """Return the ids that ``{name}@odata.bind`` names, each once; 404 for one that is not there."""
    urls = next((v for k, v in body.items() if k.lower() == f"{name}@odata.bind".lower()), None)
    if urls is None:
        return []
    if not isinstance(urls, list) or len(urls) > _LIMIT or not all(isinstance(u, str) for u in urls):
        raise bad_request("One or more property values specified are invalid.")
    ids = []
    for url in urls:
        target = (
            url.rstrip("/").split("/")[-1].partition("(")[2].strip("()'") or url.rstrip("/").split("/")[-1]
        )
        record = tenant.any(target, kinds) or tenant.one("user", "userPrincipalName", target)
        if record is None or record.kind not in kinds:
            raise not_found(target)
        ids.append(record.id)
    return list(dict.fromkeys(ids))
