"""Ask the token endpoint as the product will: with a client id, a tenant and a secret's value.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import re
from typing import Any

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.graph.client import Graph
from provision.graph.identity import same
from provision.graph.refusals import translated
from provision.graph.tokens import claims_of
from provision.secret import Secret

# What the login servers answer to a secret, or an application, that they have not heard of yet.
# https://github.com/microsoftgraph/microsoft-graph-docs/issues/17966 saw 4 to 18 seconds.
_NOT_YET = frozenset({7000215, 700016})


_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def looks_like_id(secret: Secret) -> bool:
    """Say whether what should be a secret's Value is an id: the portal shows the Secret ID beside it."""
    return _GUID.fullmatch(secret.reveal().strip()) is not None


class Refused(Exception):
    """The token endpoint said no: ``codes`` are its AADSTS numbers, ``text`` its own words in a line."""

    def __init__(self, codes: frozenset[int], text: str, trace_id: str | None) -> None:
        super().__init__(text)
        self.codes = codes
        self.text = text
        self.trace_id = trace_id

    @property
    def transient(self) -> bool:
        """Whether the refusal may be transient: a secret or application not replicated yet is refused so."""
        return bool(self.codes & _NOT_YET)


async def sign_in(graph: Graph, tenant_id: str, client_id: str, secret: Secret) -> str:
    """Return an access token for Graph; ``Refused`` with the endpoint's reason if it gives none.

    Raises ``ProvisionError`` if it cannot be reached, or if the token is another application's.
    """
    url = f"{graph.cloud.login}/{tenant_id}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret.reveal(),
        "scope": graph.cloud.scope,
    }
    try:
        response = await graph.post_form(url, form)
    except Lost as failure:
        raise translated(failure, "signing in with the secret") from None
    finally:
        form.clear()  # no traceback of what comes next is to find it
    document: Any = None
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
    if response.is_success and isinstance(document.get("access_token"), str):
        return _own(str(document["access_token"]), tenant_id, client_id)
    codes = document.get("error_codes")
    said = str(document.get("error_description") or document.get("error") or f"HTTP {response.status_code}")
    raise Refused(
        frozenset(code for code in codes if isinstance(code, int))
        if isinstance(codes, list)
        else frozenset(),
        said.splitlines()[0].split(" Trace ID:")[0],
        str(document["trace_id"]) if document.get("trace_id") else None,
    )


def _own(token: str, tenant_id: str, client_id: str) -> str:
    """Return a token that is for this application, as far as it can be read; else ``ProvisionError``.

    Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    claims = claims_of(token)
    told = {"client id": claims.get("appid", claims.get("azp")), "tenant": claims.get("tid")}
    asked = {"client id": client_id, "tenant": tenant_id}
    for name, found in told.items():
        by_domain = name == "tenant" and not _GUID.fullmatch(tenant_id)
        if isinstance(found, str) and not by_domain and not same(found, asked[name]):
            raise ProvisionError(
                catalogue.OTHER_OBJECT,
                f"signing in with the secret: asked for {name} {asked[name]}, and the token is for {found}",
            )
    return token
