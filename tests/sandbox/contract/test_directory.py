"""The directory itself: objects of any kind, the tenant, its domains, its roles."""

from __future__ import annotations

from ..world import ADMIN, DOMAIN, TENANT, World
from .asserting import (
    ADMINISTRATOR,
    EVENTUAL,
    NOBODY,
    done,
    get,
    link,
    listed,
    new_app,
    new_group,
    new_user,
    refused,
)

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
READER = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
ASSIGNMENTS = "/roleManagement/directory/roleAssignments"


def test_objects_by_their_ids(world: World) -> None:
    """Recorded 2023-08, Azure CLI's test_ams_sp_create_reset: what is not there is left out."""
    app, user = new_app(world), new_user(world)
    body = {"ids": [app["id"], user["id"], NOBODY]}
    answer = world.graph(ADMINISTRATOR, "POST", "/directoryObjects/getByIds", body)
    assert answer.headers["location"] == "https://graph.microsoft.com"
    found = answer.json()
    assert found["@odata.context"].endswith("$metadata#directoryObjects")
    kinds = {o["id"]: o["@odata.type"] for o in found["value"]}
    assert kinds == {app["id"]: "#microsoft.graph.application", user["id"]: "#microsoft.graph.user"}
    only = {**body, "types": ["user", "group"]}
    answer = world.graph(ADMINISTRATOR, "POST", "/directoryObjects/microsoft.graph.getByIds", only)
    assert [o["id"] for o in answer.json()["value"]] == [user["id"]]
    for faulty in ({}, {"ids": ["x"]}, {"ids": [NOBODY] * 1001}):
        refused(
            world.graph(ADMINISTRATOR, "POST", "/directoryObjects/getByIds", faulty),
            400,
            "Request_BadRequest",
        )


def test_one_object_of_any_kind(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directoryobject-get."""
    app = new_app(world)
    found = get(world, f"/directoryObjects/{app['id']}?$select=id,displayName")
    assert found == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects(id,displayName)/$entity",
        "@odata.type": "#microsoft.graph.application",
        "id": app["id"],
        "displayName": "Mailer",
    }
    refused(world.graph(ADMINISTRATOR, "GET", "/directoryObjects/x"), 400, "Request_BadRequest")


def test_memberships_are_asked_with_their_parameters(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups: 20 groups at most."""
    path = f"/directoryObjects/{new_user(world)['id']}"
    for action, body in (
        ("checkMemberGroups", {}),
        ("checkMemberGroups", {"groupIds": ["x"]}),
        ("checkMemberGroups", {"groupIds": [NOBODY] * 21}),
        ("checkMemberObjects", {}),
        ("getMemberGroups", {}),
        ("getMemberObjects", {"securityEnabledOnly": "yes"}),
    ):
        refused(world.graph(ADMINISTRATOR, "POST", f"{path}/{action}", body), 400, "Request_BadRequest")


def test_the_organization(world: World) -> None:
    """https://learn.microsoft.com/graph/api/organization-list: a list of one, with its domains."""
    (found,) = listed(world, "/organization")
    assert (found["id"], found["displayName"]) == (TENANT, "Contoso")
    domain = next(d for d in found["verifiedDomains"] if d["name"] == DOMAIN)
    assert domain["isDefault"] is True
    # In Azure PowerShell's recording of 2022-11, and in the page's example.
    assert set(found["directorySizeQuota"]) == {"used", "total"}
    assert get(world, f"/organization/{TENANT}?$select=id")["id"] == TENANT
    assert listed(world, f"/organization/{TENANT}/verifiedDomains") == found["verifiedDomains"]
    refused(world.graph(ADMINISTRATOR, "GET", f"/organization/{NOBODY}"), 404, "Request_ResourceNotFound")


def test_domains(world: World) -> None:
    """https://learn.microsoft.com/graph/api/domain-list."""
    found = {d["id"]: d for d in listed(world, "/domains")}
    assert found[DOMAIN]["isVerified"] is True
    assert list(found[DOMAIN]) == [
        "authenticationType",
        "availabilityStatus",
        "id",
        "isAdminManaged",
        "isDefault",
        "isInitial",
        "isRoot",
        "isVerified",
        "supportedServices",
        "passwordValidityPeriodInDays",
        "passwordNotificationWindowInDays",
        "state",
    ]
    assert [d["isInitial"] for d in found.values()].count(True) == 1
    assert get(world, f"/domains/{DOMAIN.upper()}")["id"] == DOMAIN
    refused(world.graph(ADMINISTRATOR, "GET", "/domains/other.example"), 404, "Request_ResourceNotFound")


def test_roles_that_somebody_holds(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directoryrole-list: activated ones; their members."""
    me = get(world, "/me")["id"]
    roles = {r["roleTemplateId"]: r for r in listed(world, "/directoryRoles")}
    role = roles[GLOBAL_ADMINISTRATOR]
    assert role["displayName"] == "Global Administrator"
    by_template = f"/directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR}')"
    assert get(world, by_template)["id"] == get(world, f"/directoryRoles/{role['id']}")["id"] == role["id"]
    assert me in [m["id"] for m in listed(world, f"{by_template}/members")]
    templates = {t["id"] for t in listed(world, "/directoryRoleTemplates")}
    assert {GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, READER} <= templates


def test_a_role_is_activated_given_and_taken(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directoryrole-post-directoryroles, -post-members."""
    user = new_user(world)
    made = world.make(ADMINISTRATOR, "/directoryRoles", {"roleTemplateId": READER})
    refused(
        world.graph(ADMINISTRATOR, "POST", "/directoryRoles", {"roleTemplateId": READER}),
        400,
        "Request_BadRequest",
    )
    refused(world.graph(ADMINISTRATOR, "POST", "/directoryRoles", {}), 400, "Request_BadRequest")
    path = f"/directoryRoles/{made['id']}/members"
    done(link(world, path, user["id"]))
    refused(link(world, path, user["id"]), 400, "Request_BadRequest", "references already exist")
    refused(link(world, path, new_app(world)["id"]), 400, "Request_BadRequest")
    held = listed(world, f"{ASSIGNMENTS}?$filter=principalId eq '{user['id']}'")
    assert [a["roleDefinitionId"] for a in held] == [READER]
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/{user['id']}/$ref"))
    assert listed(world, f"{ASSIGNMENTS}?$filter=principalId eq '{user['id']}'") == []
    gone = world.graph(ADMINISTRATOR, "DELETE", f"{path}/{user['id']}/$ref")
    refused(gone, 404, "Request_ResourceNotFound")


def test_role_assignments(world: World) -> None:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments: what a preflight reads."""
    principal = world.principal(ADMIN)
    assert listed(world, f"{ASSIGNMENTS}?$filter=principalId eq '{principal}'") == []
    body = {"principalId": principal, "roleDefinitionId": APPLICATION_ADMINISTRATOR, "directoryScopeId": "/"}
    made = world.make(ADMINISTRATOR, ASSIGNMENTS, body)
    refused(
        world.graph(ADMINISTRATOR, "POST", ASSIGNMENTS, body), 400, "Request_BadRequest", "conflicting object"
    )
    refused(world.graph(ADMINISTRATOR, "POST", ASSIGNMENTS, {}), 400, "Request_BadRequest")
    (found,) = listed(world, f"{ASSIGNMENTS}?$filter=principalId eq '{principal}'&$expand=roleDefinition")
    assert {k: found[k] for k in body} == body
    assert found["roleDefinition"]["displayName"] == "Application Administrator"
    (found,) = listed(world, f"{ASSIGNMENTS}?$filter=principalId eq '{principal}'&$expand=principal")
    assert found["principal"]["@odata.type"] == "#microsoft.graph.servicePrincipal"
    assert get(world, f"{ASSIGNMENTS}/{made['id']}")["id"] == made["id"]
    done(world.graph(ADMINISTRATOR, "DELETE", f"{ASSIGNMENTS}/{made['id']}"))
    refused(world.graph(ADMINISTRATOR, "GET", f"{ASSIGNMENTS}/{made['id']}"), 404, "Request_ResourceNotFound")


def test_role_assignments_through_groups(world: World) -> None:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-transitiveroleassignments: advanced only."""
    group, user = new_group(world), new_user(world)
    done(link(world, f"/groups/{group['id']}/members", user["id"]))
    body = {"principalId": group["id"], "roleDefinitionId": READER, "directoryScopeId": "/"}
    world.make(ADMINISTRATOR, ASSIGNMENTS, body)
    query = f"$count=true&$filter=principalId eq '{user['id']}'"
    path = f"/roleManagement/directory/transitiveRoleAssignments?{query}"
    found = get(world, path, **EVENTUAL)
    assert [a["roleDefinitionId"] for a in found["value"]] == [READER]
    assert found["@odata.count"] == 1
    assert world.graph(ADMINISTRATOR, "GET", path).status_code == 400
    roles = listed(world, f"/users/{user['id']}/transitiveMemberOf/microsoft.graph.directoryRole")
    assert [r["roleTemplateId"] for r in roles] == [READER]


def test_role_definitions(world: World) -> None:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roledefinitions: by name, by id."""
    path = "/roleManagement/directory/roleDefinitions"
    (found,) = listed(world, f"{path}?$filter=displayName eq 'Application Administrator'")
    assert found["id"] == found["templateId"] == APPLICATION_ADMINISTRATOR
    assert get(world, f"{path}/{found['id']}")["isBuiltIn"] is True
    refused(world.graph(ADMINISTRATOR, "GET", f"{path}/{NOBODY}"), 404, "Request_ResourceNotFound")


def test_a_role_definition_comes_with_what_it_inherits_from(world: World) -> None:
    """https://learn.microsoft.com/graph/api/unifiedroledefinition-get: the example; not if one selects."""
    path = f"/roleManagement/directory/roleDefinitions/{GLOBAL_ADMINISTRATOR}"
    found = get(world, path)
    context = f"roleDefinitions('{GLOBAL_ADMINISTRATOR}')/inheritsPermissionsFrom"
    assert found["inheritsPermissionsFrom@odata.context"].endswith(context)
    assert [set(r) for r in found["inheritsPermissionsFrom"]] == [{"id"}]
    assert isinstance(found["rolePermissions"], list)
    assert set(get(world, f"{path}?$select=id")) == {"@odata.context", "id"}
    assert listed(world, "/roleManagement/directory/roleDefinitions?$filter=isBuiltIn eq true")[0].keys() == {
        name for name in found if name != "@odata.context"
    }


def test_a_filter_of_role_definitions_says_no_or(world: World) -> None:
    """Quoted in a public record of 2026-09-06, made with Graph Explorer."""
    path = "/roleManagement/directory/roleDefinitions?$filter=isBuiltIn eq true or isEnabled eq true"
    answer = world.graph(ADMINISTRATOR, "GET", path)
    refused(answer, 400, "Request_UnsupportedQuery", "Or operator not supported for this entity set.")
