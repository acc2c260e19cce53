"""Who may do what: graph/permissions-overview, and the pages beside the table's rows."""

from __future__ import annotations

from typing import Any

import pytest

from provision.sandbox.authorization import permissions
from provision.sandbox.routes import ENDPOINTS

from .world import ADMIN, DOMAIN, GRANTER, GRAPH_APP, MAIL_SEND, MAILER, NOTHING, OWNED, READER, World

READ_ALL = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"


def denied(answer: Any) -> bool:
    """Whether the directory refused, in its own words."""
    if answer.is_success:
        return False
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "Authorization_RequestDenied"), error
    return True


def app_of(world: World, who: str, name: str = "x") -> Any:
    return world.make(who, "/applications", {"displayName": name, "signInAudience": "AzureADMyOrg"})


# -- the table -----------------------------------------------------------------------------------


def test_every_endpoint_has_a_row() -> None:
    """A route without a right would be refused to everybody: each new one needs its line."""
    missing = [
        f"{e.method} {e.pattern}" for e in ENDPOINTS if permissions.right_of(e.method, e.pattern) is None
    ]
    assert not missing


def test_the_tables_permissions_are_graphs(world: World) -> None:
    """Each name is in the public permissions reference, among the roles or the scopes of Microsoft Graph."""
    graph = world.graph(ADMIN, "GET", f"/servicePrincipals(appId='{GRAPH_APP}')").json()
    roles = {r["value"] for r in graph["appRoles"]}
    scopes = {s["value"] for s in graph["oauth2PermissionScopes"]}
    assert permissions.application_permissions() - roles <= {"AppRegistration.Create"}
    assert permissions.delegated_permissions() - scopes <= {"AppRegistration.Create"}


# -- applications without, with little, with much ------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/applications"),
        ("POST", "/applications"),
        ("GET", "/servicePrincipals"),
        ("GET", "/users"),
        ("GET", "/organization"),
        ("GET", "/domains"),
        ("GET", "/policies/defaultAppManagementPolicy"),
        ("GET", "/directory/deletedItems/microsoft.graph.application"),
        ("GET", "/roleManagement/directory/roleAssignments"),
        ("GET", "/oauth2PermissionGrants"),
    ],
)
def test_a_token_without_roles_may_nothing(world: World, method: str, path: str) -> None:
    """403 ``Authorization_RequestDenied`` ``Insufficient privileges to complete the operation.``"""
    answer = world.graph(NOTHING, method, path, {"displayName": "x"} if method == "POST" else None)
    assert denied(answer)
    assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."


def test_a_reader_reads_and_does_not_write(world: World) -> None:
    """Application.Read.All: applications, principals and grants of the tenant; no policies, no users."""
    app = app_of(world, ADMIN)
    for path in (
        f"/applications/{app['id']}",
        "/servicePrincipals",
        f"/servicePrincipals(appId='{MAILER}')/appRoleAssignments",
    ):
        assert world.graph(READER, "GET", path).status_code == 200
    for method, path, body in (
        ("POST", "/applications", {"displayName": "y"}),
        ("PATCH", f"/applications/{app['id']}", {"displayName": "y"}),
        ("DELETE", f"/applications/{app['id']}", None),
        ("POST", f"/applications/{app['id']}/addPassword", {}),
        ("POST", "/servicePrincipals", {"appId": app["appId"]}),
        ("GET", "/policies/defaultAppManagementPolicy", None),
        ("GET", "/users", None),
    ):
        assert denied(world.graph(READER, method, path, body)), path


def test_owned_by_reads_all_and_writes_its_own(world: World) -> None:
    """Application.ReadWrite.OwnedBy (application-list, application-post-applications, application-update)."""
    mine, other = app_of(world, OWNED), app_of(world, ADMIN)
    for app in (mine, other):
        assert world.graph(OWNED, "GET", f"/applications/{app['id']}").status_code == 200
        assert world.graph(OWNED, "GET", f"/applications(appId='{app['appId']}')").status_code == 200
    owners = world.graph(OWNED, "GET", f"/applications/{mine['id']}/owners").json()["value"]
    assert [o["id"] for o in owners] == [world.principal(OWNED)]
    for path in (f"/applications/{mine['id']}", f"/applications(appId='{mine['appId']}')"):
        assert world.graph(OWNED, "PATCH", path, {"notes": "n"}).status_code == 204
    secret = world.make(OWNED, f"/applications/{mine['id']}/addPassword", {})
    assert world.graph(
        OWNED, "POST", f"/applications/{mine['id']}/removePassword", {"keyId": secret["keyId"]}
    ).is_success
    principal = world.make(OWNED, "/servicePrincipals", {"appId": mine["appId"]})
    assert (
        world.graph(OWNED, "PATCH", f"/servicePrincipals/{principal['id']}", {"notes": "n"}).status_code
        == 204
    )
    theirs = world.make(ADMIN, "/servicePrincipals", {"appId": other["appId"]})
    for method, path, body in (
        ("PATCH", f"/applications/{other['id']}", {"notes": "n"}),
        ("PATCH", f"/applications(appId='{other['appId']}')", {"notes": "n"}),
        ("POST", f"/applications/{other['id']}/addPassword", {}),
        ("DELETE", f"/applications/{other['id']}", None),
        ("PATCH", f"/servicePrincipals/{theirs['id']}", {"notes": "n"}),
        ("DELETE", f"/servicePrincipals(appId='{other['appId']}')", None),
        ("POST", "/servicePrincipals", {"appId": app_of(world, ADMIN)["appId"]}),
    ):
        assert denied(world.graph(OWNED, method, path, body)), path
    assert world.graph(OWNED, "DELETE", f"/applications/{mine['id']}").status_code == 204


def test_owned_by_may_upsert_what_is_not_there_and_what_it_owns(world: World) -> None:
    """application-upsert: a PATCH that creates is a creation; another's application stays another's."""
    name = "/applications(uniqueName='{}')"
    prefer = {"Prefer": "create-if-missing"}
    for expected in (201, 204):
        made = world.graph(OWNED, "PATCH", name.format("mine"), {"displayName": "x"}, **prefer)
        assert made.status_code == expected, made.text
    assert (
        world.graph(ADMIN, "PATCH", name.format("theirs"), {"displayName": "x"}, **prefer).status_code == 201
    )
    assert denied(world.graph(OWNED, "PATCH", name.format("theirs"), {"displayName": "y"}, **prefer))
    assert denied(world.graph(READER, "PATCH", name.format("new"), {"displayName": "y"}, **prefer))


def test_an_owned_by_caller_cannot_have_a_principal_of_a_foreign_application(world: World) -> None:
    """The 403 that terraform-provider-azuread retries, with its broken grammar."""
    answer = world.graph(
        OWNED, "POST", "/servicePrincipals", {"appId": "99999999-9999-4999-8999-999999999999"}
    )
    assert denied(answer)
    assert answer.json()["error"]["message"] == (
        "When using this permission, the backing application of the service principal being created must in"
        " the local tenant"
    )


def test_only_application_readwrite_all_restores_and_purges(world: World) -> None:
    """directory-deleteditems-restore: not OwnedBy, even for what it owned."""
    mine = app_of(world, OWNED)
    world.graph(OWNED, "DELETE", f"/applications/{mine['id']}")
    path = f"/directory/deletedItems/{mine['id']}"
    assert world.graph(OWNED, "GET", path).status_code == 200
    assert denied(world.graph(OWNED, "POST", f"{path}/restore"))
    assert denied(world.graph(OWNED, "DELETE", path))
    assert world.graph(ADMIN, "POST", f"{path}/restore").status_code == 200


# -- consent -------------------------------------------------------------------------------------


def grant(world: World, who: str, role: str = MAIL_SEND, resource: str = GRAPH_APP) -> Any:
    graph = world.principal(resource)
    body = {"principalId": world.principal(NOTHING), "resourceId": graph, "appRoleId": role}
    return world.graph(who, "POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", body)


def test_granting_needs_two_permissions(world: World) -> None:
    """serviceprincipal-post-approleassignedto: AppRoleAssignment.ReadWrite.All and Application.Read.All."""
    for who in (READER, GRANTER, OWNED, MAILER):
        assert denied(grant(world, who)), who
    made = grant(world, ADMIN)
    assert made.status_code == 201
    path = f"/servicePrincipals/{world.principal(NOTHING)}/appRoleAssignments/{made.json()['id']}"
    assert denied(world.graph(READER, "DELETE", path))
    assert world.graph(ADMIN, "DELETE", path).status_code == 204


def test_graphs_roles_are_granted_by_a_privileged_role_administrator(world: World) -> None:
    """grant-admin-consent: Application Administrators consent to all but Graph's application roles."""
    assert denied(grant(world, "ann"))
    assert denied(grant(world, "appadmin"))
    assert grant(world, "pra").status_code == 201
    assert grant(world, "root", READ_ALL).status_code == 201


def test_an_application_administrator_grants_other_apis_roles(world: World) -> None:
    """The same page: any other API's application roles."""
    role: dict[str, Any] = {
        "id": "abababab-abab-4bab-8bab-abababababab",
        "allowedMemberTypes": ["Application"],
        "value": "Do",
        "displayName": "Do",
        "description": "Do",
        "isEnabled": True,
    }
    api = world.make(
        ADMIN, "/applications", {"displayName": "api", "signInAudience": "AzureADMyOrg", "appRoles": [role]}
    )
    world.make(ADMIN, "/servicePrincipals", {"appId": api["appId"]})
    assert grant(world, "appadmin", role["id"], api["appId"]).status_code == 201


# -- people --------------------------------------------------------------------------------------


def test_a_person_without_a_role_makes_applications_and_manages_her_own(world: World) -> None:
    """users-default-permissions: register applications; owners manage what they own, and nothing else."""
    mine, other = app_of(world, "ann"), app_of(world, ADMIN)
    assert world.graph("ann", "PATCH", f"/applications/{mine['id']}", {"notes": "n"}).status_code == 204
    assert world.graph("ann", "POST", f"/applications/{mine['id']}/addPassword", {}).status_code == 200
    assert world.graph("ann", "POST", "/servicePrincipals", {"appId": mine["appId"]}).status_code == 201
    assert world.graph("ann", "GET", f"/applications/{other['id']}").status_code == 200
    for method, path, body in (
        ("PATCH", f"/applications/{other['id']}", {"notes": "n"}),
        ("DELETE", f"/applications/{other['id']}", None),
        ("POST", f"/applications/{other['id']}/addPassword", {}),
        ("POST", "/servicePrincipals", {"appId": other["appId"]}),
        ("PATCH", "/policies/defaultAppManagementPolicy", {"isEnabled": True}),
        ("DELETE", f"/users/noreply@{DOMAIN}", None),
    ):
        assert denied(world.graph("ann", method, path, body)), path


def test_an_application_administrator_manages_every_application(world: World) -> None:
    """permissions-reference: Application Administrator; users stay out of reach."""
    other = app_of(world, ADMIN)
    assert world.graph("appadmin", "PATCH", f"/applications/{other['id']}", {"notes": "n"}).status_code == 204
    assert world.graph("appadmin", "DELETE", f"/applications/{other['id']}").status_code == 204
    assert denied(world.graph("appadmin", "DELETE", f"/users/noreply@{DOMAIN}"))


def test_me_is_for_people(world: World) -> None:
    """user-get: an application gets 400, whatever its rights."""
    assert world.graph("ann", "GET", "/me").json()["userPrincipalName"] == f"ann@{DOMAIN}"
    for who in (ADMIN, NOTHING):
        answer = world.graph(who, "GET", "/me")
        assert answer.status_code == 400
        assert (
            answer.json()["error"]["message"]
            == "/me request is only valid with delegated authentication flow."
        )


def test_policies_need_their_own_permissions(world: World) -> None:
    """tenantappmanagementpolicy-get, -update."""
    for who in (READER, OWNED, MAILER):
        assert denied(world.graph(who, "GET", "/policies/defaultAppManagementPolicy"))
    assert world.graph(ADMIN, "GET", "/policies/defaultAppManagementPolicy").status_code == 200
    assert (
        world.graph(ADMIN, "PATCH", "/policies/defaultAppManagementPolicy", {"isEnabled": True}).status_code
        == 204
    )


def test_each_request_of_a_batch_is_checked_for_itself(world: World) -> None:
    """graph/json-batching: the outer request needs nothing, the inner ones what they need."""
    batch = {
        "requests": [
            {"id": "1", "method": "GET", "url": "/applications"},
            {"id": "2", "method": "GET", "url": "/users"},
        ]
    }
    answers = {
        r["id"]: r["status"] for r in world.graph(READER, "POST", "/$batch", batch).json()["responses"]
    }
    assert answers == {"1": 200, "2": 403}
