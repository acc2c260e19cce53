"""Observe a service principal, and create it.

Sources: https://learn.microsoft.com/graph/api/serviceprincipal-get and
https://learn.microsoft.com/graph/api/serviceprincipal-upsert
"""

from __future__ import annotations

from typing import Any

from provision.graph.answers import Failure
from provision.graph.application import READ, WRITE
from provision.graph.client import Graph, Query, body, configuration
from provision.graph.identity import refuse_other
from provision.graph.records import maybe, text
from provision.graph.refusals import missing, translated
from provision.resources.service_principal import Create, Observed

_FIELDS = ("id", "appId", "accountEnabled", "appOwnerOrganizationId", "passwordCredentials", "keyCredentials")
_CREATE_IF_MISSING = {"Prefer": "create-if-missing"}
DRIFT_FIELDS = ("id", "appRoleAssignmentRequired", "passwordCredentials", "keyCredentials")


async def by_client_id(
    graph: Graph, client_id: str, fields: tuple[str, ...] = _FIELDS, *, fresh: bool = False
) -> dict[str, Any] | None:
    """Return these fields of the principal of that ``appId``; ``None`` if there is none.

    Raises ``ProvisionError`` if the answer is about another one.
    """
    builder = graph.sdk.service_principals_with_app_id(client_id)
    query = Query(select=tuple(dict.fromkeys((*fields, "appId"))))
    try:
        answer = await graph.send(builder.to_get_request_information(configuration(query)), fresh=fresh)
    except Failure as failure:
        if missing(failure):
            return None
        raise translated(failure, "reading the service principal", needs=READ) from failure
    refuse_other(answer.body, "reading the service principal", appId=client_id)
    return answer.body


def observed(record: dict[str, Any]) -> Observed:
    """Return what a record of a service principal says."""
    return Observed(id=text(record, "id"), enabled=record.get("accountEnabled") is not False)


def home_tenant(record: dict[str, Any]) -> str | None:
    """Return the tenant that the principal's application is registered in."""
    return maybe(record, "appOwnerOrganizationId")


def assignment_required(record: dict[str, Any]) -> bool:
    """Say whether only who is assigned to the application may sign in; read with ``DRIFT_FIELDS``."""
    return record.get("appRoleAssignmentRequired") is True


async def create(graph: Graph, app_id: str, step: Create) -> Observed:
    """Create the principal by upsert, and return it.

    Raises ``ProvisionError`` if Graph refuses, or if the answer is about another application's.
    The application may be moments old, so a replica that does not know it yet is waited for.
    """
    builder = graph.sdk.service_principals_with_app_id(app_id)
    info = builder.to_patch_request_information(
        body({"tags": list(step.tags)}), configuration(headers=_CREATE_IF_MISSING)
    )
    try:
        answer = await graph.send(info, fresh=True)
    except Failure as failure:
        raise translated(failure, "creating the service principal", needs=WRITE) from failure
    record = answer.body or await by_client_id(graph, app_id, fresh=True) or {}
    refuse_other(record, "creating the service principal", appId=app_id)
    return observed(record)
