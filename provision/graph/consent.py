"""Look up the product's permission in the tenant, observe who has it, and grant it.

Sources: https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignments and
https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
"""

from __future__ import annotations

from typing import Any

from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import ProvisionError, catalogue
from provision.graph import delegated_grant
from provision.graph.answers import Failure, Refusal
from provision.graph.application import READ
from provision.graph.client import Graph, Query, body, configuration
from provision.graph.identity import Held, holder_of, refuse_other
from provision.graph.listing import NotReadable
from provision.graph.records import maybe, records, text, time
from provision.graph.refusals import missing, translated
from provision.graph.service_principal import by_client_id
from provision.products.permissions import Permission
from provision.resources.consent import RESOURCE, ROLE_NEEDED, Given, Grant, Revoke, Role

NEEDS = f"AppRoleAssignment.ReadWrite.All and Application.Read.All; a user also the role {ROLE_NEEDED}"
# Graph has said it in both ways.
_ALREADY_THERE = ("Permission being assigned already exists", "EntitlementGrant entry already exists")


async def role(graph: Graph, permission: Permission) -> Role:
    """Return the ids of the permission and of Microsoft Graph's principal in this tenant.

    Raises ``ProvisionError`` if they cannot be read, or if Graph offers no such permission there.
    """
    record = await by_client_id(graph, MICROSOFT_GRAPH_APP_ID, ("id", "appRoles"))
    for item in records(record or {}, "appRoles"):
        kinds = item.get("allowedMemberTypes")
        if item.get("value") == permission.name and isinstance(kinds, list) and "Application" in kinds:
            return Role(resource_id=text(record or {}, "id"), role_id=text(item, "id"))
    raise ProvisionError(
        catalogue.ROLE_NOT_FOUND,
        f"{RESOURCE} offers no application permission {permission.name} in this tenant",
    )


Granted = tuple[Role, Given]


async def assignments(graph: Graph, app_id: str) -> Held[Role]:
    """Return the app roles granted to the application's principal; none if it has no principal."""
    held = await fetch_grants(graph, app_id)
    return Held(held.what, held.key, held.holder, tuple(dict.fromkeys(role for role, _ in held.items)))


async def fetch_grants(graph: Graph, app_id: str) -> Held[Granted]:
    """Return the same with each grant: its id, and since when it is there."""
    what = "reading the application's grants"
    try:
        items = await _assignments(graph, app_id)
    except Failure as failure:
        if missing(failure):
            return Held(what, "principalId", None, ())
        raise translated(failure, what, needs=READ) from failure
    found = {
        (
            Role(resource_id=maybe(item, "resourceId") or "", role_id=maybe(item, "appRoleId") or ""),
            Given(maybe(item, "id") or "", time(item, "createdDateTime")),
        )
        for item in items
    }
    ordered = sorted(found, key=lambda item: (item[0].resource_id, item[0].role_id, item[1].id))
    return Held(what, "principalId", holder_of(items, what, "principalId"), tuple(ordered))


async def addresses(graph: Graph, app_id: str, principal_id: str, role: Role) -> tuple[str, ...]:
    """Return where each grant of the role to the application is: a ``DELETE`` there removes it.

    Raises ``ProvisionError`` for a grant that is not that principal's.

    Source: https://learn.microsoft.com/graph/api/serviceprincipal-delete-approleassignments
    """
    try:
        items = await _assignments(graph, app_id)
    except Failure as failure:
        raise translated(failure, "reading the application's grants", needs=READ) from failure
    for item in items:
        refuse_other(item, "reading the application's grants", principalId=principal_id)
    return tuple(
        f"{graph.root}/servicePrincipals/{text(item, 'principalId')}/appRoleAssignments/{text(item, 'id')}"
        for item in items
        if (maybe(item, "resourceId"), maybe(item, "appRoleId")) == (role.resource_id, role.role_id)
    )


async def _assignments(graph: Graph, app_id: str) -> list[dict[str, Any]]:
    # The SDK's builder of this address has no child for assignments, so the address is written out.
    url = f"{graph.root}/servicePrincipals(appId='{app_id}')/appRoleAssignments"
    builder = graph.sdk.service_principals.by_service_principal_id(app_id).app_role_assignments
    return await graph.collect(builder.with_url(url), configuration(Query()))


async def delegated(graph: Graph, app_id: str, principal_id: str, role: Role, permission: Permission) -> bool:
    """Say whether the permission is granted on behalf of people; False, too, if that may not be read."""
    try:
        scopes = (await delegated_grant.of_principal(graph, app_id)).by(principal_id)
    except NotReadable:
        return False
    return any(item.resource_id == role.resource_id and item.scope == permission.delegated for item in scopes)


async def grant(graph: Graph, principal_id: str, step: Grant, permission: Permission) -> None:
    """Assign the role to the principal; one that is assigned already is no error.

    Raises ``ProvisionError`` if Graph refuses, or if it says that it granted something else.
    """
    builder = graph.sdk.service_principals.by_service_principal_id(step.role.resource_id)
    asked = {
        "principalId": principal_id,
        "resourceId": step.role.resource_id,
        "appRoleId": step.role.role_id,
    }
    info = builder.app_role_assigned_to.to_post_request_information(body(asked))
    try:
        answer = await graph.send(info, fresh=True)
    except Failure as failure:
        if isinstance(failure, Refusal) and failure.message.startswith(_ALREADY_THERE):
            return
        raise translated(failure, f"granting {permission.name}", needs=NEEDS) from failure
    refuse_other(answer.body, f"granting {permission.name}", **asked)


async def revoke(graph: Graph, principal_id: str, step: Revoke, permission: Permission) -> None:
    """Remove grants from the principal; one that is gone is no error. ``ProvisionError`` if Graph refuses.

    Source: https://learn.microsoft.com/graph/api/serviceprincipal-delete-approleassignments
    """
    assignments = graph.sdk.service_principals.by_service_principal_id(principal_id).app_role_assignments
    for grant_id in step.ids:
        builder = assignments.by_app_role_assignment_id(grant_id)
        try:
            await graph.send(builder.to_delete_request_information())
        except Failure as failure:
            if not missing(failure):
                raise translated(
                    failure, f"removing the grant of {permission.name}", needs=NEEDS
                ) from failure
