"""What an administrator's consent grants: all that the application declares, to the whole organization.

https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent: application permissions as
role assignments, delegated ones as one grant for all principals; a principal is made if there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.sandbox.authorization import permissions
from provision.sandbox.directory import grants, principals
from provision.sandbox.entities import service_principal
from provision.sandbox.tokens import directory
from provision.sandbox.wire import inward
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Record, Tenant
    from provision.sandbox.wire.call import Call

_MAY = frozenset({GLOBAL_ADMINISTRATOR, permissions.PRIVILEGED_ROLE_ADMINISTRATOR})
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One permission that the application declares."""

    resource: Record
    id: str
    value: str
    label: str
    delegated: bool


def may_consent(tenant: Tenant, user_id: str) -> bool:
    """Return whether a person may consent for everybody."""
    return bool(directory.directory_roles(tenant, user_id) & _MAY)


def wanted(tenant: Tenant, application: Record) -> list[Wanted]:
    """Return the permissions that the application declares, of the resources that the tenant has."""
    out: list[Wanted] = []
    for access in application.props["requiredResourceAccess"]:
        resource = tenant.one("servicePrincipal", "appId", str(access["resourceAppId"]))
        if resource is None:
            continue
        roles = {str(r["id"]): r for r in service_principal.app_roles(resource)}
        scopes = {str(s["id"]): s for s in service_principal.scopes(resource)}
        for entry in access["resourceAccess"]:
            delegated = entry["type"] == "Scope"
            found = (scopes if delegated else roles).get(entry["id"])
            if found is not None:
                name = found["adminConsentDisplayName" if delegated else "displayName"]
                label = f"{name} ({found['value']})"
                out.append(Wanted(resource, found["id"], str(found["value"]), label, delegated))
    return out


def grant(sandbox: Sandbox, tenant: Tenant, app_id: str, chosen: list[Wanted]) -> None:
    """Grant what is not granted yet."""
    call = inward.call(sandbox, tenant)
    principal = tenant.one("servicePrincipal", "appId", app_id) or principals.create(call, {"appId": app_id})
    held = {
        (g.props["resourceId"], g.props["appRoleId"])
        for g in tenant.find("appRoleAssignment", "principalId", principal.id)
    }
    for one in chosen:
        if not one.delegated and (one.resource.id, one.id) not in held:
            body = {"principalId": principal.id, "resourceId": one.resource.id, "appRoleId": one.id}
            grants.assign(call, body)
    for resource_id in dict.fromkeys(one.resource.id for one in chosen if one.delegated):
        values = [one.value for one in chosen if one.delegated and one.resource.id == resource_id]
        _grant_scopes(call, principal, resource_id, values)


def _grant_scopes(call: Call, principal: Record, resource_id: str, values: list[str]) -> None:
    for record in call.tenant.find("oauth2PermissionGrant", "clientId", principal.id):
        if (record.props["resourceId"], record.props["consentType"]) == (resource_id, "AllPrincipals"):
            held = str(record.props.get("scope") or "").split()
            grants.regrant(call, record, {"scope": " ".join(dict.fromkeys([*held, *values]))})
            return
    body: Json = {"clientId": principal.id, "consentType": "AllPrincipals", "resourceId": resource_id}
    grants.grant(call, body | {"scope": " ".join(values)})
