"""Find a tenant's id, and check that the token is for that tenant.

Source: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc

The fields of the OpenID document that tell a tenant's cloud are described on no page of Microsoft's:
``msgraph_host`` and ``cloud_instance_name`` are in the documents that it shows, and
``tenant_region_sub_scope`` (``DODCON`` for GCC High, ``DOD``) is what public clients go by, for example
https://github.com/Gerenios/AADInternals. A document without them tells nothing, and nothing is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from provision.clouds import CLOUDS, Cloud
from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.graph.client import Graph
from provision.graph.refusals import translated

_BY_SUB_SCOPE = {"DODCON": "gcc-high", "DOD": "dod"}
_NO_TENANT = (400, 404)  # with AADSTS90002; another status says nothing of the tenant
_ISSUER_TENANT = re.compile(r"/([0-9a-fA-F-]{36})(/|$)")


async def id_of(graph: Graph, tenant: str) -> str:
    """Return the tenant's GUID in small letters; a domain is looked up in its OpenID document.

    Nobody signs in for it. ``ProvisionError`` if there is no such tenant in this cloud, or the login host
    cannot be reached.
    """
    return tenant.lower() if is_guid(tenant) else await _by_domain(graph, tenant)


async def resolve(graph: Graph, tenant: str) -> str:
    """Return the tenant's GUID.

    ``ProvisionError`` as :func:`id_of`, and if the identity that signed in belongs to another tenant: nothing
    must be written there. If nobody can sign in because there is no such tenant here, that is what is said.
    """
    tenant_id = await id_of(graph, tenant)
    try:
        await graph.tokens.get_authorization_token(graph.root)
    except ProvisionError as error:
        if error.entry is catalogue.SIGN_IN:
            await _refuse_unknown(graph, tenant, error)
        raise
    graph.tokens.hold_to(tenant_id)
    return tenant_id


async def _refuse_unknown(graph: Graph, tenant: str, refused: ProvisionError) -> None:
    """Raise ``ProvisionError`` if the login host knows no such tenant, or one of another cloud.

    What the ways of signing in say of that are the words of a library, about its own settings.
    """
    try:
        response = await graph.fetch_once(openid_url(graph.cloud, tenant))
    except Lost:
        return
    found = read_document(response.content) if response.is_success else None
    if response.status_code in _NO_TENANT:
        message = f"tenant '{tenant}' is not in the cloud '{graph.cloud.name}'"
        raise ProvisionError(
            catalogue.TENANT_NOT_FOUND, message, service_code=refused.service_code
        ) from refused
    if found is not None:
        refuse_other_cloud(graph.cloud, tenant, found)


async def openid_document(graph: Graph, tenant: str) -> dict[str, Any] | None:
    """Return the tenant's OpenID document; ``None`` if its login host knows no such tenant."""
    try:
        response = await graph.fetch(openid_url(graph.cloud, tenant))
    except Lost as failure:
        raise translated(failure, "looking up the tenant") from failure
    return read_document(response.content) if response.is_success else None


def openid_url(cloud: Cloud, tenant: str) -> str:
    """Return the address of a tenant's OpenID document, which needs no token."""
    return f"{cloud.login}/{quote(tenant, safe='')}/v2.0/.well-known/openid-configuration"


def read_document(content: bytes) -> dict[str, Any] | None:
    """Return a document that is one, else ``None``."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def lives_in(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the clouds that a tenant with this document may be in; none: it does not tell."""
    named = _BY_SUB_SCOPE.get(str(document.get("tenant_region_sub_scope")))
    if named:
        return frozenset({named})
    host = document.get("msgraph_host")
    # GCC High and DoD share a login host, and which Graph it names for the one that lacks a sub-scope
    # nobody has written down.
    shared = ("graph.microsoft.us", "microsoftonline.us")
    if host in shared or (host is None and document.get("cloud_instance_name") in shared):
        return frozenset({"gcc-high", "dod"})
    found = {c.name for c in CLOUDS.values() if urlsplit(c.graph).netloc == host}
    if not found:
        instance = str(document.get("cloud_instance_name"))
        found = {c.name for c in CLOUDS.values() if urlsplit(c.login).netloc == f"login.{instance}"}
    return frozenset(found)


def refuse_other_cloud(cloud: Cloud, tenant: str, document: Mapping[str, Any]) -> None:
    """Raise ``ProvisionError`` if the document says that the tenant lives in another cloud than this."""
    where = lives_in(document)
    if cloud.name in CLOUDS and where and cloud.name not in where:
        names = " or ".join(sorted(where, key=list(CLOUDS).index))
        raise ProvisionError(
            catalogue.WRONG_CLOUD,
            f"tenant '{tenant}' lives in the cloud {names}, not in {cloud.name}",
            fix=f"Set tenant.cloud to {names}.",
        )


async def _by_domain(graph: Graph, domain: str) -> str:
    found = await openid_document(graph, domain)
    issuer = _ISSUER_TENANT.search(str(found.get("issuer"))) if found else None
    if found is None or issuer is None:
        raise ProvisionError(
            catalogue.TENANT_NOT_FOUND, f"tenant '{domain}' is not in the cloud '{graph.cloud.name}'"
        )
    refuse_other_cloud(graph.cloud, domain, found)
    return issuer[1].lower()


def is_guid(text: str) -> bool:
    """Say whether a tenant is named by its id, and not by a domain."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
