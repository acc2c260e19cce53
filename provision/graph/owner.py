"""List the owners of an application and of a service principal.

Sources: https://learn.microsoft.com/graph/api/application-list-owners and
https://learn.microsoft.com/graph/api/serviceprincipal-list-owners
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from provision.errors import ProvisionError
from provision.graph import service_principal
from provision.graph.answers import Failure, items
from provision.graph.application import READ
from provision.graph.client import Graph, body
from provision.graph.listing import NotReadable, fetch_list
from provision.graph.records import maybe, text
from provision.graph.refusals import is_denied, translated
from provision.resources.owner import Candidate, Observed

DIRECTORY = "Directory.Read.All"

_FIELDS = ("id", "displayName", "userPrincipalName")


async def of_application(graph: Graph, object_id: str) -> tuple[Observed, ...]:
    """Return the owners of an application that is there; ``NotReadable`` if they cannot be known."""
    builder = graph.sdk.applications.by_application_id(object_id).owners
    return _observed(
        await fetch_list(
            graph, builder, what="owners of the application", needs=READ, select=_FIELDS, known=True
        )
    )


async def of_principal(graph: Graph, app_id: str) -> tuple[Observed, ...]:
    """Return the principal's owners, none without a principal; ``NotReadable`` without the right."""
    # The SDK's builder of this address has no child for owners, so the address is written out.
    found = await fetch_list(
        graph,
        graph.sdk.service_principals.by_service_principal_id(app_id).owners,
        url=f"servicePrincipals(appId='{app_id}')/owners",
        what="owners of the service principal",
        needs=READ,
        select=_FIELDS,
    )
    return _observed(found)


async def candidates(graph: Graph, ids: Collection[str]) -> tuple[Candidate, ...]:
    """Return what each of these ids is, before it is made an owner; ``NotReadable`` without the right.

    One request for all of them; what is not there is left out of the answer. An id that is no object's may be
    an application's client id, whose service principal is meant then.
    Source: https://learn.microsoft.com/graph/api/directoryobject-getbyids
    """
    if not ids:
        return ()
    builder = graph.sdk.directory_objects.get_by_ids
    try:
        answer = await graph.send(builder.to_post_request_information(body({"ids": list(ids), "types": []})))
    except Failure as failure:
        if is_denied(failure):
            raise NotReadable(failure, "the owners that are to be added", DIRECTORY) from failure
        raise translated(failure, "looking up owners", needs=DIRECTORY) from failure
    found = {text(item, "id").lower(): item for item in items(answer)}
    return tuple([await _candidate(graph, key, found.get(key.lower())) for key in ids])


async def _candidate(graph: Graph, key: str, record: dict[str, Any] | None) -> Candidate:
    kind = (maybe(record, "@odata.type") or "").rpartition(".")[2] or "object" if record else None
    if kind in ("user", "servicePrincipal"):
        return Candidate(key, kind)
    client_id = maybe(record, "appId") if record else key
    principal = None
    if client_id:
        try:
            principal = await service_principal.by_client_id(graph, client_id)
        except ProvisionError:  # it is a hint, and no more
            principal = None
    name = (maybe(record, "displayName") or "") if record else ""
    return Candidate(key, kind, name, maybe(principal, "id") if principal else None)


def _observed(records: list[dict[str, Any]]) -> tuple[Observed, ...]:
    found = [
        Observed(
            id=text(item, "id").lower(),
            kind=(maybe(item, "@odata.type") or "").rpartition(".")[2] or "object",
            name=maybe(item, "displayName"),
            address=maybe(item, "userPrincipalName"),
        )
        for item in records
    ]
    return tuple(sorted(found, key=lambda item: item.id))
