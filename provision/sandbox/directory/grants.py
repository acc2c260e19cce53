"""Consent: app role assignments and delegated permission grants.

https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto and
https://learn.microsoft.com/graph/api/oauth2permissiongrant-post
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.clock import precise
from provision.sandbox.entities.grants import (
    APP_ROLE_ASSIGNMENT,
    OAUTH2_PERMISSION_GRANT,
    assignment_id,
    joined_id,
)
from provision.sandbox.entities.schema import is_guid, read
from provision.sandbox.entities.service_principal import app_roles, view
from provision.sandbox.errors import (
    GraphError,
    bad_request,
    invalid_value,
    missing_value,
    not_a_reference,
    not_found,
)
from provision.sandbox.keeping.store import Record
from provision.sandbox.wire.call import Call

Json = dict[str, Any]
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"  # "default access", of a resource without roles
_PRINCIPALS = ("servicePrincipal", "user", "group")
_TYPES = {"servicePrincipal": "ServicePrincipal", "user": "User", "group": "Group"}


def assign(call: Call, body: Json) -> Record:
    """Give a principal an app role of a resource."""
    sent = read(APP_ROLE_ASSIGNMENT, body)
    for name in ("principalId", "resourceId", "appRoleId"):
        if sent.get(name) is None:
            raise missing_value(name, "AppRoleAssignment")
    principal = call.tenant.any(sent["principalId"], _PRINCIPALS)
    if principal is None:
        raise _unusable(call, sent["principalId"])
    resource = call.tenant.get("servicePrincipal", sent["resourceId"])
    if resource is None:
        raise _unusable(call, sent["resourceId"])
    role_id = sent["appRoleId"]
    role = next((r for r in app_roles(resource) if r["id"] == role_id), None)
    member = "Application" if principal.kind == "servicePrincipal" else "User"
    known = role is not None and role["isEnabled"] and member in role["allowedMemberTypes"]
    if not known and role_id != DEFAULT_ROLE:
        raise bad_request(
            f"Permission being assigned was not found on application '{resource.props['appId']}'."
        )
    for other in call.tenant.find("appRoleAssignment", "principalId", principal.id):
        if (other.props["resourceId"], other.props["appRoleId"]) == (resource.id, role_id):
            raise bad_request("Permission being assigned already exists on the object")
    record_id = assignment_id(principal.id, resource.id, role_id)
    shown = view(principal) if principal.kind == "servicePrincipal" else principal.props
    props = APP_ROLE_ASSIGNMENT.defaults() | {
        "id": record_id,
        "appRoleId": role_id,
        "createdDateTime": precise(call.clock.now()),
        "principalDisplayName": shown["displayName"],
        "principalId": principal.id,
        "principalType": _TYPES[principal.kind],
        "resourceDisplayName": view(resource)["displayName"],
        "resourceId": resource.id,
    }
    return call.tenant.put(Record("appRoleAssignment", record_id, props))


def _unusable(call: Call, object_id: str) -> GraphError:
    """404 for an id that is nobody's (terraform-provider-azuread issue 699, EirikHaughom/ADME issue 5).

    400 for an object that cannot be at this end, or is not known yet (microsoft-graph-docs-contrib
    issues 1407 and 4628).
    """
    known = call.tenant.raw(object_id)
    return not_found(object_id) if known is None or known.deleted else not_a_reference()


def grant(call: Call, body: Json) -> Record:
    """Consent to delegated permissions, for everybody or for one person."""
    sent = read(OAUTH2_PERMISSION_GRANT, body)
    for name in ("clientId", "consentType", "resourceId"):
        if sent.get(name) is None:
            raise missing_value(name, "OAuth2PermissionGrant")
    if sent["consentType"] not in ("AllPrincipals", "Principal"):
        raise invalid_value("consentType", "OAuth2PermissionGrant")
    personal = sent["consentType"] == "Principal"
    if personal != (sent.get("principalId") is not None):
        raise invalid_value("principalId", "OAuth2PermissionGrant")
    for name in ("clientId", "resourceId"):
        if not is_guid(sent[name]):
            raise invalid_value(name, "OAuth2PermissionGrant")
        if call.tenant.get("servicePrincipal", sent[name]) is None:
            raise _not_there_yet(call, sent[name])
    if personal and call.tenant.any(sent["principalId"], ("user",)) is None:
        raise not_a_reference()
    for other in call.tenant.find("oauth2PermissionGrant", "clientId", sent["clientId"]):
        same = ("resourceId", "consentType", "principalId")
        if all(other.props[n] == sent.get(n) for n in same):
            raise GraphError(
                409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists."
            )
    joins = (sent["clientId"], sent["resourceId"], *((sent["principalId"],) if personal else ()))
    record_id = joined_id(*joins)
    props = OAUTH2_PERMISSION_GRANT.defaults() | sent | {"id": record_id}
    return call.tenant.put(Record("oauth2PermissionGrant", record_id, props))


def _not_there_yet(call: Call, object_id: str) -> GraphError:
    """404 for a principal that is nobody's or not known yet; 400 for an object of another kind.

    The first is what Azure CLI's users meet who consent right after a creation.
    """
    if call.tenant.raw(object_id) is not None and call.tenant.get("servicePrincipal", object_id) is None:
        known = call.tenant.any(object_id, ("application", "user", "group"))
        if known is not None:
            return not_a_reference()
    return GraphError(
        404, "Directory_ObjectNotFound", "Unable to read the company information from the directory."
    )


def regrant(call: Call, record: Record, body: Json) -> None:
    """Change the scopes of a grant; nothing else of it can be changed."""
    sent = read(OAUTH2_PERMISSION_GRANT, body)
    changeable = ("scope", "startTime", "expiryTime")
    for name in sent:
        if name not in changeable and sent[name] != record.props[name]:
            raise bad_request(f"Property cannot be updated: {name}")  # MicrosoftDocs/azure-docs issue 105249
    call.tenant.put(record.with_props(**sent))
