"""Credentials for a sink: of one tenant only, and where the config names one, of an identity of its own.

A token of one tenant never goes to a sink of another: not because a config says so, nor because the sink
itself asks for it, as a Key Vault does in its challenge.
Sources: https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses and
https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

from __future__ import annotations

import os
from typing import Any

from provision.clouds import Cloud
from provision.graph.credentials import Credential, asking
from provision.graph.named_files import FEDERATED_TOKEN, refuse_endless
from provision.graph.tokens import claims_of
from provision.graph.ways import Auth
from provision.network import Network
from provision.network.clients import for_azure

# Whom a sink's own client_id is proved by: the first that is set, else by the pipeline's federation.
CLIENT_SECRET = "PROVISION_SINK_CLIENT_SECRET"  # noqa: S105 - the name of a variable
CERTIFICATE = "PROVISION_SINK_CLIENT_CERTIFICATE_PATH"
SERVICE_CONNECTION = "PROVISION_SINK_SERVICE_CONNECTION_ID"


class OneTenant:
    """A credential that signs in to one tenant, whatever it is asked for, and hands out no other's token."""

    def __init__(self, inner: Credential, tenant: str) -> None:
        self._inner = inner
        self._tenant = tenant.lower()

    def get_token(self, *scopes: str, tenant_id: str | None = None, **options: Any) -> Any:
        """Return a token of the tenant; ``ClientAuthenticationError`` if another is asked for, or came."""
        if tenant_id is not None and tenant_id.lower() != self._tenant:
            raise _elsewhere(f"the sink belongs to the tenant {tenant_id}, not to {self._tenant}")
        token = self._inner.get_token(*scopes, tenant_id=self._tenant, **options)
        came = claims_of(token.token).get("tid")
        if isinstance(came, str) and came.lower() != self._tenant:
            raise _elsewhere(f"the sign-in gave a token of the tenant {came}, not of {self._tenant}")
        return token


def own_identity(auth: Auth, tenant: str, client_id: str, cloud: Cloud, *, network: Network) -> Credential:
    """Return the credential of a sink's own application; nothing is sent yet.

    ``ValueError`` names the variables that lack, if nothing here can prove that we are it; ``OSError`` tells
    of a file that one of them names.
    """
    from azure import identity

    from provision.graph import federation

    refuse_endless(CERTIFICATE, FEDERATED_TOKEN)
    common = asking(cloud, for_azure(network))
    if secret := os.environ.get(CLIENT_SECRET):
        return identity.ClientSecretCredential(tenant, client_id, secret, **common)
    if path := os.environ.get(CERTIFICATE):
        return identity.CertificateCredential(tenant, client_id, path, **common)
    if auth is Auth.MANAGED:
        return identity.ManagedIdentityCredential(client_id=client_id, transport=common["transport"])
    if auth is Auth.AZURE_PIPELINES:
        return federation.azure_pipelines_as(tenant, client_id, os.environ.get(SERVICE_CONNECTION), common)
    if auth is Auth.GITHUB or (auth is Auth.DEFAULT and os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")):
        return federation.github_as(cloud, tenant, client_id, common, network)
    if file := os.environ.get(FEDERATED_TOKEN):
        return identity.WorkloadIdentityCredential(
            tenant_id=tenant, client_id=client_id, token_file_path=file, **common
        )
    raise ValueError(
        f"Not set: {CLIENT_SECRET}, {CERTIFICATE}, or what a pipeline's federation needs (docs/delivery.md)"
    )


def _elsewhere(message: str) -> Exception:
    from azure.core.exceptions import ClientAuthenticationError

    return ClientAuthenticationError(message)
