"""What ``sandbox show`` prints: the contents in a person's words."""

from __future__ import annotations

from typing import Any

from provision.sandbox.clock import Clock, instant
from provision.sandbox.keeping.store import Record, Store, Tenant


def of(store: Store, clock: Clock) -> dict[str, Any]:
    """Tenants, applications, mailboxes, policy and the count of writes; no secret values."""
    return {
        "now": instant(clock.now()),
        "writes": store.writes,
        "tenants": [_tenant(tenant) for tenant in store.tenants.values()],
    }


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "domains": [r.id for r in tenant.all("domain")],
        "applications": [_application(tenant, r) for r in tenant.all("application")],
        "deleted": [
            {"kind": r.kind, "id": r.id, "displayName": r.props.get("displayName")}
            for r in tenant.all_deleted()
        ],
        "mailboxes": [
            {"address": r.props.get("mail") or r.props["userPrincipalName"], "kind": r.private["mailbox"]}
            for r in tenant.all("user")
            if r.private.get("mailbox")
        ],
        "policy": next((r.props for r in tenant.all("defaultAppManagementPolicy")), None),
    }


def _application(tenant: Tenant, record: Record) -> dict[str, Any]:
    props = record.props
    principal = tenant.one("servicePrincipal", "appId", props["appId"])
    return {
        "displayName": props["displayName"],
        "id": record.id,
        "appId": props["appId"],
        "uniqueName": props["uniqueName"],
        "secrets": [
            {"keyId": c["keyId"], "hint": c["hint"], "end": c["endDateTime"]}
            for c in props["passwordCredentials"]
        ],
        "grants": sorted(_grants(tenant, principal)) if principal else [],
    }


def _grants(tenant: Tenant, principal: Record) -> list[str]:
    from provision.sandbox.entities.service_principal import app_roles

    names = []
    for grant in tenant.find("appRoleAssignment", "principalId", principal.id):
        resource = tenant.get("servicePrincipal", grant.props["resourceId"])
        roles = app_roles(resource) if resource else []
        names += [str(r["value"]) for r in roles if r["id"] == grant.props["appRoleId"]]
    return names
