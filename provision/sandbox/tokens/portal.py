"""The portal's own service, as far as ``az ad app permission admin-consent`` calls it.

``POST https://main.iam.ad.ext.azure.com/api/RegisteredApplications/{appId}/Consent?onBehalfOfAll=true`` with
a token for the service: Azure CLI, ``command_modules/role/custom.py``, ``admin_consent``. It is no public
interface; what it answers is not verified (Azure CLI looks at the status only).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.sandbox.errors import GraphError, denied, not_found
from provision.sandbox.tokens import bearer, consenting
from provision.sandbox.tokens.directory import PORTAL

if TYPE_CHECKING:
    from provision.sandbox import Sandbox


def consent(sandbox: Sandbox, headers: dict[str, str], app_id: str) -> dict[str, Any]:
    """Grant what an application declares; ``GraphError`` for anybody but an administrator."""
    claims = bearer.claims_of(sandbox, headers)
    tenant = sandbox.store.tenant(str(claims["tid"]))
    if tenant is None or str(claims["aud"]) != PORTAL:
        raise GraphError(401, "AuthenticationFailed", "The access token is for another resource.")
    user = tenant.get("user", str(claims.get("oid")))
    if user is None or not consenting.may_consent(tenant, user.id):  # applications cannot consent here
        raise denied()
    application = tenant.one("application", "appId", app_id)
    if application is None:
        raise not_found(app_id)
    with sandbox.writing():
        found = sandbox.store.tenants[tenant.id]
        consenting.grant(sandbox, found, app_id.lower(), consenting.wanted(found, application))
    return {}
