"""Exchange's role assignments through Graph's beta: list them, make one, remove one.

Which filters Exchange takes is not documented, so all are read and matched here; a run reads them once.
Sources: https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments,
https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments (example 5) and
https://learn.microsoft.com/graph/api/unifiedroleassignment-delete (example 2)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from provision.errors import ProvisionError
from provision.graph import beta
from provision.graph.answers import Failure, Refusal
from provision.graph.client import Graph
from provision.graph.identity import refuse_other
from provision.graph.records import maybe, part, text
from provision.graph.refusals import is_denied, missing, translated
from provision.graph.retry import Repeat
from provision.resources.mailbox_scope import READ, WRITE, Assignment, Create, Observed
from provision.values import dataclass

_BASE = "roleManagement/exchange"
_HOLDER = "/serviceprincipals/"


@dataclass(frozen=True)
class Tables:
    """All of Exchange's role assignments in a tenant, and what its roles are called."""

    assignments: tuple[Mapping[str, Any], ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)  # by id
    scopes: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # by id: name and filter
    unread: str = ""


async def read(graph: Graph) -> Tables:
    """Return the tenant's tables; where they cannot be read, ``unread`` says why, and nothing fails.

    It is beta: whatever is wrong with it must not stop what works without.
    """
    paths = (f"{_BASE}/roleAssignments", f"{_BASE}/roleDefinitions")
    found = await asyncio.gather(*(beta.collect(graph, path) for path in paths), return_exceptions=True)
    for result in found:
        if isinstance(result, (Failure, ProvisionError)):
            return Tables(unread=_why(result))
        if isinstance(result, BaseException):
            raise result
    assignments, definitions = (item for item in found if isinstance(item, list))
    names = {text(item, "id").lower(): maybe(item, "displayName") or "" for item in definitions}
    scopes: dict[str, tuple[str, str]] = {}
    if any(item.get("appScopeId") for item in assignments):
        scopes = await _scopes(graph)
    return Tables(tuple(assignments), names, scopes)


def _why(failure: Failure | ProvisionError) -> str:
    if isinstance(failure, ProvisionError):
        return failure.message
    if is_denied(failure):
        return f"needs {READ}"
    if isinstance(failure, Refusal):
        return f"Graph's beta answers {failure.status} {failure.code}".rstrip()
    return "Graph's beta does not answer"


async def _scopes(graph: Graph) -> dict[str, tuple[str, str]]:
    """Return name and filter of each management scope, by id; none if they cannot be read."""
    try:
        items = await beta.collect(graph, f"{_BASE}/customAppScopes")
    except (Failure, ProvisionError):
        return {}
    return {
        (maybe(item, "id") or "").lower(): (
            maybe(item, "displayName") or "",
            maybe(part(item, "customAttributes"), "RecipientFilter") or "",
        )
        for item in items
    }


def of_principal(tables: Tables, principal_id: str | None, role: str) -> Observed:
    """Return the assignments of one service principal (``None``: it is not there yet), and a role's id."""
    role_id = next((key for key, name in tables.roles.items() if name == role), None)
    wanted = f"{_HOLDER}{principal_id.lower()}" if principal_id else None
    found = [
        _assignment(item, tables)
        for item in tables.assignments
        if wanted is not None and (maybe(item, "principalId") or "").lower() == wanted
    ]
    return Observed(tuple(sorted(found, key=lambda item: item.id)), role_id, tables.unread)


def _assignment(item: Mapping[str, Any], tables: Tables) -> Assignment:
    role, scope = (maybe(item, "roleDefinitionId") or "").lower(), maybe(item, "appScopeId") or ""
    name, through = tables.scopes.get(scope.lower(), (scope, ""))
    place = (maybe(item, "directoryScopeId") or "").lower()
    return Assignment(
        id=text(item, "id").lower(),
        role=tables.roles.get(role) or role,
        place="" if scope else place,
        scope=name,
        filter=through,
    )


async def create(graph: Graph, principal_id: str, step: Create) -> str:
    """Give the principal the role on one mailbox, and return the assignment's id.

    Sent once: whether an equal one would be refused is not documented. Raises ``Failure`` as it comes, for
    whoever lost the answer has to look, and ``ProvisionError`` if the answer is about something else.
    """
    asked = {
        "principalId": f"/ServicePrincipals/{principal_id}",
        "roleDefinitionId": step.role_id,
        "directoryScopeId": f"/Users/{step.user_id}",
    }
    info = beta.request(graph, f"{_BASE}/roleAssignments", method="POST", body={**asked, "appScopeId": None})
    answer = await graph.send(info, repeat=Repeat.HARMFUL, fresh=True)
    refuse_other(answer.body, "limiting the application to the mailbox", **asked)
    return text(answer.body, "id").lower()


def refused(failure: Failure) -> ProvisionError:
    """Return the error of a write that failed."""
    return translated(failure, "setting Exchange's role assignment", needs=WRITE)


async def remove(graph: Graph, assignment_id: str) -> None:
    """Remove an assignment; one that is gone is no error.

    Raises ``ProvisionError`` if Graph refuses; the page says "Not supported" of applications.
    """
    info = beta.request(graph, f"{_BASE}/roleAssignments/{assignment_id}", method="DELETE")
    try:
        await graph.send(info)
    except Failure as failure:
        if missing(failure):
            return
        raise refused(failure) from failure
