"""Which registration a config means, of what a tenant has by its name and by its client id.

Identity is ``uniqueName`` or a ``client_id`` that the user wrote down, never a display name.
Source: https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

from provision.errors import ProvisionError, catalogue
from provision.resources.application import OWNER_TAG, Deleted, Desired, Observed
from provision.values import dataclass


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
    marked: bool = False  # whether the one of that name has a secret with this config's mark


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
    if OWNER_TAG not in named.tags and not found.marked:
        raise ProvisionError(
            catalogue.FOREIGN_UNIQUE_NAME,
            f"uniqueName '{desired.unique_name}' belongs to '{named.display_name}' ({named.app_id}), "
            "which this tool did not make: it has neither its tag nor a secret with this config's mark",
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
