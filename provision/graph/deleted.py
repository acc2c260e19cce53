"""Soft-deleted applications and principals: delete, find, restore, remove for good.

Sources: https://learn.microsoft.com/graph/api/application-delete,
https://learn.microsoft.com/graph/api/directory-deleteditems-list,
https://learn.microsoft.com/graph/api/directory-deleteditems-restore (a principal is restored by its own id)
and https://learn.microsoft.com/graph/api/directory-deleteditems-delete
"""

from __future__ import annotations

from typing import Any

from provision.errors import ProvisionError, catalogue
from provision.graph import application, service_principal
from provision.graph.answers import Failure, Refusal
from provision.graph.client import Graph, Query, configuration
from provision.graph.identity import refuse_other, same
from provision.graph.records import text
from provision.graph.refusals import missing, translated

KEPT_DAYS = 30
RESTORE = "Application.ReadWrite.OwnedBy (as owner) or Application.ReadWrite.All"
PURGE = "Application.ReadWrite.All"
_FIELDS = (*application.FIELDS, "deletedDateTime")
_PRINCIPAL_FIELDS = ("appId", *service_principal.DRIFT_FIELDS, "deletedDateTime")


async def applications(graph: Graph) -> list[dict[str, Any]]:
    """Return the records of the tenant's soft-deleted applications; ``ProvisionError`` if it may not look."""
    query = configuration(Query(select=_FIELDS, top=application.PAGE))
    try:
        return await graph.collect(graph.sdk.directory.deleted_items.graph_application, query)
    except Failure as failure:
        raise translated(failure, "listing deleted applications", needs=application.READ) from failure


async def principal(graph: Graph, app_id: str) -> dict[str, Any] | None:
    """Return the soft-deleted service principal of an application; the newest, if there are several."""
    query = Query(select=_PRINCIPAL_FIELDS, filter=f"appId eq '{app_id}'")
    builder = graph.sdk.directory.deleted_items.graph_service_principal
    try:
        found = await graph.collect(builder, configuration(query))
    except Failure as failure:
        raise translated(failure, "listing deleted service principals", needs=application.READ) from failure
    own = [item for item in found if same(text(item, "appId"), app_id)]
    return max(own, key=lambda item: str(item.get("deletedDateTime") or ""), default=None)


async def delete(graph: Graph, object_id: str) -> None:
    """Delete an application; one that is gone already is no error."""
    builder = graph.sdk.applications.by_application_id(object_id)
    try:
        await graph.send(builder.to_delete_request_information())
    except Failure as failure:
        if not missing(failure):
            raise translated(failure, "deleting the application", needs=application.WRITE) from failure


async def restore(graph: Graph, object_id: str, what: str) -> None:
    """Bring an object back. One that is not among the deleted any more was restored, or is gone for good.

    The next look tells which of the two. Raises ``ProvisionError`` if Graph refuses.
    """
    doing = f"restoring the {what}"
    builder = graph.sdk.directory.deleted_items.by_directory_object_id(object_id).restore
    try:
        answer = await graph.send(builder.to_post_request_information())
    except Failure as failure:
        if missing(failure) or _in_use(failure):
            return
        raise translated(failure, doing, needs=RESTORE) from failure
    refuse_other(answer.body, doing, id=object_id)


async def purge(graph: Graph, object_id: str, what: str) -> None:
    """Remove a soft-deleted object for good; one that is gone already is no error."""
    builder = graph.sdk.directory.deleted_items.by_directory_object_id(object_id)
    try:
        await graph.send(builder.to_delete_request_information())
    except Failure as failure:
        if not missing(failure):
            raise translated(failure, f"removing the {what} for good", needs=PURGE) from failure


def _in_use(failure: Failure) -> bool:
    """Say whether another principal of the application is there by now, so that nothing need come back."""
    return isinstance(failure, Refusal) and failure.code == "Request_MultipleObjectsWithSameKeyValue"


async def back(graph: Graph, app_id: str) -> dict[str, Any]:
    """Return a restored application once the tenant shows it; ``ProvisionError`` if it does not."""
    from provision.graph.polling import Polling

    polling = Polling(graph, 60.0)
    while (found := await application.by_client_id(graph, app_id)) is None:
        if not await polling.pause("Entra does not show the restored application yet"):
            raise ProvisionError(catalogue.NOT_RESTORED, f"{app_id} is not there after it was restored")
    return found
