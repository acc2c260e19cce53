"""The app registration: desired, observed, and the steps between them.

Identity is ``uniqueName`` or a ``client_id`` that the user wrote down, never a display name.
Source: https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from provision.change import Action, Change

ADDRESS = "application"
OWNER_TAG = "provision"  # what we make or adopt carries it; a uniqueName without it is somebody else's
ONE_TENANT = "AzureADMyOrg"
PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
MOST_URIS, MOST_URIS_PERSONAL = 256, 100  # redirect URIs, of all platforms together


@dataclass(frozen=True, slots=True)
class Permission:
    """One declared application permission: an app role of a resource application, by its ids."""

    resource_app_id: str
    role_id: str
    label: str = ""  # how a person calls it, such as ``Microsoft Graph: Mail.Send``


@dataclass(frozen=True, slots=True)
class Desired:
    """The registration that the configuration asks for. ``None`` means: not managed."""

    unique_name: str
    display_name: str
    redirect_uris: tuple[str, ...]
    sign_in_audience: str
    client_id: str | None = None
    stamp: bool = True  # whether one that client_id names gets the uniqueName and the tag
    owners: tuple[str, ...] | None = None
    notes: str | None = None
    service_management_reference: str | None = None
    permission: Permission | None = None  # filled in from the tenant; None with mail.scope: mailbox


@dataclass(frozen=True, slots=True)
class Observed:
    """A registration as Graph shows it, reduced to what is asked for."""

    id: str
    app_id: str
    display_name: str
    unique_name: str | None
    sign_in_audience: str
    redirect_uris: tuple[str, ...]
    permissions: tuple[Permission, ...]
    tags: tuple[str, ...]
    notes: str | None
    created: datetime | None
    owners: tuple[str, ...] | None = None  # None: not read
    other_uris: tuple[tuple[str, str], ...] = ()  # platform ("spa", "publicClient") and redirect URI
    token_version: int | None = None  # api.requestedAccessTokenVersion
    disabled: str | None = None  # why no new tokens are issued, if none are
    verified_publisher: str | None = None
    locked: tuple[str, ...] = ()  # what servicePrincipalLockConfiguration keeps on service principals
    service_management_reference: str | None = None
    # requiredResourceAccess as Graph gave it: sent back whole, so that entries of others survive a PATCH
    required_resource_access: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """A soft-deleted registration; its ``uniqueName`` stays reserved for 30 days."""

    id: str
    app_id: str
    display_name: str
    unique_name: str | None
    deleted: str


@dataclass(frozen=True, slots=True)
class Create:
    """``POST /applications`` with the ``uniqueName``, which Graph refuses where one of that name is there."""

    unique_name: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """``PATCH /applications/{id}`` with nothing in it but what differs."""

    id: str
    body: dict[str, Any]
    add_owners: tuple[str, ...] = ()


def diff(desired: Desired, observed: Observed | None) -> Change:
    """Return the one change that makes the registration as desired; nothing undeclared is touched."""
    if observed is None:
        return _creation(desired)
    body: dict[str, Any] = {}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def differs(label: str, old: Any, new: Any, patch: dict[str, Any]) -> None:
        before[label], after[label] = old, new
        body.update(patch)

    if observed.display_name != desired.display_name:
        differs(
            "displayName", observed.display_name, desired.display_name, {"displayName": desired.display_name}
        )
    stamped = desired.stamp or desired.client_id is None
    # Written once; another tool's name on an adopted one is kept.
    if observed.unique_name is None and stamped:
        differs("uniqueName", None, desired.unique_name, {"uniqueName": desired.unique_name})
    if observed.sign_in_audience != desired.sign_in_audience:
        patch: dict[str, Any] = {"signInAudience": desired.sign_in_audience}
        differs("signInAudience", observed.sign_in_audience, desired.sign_in_audience, patch)
    version = token_version(desired)
    if version is not None and observed.token_version != version:
        patch = {"api": {"requestedAccessTokenVersion": version}}
        differs("requestedAccessTokenVersion", observed.token_version, version, patch)
    reference = desired.service_management_reference
    if reference is not None and reference != observed.service_management_reference:
        patch = {"serviceManagementReference": reference}
        differs("serviceManagementReference", observed.service_management_reference, reference, patch)
    if desired.notes is not None and observed.notes != desired.notes:
        differs("notes", observed.notes, desired.notes, {"notes": desired.notes})
    live = {comparable(uri) for uri in observed.redirect_uris}
    lacking = [uri for uri in desired.redirect_uris if comparable(uri) not in live]
    if lacking:
        uris = sorted([*observed.redirect_uris, *lacking])
        differs("redirectUris", sorted(observed.redirect_uris), uris, {"web": {"redirectUris": uris}})
    if desired.permission is not None and not declares(observed.permissions, desired.permission):
        labels = sorted(_label(item) for item in observed.permissions)
        differs(
            "permissions",
            labels,
            sorted([*labels, _label(desired.permission)]),
            {"requiredResourceAccess": _with(observed.required_resource_access, desired.permission)},
        )
    if OWNER_TAG not in observed.tags and stamped:
        differs("tags", sorted(observed.tags), sorted([*observed.tags, OWNER_TAG]),
                {"tags": [*observed.tags, OWNER_TAG]})  # fmt: skip
    add_owners = _lacking_owners(desired, observed)
    if add_owners:
        owners = observed.owners or ()
        before["owners"], after["owners"] = sorted(owners), sorted([*owners, *add_owners])
    if not after:
        return Change(ADDRESS, Action.NO_OP, "as declared")
    return Change(
        ADDRESS,
        Action.UPDATE,
        _why(desired, observed, after),
        before,
        after,
        Update(observed.id, body, add_owners),
    )


def _why(desired: Desired, observed: Observed, after: dict[str, Any]) -> str:
    stranger = observed.unique_name is None or OWNER_TAG not in observed.tags
    if stranger and desired.stamp and desired.client_id is not None:  # else its tags were wiped
        return "adopts the registration that client_id names"
    return "differs from the config in " + ", ".join(after)


def token_version(desired: Desired) -> int | None:
    """Return the version of tokens that the audience demands; ``None``: it demands none.

    With personal accounts it must be 2: https://learn.microsoft.com/graph/api/resources/apiapplication
    """
    return 2 if desired.sign_in_audience in PERSONAL_AUDIENCES else None


def _creation(desired: Desired) -> Change:
    body: dict[str, Any] = {
        "displayName": desired.display_name,
        "signInAudience": desired.sign_in_audience,
        "web": {"redirectUris": list(desired.redirect_uris)},
        "requiredResourceAccess": _with((), desired.permission) if desired.permission else [],
        "tags": [OWNER_TAG],
    }
    after: dict[str, Any] = {
        "uniqueName": desired.unique_name,
        "displayName": desired.display_name,
        "signInAudience": desired.sign_in_audience,
        "redirectUris": list(desired.redirect_uris),
        "permissions": [_label(desired.permission)] if desired.permission else [],
        "tags": [OWNER_TAG],
    }
    if desired.notes is not None:
        body["notes"] = after["notes"] = desired.notes
    if desired.service_management_reference is not None:
        reference = desired.service_management_reference
        body["serviceManagementReference"] = after["serviceManagementReference"] = reference
    if (version := token_version(desired)) is not None:
        body["api"] = {"requestedAccessTokenVersion": version}
    if desired.owners:
        after["owners"] = sorted(desired.owners)
    return Change(
        ADDRESS,
        Action.CREATE,
        f"no application has the uniqueName '{desired.unique_name}'",
        None,
        after,
        Create(desired.unique_name, body),
    )


def _lacking_owners(desired: Desired, observed: Observed) -> tuple[str, ...]:
    if not desired.owners or observed.owners is None:
        return ()
    there = {owner.lower() for owner in observed.owners}
    return tuple(owner for owner in desired.owners if owner.lower() not in there)


def comparable(uri: str) -> str:
    """Return a URI in the form in which two are compared: scheme and host without case, the path with it."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # what Graph gave need not be an address
        return uri
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


def _label(permission: Permission) -> str:
    return permission.label or f"{permission.resource_app_id}: {permission.role_id}"


def declares(permissions: Sequence[Permission], wanted: Permission) -> bool:
    """Say whether the wanted permission is among them; ids compare without case."""
    key = (wanted.resource_app_id.lower(), wanted.role_id.lower())
    return any((item.resource_app_id.lower(), item.role_id.lower()) == key for item in permissions)


def _with(access: Sequence[Any], permission: Permission) -> list[dict[str, Any]]:
    """Return ``requiredResourceAccess`` with the role added and every other entry kept."""
    role = {"id": permission.role_id, "type": "Role"}
    result = [dict(entry) for entry in access]
    for entry in result:
        if str(entry.get("resourceAppId", "")).lower() == permission.resource_app_id.lower():
            entry["resourceAccess"] = [*entry.get("resourceAccess", []), role]
            return result
    return [*result, {"resourceAppId": permission.resource_app_id, "resourceAccess": [role]}]


def with_permission(desired: Desired, permission: Permission | None) -> Desired:
    """Return the desired registration once the tenant has told the role's id."""
    return replace(desired, permission=permission)
