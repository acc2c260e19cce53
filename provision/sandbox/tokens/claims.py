"""What the tokens say. https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference.

Access tokens have the v1.0 format, as Graph's have. Their times follow the real clock, for clients
compare them with their own; the sandbox's clock moves the dates in the directory only.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from provision.sandbox.tokens.directory import (
    Client,
    Resource,
    directory_roles,
    granted_roles,
    granted_scopes,
)

if TYPE_CHECKING:
    from provision.sandbox.keeping.store import Record, Tenant
    from provision.sandbox.tokens.signing import Claims

LIFETIME = 3599  # seconds
APP_ONLY_WIDS = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"  # in every app-only token seen; no directory role
_MEMBER_WIDS = "b79fbf4d-3ef9-4689-8143-76b194e85509"  # in every user's token seen; no directory role


def of_application(
    tenant: Tenant, client: Client, principal: Record, resource: Resource, *, proof: str, now: datetime
) -> Claims:
    """Return an app-only token's claims; ``proof`` is 1 for a secret, 2 for an assertion."""
    roles = granted_roles(tenant, principal, resource)
    claims = _common(tenant.id, client, resource, now) | {
        "appidacr": proof,
        "idtyp": "app",
        "oid": principal.id,
        "sub": principal.id,
        "wids": [APP_ONLY_WIDS],
    }
    return claims | ({"roles": roles} if roles else {})


def of_user(
    tenant: Tenant, client: Client, user: Record, resource: Resource, *, proof: str, now: datetime
) -> Claims:
    """Return a delegated token's claims; ``proof`` is 0 for a public client."""
    scopes = granted_scopes(tenant, client, user, resource)
    props = user.props
    names = {
        claim: props[name]
        for claim, name in (("family_name", "surname"), ("given_name", "givenName"))
        if props.get(name)
    }
    return (
        _common(tenant.id, client, resource, now)
        | names
        | {
            "acr": "1",
            "amr": ["pwd"],
            "appidacr": proof,
            "idtyp": "user",
            "ipaddr": "127.0.0.1",
            "name": props.get("displayName"),
            "oid": user.id,
            "sub": user.id,
            "scp": " ".join(sorted(scopes)),
            "unique_name": props["userPrincipalName"],
            "upn": props["userPrincipalName"],
            "wids": [*sorted(directory_roles(tenant, user.id)), _MEMBER_WIDS],
        }
    )


def id_token(tenant: Tenant, client: Client, user: Record, origin: str, now: datetime) -> Claims:
    """Return what the client learns of the person: a v2.0 ID token's claims."""
    moment = int(now.timestamp())
    return {
        "aud": client.id,
        "iss": f"{origin}/{tenant.id}/v2.0",
        "iat": moment,
        "nbf": moment,
        "exp": moment + LIFETIME,
        "name": user.props.get("displayName"),
        "oid": user.id,
        "preferred_username": user.props["userPrincipalName"],
        "sub": user.id,
        "tid": tenant.id,
        "uti": secrets.token_urlsafe(16),
        "ver": "2.0",
    }


def client_info(tenant_id: str, user_id: str) -> str:
    """Return the account's identity for a client's cache, which MSAL asks for (``client_info=1``)."""
    text = json.dumps({"uid": user_id, "utid": tenant_id}).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _common(tenant_id: str, client: Client, resource: Resource, now: datetime) -> Claims:
    moment = int(now.timestamp())
    both = {"xms_sandbox": "both"} if resource.both else {}
    return both | {
        "aud": resource.audience,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": moment,
        "nbf": moment,
        "exp": moment + LIFETIME,
        "app_displayname": client.name,
        "appid": client.id,
        "idp": f"https://sts.windows.net/{tenant_id}/",
        "tid": tenant_id,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
