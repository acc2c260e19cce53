"""Observe an application registration, and carry out its steps.

Sources: https://learn.microsoft.com/graph/api/application-get,
https://learn.microsoft.com/graph/api/application-post-applications and
https://learn.microsoft.com/graph/api/application-update
"""

from __future__ import annotations

from typing import Any

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Failure, Refusal
from provision.graph.client import Graph, Query, Send, body, configuration
from provision.graph.identity import refuse_other
from provision.graph.records import disabled, maybe, part, records, text, texts, time
from provision.graph.refusals import is_denied, missing, translated
from provision.resources.application import (
    OWNER_TAG,
    PROPERTIES,
    Create,
    Deleted,
    Observed,
    Permission,
    Update,
)

READ = "Application.Read.All"
WRITE = "Application.ReadWrite.OwnedBy (as owner) or Application.ReadWrite.All"
_MANAGED = dict.fromkeys(one.path.partition(".")[0] for one in PROPERTIES)
FIELDS = (
    "id",
    "appId",
    *_MANAGED,
    "createdDateTime",
    "passwordCredentials",
    "spa",
    "publicClient",
    "isDisabled",
    "disabledByMicrosoftStatus",
    "verifiedPublisher",
    "keyCredentials",
    "servicePrincipalLockConfiguration",
)
_DELETED_FIELDS = ("id", "appId", "displayName", "uniqueName", "deletedDateTime")
PAGE = 999  # the largest that Graph gives: https://learn.microsoft.com/graph/api/application-list


class NameTaken(Exception):
    """An application of that ``uniqueName`` is there: this one was not created, and that one not touched."""

    def __init__(self, error: ProvisionError) -> None:
        super().__init__(error.message)
        self.error = error  # in Graph's words, for where none is found


async def by_unique_name(graph: Graph, name: str, fields: tuple[str, ...] = FIELDS) -> dict[str, Any] | None:
    """Return these fields of the application of that ``uniqueName``; ``None`` if there is none.

    Raises ``ProvisionError`` if the answer is about another one.
    """
    return await _get(graph, graph.sdk.applications_with_unique_name(name), fields, uniqueName=name)


async def by_client_id(
    graph: Graph, client_id: str, fields: tuple[str, ...] = FIELDS
) -> dict[str, Any] | None:
    """Return these fields of the application of that ``appId``; ``None`` if there is none.

    Raises ``ProvisionError`` if the answer is about another one.
    """
    return await _get(graph, graph.sdk.applications_with_app_id(client_id), fields, appId=client_id)


async def _get(graph: Graph, builder: Any, fields: tuple[str, ...], **asked: str) -> dict[str, Any] | None:
    query = Query(select=tuple(dict.fromkeys((*fields, *asked))))
    try:
        answer = await graph.send(builder.to_get_request_information(configuration(query)))
    except Failure as failure:
        if missing(failure):
            return None
        raise translated(failure, "reading the application", needs=READ) from failure
    refuse_other(answer.body, "reading the application", **asked)
    return answer.body


async def deleted(graph: Graph) -> tuple[Deleted, ...] | None:
    """Return the tenant's soft-deleted applications; ``None`` if this identity may not list them.

    Source: https://learn.microsoft.com/graph/api/directory-deleteditems-list
    """
    try:
        items = await graph.collect(
            graph.sdk.directory.deleted_items.graph_application,
            configuration(Query(select=_DELETED_FIELDS, top=PAGE)),
        )
    except Failure as failure:
        if is_denied(failure):
            return None
        raise translated(failure, "listing deleted applications", needs=READ) from failure
    return tuple(
        Deleted(
            id=text(item, "id"),
            app_id=text(item, "appId"),
            display_name=maybe(item, "displayName") or "",
            unique_name=maybe(item, "uniqueName"),
            deleted=maybe(item, "deletedDateTime") or "",
        )
        for item in items
    )


async def tagged(graph: Graph) -> list[dict[str, Any]]:
    """Return the records of all applications of the tenant that carry our tag, their secrets included.

    Sources: https://learn.microsoft.com/graph/api/application-list and, that tags can be filtered by,
    https://learn.microsoft.com/graph/api/resources/application
    """
    query = Query(select=FIELDS, filter=f"tags/any(t:t eq '{OWNER_TAG}')", top=PAGE)
    try:
        found = await graph.collect(graph.sdk.applications, configuration(query))
    except Failure as failure:
        raise translated(failure, "listing applications", needs=READ) from failure
    # A filter that was not heeded would make everybody's applications ours.
    return [item for item in found if OWNER_TAG in texts(item, "tags")]


def observed(record: dict[str, Any]) -> Observed:
    """Return what a record of an application says that was read with ``FIELDS``."""
    access = records(record, "requiredResourceAccess")
    web, publisher = part(record, "web"), maybe(part(record, "verifiedPublisher"), "displayName")
    version = part(record, "api").get("requestedAccessTokenVersion")
    return Observed(
        id=text(record, "id"),
        app_id=text(record, "appId"),
        display_name=maybe(record, "displayName") or "",
        unique_name=maybe(record, "uniqueName"),
        sign_in_audience=maybe(record, "signInAudience") or "",
        redirect_uris=texts(web, "redirectUris"),
        other_uris=tuple(
            (platform, uri)
            for platform in ("spa", "publicClient")
            for uri in texts(part(record, platform), "redirectUris")
        ),
        token_version=version if isinstance(version, int) else None,
        disabled=disabled(record),
        verified_publisher=publisher,
        locked=_locked(record),
        service_management_reference=maybe(record, "serviceManagementReference"),
        permissions=tuple(
            Permission(text(entry, "resourceAppId"), text(role, "id"))
            for entry in access
            for role in records(entry, "resourceAccess")
            if role.get("type") == "Role"
        ),
        tags=texts(record, "tags"),
        notes=maybe(record, "notes"),
        created=time(record, "createdDateTime"),
        required_resource_access=tuple(access),
    )


def _locked(record: dict[str, Any]) -> tuple[str, ...]:
    """Return what is locked on the service principals; nothing where the lock is off.

    Source: https://learn.microsoft.com/graph/api/resources/serviceprincipallockconfiguration
    """
    lock = part(record, "servicePrincipalLockConfiguration")
    if lock.get("isEnabled") is not True:
        return ()
    return tuple(sorted(name for name, value in lock.items() if value is True and name != "isEnabled"))


async def create(graph: Graph, step: Create) -> dict[str, Any]:
    """Create the application, and return its record. Raises ``NameTaken`` if one of that name is there.

    By POST, which takes a ``uniqueName`` and never changes what is there: an upsert would write its tags, and
    so wipe the records of deliveries, and its redirect URIs anew. So it may be sent again, too; the answer to
    the first try may have been lost. Raises ``ProvisionError`` if the record is not that of what was to be
    created. Source, from a real tenant: https://github.com/byte5ai/omadia/issues/916
    """
    info = graph.sdk.applications.to_post_request_information(
        body({"uniqueName": step.unique_name, **step.body})
    )
    try:
        made = (await graph.send(info)).body
    except Failure as failure:
        error = _error(failure, "creating the application")
        if _taken(failure):
            raise NameTaken(error) from failure
        raise error from failure
    asked = {"uniqueName": step.unique_name, "displayName": str(step.body["displayName"])}
    refuse_other(made, "creating the application", **asked)
    return made


def _taken(failure: Failure) -> bool:
    """Say whether another one has the ``uniqueName``, perhaps a deleted one.

    Sources: the issue above, and https://github.com/microsoftgraph/msgraph-bicep-types/issues/137
    """
    if not isinstance(failure, Refusal) or failure.status not in (400, 409):
        return False
    same = "same value for property uniqueName already exists" in failure.message
    return same or "ObjectConflict" in (failure.code, *failure.details)


def _error(failure: Failure, what: str) -> ProvisionError:
    """Return the error for a write that failed; a tenant may demand a service reference.

    Source: https://aka.ms/service-management-reference-error, and Azure/azure-cli pull request 31212
    """
    if not isinstance(failure, Refusal) or not failure.code.startswith("ServiceTree"):
        return translated(failure, what, needs=WRITE)
    return ProvisionError(
        catalogue.SERVICE_REFERENCE,
        f"{what}: Graph says {failure.status} {failure.code}: {failure.message}",
        request_id=failure.request_id,
        service_code=failure.code,
    )


async def update(graph: Graph, step: Update, *, fresh: bool) -> None:
    """Send a PATCH of what differs, and add the owners that are missing.

    ``fresh``: the application is new, so a replica that does not know it yet is waited for.
    """
    try:
        if step.body:
            await graph.in_one_go("PATCH applications", lambda send: _patch(graph, step, send), fresh=fresh)
    except Failure as failure:
        raise _error(failure, "updating the application") from failure
    await add_owners(graph, step.id, step.add_owners, fresh=fresh)


async def _patch(graph: Graph, step: Update, send: Send) -> None:
    """Send what differs; tags are one list, so the ones to add are added to those that are there by now."""
    item = graph.sdk.applications.by_application_id(step.id)
    changes = dict(step.body)
    if "tags" in changes:
        query = configuration(Query(select=("id", "tags")))
        there = await send(item.to_get_request_information(query))
        refuse_other(there.body, "updating the application", id=step.id)
        changes["tags"] = sorted({*texts(there.body, "tags"), OWNER_TAG})
    answer = await send(item.to_patch_request_information(body(changes)))
    if answer.body:  # 204 as a rule
        refuse_other(answer.body, "updating the application", id=step.id)


async def add_owners(graph: Graph, object_id: str, ids: tuple[str, ...], *, fresh: bool) -> None:
    """Add owners; one that is an owner already is no error.

    Source: https://learn.microsoft.com/graph/api/application-post-owners
    """
    for owner in ids:
        await _add_owner(graph, object_id, owner, fresh=fresh)


async def _add_owner(graph: Graph, object_id: str, owner: str, *, fresh: bool) -> None:
    builder = graph.sdk.applications.by_application_id(object_id).owners.ref
    link = body({"@odata.id": f"{graph.root}/directoryObjects/{owner}"})
    try:
        try:
            await graph.send(builder.to_post_request_information(link))
        except Refusal as refusal:
            # Of a new application a 404 may be a replica's; of an owner that nobody has, it never is.
            if not fresh or owner.lower() in refusal.message.lower():
                raise
            await graph.send(builder.to_post_request_information(link), fresh=True)
    except Failure as failure:
        if isinstance(failure, Refusal) and "already exist" in failure.message:
            return
        if (
            isinstance(failure, Refusal)
            and failure.status == 404
            and owner.lower() in failure.message.lower()
        ):
            raise ProvisionError(
                catalogue.OWNER_NOT_FOUND,
                f"application.owners names {owner}, and the tenant has nobody of that object id",
                request_id=failure.request_id,
            ) from failure
        raise translated(failure, f"adding the owner {owner} to the application", needs=WRITE) from failure
