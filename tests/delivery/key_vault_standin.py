"""A stand-in for Azure Key Vault: challenge, versions, soft delete, and the service's words of refusal.

Sources: https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret/set-secret,
https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses,
https://learn.microsoft.com/azure/key-vault/general/rest-error-codes,
https://learn.microsoft.com/rest/api/keyvault/secrets/get-deleted-secret/get-deleted-secret, the text of the
409 as users have quoted it, and for more than 15 tags
https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-tags with the answer quoted in
https://github.com/hashicorp/terraform-provider-azurerm/issues/16780. A value has 25 KB at most
(https://learn.microsoft.com/azure/key-vault/secrets/about-secrets), and a certificate's secret is changed
with the certificate
(https://learn.microsoft.com/azure/key-vault/certificates/about-certificates); how the vault
words those two refusals is on no page, and the stand-in's own.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

from tests.delivery.standin import Request, Response, StandIn

TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
TOKEN = "token-for-the-vault-canary"
_VERSIONS = ("7.4", "7.5", "7.6")


def token_of(tenant: str) -> str:
    """Return a token as Entra issues them, of this tenant; nobody has signed it."""
    parts = [{"typ": "JWT"}, {"aud": "https://vault.azure.net", "tid": tenant}]
    shown = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*shown, "signature"])


def tenant_of(token: str) -> str | None:
    """Return the tenant that a token of ``token_of`` is of."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    return str(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))["tid"])


class Vault(StandIn):
    """One vault; who holds ``TOKEN``, or a token of its tenant, may do what ``rights`` says."""

    def __init__(self, resource: str = "https://vault.azure.net", tenant: str = TENANT) -> None:
        super().__init__()
        self.resource = resource
        self.tenant = tenant
        self.tenants: list[str | None] = []  # of the tokens that came
        self.rights = {"get", "set"}
        self.secrets: dict[str, list[dict[str, Any]]] = {}
        self.deleted: dict[str, list[dict[str, Any]]] = {}
        self.recovery = "Recoverable+Purgeable"  # with purge protection: Recoverable

    def answer(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token:
            self.tenants.append(tenant_of(token))
        if token != TOKEN and (not token or tenant_of(token) != self.tenant):
            login = f"https://login.microsoftonline.com/{self.tenant}"
            challenge = f'Bearer authorization="{login}", resource="{self.resource}"'
            return self._refusal(
                401,
                "Unauthorized",
                "AKV10000: Request is missing a Bearer or PoP token.",
                headers={"WWW-Authenticate": challenge},
            )
        if request.query.get("api-version") not in _VERSIONS:
            return self._refusal(400, "BadParameter", "The specified version is not recognized.")
        kind, name = request.path.strip("/").split("/")[:2]
        if request.method == "PUT":
            return self._set(name, request.body)
        if request.method == "PATCH":
            return self._update(name, request.body)
        if "get" not in self.rights:
            return self._forbidden("getSecret")
        if kind == "deletedsecrets":
            found = self.deleted.get(name)
            missing = f"Deleted Secret not found: {name}"
        else:
            found = self.secrets.get(name)
            missing = f"A secret with (name/id) {name} was not found in this key vault."
        if not found:
            return self._refusal(404, "SecretNotFound", missing)
        if kind == "deletedsecrets":
            shown = {key: value for key, value in found[-1].items() if key != "value"}
            attributes = {**shown["attributes"], "recoveryLevel": self.recovery}
            times = {"deletedDate": 1795608000, "scheduledPurgeDate": 1803384000}  # 90 days later
            address = f"https://agency.vault.azure.net/deletedsecrets/{name}"
            return Response(200, {**shown, "attributes": attributes, "recoveryId": address, **times})
        if not found[-1]["attributes"]["enabled"]:
            return self._refusal(
                403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"
            )
        return Response(200, found[-1], {"x-ms-request-id": "req-1"})

    def _set(self, name: str, body: dict[str, Any]) -> Response:
        if "set" not in self.rights:
            return self._forbidden("setSecret")
        if name in self.deleted:
            return self._refusal(
                409,
                "Conflict",
                f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be "
                "reused; in this state, the secret can only be recovered or purged.",
                "ObjectIsDeletedButRecoverable",
            )
        tags = body.get("tags") or {}
        if len(tags) > 15 or any(len(part) > 256 for tag in tags.items() for part in tag):
            return self._refusal(400, "BadParameter", "Property has invalid value\r\n")
        if len(body["value"]) > 25 * 1024:
            return self._refusal(400, "BadParameter", "The secret value is too long.")
        if (self.secrets.get(name) or [{}])[-1].get("managed"):
            return self._refusal(403, "Forbidden", "The secret is managed by a certificate.")
        now = int(self.tick().timestamp())
        version = {
            "value": body["value"],
            "id": f"https://agency.vault.azure.net/secrets/{name}/{uuid4().hex}",
            "attributes": {"enabled": True, **(body.get("attributes") or {}), "created": now, "updated": now},
            "tags": body.get("tags") or {},
        }
        if body.get("contentType"):
            version["contentType"] = body["contentType"]
        self.secrets.setdefault(name, []).append(version)
        return Response(200, version, {"x-ms-request-id": "req-2"})

    def _update(self, name: str, body: dict[str, Any]) -> Response:
        """https://learn.microsoft.com/rest/api/keyvault/secrets/update-secret/update-secret."""
        if "set" not in self.rights:
            return self._forbidden("setSecret")
        found = self.secrets[name][-1]
        found["attributes"] |= body.get("attributes") or {}
        return Response(200, {key: value for key, value in found.items() if key != "value"})

    def delete(self, name: str) -> None:
        """Delete a secret softly, as the portal does."""
        self.deleted[name] = self.secrets.pop(name)

    def _forbidden(self, action: str) -> Response:
        return self._refusal(
            403,
            "Forbidden",
            f"Caller is not authorized to perform action on resource.\r\nAction: "
            f"'Microsoft.KeyVault/vaults/secrets/{action}/action'",
            "ForbiddenByRbac",
        )

    def _refusal(
        self, status: int, code: str, message: str, inner: str = "", headers: dict[str, str] | None = None
    ) -> Response:
        error: dict[str, Any] = {"code": code, "message": message}
        if inner:
            error["innererror"] = {"code": inner}
        return Response(status, {"error": error}, {"x-ms-request-id": "req-0", **(headers or {})})
