"""The app registration: desired, observed, and the steps between them.

Identity is ``uniqueName`` or a ``client_id`` that the user wrote down, never a display name.
Source: https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from provision.change import Action, Change
from provision.values import dataclass

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


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE /applications/{id}``: soft, and its service principal with its grants goes with it."""

    id: str


@dataclass(frozen=True, slots=True)
class Restore:
    """``POST /directory/deletedItems/{id}/restore``."""

    id: str


@dataclass(frozen=True, slots=True)
class Purge:
    """``DELETE /directory/deletedItems/{id}``: for good."""

    id: str


@dataclass(frozen=True, slots=True)
class Property:
    """One property that is managed: from it follow what is sent, and what a plan shows before and after.

    ``wanted`` returns the value to send, ``None`` if nothing is: it is not managed, or as declared. It gets
    no registration where one is to be created.
    """

    label: str  # as Graph calls it, for readers of a plan
    path: str  # where the value stands in the body; of a part of a complex one "web.redirectUris"
    wanted: Callable[[Desired, Observed | None], Any]
    before: Callable[[Observed], Any]
    after: Callable[[Desired, Observed | None], Any] | None = None  # how that is shown; None: as it is


def _plain(label: str, wanted: Callable[[Desired], Any], before: Callable[[Observed], Any]) -> Property:
    """Return the row of a property whose value is compared and sent as it is."""
    return Property(label, label, partial(_changed, wanted, before), before)


def _changed(
    wanted: Callable[[Desired], Any],
    before: Callable[[Observed], Any],
    desired: Desired,
    observed: Observed | None,
) -> Any:
    value = wanted(desired)
    return None if observed is not None and before(observed) == value else value


def _unique_name(desired: Desired, observed: Observed | None) -> str | None:
    """It is written once; another tool's name on an adopted one is kept."""
    if observed is None or (observed.unique_name is None and _stamped(desired)):
        return desired.unique_name
    return None


def _stamped(desired: Desired) -> bool:
    """Say whether a registration that is there gets our name and tag."""
    return desired.stamp or desired.client_id is None


def _redirect_uris(desired: Desired, observed: Observed | None) -> list[str] | None:
    if observed is None:
        return list(desired.redirect_uris)
    live = {comparable(uri) for uri in observed.redirect_uris}
    lacking = [uri for uri in desired.redirect_uris if comparable(uri) not in live]
    return sorted([*observed.redirect_uris, *lacking]) if lacking else None


def _required_access(desired: Desired, observed: Observed | None) -> list[Any] | None:
    wanted = desired.permission
    if observed is None:
        return _with((), wanted) if wanted else []
    if wanted is None or declares(observed.permissions, wanted):
        return None
    return _with(observed.required_resource_access, wanted)


def _labels(observed: Observed | None) -> list[str]:
    return sorted(map(_label, observed.permissions)) if observed is not None else []


def _labels_wanted(desired: Desired, observed: Observed | None) -> list[str]:
    return sorted([*_labels(observed), *([_label(desired.permission)] if desired.permission else [])])


def _token_version(desired: Desired, observed: Observed | None) -> int | None:
    version = token_version(desired)
    return None if observed is not None and observed.token_version == version else version


def _tags(desired: Desired, observed: Observed | None) -> list[str] | None:
    if observed is None:
        return [OWNER_TAG]
    return [*observed.tags, OWNER_TAG] if OWNER_TAG not in observed.tags and _stamped(desired) else None


# In the order in which a plan shows them. The owners are no property: they are bound, one by one.
PROPERTIES = (
    Property("uniqueName", "uniqueName", _unique_name, lambda it: it.unique_name),
    _plain("displayName", lambda wanted: wanted.display_name, lambda it: it.display_name),
    _plain("signInAudience", lambda wanted: wanted.sign_in_audience, lambda it: it.sign_in_audience),
    Property(
        "requestedAccessTokenVersion",
        "api.requestedAccessTokenVersion",
        _token_version,
        lambda it: it.token_version,
    ),
    Property("redirectUris", "web.redirectUris", _redirect_uris, lambda it: sorted(it.redirect_uris)),
    Property("permissions", "requiredResourceAccess", _required_access, _labels, _labels_wanted),
    Property("tags", "tags", _tags, lambda it: sorted(it.tags), lambda *both: sorted(_tags(*both) or ())),
    _plain("notes", lambda wanted: wanted.notes, lambda it: it.notes),
    _plain(
        "serviceManagementReference",
        lambda wanted: wanted.service_management_reference,
        lambda it: it.service_management_reference,
    ),
)


def diff(desired: Desired, observed: Observed | None) -> Change:
    """Return the one change that makes the registration as desired; nothing undeclared is touched."""
    body: dict[str, Any] = {}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for one in PROPERTIES:
        sent = one.wanted(desired, observed)
        if sent is None:
            continue
        _put(body, one.path, sent)
        before[one.label] = one.before(observed) if observed is not None else None
        after[one.label] = sent if one.after is None else one.after(desired, observed)
    if observed is None:
        return _creation(desired, body, after)
    add_owners = _lacking_owners(desired, observed)
    if add_owners:
        owners = observed.owners or ()
        before["owners"], after["owners"] = sorted(owners), sorted([*owners, *add_owners])
    if not after:
        return Change(ADDRESS, Action.NO_OP, "as declared")
    step = Update(observed.id, body, add_owners)
    return Change(ADDRESS, Action.UPDATE, _why(desired, observed, after), before, after, step)


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    """Put a value into a body: Graph takes a complex property in part."""
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


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


def _creation(desired: Desired, body: dict[str, Any], after: dict[str, Any]) -> Change:
    if desired.owners:
        after["owners"] = sorted(desired.owners)
    return Change(
        ADDRESS,
        Action.CREATE,
        f"no application has the uniqueName '{desired.unique_name}'",
        None,
        after,
        Create(body.pop("uniqueName"), body),
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
    return parts._replace(netloc=parts.netloc.lower()).geturl()  # the scheme is in lower case already


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
