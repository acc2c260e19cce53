"""Who we are: azure-identity's credentials, one way to sign in for each ``--auth``, and the token.

Source: https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator

from provision.clouds import CLOUDS, Cloud
from provision.errors import ProvisionError, catalogue
from provision.graph import named_files
from provision.graph.sign_in_failures import refused
from provision.graph.ways import GIVEN, WAYS, Auth, Way
from provision.network import Network
from provision.network.clients import for_azure

# No federated credential of the application fits the token: its subject, issuer or audience.
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
_NO_MATCH = re.compile(r"AADSTS(?:70021|7002[0-9]{2,4})\b")
_EARLY = 300  # seconds before its end at which a token is renewed
_CONNECT, _ANSWER = 15, 60  # seconds for one try, as for Graph
PATIENCE = 120.0  # seconds for the login service, or a program that is asked for a token
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
    patience: float = PATIENCE,
) -> Credential:
    """Return the credential for one way to sign in; nothing is sent yet.

    ``prompt`` shows the person what to do for a device code; ``network`` is what requests go through.
    ``patience`` is how many seconds the login service, or a program that is asked for a token, may take.
    Raises ``ProvisionError`` if a variable that it needs is not set, or names a file that cannot be used.
    """
    seconds = max(1, round(patience))
    transport = for_azure(network, connect=min(_CONNECT, seconds), answer=min(_ANSWER, seconds))
    common = {**asking(cloud, transport), "additionally_allowed_tenants": [tenant]}
    try:
        if auth in {Auth.DEFAULT, Auth.ENVIRONMENT, Auth.WORKLOAD}:
            named_files.refuse_endless(named_files.FEDERATED_TOKEN, named_files.CERTIFICATE)
        return _credential(auth, tenant, cloud, common, prompt, network, seconds)
    except (OSError, ValueError) as error:  # a certificate is read at once
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


def presented(auth: Auth, cloud: Cloud, network: Network, *, patience: float = PATIENCE) -> str | None:
    """Return a token such as a pipeline's host presents to Entra, or None where no host does."""
    if auth not in {Auth.GITHUB, Auth.AZURE_PIPELINES, Auth.WORKLOAD}:
        return None
    from provision.graph import federation

    return federation.presented(auth, cloud, network, seconds=min(federation.ANSWER, patience))


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


class _AccessToken(NamedTuple):
    token: str
    expires_on: int


@dataclass(frozen=True)
class GivenToken:
    """A credential that is a token, handed to us ready-made."""

    token: str = field(repr=False)

    def get_token(self, *_: str, **__: Any) -> _AccessToken:
        """Return the token; it outlives any run."""
        return _AccessToken(self.token, int(time.time()) + 3600)


def given(token: str, tenant: str, cloud: Cloud) -> Tokens:
    """Return tokens that are always this one."""
    return Tokens(GivenToken(token), GIVEN, tenant, cloud)


def claims_of(token: str) -> dict[str, Any]:
    """Return a token's claims; empty if it cannot be read, for Microsoft may change its format."""
    try:
        payload = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class Tokens(AccessTokenProvider):
    """Hands one token to all requests, and renews it in time: the SDK asks anew for each request."""

    def __init__(
        self,
        credential: Credential,
        way: Way,
        tenant: str,
        cloud: Cloud,
        presented: Callable[[], str | None] = lambda: None,
        *,
        patience: float = PATIENCE,
    ) -> None:
        """``presented`` returns a token such as a pipeline's host presents, if this is one's sign-in.

        ``patience`` is how many seconds a program was waited for that the credential asks.
        """
        self._credential = credential
        self._presented = presented
        self._way = way
        self._tenant = tenant
        self._cloud = cloud
        self._patience = patience
        self._lock = asyncio.Lock()
        self._token: tuple[str, float] | None = None
        self._held_to: str | None = None  # the tenant's GUID, once it is known

    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, Any] | None = None
    ) -> str:
        """Return a bearer token; ``ProvisionError`` if sign-in fails."""
        claims = (additional_authentication_context or {}).get("claims")
        if urlsplit(uri).netloc != urlsplit(self._cloud.graph).netloc:
            return ""  # a link to elsewhere must not carry our token
        async with self._lock:
            if claims or self._token is None or self._token[1] - time.time() < _EARLY:
                renewed = await asyncio.to_thread(self._ask, _decoded(claims))
                self._refuse_other_tenant(renewed[0])
                self._token = renewed
            return self._token[0]

    def hold_to(self, tenant_id: str) -> None:
        """Let no token pass that is for another tenant: neither the present one nor one that renews it.

        Raises ``ProvisionError`` if the present one is, as the request does that needs a new one.
        A token that cannot be read passes: Microsoft may change its format.
        """
        self._held_to = tenant_id.lower()
        if self._token is not None:
            self._refuse_other_tenant(self._token[0])

    def _refuse_other_tenant(self, token: str) -> None:
        found = claims_of(token).get("tid")
        if self._held_to is not None and isinstance(found, str) and found.lower() != self._held_to:
            raise ProvisionError(
                catalogue.SIGN_IN,
                f"this identity signed in to tenant {found.lower()}, but the config means {self._held_to}",
                fix=f"Sign in to the config's tenant, for example with 'az login --tenant {self._tenant}'.",
            )

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        """Return a validator of the one host that our token is for."""
        return AllowedHostsValidator([urlsplit(self._cloud.graph).netloc])

    def close(self) -> None:
        """Close the credential's own connections, if it has any."""
        close = getattr(self._credential, "close", None)
        if close is not None:
            close()

    def tenant_id(self) -> str | None:
        """Return the tenant that the token is for, as far as its payload can be read."""
        found = self.claims().get("tid")
        return found.lower() if isinstance(found, str) else None

    def claims(self) -> dict[str, Any]:
        """Return the claims of the present token; empty if there is none yet, or it cannot be read."""
        return claims_of(self._token[0]) if self._token else {}

    def presented_claims(self) -> dict[str, Any]:
        """Return the claims of a token such as the pipeline's host presents; empty if no host does."""
        found = self._presented()
        return claims_of(found) if found else {}

    def caller(self) -> dict[str, str]:
        """Return who signed in, in the token's own words: ``tid``, ``oid``, ``appid``, ``upn``, ``idtyp``."""
        payload = self.claims()
        words = ("tid", "oid", "appid", "upn", "idtyp")
        return {word: str(payload[word]) for word in words if word in payload}

    def _ask(self, claims: str | None) -> tuple[str, float]:
        from azure.core.exceptions import AzureError

        asked: dict[str, Any] = {"claims": claims} if claims else {}
        try:
            given = self._credential.get_token(self._cloud.scope, enable_cae=True, **asked)
        except (AzureError, ValueError) as error:
            misfit = self._misfit(error)
            told = refused(
                error, self._way, self._tenant, self._cloud, seconds=self._patience, federation=misfit
            )
            raise told from None  # what caused it may hold what a program said, a token included
        except OSError as error:  # a file that a variable names
            named = ValueError(named_files.said(error))
            raise refused(named, self._way, self._tenant, self._cloud, seconds=0) from error
        return given.token, given.expires_on

    def _misfit(self, error: Exception) -> str | None:
        """Return what to do where no federated credential fits what this job presents; None: that is not
        known.
        """
        found = self.presented_claims() if _NO_MATCH.search(str(error)) else {}
        if not {"iss", "sub", "aud"} <= set(found):
            return None
        from provision.graph import federation

        return federation.credential_for(found)


def _decoded(claims: Any) -> str | None:
    """A challenge carries its claims in base64; azure-identity wants the JSON."""
    if not claims:
        return None
    try:
        text = str(claims)
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return str(claims)
