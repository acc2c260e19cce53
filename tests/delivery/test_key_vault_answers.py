"""What Azure Key Vault answers: what the trial says of it, whether a secret is made, what is read."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.delivery.answers import DELIVERY, PROBE, Row, answers, check, whole
from tests.delivery.key_vault_standin import TOKEN, Vault
from tests.delivery.standin import StandIn
from tests.delivery.support import Opened, Signed, deliver, refused


def vault_says(status: int, code: str, message: str, inner: str = "") -> dict[str, Any]:
    """Return a vault's error as it is sent."""
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return {"error": error}


def get_refused(status: int, code: str, message: str, inner: str = "") -> Callable[[StandIn], None]:
    return answers("GET", "/secrets/mail", status, vault_says(status, code, message, inner))


def put_refused(status: int, code: str, message: str, inner: str = "") -> Callable[[StandIn], None]:
    return answers("PUT", "/secrets/mail", status, vault_says(status, code, message, inner))


def written(tags: dict[str, str] | None = None, **more: Any) -> Callable[[Vault], None]:
    """A version of ours is there already, with other tags beside ours."""

    def happens(vault: Vault) -> None:
        deliver(Opened(Signed(TOKEN))(VAULT))
        vault.secrets["mail"][0]["tags"].update(tags or {})
        vault.secrets["mail"][0].update(more)
        vault.requests.clear()

    return happens


def not_ours(vault: Vault) -> None:
    written()(vault)
    vault.secrets["mail"][0]["tags"] = {"team": "web"}


def deleted(recovery: str) -> Callable[[Vault], None]:
    def happens(vault: Vault) -> None:
        written()(vault)
        vault.delete("mail")
        vault.recovery = recovery

    return happens


VAULT = "key_vault:https://agency.vault.azure.net/secrets/mail"
ERRORS = "https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"
TERRAFORM = "https://github.com/hashicorp/terraform-provider-azurerm/issues"
FIREWALL = (
    "Client address is not authorized and caller is not a trusted service.\r\nClient address: 192.0.2.7\r\n"
    "Caller: appid=1;oid=2;iss=https://sts.windows.net/3/\r\nVault: agency;location=westeurope"
)
PRIVATE = (
    "Public network access is disabled and request is not from a trusted service nor via an approved private "
    "link.\r\nCaller: appid=1;oid=2;iss=https://sts.windows.net/3/\r\nVault: agency;location=westeurope"
)
NO_RBAC = (
    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or "
    "role definitions were changed recently, please observe propagation time."
)
NO_POLICY = (
    "The user, group or application 'appid=1;oid=2;iss=https://sts.windows.net/3/' does not have secrets get "
    "permission on key vault 'agency;location=westeurope'."
)
ISSUER = (
    "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/1/, found https://sts.windows.net/2/."
)
RECOVERABLE = (
    "Secret mail is currently in a deleted but recoverable state, and its name cannot be reused; in this "
    "state, the secret can only be recovered or purged."
)
VAULT_ROWS = (
    Row(
        "firewall",
        f"{TERRAFORM}/20742",
        get_refused(403, "Forbidden", FIREWALL, "ForbiddenByFirewall"),
        PROBE,
        ("kept out by the network", "403 ForbiddenByFirewall", "under the vault's Networking"),
    ),
    Row(
        "no public network",
        "https://github.com/microsoft/multimodal-ai/issues/171",
        get_refused(403, "Forbidden", PRIVATE, "ForbiddenByConnection"),
        PROBE,
        ("kept out by the network", "ForbiddenByConnection", "private endpoint"),
    ),
    Row(
        "a private link that is not approved",
        "https://github.com/Azure/azure-cli/issues/31406",
        get_refused(
            403,
            "Forbidden",
            "Connection is not an approved private link and caller was ignored because "
            "bypass is not set to 'AzureServices' and PublicNetworkAccess is set to 'Disabled'.",
        ),
        PROBE,
        ("kept out by the network", "run inside its network"),
    ),
    Row(
        "a network security perimeter",
        "https://learn.microsoft.com/azure/key-vault/general/network-security",
        get_refused(
            403,
            "Forbidden",
            "Request was not allowed by NSP rules and the client address is not "
            "authorized and caller was ignored because bypass is set to None",
        ),
        PROBE,
        ("kept out by the network", "network security perimeter"),
    ),
    Row(
        "no role",
        ERRORS,
        get_refused(403, "Forbidden", NO_RBAC, "ForbiddenByRbac"),
        PROBE,
        ("a right is missing", "403 ForbiddenByRbac", "Key Vault Secrets Officer"),
    ),
    Row(
        "no access policy",
        ERRORS,
        get_refused(403, "Forbidden", NO_POLICY, "AccessDenied"),
        PROBE,
        ("a right is missing", "AccessDenied", "get and set of an access policy"),
    ),
    Row(
        "a policy's refusal",
        "https://learn.microsoft.com/azure/key-vault/general/assign-access-policy",
        get_refused(403, "Forbidden", NO_POLICY, "ForbiddenByPolicy"),
        PROBE,
        ("a right is missing", "ForbiddenByPolicy"),
    ),
    Row(
        "may read, may not write",
        "https://learn.microsoft.com/azure/key-vault/general/rbac-guide",
        put_refused(403, "Forbidden", NO_RBAC, "ForbiddenByRbac"),
        DELIVERY,
        ("a right is missing", "403 ForbiddenByRbac", "Key Vault Secrets Officer"),
    ),
    Row(
        "another tenant's vault",
        "https://github.com/Azure/azure-sdk-for-js/issues/13036",
        get_refused(401, "Unauthorized", ISSUER),
        PROBE,
        ("not signed in", "AKV10032", "another tenant than this sign-in", "tenant, client_id"),
    ),
    Row(
        "no token",
        ERRORS,
        get_refused(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."),
        PROBE,
        ("not signed in", "AKV10000", "--auth"),
    ),
    Row(
        "a token's end",
        ERRORS,
        get_refused(401, "Unauthorized", "Error validating token: IDX10223"),
        PROBE,
        ("not signed in", "IDX10223", "--auth"),
    ),
    Row(
        "a disabled version",
        "https://github.com/Azure/azure-sdk-for-js/tree/main/sdk/keyvault/keyvault-secrets",
        written(attributes={"enabled": False}),
        PROBE,
        ("the place cannot take it", "SecretDisabled", "Enable the current version"),
    ),
    Row(
        "deleted, may be purged",
        "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
        deleted("Recoverable+Purgeable"),
        PROBE,
        ("the place cannot take it", "deleted secret of this name", "Recover or purge it"),
    ),
    Row(
        "deleted, with purge protection",
        "https://learn.microsoft.com/rest/api/keyvault/secrets/get-deleted-secret/get-deleted-secret",
        deleted("Recoverable"),
        PROBE,
        ("the place cannot take it", "cannot be purged before 2027-02-23", "recover it"),
    ),
    Row(
        "deleted, in a protected subscription",
        "https://learn.microsoft.com/rest/api/keyvault/secrets/get-deleted-secret/get-deleted-secret",
        deleted("Recoverable+ProtectedSubscription"),
        PROBE,
        ("cannot be purged before",),
    ),
    Row(
        "deleted, seen by the write alone",
        "https://github.com/external-secrets/external-secrets/issues/3519",
        put_refused(409, "Conflict", RECOVERABLE, "ObjectIsDeletedButRecoverable"),
        DELIVERY,
        ("the place cannot take it", "deleted secret of this name", "Recover or purge"),
    ),
    Row(
        "being deleted",
        f"{TERRAFORM}/10454",
        put_refused(409, "Conflict", "Secret is currently being deleted.", "ObjectIsBeingDeleted"),
        DELIVERY,
        ("the place cannot take it", "409 ObjectIsBeingDeleted", "Wait until it is deleted"),
    ),
    Row(
        "eleven tags of a team",
        f"{TERRAFORM}/16780",
        written({f"team-{n}": "x" for n in range(11)}),
        PROBE,
        ("the place cannot take it", "16 tags with ours", "takes 15", "Remove tags"),
    ),
    Row(
        "more tags since the trial",
        f"{TERRAFORM}/16780",
        put_refused(400, "BadParameter", "Property has invalid value\r\n"),
        DELIVERY,
        ("the place cannot take it", "400 BadParameter", "15 tags"),
    ),
    Row(
        "a certificate's secret",
        "https://learn.microsoft.com/azure/key-vault/certificates/about-certificates",
        written(managed=True),
        PROBE,
        ("the place cannot take it", "certificate in the vault", "another name"),
    ),
    Row(
        "a team's secret",
        "https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret",
        not_ours,
        PROBE,
        ("was not written by provision", "another name"),
    ),
    Row(
        "throttled without end",
        "https://learn.microsoft.com/azure/key-vault/general/overview-throttling",
        put_refused(429, "Throttled", "Request was not processed because too many requests were received."),
        DELIVERY,
        ("too many requests", "429 Throttled", "tried 5 times"),
        lasting=False,
    ),
    Row(
        "a fault",
        ERRORS,
        put_refused(500, "InternalServerError", "An internal error occurred."),
        DELIVERY,
        ("500 InternalServerError", "tried 5 times"),
        lasting=False,
    ),
)


@pytest.mark.parametrize("row", VAULT_ROWS, ids=lambda row: row.name)
def test_key_vault(vault: Vault, row: Row) -> None:
    """Firewall, rights, other tenants, deleted and disabled secrets, limits: each in its own words."""
    sink = Opened(Signed(TOKEN))(VAULT)
    check(row, vault, sink, lambda: [version["value"] for version in vault.secrets.get("mail", [])])


def test_a_vault_whose_name_is_not_known(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    """Misspelt, deleted, or with a private endpoint alone: the name leads nowhere, and nobody signs in."""

    def nowhere(host: str, *_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {host}")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    opened = Opened(Signed(TOKEN))
    refused(
        opened(VAULT).probe, "sink-unusable", "kept out by the network", "not deleted", "private endpoint"
    )
    assert (opened.credential.asked, vault.requests) == ([], [])
    assert len(waits) == 4


def test_the_table_is_whole() -> None:
    """Each row another answer."""
    assert whole(VAULT_ROWS)
