"""The token that a credential gives: held for all requests, renewed in time, and never another tenant's."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator

from provision.clouds import Cloud
from provision.errors import ProvisionError, catalogue
from provision.graph import named_files
from provision.graph.credentials import TIMEOUT, Credential
from provision.graph.ways import GIVEN, Way
from provision.values import dataclass

# No federated credential of the application fits the token: its subject, issuer or audience.
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
_NO_MATCH = re.compile(r"AADSTS(?:70021|7002[0-9]{2,4})\b")
_EARLY = 300  # seconds before its end at which a token is renewed


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


def fixed_token(token: str, tenant: str, cloud: Cloud) -> Tokens:
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
        timeout: float = TIMEOUT,
    ) -> None:
        """``presented`` returns a token such as a pipeline's host presents, if this is one's sign-in.

        ``timeout`` is how many seconds a program was waited for that the credential asks.
        """
        self._credential = credential
        self._presented = presented
        self._way = way
        self._tenant = tenant
        self._cloud = cloud
        self._timeout = timeout
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
            from provision.graph.sign_in_failures import refused

            misfit = self._misfit(error)
            told = refused(
                error, self._way, self._tenant, self._cloud, seconds=self._timeout, federation=misfit
            )
            raise told from None  # what caused it may hold what a program said, a token included
        except OSError as error:  # a file that a variable names
            from provision.graph.sign_in_failures import refused

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
