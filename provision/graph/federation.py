"""Sign in as a pipeline's run, by a token that its host gives it: no secret is kept anywhere.

The host signs a short-lived token for the job, and Entra takes it in place of a secret where a federated
credential says so. It is asked for anew whenever Entra's own token runs out, so a long run goes on.
Sources: https://docs.github.com/actions/reference/security/oidc and
https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import httpx
from azure import identity
from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceRequestError

from provision import bounded
from provision.clouds import Cloud
from provision.errors import ProvisionError
from provision.graph.named_files import FEDERATED_TOKEN
from provision.network import Network
from provision.network.clients import synchronous
from provision.quoting import quoted

ANSWER = 30.0  # seconds for one answer of a host's token service, where less is not asked for
_LONGEST_TOKEN = 64 * 1024  # bytes of a token in a file
# What each cloud wants to see as the token's audience; the federated credential must say the same.
# Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
_AUDIENCES = {
    "gcc-high": "api://AzureADTokenExchangeUSGov",
    "dod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
_AUDIENCE = "api://AzureADTokenExchange"

GITHUB = ("AZURE_CLIENT_ID", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
AZURE_PIPELINES = (
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_OIDCREQUESTURI",
)


def github(
    cloud: Cloud, tenant: str, common: Mapping[str, Any], network: Network, *, seconds: float = ANSWER
) -> identity.ClientAssertionCredential:
    """Return the credential of a job in GitHub Actions; ``ValueError`` names the variables that lack.

    It signs in to the config's own tenant unless AZURE_TENANT_ID names the identity's.
    """
    client_id, *_ = _values(GITHUB)
    return github_as(
        cloud, os.environ.get("AZURE_TENANT_ID") or tenant, client_id, common, network, seconds=seconds
    )


def github_as(
    cloud: Cloud,
    tenant: str,
    client_id: str,
    common: Mapping[str, Any],
    network: Network,
    *,
    seconds: float = ANSWER,
) -> identity.ClientAssertionCredential:
    """Return the credential of a job in GitHub Actions as this application of this tenant.

    ``ValueError`` names the variables that lack.
    """
    _values(GITHUB[1:])
    return identity.ClientAssertionCredential(
        tenant, client_id, partial(_github_token, cloud, network, seconds), **common
    )


def _github_token(cloud: Cloud, network: Network, seconds: float) -> str:
    url, token = _values(GITHUB[1:])
    audience = _AUDIENCES.get(cloud.name, _AUDIENCE)
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("audience", audience)])
    try:
        with synchronous(network, timeout=seconds) as http:
            answer = http.get(
                urlunsplit(parts._replace(query=query)),
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            )
    except httpx.HTTPError as error:
        raise ServiceRequestError(f"GitHub's token service: {type(error).__name__}") from None
    try:
        value = answer.json()["value"] if answer.is_success else None
    except (ValueError, KeyError, TypeError):
        value = None
    if not isinstance(value, str):
        raise ClientAuthenticationError(f"GitHub's token service answered {answer.status_code} and no token")
    return value


def azure_pipelines(tenant: str, common: Mapping[str, Any]) -> identity.AzurePipelinesCredential:
    """Return the credential of a service connection; ``ValueError`` names the variables that lack.

    The tasks AzureCLI@2 and AzurePowerShell@5 set those of the connection; a pipeline must map
    SYSTEM_ACCESSTOKEN itself. Source:
    https://learn.microsoft.com/python/api/azure-identity/azure.identity.azurepipelinescredential
    """
    client_id, connection, token, _ = _values(AZURE_PIPELINES)
    return identity.AzurePipelinesCredential(
        tenant_id=os.environ.get("AZURESUBSCRIPTION_TENANT_ID") or tenant,
        client_id=client_id,
        service_connection_id=connection,
        system_access_token=token,
        **common,
    )


def azure_pipelines_as(
    tenant: str, client_id: str, connection: str | None, common: Mapping[str, Any]
) -> identity.AzurePipelinesCredential:
    """Return the credential of another service connection; ``ValueError`` names the variables that lack."""
    if not connection:
        raise ValueError("Not set: PROVISION_SINK_SERVICE_CONNECTION_ID")
    (token, _) = _values(AZURE_PIPELINES[2:])
    return identity.AzurePipelinesCredential(
        tenant_id=tenant,
        client_id=client_id,
        service_connection_id=connection,
        system_access_token=token,
        **common,
    )


def presented(auth: str, cloud: Cloud, network: Network, *, seconds: float = ANSWER) -> str | None:
    """Return a token such as the host just presented to Entra; None if there is none to be had.

    It is for its claims to be read, when Entra refused it, and goes nowhere. Azure DevOps is asked as
    azure-identity asks it; other hosts put theirs into a file.
    """
    try:
        match auth:
            case "github":
                return _github_token(cloud, network, seconds)
            case "azure-pipelines":
                _, connection, token, url = _values(AZURE_PIPELINES)
                with synchronous(network, timeout=seconds) as http:
                    answer = http.post(
                        f"{url.rstrip('/')}?api-version=7.1&serviceConnectionId={quote(connection, safe='')}",
                        headers={"Authorization": f"Bearer {token}", "X-TFS-FedAuthRedirect": "Suppress"},
                    )
                found = answer.json()["oidcToken"]
                return found if isinstance(found, str) else None
            case _:
                return bounded.text(os.environ[FEDERATED_TOKEN], _LONGEST_TOKEN).strip()
    except (AzureError, httpx.HTTPError, ProvisionError, OSError, ValueError, KeyError, TypeError):
        return None


def credential_for(claims: Mapping[str, Any]) -> str:
    """Return what to do so that a token with these claims fits.

    The claims are no secret; the token is.
    """
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    asked = {
        "name": "provision",
        "issuer": str(claims["iss"]),
        "subject": str(claims["sub"]),
        "audiences": [str(item) for item in audience],
    }
    names = ("AZURE_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID")
    client = quoted(next((os.environ[name] for name in names if os.environ.get(name)), "CLIENT_ID"))
    shown = quoted(json.dumps(asked, ensure_ascii=False))
    return (
        "If that is the job that may sign in, give the application a federated credential with exactly "
        f"what was presented: az ad app federated-credential create --id {client} --parameters {shown}. "
        "docs/ci.md says which job presents what."
    )


def _values(names: tuple[str, ...]) -> list[str]:
    lacking = [name for name in names if not os.environ.get(name)]
    if lacking:
        raise ValueError(f"Not set: {', '.join(lacking)}")
    return [os.environ[name] for name in names]
