"""From a request's bearer token to the caller it speaks for.

Refusals: https://learn.microsoft.com/graph/resolve-auth-errors; their texts are those that public
issue threads quote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.sandbox.authorization import permissions
from provision.sandbox.errors import GraphError, unauthenticated
from provision.sandbox.tokens import signing
from provision.sandbox.tokens.directory import AZURE_MANAGEMENT, GRAPH_NAMES, directory_roles
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR, Caller

if TYPE_CHECKING:
    from provision.sandbox import Sandbox

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_SKEW = 300  # seconds of clock difference that the service forgives
_DAY = 86400


def claims_of(sandbox: Sandbox, headers: dict[str, str]) -> signing.Claims:
    """Return the claims of the request's token, its signature and times checked; 401 otherwise."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("Access token is empty.")
    try:
        claims = signing.verify(sandbox, token.strip())
        now = sandbox.clock.real().timestamp()
        expired = now > float(claims["exp"]) + _SKEW or now < float(claims["nbf"]) - _SKEW
    except (signing.InvalidToken, KeyError, TypeError, ValueError) as error:
        reason = error.reason if isinstance(error, signing.InvalidToken) else "form"
        raise unauthenticated(_REASONS[reason]) from error
    if "tid" not in claims or "aud" not in claims:
        raise unauthenticated("Access token validation failure. Invalid audience.")  # a refresh token, say
    if expired:
        raise unauthenticated("Lifetime validation failed, the token is expired.")
    return claims


_REASONS = {
    "form": "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE"
    " Compact Serialization Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE):"
    " 'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector.EncodedCiphertext"
    ".EncodedAuthenticationTag'.",
    "signature": "Access token validation failure.",
    "algorithm": "Access token validation failure.",
}


def resolve(sandbox: Sandbox, headers: dict[str, str]) -> Caller:
    """Return who calls Graph; ``GraphError`` 401 without a token for Graph that holds."""
    claims = claims_of(sandbox, headers)
    if str(claims["aud"]).rstrip("/").lower() not in GRAPH_NAMES and "xms_sandbox" not in claims:
        raise unauthenticated("Access token validation failure. Invalid audience.")
    tenant = sandbox.store.tenant(str(claims["tid"]))
    oid = str(claims.get("oid"))
    is_app = claims.get("idtyp") == "app"
    who = tenant.get("servicePrincipal" if is_app else "user", oid) if tenant else None
    if tenant is None or who is None or who.props.get("accountEnabled") is False:
        raise GraphError(
            401,
            "Authorization_IdentityNotFound",
            "The identity of the calling application could not be established.",
        )
    return Caller(
        tenant_id=tenant.id,
        kind="app" if is_app else "user",
        object_id=who.id,
        app_id=str(claims.get("appid")),
        roles=frozenset(claims.get("roles", ())),
        scopes=frozenset(str(claims.get("scp", "")).split()),
        directory_roles=directory_roles(tenant, who.id),
    )


def is_for_azure(claims: signing.Claims) -> bool:
    """Return whether a token is for Azure's management rather than Graph."""
    audience = str(claims["aud"]).rstrip("/").lower()
    host = urlsplit(audience).hostname or ""
    return audience == AZURE_MANAGEMENT or host.startswith("management.") or "xms_sandbox" in claims


def _named(sandbox: Sandbox, tenant_id: str, user_id: str) -> dict[str, Any]:
    tenant = sandbox.store.tenant(tenant_id)
    user = tenant.get("user", user_id) if tenant else None
    return {"upn": user.props["userPrincipalName"]} if user else {}


def administrator_claims(sandbox: Sandbox, tenant_id: str, user_id: str, resource: str) -> dict[str, Any]:
    """Return the claims of a Global Administrator of here, with each delegated permission that counts."""
    moment = int(sandbox.clock.real().timestamp())
    return {
        "aud": resource,
        "tid": tenant_id,
        "oid": user_id,
        "appid": _AZURE_CLI,
        "idtyp": "user",
        "ver": "1.0",
        "iat": moment,
        "nbf": moment,
        "exp": moment + _DAY,
        "wids": [GLOBAL_ADMINISTRATOR],
        "scp": " ".join(sorted(permissions.delegated_permissions())),
        **_named(sandbox, tenant_id, user_id),
    }
