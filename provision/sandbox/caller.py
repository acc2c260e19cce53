"""Who makes a request: resolved from the bearer token, in one place, into one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jwt

from provision.sandbox.errors import unauthenticated

if TYPE_CHECKING:
    from provision.sandbox import Sandbox

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified token, reduced to what Graph decides by.

    ``roles`` are application permissions (``Mail.Send``), ``scopes`` delegated ones,
    ``directory_roles`` the template ids of the user's (or principal's) directory roles.
    """

    tenant_id: str
    kind: Literal["user", "app"]
    object_id: str
    app_id: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    directory_roles: frozenset[str] = frozenset()

    @property
    def is_user(self) -> bool:
        """True for delegated calls: there is a signed-in person."""
        return self.kind == "user"


def resolve(sandbox: Sandbox, headers: dict[str, str]) -> Caller:
    """The caller of a request; ``GraphError`` 401 without a token that holds."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("Access token is empty.")
    try:
        claims = jwt.decode(token.strip(), sandbox.token_key, algorithms=["HS256"],
                            options={"verify_aud": False})  # fmt: skip
    except jwt.InvalidTokenError as error:
        raise unauthenticated("IDX14100: JWT is not well formed.") from error
    return Caller(
        tenant_id=claims["tid"],
        kind="app" if claims.get("idtyp") == "app" else "user",
        object_id=claims["oid"],
        app_id=claims["appid"],
        roles=frozenset(claims.get("roles", ())),
        scopes=frozenset(claims.get("scp", "").split()),
        directory_roles=frozenset(claims.get("wids", ())),
    )


def administrator_claims(tenant_id: str, user_id: str, resource: str) -> dict[str, object]:
    """The claims of a Global Administrator signed in to an Azure CLI."""
    return {
        "aud": resource, "tid": tenant_id, "oid": user_id, "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "scp": "Directory.AccessAsUser.All", "wids": [GLOBAL_ADMINISTRATOR], "idtyp": "user",
    }  # fmt: skip
