"""Consent: application roles by assignment, delegated permissions by grant."""

from __future__ import annotations

import re
from typing import Any

from ..world import GRAPH_APP, MAIL_SEND, World
from .asserting import (
    ADMINISTRATOR,
    EVENTUAL,
    NOBODY,
    done,
    get,
    listed,
    new_app,
    new_group,
    new_principal,
    new_user,
    refused,
)


def client_and_graph(world: World) -> tuple[Any, str]:
    return new_principal(world, new_app(world)), world.principal(GRAPH_APP)


def assign(world: World, side: str, principal: str, resource: str, role: str = MAIL_SEND) -> Any:
    body = {"principalId": principal, "resourceId": resource, "appRoleId": role}
    return world.graph(ADMINISTRATOR, "POST", f"/servicePrincipals/{side}", body)


def test_an_assignment_is_seen_from_both_sides(world: World) -> None:
    """https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto; deleted from either."""
    client, graph = client_and_graph(world)
    to, of = (
        f"/servicePrincipals/{graph}/appRoleAssignedTo",
        f"/servicePrincipals/{client['id']}/appRoleAssignments",
    )
    answer = assign(world, f"{graph}/appRoleAssignedTo", client["id"], graph)
    assert answer.status_code == 201
    made = answer.json()
    assert made.pop("@odata.context").endswith(f"servicePrincipals('{graph}')/appRoleAssignedTo/$entity")
    assert re.fullmatch(r"[\w-]{43}", made["id"])
    assert {**made, "id": "", "createdDateTime": ""} == {
        "id": "",
        "deletedDateTime": None,
        "appRoleId": MAIL_SEND,
        "createdDateTime": "",
        "principalDisplayName": "Mailer",
        "principalId": client["id"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": graph,
    }
    assert listed(world, of) == [made]
    assert made in listed(world, to)
    assert get(world, f"{of}/{made['id']}")["id"] == get(world, f"{to}/{made['id']}")["id"] == made["id"]
    by_key = f"/servicePrincipals(appId='{client['appId']}')/appRoleAssignments"
    assert get(world, by_key)["@odata.context"].endswith(f"('{client['appId']}')/appRoleAssignments")
    done(world.graph(ADMINISTRATOR, "DELETE", f"{of}/{made['id']}"))
    again = world.graph(ADMINISTRATOR, "DELETE", f"{to}/{made['id']}")
    refused(again, 404, "Request_ResourceNotFound")
    made = assign(world, f"{client['id']}/appRoleAssignments", client["id"], graph).json()
    done(world.graph(ADMINISTRATOR, "DELETE", f"{to}/{made['id']}"))
    assert listed(world, of) == []


def test_twice_is_refused(world: World) -> None:
    """Seen in many public clients: ``Permission being assigned already exists on the object``."""
    client, graph = client_and_graph(world)
    assign(world, f"{graph}/appRoleAssignedTo", client["id"], graph)
    again = assign(world, f"{client['id']}/appRoleAssignments", client["id"], graph)
    refused(again, 400, "Request_BadRequest", "Permission being assigned already exists on the object")


def test_a_role_must_be_the_resources(world: World) -> None:
    """Seen in public clients, typically with a delegated permission's id."""
    client, graph = client_and_graph(world)
    scope = "e383f46e-2787-4529-855e-0e479a3ffac0"
    answer = assign(world, f"{graph}/appRoleAssignedTo", client["id"], graph, scope)
    refused(answer, 400, "Request_BadRequest", "Permission being assigned was not found on application")


def test_both_ends_must_exist(world: World) -> None:
    """An id that is nobody's: 404 (terraform-provider-azuread issue 699, ADME issue 5)."""
    client, graph = client_and_graph(world)
    for side, principal, resource in (
        (f"{graph}/appRoleAssignedTo", NOBODY, graph),
        (f"{client['id']}/appRoleAssignments", client["id"], NOBODY),
    ):
        answer = assign(world, side, principal, resource)
        refused(answer, 404, "Request_ResourceNotFound", f"Resource '{NOBODY}' does not exist")
    nowhere = assign(world, f"{NOBODY}/appRoleAssignedTo", client["id"], NOBODY)
    refused(nowhere, 404, "Request_ResourceNotFound")
    empty = world.graph(ADMINISTRATOR, "POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", {})
    refused(empty, 400, "Request_BadRequest", "A value is required")


def test_both_ends_must_fit(world: World) -> None:
    """Another resource than the path's, or an object that is none (docs-contrib issues 1407 and 4628)."""
    client, graph = client_and_graph(world)
    person = new_user(world)
    for side, principal, resource in (
        (f"{graph}/appRoleAssignedTo", client["id"], client["id"]),
        (f"{client['id']}/appRoleAssignments", client["id"], person["id"]),
    ):
        answer = assign(world, side, principal, resource)
        refused(answer, 400, "Request_BadRequest", "Not a valid reference update.")


def test_a_key_that_cannot_be_an_assignments(world: World) -> None:
    """microsoft-graph-docs issue 5869; one of the right form that is not there is 404."""
    client, graph = client_and_graph(world)
    for method in ("GET", "DELETE"):
        path = f"/servicePrincipals/{client['id']}/appRoleAssignments"
        wrong = world.graph(ADMINISTRATOR, method, f"{path}/{graph}")
        refused(wrong, 400, "Request_BadRequest", "Invalid resource identifier for EntitlementGrant.")
        refused(world.graph(ADMINISTRATOR, method, f"{path}/{'A' * 43}"), 404, "Request_ResourceNotFound")


def test_a_filter_on_the_resource_takes_a_bare_guid(world: World) -> None:
    """microsoft-graph-docs-contrib issue 4133: in quotes it is a string, and refused."""
    client, graph = client_and_graph(world)
    assign(world, f"{graph}/appRoleAssignedTo", client["id"], graph)
    path = f"/servicePrincipals/{client['id']}/appRoleAssignments"
    assert len(listed(world, f"{path}?$filter=resourceId eq {graph}")) == 1
    quoted = world.graph(ADMINISTRATOR, "GET", f"{path}?$filter=resourceId eq '{graph}'")
    refused(quoted, 400, "BadRequest", "Invalid filter clause")
    # aad-advanced-queries names assignments among the objects that are counted as advanced queries only.
    refused(world.graph(ADMINISTRATOR, "GET", f"{path}/$count"), 400, "Request_BadRequest", "$count")
    assert world.graph(ADMINISTRATOR, "GET", f"{path}/$count", **EVENTUAL).text == "1"


def test_it_cannot_be_changed_and_has_no_collection_of_its_own(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/approleassignment: no update."""
    client, graph = client_and_graph(world)
    made = assign(world, f"{graph}/appRoleAssignedTo", client["id"], graph).json()
    path = f"/servicePrincipals/{graph}/appRoleAssignedTo/{made['id']}"
    assert world.graph(ADMINISTRATOR, "PATCH", path, {"appRoleId": NOBODY}).status_code == 405
    for direct in ("/appRoleAssignments", f"/appRoleAssignments/{made['id']}"):
        # msgraph-sdk-dotnet pull request 2820
        answer = world.graph(ADMINISTRATOR, "GET", direct)
        refused(answer, 400, "Request_UnsupportedQuery", "Direct queries to this resource type")


def test_people_and_groups_are_given_roles_too(world: World) -> None:
    """https://learn.microsoft.com/graph/api/user-post-approleassignments, group-post-approleassignments."""
    resource = new_principal(world, new_app(world))
    everybody = "00000000-0000-0000-0000-000000000000"  # the default role of a resource without roles
    for kind, made in (("users", new_user(world)), ("groups", new_group(world))):
        path = f"/{kind}/{made['id']}/appRoleAssignments"
        body = {"principalId": made["id"], "resourceId": resource["id"], "appRoleId": everybody}
        grant = world.make(ADMINISTRATOR, path, body)
        assert grant["principalType"] == {"users": "User", "groups": "Group"}[kind]
        assert get(world, f"{path}/{grant['id']}")["id"] == grant["id"]
        assert world.graph(ADMINISTRATOR, "GET", f"{path}/$count", **EVENTUAL).text == "1"
        done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/{grant['id']}"))
    me = get(world, "/me")["id"]
    mine = {"principalId": me, "resourceId": resource["id"], "appRoleId": everybody}
    given = world.make(ADMINISTRATOR, "/me/appRoleAssignments", mine)
    assert listed(world, "/me/appRoleAssignments") == [{k: v for k, v in given.items() if k[0] != "@"}]
    assert get(world, f"/me/appRoleAssignments/{given['id']}")["id"] == given["id"]
    assert world.graph(ADMINISTRATOR, "GET", "/me/appRoleAssignments/$count", **EVENTUAL).text == "1"
    done(world.graph(ADMINISTRATOR, "DELETE", f"/me/appRoleAssignments/{given['id']}"))


def test_they_go_with_either_end(world: World) -> None:
    """https://learn.microsoft.com/graph/api/serviceprincipal-delete: no grant is left that names it."""
    client, graph = client_and_graph(world)
    assign(world, f"{graph}/appRoleAssignedTo", client["id"], graph)
    done(world.graph(ADMINISTRATOR, "DELETE", f"/servicePrincipals/{client['id']}"))
    left = listed(world, f"/servicePrincipals/{graph}/appRoleAssignedTo")
    assert client["id"] not in [a["principalId"] for a in left]


# -- delegated -----------------------------------------------------------------------------------


def for_everybody(client: dict[str, Any], graph: str, scope: str = "User.Read") -> dict[str, Any]:
    """What grants a scope on behalf of all people."""
    return {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": graph, "scope": scope}


def test_a_delegated_grant(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_app_permission_grant: the path's spelling too (oAuth2...)."""
    client, graph = client_and_graph(world)
    body = {**for_everybody(client, graph, "Mail.Send User.Read"), "principalId": None}
    answer = world.graph(ADMINISTRATOR, "POST", "/oauth2PermissionGrants", body)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"].endswith(f"/oauth2PermissionGrants/{made['id']}")
    assert made.pop("@odata.context").endswith("$metadata#oauth2PermissionGrants/$entity")
    assert re.fullmatch(r"[\w-]{43}", made["id"])
    assert made == {**body, "id": made["id"]}
    assert listed(world, f"/oauth2PermissionGrants?$filter=clientId eq '{client['id']}'") == [made]
    assert listed(world, f"/servicePrincipals/{client['id']}/oauth2PermissionGrants") == [made]
    path = f"/oAuth2PermissionGrants/{made['id']}"
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"scope": "User.Read"}))
    assert get(world, path)["scope"] == "User.Read"
    refused(
        world.graph(ADMINISTRATOR, "PATCH", path, {"consentType": "Principal"}), 400, "Request_BadRequest"
    )
    done(world.graph(ADMINISTRATOR, "DELETE", path))
    refused(world.graph(ADMINISTRATOR, "GET", path), 404, "Request_ResourceNotFound")


def test_one_for_a_person(world: World) -> None:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-post: Principal names whom."""
    client, graph = client_and_graph(world)
    me = get(world, "/me")["id"]
    body = {"clientId": client["id"], "consentType": "Principal", "resourceId": graph, "scope": "User.Read"}
    refused(world.graph(ADMINISTRATOR, "POST", "/oauth2PermissionGrants", body), 400, "Request_BadRequest")
    made = world.make(ADMINISTRATOR, "/oauth2PermissionGrants", {**body, "principalId": me})
    for path in (f"/users/{me}", "/me"):
        assert [g["id"] for g in listed(world, f"{path}/oauth2PermissionGrants")] == [made["id"]]


def test_a_delegated_grant_is_written_by_its_own_path_only(world: World) -> None:
    """Quoted in microsoft-graph-docs issue 15139."""
    client, graph = client_and_graph(world)
    body = for_everybody(client, graph)
    made = world.make(ADMINISTRATOR, "/oauth2PermissionGrants", body)
    for base in ("/me", f"/servicePrincipals/{client['id']}"):
        for method, path in (("POST", ""), ("PATCH", f"/{made['id']}"), ("DELETE", f"/{made['id']}")):
            answer = world.graph(ADMINISTRATOR, method, f"{base}/oauth2PermissionGrants{path}", {})
            refused(answer, 400, "BadRequest", "Write requests are only supported on contained entities")


def test_what_a_delegated_grant_must_say(world: World) -> None:
    """https://learn.microsoft.com/graph/api/oauth2permissiongrant-post."""
    client, graph = client_and_graph(world)
    body = for_everybody(client, graph)
    for fault in (
        {"clientId": None},
        {"consentType": "Everybody"},
        {"resourceId": "x"},
    ):
        refused(
            world.graph(ADMINISTRATOR, "POST", "/oauth2PermissionGrants", body | fault),
            400,
            "Request_BadRequest",
        )
    for nobody in ({"clientId": NOBODY}, {"resourceId": NOBODY}):  # as Azure CLI's users meet it
        unknown = world.graph(ADMINISTRATOR, "POST", "/oauth2PermissionGrants", body | nobody)
        refused(unknown, 404, "Directory_ObjectNotFound", "Unable to read the company information")
    world.make(ADMINISTRATOR, "/oauth2PermissionGrants", body)
    again = world.graph(ADMINISTRATOR, "POST", "/oauth2PermissionGrants", body)
    refused(again, 409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
