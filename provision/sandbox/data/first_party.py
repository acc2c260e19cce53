"""Microsoft's own service principals, which every tenant has: read once, shared by all tenants.

Roles and scopes of Microsoft Graph are those of the public permissions reference
(https://learn.microsoft.com/graph/permissions-reference), each with its real id.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
MICROSOFT_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"  # owns Microsoft's applications


@dataclass(frozen=True, slots=True)
class FirstParty:
    """One of Microsoft's applications, as every tenant sees it."""

    app_id: str
    props: dict[str, Any]
    app_roles: list[dict[str, Any]]
    scopes: list[dict[str, Any]]


def get(app_id: str) -> FirstParty | None:
    """Microsoft's application with this id."""
    return _load(app_id) if app_id in _table() else None


def app_ids() -> tuple[str, ...]:
    """Return the ids of all of them."""
    return tuple(_table())


@functools.cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = _file("first_party.json")
    return table


@functools.cache
def _load(app_id: str) -> FirstParty:
    entry = _table()[app_id]
    permissions = _file(entry["permissions"]) if "permissions" in entry else entry
    name = entry["displayName"]
    return FirstParty(
        app_id,
        {
            "displayName": name,
            "appDisplayName": name,
            "appOwnerOrganizationId": MICROSOFT_TENANT,
            "signInAudience": "AzureADMultipleOrgs",
            "replyUrls": entry.get("replyUrls", []),
            "servicePrincipalNames": entry["servicePrincipalNames"],
            "createdDateTime": None,
        },
        [_role(r) for r in permissions.get("appRoles", ())],
        [_scope(s) for s in permissions.get("oauth2PermissionScopes", ())],
    )


def _role(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["Application"],
        "description": raw["description"],
        "displayName": raw["displayName"],
        "id": raw["id"],
        "isEnabled": True,
        "origin": "Application",
        "value": raw["value"],
    }


def _scope(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "adminConsentDescription": raw["adminConsentDescription"],
        "adminConsentDisplayName": raw["adminConsentDisplayName"],
        "id": raw["id"],
        "isEnabled": True,
        "type": raw["type"],
        "userConsentDescription": raw["userConsentDescription"],
        "userConsentDisplayName": raw["userConsentDisplayName"],
        "value": raw["value"],
    }


def _file(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
