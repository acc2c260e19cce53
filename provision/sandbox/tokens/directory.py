"""What the login service looks up: tenants, clients, resources, and what each was granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.sandbox.authorization import permissions
from provision.sandbox.directory import tenants
from provision.sandbox.entities import service_principal
from provision.sandbox.tokens import refusals

if TYPE_CHECKING:
    from provision.sandbox.keeping.store import Record, Store, Tenant

GRAPH = "00000003-0000-0000-c000-000000000000"
AZURE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
PORTAL = "74658136-14ec-4630-ad9b-26e160ff0fc6"  # Azure CLI consents by it: tokens/portal.py

# Names of first-party resources, without a trailing slash
# (https://learn.microsoft.com/graph/deployments; Azure CLI's azure/cli/core/cloud.py).
_KNOWN = {
    "https://graph.microsoft.com": GRAPH,
    "https://graph.microsoft.us": GRAPH,
    "https://dod-graph.microsoft.us": GRAPH,
    "https://microsoftgraph.chinacloudapi.cn": GRAPH,
    "https://outlook.office365.com": "00000002-0000-0ff1-ce00-000000000000",
    "https://outlook.office.com": "00000002-0000-0ff1-ce00-000000000000",
    "https://graph.windows.net": "00000002-0000-0000-c000-000000000000",
    "https://management.azure.com": AZURE_MANAGEMENT,
    "https://management.core.windows.net": AZURE_MANAGEMENT,
    "https://management.usgovcloudapi.net": AZURE_MANAGEMENT,
    "https://management.chinacloudapi.cn": AZURE_MANAGEMENT,
}
GRAPH_NAMES = frozenset({GRAPH} | {name for name, app in _KNOWN.items() if app == GRAPH})

# Microsoft's own public clients that sign people in without a registration in the tenant
# (https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in).
# What the real ones are pre-authorised for is less: docs/sandbox.md, "Tokens".
PUBLIC_CLIENTS = {
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e": "Microsoft Graph Command Line Tools",
}
# https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
LOGIN_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoft.com",
        "login.windows.net",
        "sts.windows.net",
        "login.microsoftonline.us",
        "login.usgovcloudapi.net",
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
        "login.microsoftonline.de",
        "login-us.microsoftonline.com",
    }
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY_TENANT = frozenset({"common", "organizations"})


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for a token: its application (None if that is Microsoft's) and its principal."""

    id: str
    name: str
    application: Record | None
    principal: Record | None

    @property
    def public(self) -> bool:
        """Whether it may sign people in without a proof of its own."""
        if self.id in PUBLIC_CLIENTS:
            return True
        return self.application is not None and self.application.props.get("isFallbackPublicClient") is True


@dataclass(frozen=True, slots=True)
class Resource:
    """What a token is for."""

    audience: str
    app_id: str
    principal: Record | None  # None: Azure's management, whose permissions nobody is granted here
    both: bool = False  # holds for Azure, and for Graph at the same origin


def find_tenant(store: Store, name: str) -> Tenant:
    """Return the tenant that a login path names."""
    found = tenants.find(store, name)
    if found is None:
        raise refusals.tenant_not_found(name)
    return found


def tenant_of_user(store: Store, username: str) -> Tenant:
    """Return the tenant whose verified domain a user name ends in: how ``organizations`` finds home."""
    return find_tenant(store, username.rpartition("@")[2] or username)


def display_name(tenant: Tenant) -> str:
    """Return what refusals call a tenant: the name of its organization."""
    organization = next(iter(tenant.all("organization")), None)
    return str(organization.props.get("displayName") or tenant.id) if organization else tenant.id


def find_client(store: Store, tenant: Tenant, client_id: str) -> Client | None:
    """Return the client with this id: registered here, in another tenant, or Microsoft's."""
    key = client_id.strip().lower()
    principal = tenant.one("servicePrincipal", "appId", key)
    application = tenant.one("application", "appId", key)
    if application is None and principal is not None:
        homes = (t.one("application", "appId", key) for t in store.tenants.values())
        application = next((found for found in homes if found is not None), None)
    if application is None and principal is None and key not in PUBLIC_CLIENTS:
        return None
    named = application or principal
    name = str(named.props.get("displayName")) if named else PUBLIC_CLIENTS[key]
    return Client(key, name, application, principal)


def of_one_tenant(store: Store, client_id: str) -> Client | None:
    """Return the client with this id if its application is for one tenant only, whichever that is."""
    key = client_id.strip().lower()
    for tenant in store.tenants.values():
        application = tenant.one("application", "appId", key)
        if application is not None and application.props.get("signInAudience") == "AzureADMyOrg":
            return Client(key, str(application.props.get("displayName")), application, None)
    return None


def find_resource(tenant: Tenant, name: str, origin: str) -> Resource:
    """Return the resource that a scope names; the sandbox's own host means Graph, its ``/arm`` Azure.

    Azure CLI takes a token for its resource manager to every path of that origin (``az rest``;
    azure/cli/core/util.py, ``is_same_origin``), which is Graph's too unless the hosts are the clouds'
    own: the token then holds for both.
    """
    plain = name.rstrip("/").lower()
    own = _own(plain, origin)
    app_id = _KNOWN.get(plain) or own or plain
    if app_id == AZURE_MANAGEMENT:
        if urlsplit(origin).hostname in LOGIN_HOSTS:
            return Resource(name, app_id, None)
        return Resource(name, GRAPH, tenant.one("servicePrincipal", "appId", GRAPH), both=True)
    if app_id == PORTAL:
        return Resource(PORTAL, app_id, None)
    principal = tenant.one("servicePrincipal", "appId", app_id) or _by_identifier(tenant, plain)
    if principal is None:
        raise refusals.no_resource(name, display_name(tenant))
    audience = "https://graph.microsoft.com" if own else name
    return Resource(audience, str(principal.props["appId"]), principal)


def _own(resource: str, origin: str) -> str | None:
    """Hosts compare without the port: Kiota asks for ``https://localhost/.default`` whatever the port."""
    try:
        asked, here = urlsplit(resource), urlsplit(origin)
        same = asked.scheme == "https" and asked.hostname in (here.hostname, *LOOPBACK)
    except ValueError:
        return None
    if not same:
        return None
    return {"": GRAPH, "/arm": AZURE_MANAGEMENT}.get(asked.path)


def _by_identifier(tenant: Tenant, name: str) -> Record | None:
    for principal in tenant.all("servicePrincipal"):
        names = service_principal.view(principal).get("servicePrincipalNames", ())
        if any(str(n).rstrip("/").lower() == name for n in names):
            return principal
    return None


def granted_roles(tenant: Tenant, client: Record, resource: Resource) -> list[str]:
    """Values of the application roles that the client's principal holds on the resource, now."""
    if resource.principal is None:
        return []
    if client.private.get("administrator") and resource.app_id == GRAPH:
        return sorted(permissions.application_permissions())
    held = {
        g.props["appRoleId"]
        for g in tenant.find("appRoleAssignment", "principalId", client.id)
        if g.props["resourceId"] == resource.principal.id
    }
    if not held:
        return []
    offered = service_principal.view(resource.principal)["appRoles"]
    return sorted(str(r["value"]) for r in offered if r["id"] in held and r["value"])


def granted_scopes(tenant: Tenant, client: Client, user: Record, resource: Resource) -> set[str]:
    """Delegated scopes that the client may use on the resource for this user."""
    if resource.principal is None:
        return {"user_impersonation"}
    pre_authorised = client.principal is not None and client.principal.private.get("administrator")
    if (client.id in PUBLIC_CLIENTS or pre_authorised) and resource.app_id == GRAPH:
        return set(permissions.delegated_permissions())
    if client.principal is None:
        return set()
    scopes: set[str] = set()
    for grant in tenant.find("oauth2PermissionGrant", "clientId", client.principal.id):
        if grant.props["resourceId"] != resource.principal.id:
            continue
        if grant.props["consentType"] == "AllPrincipals" or grant.props.get("principalId") == user.id:
            scopes |= set(str(grant.props.get("scope") or "").split())
    return scopes


def directory_roles(tenant: Tenant, principal_id: str) -> frozenset[str]:
    """Template ids of the directory roles assigned to a user or principal."""
    return frozenset(
        str(r.props["roleDefinitionId"]).lower()
        for r in tenant.find("roleAssignment", "principalId", principal_id)
    )
