"""Read what a service principal has beside what ``apply`` needs to know of it.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-get
"""

from __future__ import annotations

from typing import Any

from provision.graph.client import Graph
from provision.graph.service_principal import by_client_id
from provision.resources.principal_settings import Observed

_FIELDS = ("id", "appRoleAssignmentRequired", "passwordCredentials", "keyCredentials")


async def record(graph: Graph, app_id: str) -> dict[str, Any] | None:
    """Return the principal's record; ``None`` if there is none."""
    return await by_client_id(graph, app_id, _FIELDS)


def observed(record: dict[str, Any]) -> Observed:
    """Reduce Graph's record."""
    return Observed(assignment_required=record.get("appRoleAssignmentRequired") is True)
