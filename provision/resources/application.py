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
from provision.errors import ProvisionError, catalogue

ADDRESS = "application"
OWNER_TAG = "provision"  # what we make or adopt carries it; a uniqueName without it is somebody else's
ONE_TENANT = "AzureADMyOrg"
PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")


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
    owners: tuple[str, ...] | None = None
    notes: str | None = None
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


@dataclass(frozen=True, slots=True)
class Meant:
    """What an id is that was written in the place of a client id, and the client id that goes with it."""

    kind: str  # "application" or "service principal"
    name: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the tenant has by name and by client id, before it is decided which registration is meant."""

    by_unique_name: Observed | None = None
    by_client_id: Observed | None = None
    deleted: tuple[Deleted, ...] = ()
    foreign_tenant: str | None = None  # the home tenant, if client_id is known here only as its principal
    meant: Meant | None = None  # what has client_id as its object id


def identify(desired: Desired, found: Found) -> Observed | None:
    """Return the registration that the configuration means, or ``None`` if it is to be created.

    Raises ``ProvisionError`` if name and client id mean two different ones, or if the one found belongs to
    another tool, is soft-deleted, or is another tenant's.
    """
    named, adopted = found.by_unique_name, found.by_client_id
    if named and adopted and named.id != adopted.id:
        raise ProvisionError(
            catalogue.IDENTITY_CONFLICT,
            f"name '{desired.unique_name}' and client_id name two applications: "
            f"'{named.display_name}' ({named.app_id}) and '{adopted.display_name}' ({adopted.app_id})",
        )
    if desired.client_id is not None:
        if adopted is None:
            raise _client_id_missing(desired.client_id, found)
        return adopted
    if named is None:
        for item in found.deleted:
            if item.unique_name == desired.unique_name:
                raise _soft_deleted(item, f"name '{desired.unique_name}'")
        return None
    if OWNER_TAG not in named.tags:
        raise ProvisionError(
            catalogue.FOREIGN_UNIQUE_NAME,
            f"uniqueName '{desired.unique_name}' belongs to '{named.display_name}' ({named.app_id}), "
            "which this tool did not make",
            fix=f"choose another name, or adopt that one: set application.client_id to {named.app_id}",
        )
    return named


def _soft_deleted(item: Deleted, what: str) -> ProvisionError:
    return ProvisionError(
        catalogue.SOFT_DELETED,
        f"{what} belongs to a deleted application: '{item.display_name}' ({item.app_id}), "
        f"deleted {item.deleted[:10]}, object id {item.id}",
    )


def _client_id_missing(client_id: str, found: Found) -> ProvisionError:
    for item in found.deleted:
        if item.app_id.lower() == client_id.lower():
            return _soft_deleted(item, f"client_id {client_id}")
    if found.foreign_tenant:
        return ProvisionError(
            catalogue.OTHER_TENANTS_APPLICATION,
            f"client_id {client_id} is an application of another tenant ({found.foreign_tenant})",
        )
    if meant := found.meant:
        return ProvisionError(
            catalogue.CLIENT_ID_NOT_FOUND,
            f"client_id {client_id} is the object id of the {meant.kind} '{meant.name}', whose client id is "
            f"{meant.client_id}",
            fix=f"Set application.client_id to {meant.client_id}, if that is the one that is meant.",
        )
    return ProvisionError(
        catalogue.CLIENT_ID_NOT_FOUND, f"no application with client_id {client_id} in this tenant"
    )


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
    if observed.unique_name is None:  # written once; another tool's name on an adopted one is kept
        differs("uniqueName", None, desired.unique_name, {"uniqueName": desired.unique_name})
    if observed.sign_in_audience != desired.sign_in_audience:
        differs(
            "signInAudience",
            observed.sign_in_audience,
            desired.sign_in_audience,
            {"signInAudience": desired.sign_in_audience},
        )
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
    if OWNER_TAG not in observed.tags:
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
        _why(observed, after),
        before,
        after,
        Update(observed.id, body, add_owners),
    )


def _why(observed: Observed, after: dict[str, Any]) -> str:
    if observed.unique_name is None or OWNER_TAG not in observed.tags:
        return "adopts the registration that client_id names"
    return "differs from the config in " + ", ".join(after)


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
