"""Who we are: azure-identity's credentials, one way to sign in for each ``--auth``.

Source: https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, Protocol

from provision.clouds import CLOUDS, Cloud
from provision.graph import named_files
from provision.graph.ways import WAYS, Auth
from provision.network import Network
from provision.network.clients import for_azure

_CONNECT, _ANSWER = 15, 60  # seconds for one try, as for Graph
TIMEOUT = 120.0  # seconds for the login service, or a program that is asked for a token
# azure-identity would log on stderr, at length and unescaped, what is told in the error anyway.
logging.getLogger("azure").addHandler(logging.NullHandler())


class Credential(Protocol):
    """What azure-identity's synchronous credentials have in common."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """Return an object with ``token`` and ``expires_on``."""


def credential(
    auth: Auth,
    tenant: str,
    cloud: Cloud,
    *,
    prompt: Callable[[str], None],
    network: Network,
    timeout: float = TIMEOUT,
) -> Credential:
    """Return the credential for one way to sign in; nothing is sent yet.

    ``prompt`` shows the person what to do for a device code; ``network`` is what requests go through.
    ``timeout`` is how many seconds the login service, or a program that is asked for a token, may take.
    Raises ``ProvisionError`` if a variable that it needs is not set, or names a file that cannot be used.
    """
    seconds = max(1, round(timeout))
    transport = for_azure(network, connect=min(_CONNECT, seconds), answer=min(_ANSWER, seconds))
    common = {**asking(cloud, transport), "additionally_allowed_tenants": [tenant]}
    try:
        if auth in {Auth.DEFAULT, Auth.ENVIRONMENT, Auth.WORKLOAD}:
            named_files.refuse_endless(named_files.FEDERATED_TOKEN, named_files.CERTIFICATE)
        return _credential(auth, tenant, cloud, common, prompt, network, seconds)
    except (OSError, ValueError) as error:  # a certificate is read at once
        from provision.graph.sign_in_failures import refused

        named = ValueError(named_files.said(error))
        raise refused(named, WAYS[auth], tenant, cloud, seconds=0) from error


def _credential(  # noqa: PLR0917 - as they come
    auth: Auth,
    tenant: str,
    cloud: Cloud,
    common: dict[str, Any],
    prompt: Callable[[str], None],
    network: Network,
    seconds: int,
) -> Credential:
    from azure import identity

    match auth:
        case Auth.DEFAULT:
            return identity.DefaultAzureCredential(
                **common,
                workload_identity_tenant_id=os.environ.get("AZURE_TENANT_ID", tenant),
                process_timeout=seconds,
            )
        case Auth.ENVIRONMENT:
            return identity.EnvironmentCredential(**common)
        case Auth.CLI:
            return identity.AzureCliCredential(tenant_id=tenant, process_timeout=seconds)
        case Auth.WORKLOAD | Auth.GITHUB | Auth.AZURE_PIPELINES:
            return _federated(auth, tenant, cloud, common, network, seconds=seconds)
        case Auth.MANAGED:
            return identity.ManagedIdentityCredential(transport=common["transport"])
        case Auth.DEVICE_CODE:
            return identity.DeviceCodeCredential(
                tenant_id=tenant,
                prompt_callback=lambda uri, code, _: prompt(f"To sign in, open {uri} and enter {code}"),
                **common,
            )
        case Auth.BROWSER:
            return identity.InteractiveBrowserCredential(tenant_id=tenant, **common)


def _federated(
    auth: Auth, tenant: str, cloud: Cloud, common: dict[str, Any], network: Network, *, seconds: float
) -> Credential:
    """Return a credential for a token of a service that Entra trusts; ``ValueError``: what is not set."""
    from azure import identity

    from provision.graph import federation

    match auth:
        case Auth.GITHUB:
            answer = min(federation.ANSWER, seconds)
            return federation.github(cloud, tenant, common, network, seconds=answer)
        case Auth.AZURE_PIPELINES:
            return federation.azure_pipelines(tenant, common)
        case _:
            return identity.WorkloadIdentityCredential(**common)


def presented(auth: Auth, cloud: Cloud, network: Network, *, timeout: float = TIMEOUT) -> str | None:
    """Return a token such as a pipeline's host presents to Entra, or None where no host does."""
    if auth not in {Auth.GITHUB, Auth.AZURE_PIPELINES, Auth.WORKLOAD}:
        return None
    from provision.graph import federation

    return federation.presented(auth, cloud, network, seconds=min(federation.ANSWER, timeout))


def asking(cloud: Cloud, transport: Any) -> dict[str, Any]:
    """Return what every credential that asks a cloud's login service is made with."""
    found: dict[str, Any] = {"authority": cloud.login, "transport": transport}
    if cloud.name not in CLOUDS:  # only Microsoft's own hosts are listed in its instance discovery
        found["disable_instance_discovery"] = True
    return found


def application(
    cloud: Cloud, tenant: str, client_id: str, client_secret: str, *, network: Network
) -> Credential:
    """Return the credential of an application whose secret is at hand; nothing is sent yet."""
    from azure import identity

    return identity.ClientSecretCredential(
        tenant,
        client_id,
        client_secret,
        **asking(cloud, for_azure(network)),
    )
