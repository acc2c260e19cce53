"""The identities that a run over many tenants was given: one for a tenant, each with its own way to sign in.

What is secret is named by a variable or a file, and read when it is needed. Sources:
https://learn.microsoft.com/python/api/overview/azure/identity-readme and
https://learn.microsoft.com/entra/identity-platform/howto-convert-app-to-be-multi-tenant
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from provision import bounded
from provision.clouds import Cloud
from provision.errors import ProvisionError, catalogue
from provision.graph.credentials import TIMEOUT, Credential, asking, credential
from provision.graph.named_files import FEDERATED_TOKEN, said
from provision.graph.ways import WAYS, Auth, Way
from provision.network import Network
from provision.network.clients import for_azure
from provision.values import dataclass

_LARGEST = 1024 * 1024  # bytes of a secret, a certificate or a token


@dataclass(frozen=True, slots=True)
class Held:
    """Where something secret is: in a variable, or in a file."""

    variable: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        return f"the variable {self.variable}" if self.variable else f"the file {self.file}"


@dataclass(frozen=True, slots=True)
class Identity:
    """One of them. Without tenants it signs in to each that a config names, as a multitenant one does."""

    name: str
    auth: Auth
    tenants: frozenset[str] = frozenset()
    cloud: str | None = None
    client_id: str | None = None
    client_secret: Held | None = None
    client_certificate: Held | None = None
    token: Held | None = None
    service_connection: str | None = None

    @property
    def way(self) -> Way:
        """How it is described when it fails."""
        known = WAYS[self.auth]
        return replace(known, tried=f"the identity '{self.name}' of --identities: {known.tried}")

    def fits(self, tenant: str, cloud: str) -> bool:
        """Say whether it may sign in to this tenant."""
        return (not self.tenants or tenant.lower() in self.tenants) and self.cloud in (None, cloud)


def credential_of(
    identity: Identity,
    tenant: str,
    cloud: Cloud,
    *,
    prompt: Callable[[str], None],
    network: Network,
    timeout: float = TIMEOUT,
) -> Credential:
    """Return the credential of an identity for one tenant; nothing is sent yet.

    Raises ``ProvisionError`` if what it needs is not set or cannot be read.
    """
    if identity.client_id is None and identity.auth is not Auth.ENVIRONMENT:
        return credential(identity.auth, tenant, cloud, prompt=prompt, network=network, timeout=timeout)
    common = asking(cloud, for_azure(network))
    try:
        return _credential(identity, identity.client_id or "", tenant, cloud, common, network)
    except (OSError, ValueError) as error:
        raise ProvisionError(
            catalogue.SIGN_IN,
            f"the identity '{identity.name}' cannot sign in to the tenant {tenant}: {said(error)}",
            fix="Set the variable, or write the file, that the map of --identities names (docs/fleet.md).",
        ) from None


def _credential(  # noqa: PLR0917 - as they come
    given: Identity, client_id: str, tenant: str, cloud: Cloud, common: dict[str, Any], network: Network
) -> Credential:
    from azure import identity

    from provision.graph import federation

    match given.auth:
        case Auth.ENVIRONMENT if given.client_certificate is not None:
            path = str(given.client_certificate.file)
            bounded.refuse_unfit(path, _LARGEST)
            return identity.CertificateCredential(tenant, client_id, path, **common)
        case Auth.ENVIRONMENT:
            return identity.ClientSecretCredential(tenant, client_id, _value(given.client_secret), **common)
        case Auth.MANAGED:
            return identity.ManagedIdentityCredential(client_id=client_id, transport=common["transport"])
        case Auth.GITHUB:
            return federation.github_as(cloud, tenant, client_id, common, network)
        case Auth.AZURE_PIPELINES:
            connection = given.service_connection
            return federation.azure_pipelines_as(tenant, client_id, connection, common)
        case _:
            file = given.token.file if given.token else os.environ.get(FEDERATED_TOKEN)
            if not file:
                raise ValueError(f"Not set: {FEDERATED_TOKEN}")
            bounded.refuse_unfit(file, _LARGEST)
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant, client_id=client_id, token_file_path=file, **common
            )


def _value(held: Held | None) -> str:
    """Return what is secret, without the line end that an editor puts behind it."""
    assert held is not None
    if held.variable:
        text = os.environ.get(held.variable, "")
        if not text:
            raise ValueError(f"Not set: {held.variable}")
        return text
    text = bounded.text(str(held.file), _LARGEST).rstrip("\r\n")
    if not text:
        raise ValueError(f"{held} is empty")
    return text
