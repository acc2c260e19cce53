"""Look up who publishes a permission, for its name.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-get
"""

from __future__ import annotations

from typing import Any

from provision.graph.answers import Failure
from provision.graph.application import READ
from provision.graph.client import Graph, Query, configuration
from provision.graph.identity import refuse_other
from provision.graph.records import maybe, records, text
from provision.graph.refusals import is_denied, missing, translated
from provision.resources.undeclared import Publisher

_FIELDS = ("id", "appId", "displayName", "appRoles", "oauth2PermissionScopes")


async def by_app_id(graph: Graph, app_id: str) -> Publisher | None:
    """Return the resource of that ``appId``; ``None`` if the tenant does not tell."""
    return await _read(graph, graph.sdk.service_principals_with_app_id(app_id), appId=app_id)


async def by_id(graph: Graph, object_id: str) -> Publisher | None:
    """Return the resource whose principal has that id; ``None`` if the tenant does not tell."""
    builder = graph.sdk.service_principals.by_service_principal_id(object_id)
    return await _read(graph, builder, id=object_id)


async def _read(graph: Graph, builder: Any, **asked: str) -> Publisher | None:
    try:
        answer = await graph.send(builder.to_get_request_information(configuration(Query(select=_FIELDS))))
    except Failure as failure:
        if missing(failure) or is_denied(failure):
            return None
        raise translated(failure, "looking up a permission's name", needs=READ) from failure
    record = answer.body
    refuse_other(record, "looking up a permission's name", **asked)
    return Publisher(
        id=text(record, "id").lower(),
        app_id=text(record, "appId").lower(),
        name=maybe(record, "displayName") or "",
        roles=_names(record, "appRoles"),
        scopes=_names(record, "oauth2PermissionScopes"),
    )


def _names(record: dict[str, Any], key: str) -> dict[str, str]:
    return {
        text(item, "id").lower(): maybe(item, "value") or maybe(item, "displayName") or ""
        for item in records(record, key)
    }
