"""Which addresses have a mailbox, and of what kind.

A user's ``private["mailbox"]`` says the kind. Refusals: microsoftgraph/microsoft-graph-docs-contrib#6519
(``MailboxNotEnabledForRESTAPI``), laravel-msgraph-mail#16 (``ErrorInvalidUser``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from provision.sandbox.directory import tenants
from provision.sandbox.errors import GraphError

if TYPE_CHECKING:
    from provision.sandbox.keeping.store import Record, Tenant
    from provision.sandbox.wire.call import Call

# Kind to ``userPurpose`` (https://learn.microsoft.com/graph/api/resources/mailboxsettings).
PURPOSE = {"user": "user", "shared": "shared", "room": "room", "equipment": "equipment", "linked": "linked"}
WITHOUT = ("none", "unlicensed", "soft-deleted")  # a user is there, a mailbox that answers is not
KINDS = (*PURPOSE, *WITHOUT)

_ID = re.compile(r"A[A-Z]Mk[\w=-]{36,}")  # an entry of a store, in base64url

# Well-known folder to name (https://learn.microsoft.com/graph/api/resources/mailfolder).
FOLDERS = {
    "archive": "Archive",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
    "sentitems": "Sent Items",
}


def owner(call: Call) -> Record:
    """Return the user whose mailbox a path names: ``/me``, an id, a name, or an address."""
    key = call.keys.get("id")
    if key is None:
        user = call.tenant.get("user", call.caller.object_id)
        name = call.caller.object_id
    else:
        user, name = by_name(call.tenant, key.value), key.value
    if user is None:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")
    return user


def by_name(tenant: Tenant, name: str) -> Record | None:
    """Return the user of this id, sign-in name or address, or a second (docs/sandbox.md: not verified)."""
    return (
        tenant.get("user", name)
        or tenant.one("user", "userPrincipalName", name)
        or tenant.one("user", "mail", name)
        or tenants.by_second_address(tenant, name)
    )


def opened(user: Record) -> Record:
    """Return the user, if the mailbox answers; 404 otherwise."""
    if user.private.get("mailbox") not in PURPOSE:
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    return user


def addresses(user: Record) -> set[str]:
    """Return every address of a user, in lower case."""
    proxies = (str(p).partition(":")[2] for p in user.props.get("proxyAddresses") or ())
    named = (user.props.get("mail"), user.props.get("userPrincipalName"), *proxies)
    return {str(name).lower() for name in named if name}


def folder_id(user: Record, well_known: str) -> str:
    """Return the opaque id of a mailbox's folder."""
    digest = hashlib.sha256(f"{user.id}/{well_known}".encode()).digest()
    return "AAMk" + base64.urlsafe_b64encode(digest * 3).decode().rstrip("=") + "AAA="


def folder(user: Record, name: str) -> str:
    """Return the well-known name of the folder that a path names, by that or by its id."""
    for well_known in FOLDERS:
        if name.lower() == well_known or name == folder_id(user, well_known):
            return well_known
    raise not_in_store(name)


def not_in_store(item_id: str) -> GraphError:
    """404 for an id that leads to nothing, 400 for a text that is no id of Exchange's.

    https://learn.microsoft.com/graph/errors and https://learn.microsoft.com/graph/outlook-immutable-id
    """
    if not _ID.fullmatch(item_id):
        return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
