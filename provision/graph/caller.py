"""Observe who is calling: the claims of the token in hand, directory roles, ownership.

Sources: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference,
https://learn.microsoft.com/graph/api/serviceprincipal-list-transitivememberof and
https://learn.microsoft.com/graph/api/rbacapplication-list-transitiveroleassignments
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provision.graph import owner
from provision.graph.answers import Failure
from provision.graph.client import Graph, Query, configuration
from provision.graph.listing import NotReadable
from provision.graph.records import maybe
from provision.graph.refusals import is_denied, missing, translated
from provision.graph.tokens import Tokens
from provision.resources.caller import Caller, Kind

# In every token seen, and no directory role: of members, of applications.
_NO_ROLES = frozenset({"b79fbf4d-3ef9-4689-8143-76b194e85509", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"})


def of_token(tokens: Tokens) -> Caller:
    """Return what the token in hand says of the caller, without a request; the rest stays ``None``."""
    claims = tokens.claims()
    kind = _kind(claims)
    if kind is Kind.UNKNOWN:
        return Caller()
    who, roles = (
        Caller(kind, id=_text(claims, "oid"), app_id=_text(claims, "appid", "azp")),
        _role_ids(claims),
    )
    if kind is Kind.APPLICATION:
        return replace(
            who,
            name=_text(claims, "app_displayname"),
            permissions=_texts(claims.get("roles", [])),  # absent where there are none
            directory_roles=roles or frozenset(),
        )
    scopes = claims.get("scp")
    return replace(
        who,
        name=_text(claims, "upn", "unique_name", "preferred_username", "name"),
        permissions=frozenset(scopes.split()) if isinstance(scopes, str) else None,
        directory_roles=roles,
    )


async def role_ids(graph: Graph, caller: Caller, object_id: str | None) -> frozenset[str] | None:
    """Return the template ids of the caller's directory roles; ``None`` if they may not be read.

    A person's are those of the tenant and those limited to the application ``object_id``, by groups too.
    """
    if caller.id is None:
        return None
    try:
        if caller.kind is Kind.APPLICATION:
            return await _of_principal(graph, caller.id)
        return await _of_person(graph, caller.id, object_id)
    except Failure as failure:
        if is_denied(failure) or missing(failure):
            return None
        raise translated(failure, "reading this identity's directory roles") from failure


async def owns(graph: Graph, caller_id: str, object_id: str) -> bool | None:
    """Say whether the caller is among the application's owners; ``None`` if they may not be read."""
    try:
        owners = await owner.of_application(graph, object_id)
    except NotReadable:
        return None
    return caller_id in {item.id for item in owners}


async def _of_principal(graph: Graph, caller_id: str) -> frozenset[str]:
    builder = graph.sdk.service_principals.by_service_principal_id(caller_id).transitive_member_of
    items = await graph.collect(
        builder.graph_directory_role, configuration(Query(select=("roleTemplateId",)))
    )
    return frozenset((maybe(item, "roleTemplateId") or "").lower() for item in items)


async def _of_person(graph: Graph, caller_id: str, object_id: str | None) -> frozenset[str]:
    # The SDK has no builder for it, so the address is written out; it is an advanced query alone.
    url = (
        f"{graph.root}/roleManagement/directory/transitiveRoleAssignments"
        f"?$count=true&$filter=principalId eq '{caller_id}'"
    )
    builder = graph.sdk.role_management.directory.role_assignments.with_url(url)
    items = await graph.collect(builder, configuration(headers={"ConsistencyLevel": "eventual"}))
    reach = {"/", f"/{object_id}"} if object_id else {"/"}
    return frozenset(
        (maybe(item, "roleDefinitionId") or "").lower()
        for item in items
        if (maybe(item, "directoryScopeId") or "/") in reach
    )


def _kind(claims: Mapping[str, Any]) -> Kind:
    idtyp = claims.get("idtyp")
    if idtyp == "user" or isinstance(claims.get("scp"), str):
        return Kind.PERSON
    if idtyp == "app" or isinstance(claims.get("roles"), list):
        return Kind.APPLICATION
    return Kind.UNKNOWN


def _role_ids(claims: Mapping[str, Any]) -> frozenset[str] | None:
    found = _texts(claims.get("wids"))
    return None if found is None else frozenset(item.lower() for item in found) - _NO_ROLES


def _texts(value: Any) -> frozenset[str] | None:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else None


def _text(claims: Mapping[str, Any], *names: str) -> str | None:
    found = (claims.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), None)
