"""Discovery: where the endpoints are, which hosts are known, who manages a user's sign-in.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc; the shapes of instance and
realm discovery are those that MSAL reads (``msal/authority.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.sandbox.tokens import directory, refusals
from provision.sandbox.tokens.refusals import TokenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.sandbox.keeping.store import Store


def configuration(store: Store, tenant_name: str, origin: str, *, v2: bool) -> dict[str, Any]:
    """Return the OpenID configuration of a tenant; 400 ``invalid_tenant`` if there is none."""
    if tenant_name.lower() in directory.ANY_TENANT:
        issuer_id, path = "{tenantid}", tenant_name.lower()
    else:
        try:
            issuer_id = path = directory.find_tenant(store, tenant_name).id
        except TokenError as error:
            raise refusals.tenant_not_found(tenant_name, "invalid_tenant") from error
    base = f"{origin}/{path}"
    version = "v2.0/" if v2 else ""
    document: dict[str, Any] = {
        "token_endpoint": f"{base}/oauth2/{version}token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": f"{origin}/{issuer_id}/v2.0" if v2 else f"https://sts.windows.net/{issuer_id}/",
        "authorization_endpoint": f"{base}/oauth2/{version}authorize",
        "device_authorization_endpoint": f"{base}/oauth2/{version}devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/{version}logout",
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "NA",
        "cloud_instance_name": _INSTANCES.get(urlsplit(origin).netloc, "microsoftonline.com"),
        "cloud_graph_host_name": "graph.windows.net",
        **_graph_host(origin),
        "rbac_url": "https://pas.windows.net",
    }
    return document | (_second(base) if v2 else _first(base, origin))


_CLAIMS = (
    "sub",
    "iss",
    "cloud_instance_name",
    "cloud_instance_host_name",
    "cloud_graph_host_name",
    "msgraph_host",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
)


def _second(base: str) -> dict[str, Any]:
    return {
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "claims_supported": [
            *_CLAIMS,
            "nonce",
            "preferred_username",
            "name",
            "tid",
            "ver",
            "at_hash",
            "c_hash",
            "email",
        ],
    }


def _first(base: str, origin: str) -> dict[str, Any]:
    """Return what v1.0 says otherwise: by the articles of Azure's API for FHIR, and others' copies."""
    return {
        "jwks_uri": f"{origin}/common/discovery/keys",
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "scopes_supported": ["openid"],
        "microsoft_multi_refresh_token": True,
        "check_session_iframe": f"{base}/oauth2/checksession",
        "userinfo_endpoint": f"{base}/openid/userinfo",
        "claims_supported": [*_CLAIMS, "amr", "nonce", "email", "given_name", "family_name", "nickname"],
    }


# https://learn.microsoft.com/graph/deployments; the login host of GCC High and DoD is one, their Graphs
# are two, and a sandbox does not know which of them a tenant is in.
_GRAPH_HOSTS = {
    "login.microsoftonline.com": "graph.microsoft.com",
    "login.microsoft.com": "graph.microsoft.com",
    "login.chinacloudapi.cn": "microsoftgraph.chinacloudapi.cn",
    "login.partner.microsoftonline.cn": "microsoftgraph.chinacloudapi.cn",
}


_INSTANCES = {
    "login.microsoftonline.us": "microsoftonline.us",
    "login.partner.microsoftonline.cn": "partner.microsoftonline.cn",
    "login.chinacloudapi.cn": "partner.microsoftonline.cn",
}


def _graph_host(origin: str) -> dict[str, str]:
    host = urlsplit(origin).netloc
    if host == "login.microsoftonline.us":
        return {}
    return {"msgraph_host": _GRAPH_HOSTS.get(host, host)}


def instance(authorization_endpoint: str, origin: str) -> dict[str, Any]:
    """Return whether a host is a cloud's login host, or this sandbox."""
    if not authorization_endpoint:
        raise refusals.missing("authorization_endpoint")
    try:
        asked = urlsplit(authorization_endpoint)
        known = (
            asked.netloc.lower() == urlsplit(origin).netloc.lower() or asked.hostname in directory.LOGIN_HOSTS
        )
    except ValueError as error:
        raise refusals.unknown_instance() from error
    if not known:
        raise refusals.unknown_instance()
    tenant_name = asked.path.strip("/").split("/")[0] or "common"
    return {
        "tenant_discovery_endpoint": f"https://{asked.netloc}/{tenant_name}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": _metadata(asked.netloc),
    }


# Host that is preferred, host that caches are kept under, aliases: recorded by the tests of
# Azure/azure-sdk-for-js, 2021, and the same in MSAL's own lists.
_CLOUDS = (
    (
        "login.microsoftonline.com",
        "login.windows.net",
        ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    ("login.microsoftonline.de", "login.microsoftonline.de", ("login.microsoftonline.de",)),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        ("login.microsoftonline.us", "login.usgovcloudapi.net"),
    ),
    ("login-us.microsoftonline.com", "login-us.microsoftonline.com", ("login-us.microsoftonline.com",)),
)


def _metadata(host: str) -> list[dict[str, Any]]:
    """Return the clouds, and this sandbox if it was asked by a name that is none of theirs."""
    known = [
        {"preferred_network": network, "preferred_cache": cache, "aliases": list(aliases)}
        for network, cache, aliases in _CLOUDS
    ]
    if any(host.lower() in entry["aliases"] for entry in known):
        return known
    return [*known, {"preferred_network": host, "preferred_cache": host, "aliases": [host]}]


def azure_cloud(origin: str) -> dict[str, Any]:
    """Return what ``az cloud register`` reads of a manager (Azure CLI, ``azure/cli/core/cloud.py``)."""
    return {
        "name": "sandbox",
        "portal": origin,
        "graph": origin,
        "graphAudience": origin,
        "microsoftGraphResourceId": f"{origin}/",
        "resourceManager": f"{origin}/arm",
        "authentication": {
            "loginEndpoint": origin,
            "audiences": [f"{origin}/arm", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {},
    }


def realm(username: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Every user of the sandbox signs in here: nobody is federated."""
    if not query.get("api-version"):
        raise refusals.missing_field("api-version")
    return {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": username.rpartition("@")[2],
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }
