"""``servicePrincipal``: an application in a tenant, and what it mirrors."""

from __future__ import annotations

from ..world import ADMIN, GRAPH_APP, OWNED, TENANT, World
from .asserting import (
    ADMINISTRATOR,
    NOBODY,
    done,
    get,
    link,
    listed,
    new_app,
    new_principal,
    new_user,
    refused,
)

# Recorded 2023-08, Azure CLI's test_create_for_rbac_password_with_assignment; two documented since.
PROPERTIES = {
    "id",
    "deletedDateTime",
    "accountEnabled",
    "alternativeNames",
    "appDisplayName",
    "appDescription",
    "appId",
    "applicationTemplateId",
    "appOwnerOrganizationId",
    "appRoleAssignmentRequired",
    "createdDateTime",
    "description",
    "disabledByMicrosoftStatus",
    "displayName",
    "homepage",
    "loginUrl",
    "logoutUrl",
    "notes",
    "notificationEmailAddresses",
    "preferredSingleSignOnMode",
    "preferredTokenSigningKeyThumbprint",
    "replyUrls",
    "servicePrincipalNames",
    "servicePrincipalType",
    "signInAudience",
    "tags",
    "tokenEncryptionKeyId",
    "samlSingleSignOnSettings",
    "addIns",
    "appRoles",
    "info",
    "keyCredentials",
    "oauth2PermissionScopes",
    "passwordCredentials",
    "resourceSpecificApplicationPermissions",
    "verifiedPublisher",
    "createdByAppId",
    "isDisabled",
}


def test_a_new_one_has_every_property_and_the_defaults(world: World) -> None:
    """Recorded 2023-08, Azure CLI's test_create_for_rbac_password_with_assignment."""
    app = new_app(world)
    answer = world.graph(ADMINISTRATOR, "POST", "/servicePrincipals", {"appId": app["appId"]})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"{made['id']}/Microsoft.DirectoryServices.ServicePrincipal")
    assert set(made) - {"@odata.context"} == PROPERTIES
    assert made["accountEnabled"] is True
    assert made["appOwnerOrganizationId"] == TENANT
    assert made["servicePrincipalNames"] == [app["appId"]]
    assert made["servicePrincipalType"] == "Application"
    assert made["tags"] == []
    assert made["displayName"] == made["appDisplayName"] == "Mailer"


def test_there_is_one_for_each_application(world: World) -> None:
    """reliable-web-app-pattern-java issue 185: 409 for a second one."""
    app = new_app(world)
    new_principal(world, app)
    again = world.graph(ADMINISTRATOR, "POST", "/servicePrincipals", {"appId": app["appId"]})
    refused(again, 409, "Request_MultipleObjectsWithSameKeyValue", f"{app['appId']} is already in use.")


def test_its_application_must_be_known(world: World) -> None:
    """hashicorp/terraform-provider-azuread, service_principal_resource.go: the text that it retries."""
    answer = world.graph(ADMINISTRATOR, "POST", "/servicePrincipals", {"appId": NOBODY})
    error = refused(answer, 400, "Request_BadRequest", "does not reference a valid application object.")
    assert [(d["code"], d["target"]) for d in error["details"]] == [("NoBackingApplicationObject", "appId")]
    refused(world.graph(ADMINISTRATOR, "POST", "/servicePrincipals", {}), 400, "Request_BadRequest", "appId")


def test_it_follows_its_application(world: World) -> None:
    """Recorded 2021-12, Azure CLI's test_application_scenario: replyUrls within a second; names, tags too."""
    app = new_app(world, tags=["ours"])
    body = {"appId": app["appId"], "tags": ["WindowsAzureActiveDirectoryIntegratedApp"]}
    principal = world.make(ADMINISTRATOR, "/servicePrincipals", body)
    assert set(principal["tags"]) == {"WindowsAzureActiveDirectoryIntegratedApp", "ours"}
    change = {
        "displayName": "Renamed",
        "identifierUris": [f"api://{app['appId']}"],
        "web": {"redirectUris": ["https://a/1"]},
        "publicClient": {"redirectUris": ["https://a/2"]},
    }
    done(world.graph(ADMINISTRATOR, "PATCH", f"/applications/{app['id']}", change))
    now = get(world, f"/servicePrincipals/{principal['id']}")
    assert now["displayName"] == now["appDisplayName"] == "Renamed"
    assert set(now["replyUrls"]) == {"https://a/1", "https://a/2"}
    assert set(now["servicePrincipalNames"]) == {app["appId"], f"api://{app['appId']}"}


def test_what_is_its_own_can_be_changed_and_the_rest_not(world: World) -> None:
    """https://learn.microsoft.com/graph/api/serviceprincipal-update."""
    principal = new_principal(world, new_app(world))
    path = f"/servicePrincipals/{principal['id']}"
    own = {"accountEnabled": False, "appRoleAssignmentRequired": True, "notes": "n", "description": "d"}
    done(world.graph(ADMINISTRATOR, "PATCH", path, own))
    assert {k: get(world, path)[k] for k in own} == own
    refused(
        world.graph(ADMINISTRATOR, "PATCH", path, {"displayName": "x"}),
        400,
        "Request_BadRequest",
        "read-only",
    )
    refused(world.graph(ADMINISTRATOR, "PATCH", path, {"appId": NOBODY}), 400, "Request_BadRequest")
    refused(
        world.graph(ADMINISTRATOR, "PATCH", f"/servicePrincipals/{NOBODY}", own),
        404,
        "Request_ResourceNotFound",
    )


def test_a_person_who_makes_one_does_not_own_it(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_sp_owner; owners may be bound (terraform-provider-azuread)."""
    app, user = new_app(world), new_user(world)
    principal = new_principal(world, app)
    path = f"/servicePrincipals/{principal['id']}/owners"
    assert get(world, path) == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects",
        "value": [],
    }
    done(link(world, path, user["id"]))
    assert [o["id"] for o in listed(world, path)] == [user["id"]]
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/{user['id']}/$ref"))
    bind = [f"https://graph.microsoft.com/v1.0/directoryObjects/{user['id']}"]
    body = {"appId": new_app(world)["appId"], "owners@odata.bind": bind}
    other = world.make(ADMINISTRATOR, "/servicePrincipals", body)
    assert [o["id"] for o in listed(world, f"/servicePrincipals/{other['id']}/owners")] == [user["id"]]


def test_an_owned_by_caller_owns_what_it_makes(world: World) -> None:
    """https://learn.microsoft.com/graph/permissions-reference (Application.ReadWrite.OwnedBy)."""
    app = world.make(OWNED, "/applications", {"displayName": "x"})
    principal = world.make(OWNED, "/servicePrincipals", {"appId": app["appId"]})
    owners = listed(world, f"/servicePrincipals/{principal['id']}/owners")
    assert [o["id"] for o in owners] == [world.principal(OWNED)]
    owned = listed(world, f"/servicePrincipals/{world.principal(OWNED)}/ownedObjects?$select=id")
    assert {o["id"] for o in owned} == {app["id"], principal["id"]}


def test_its_names_find_it(world: World) -> None:
    """Recorded 2022-05: how Azure CLI looks one up; cli-microsoft365 by appId, displayName and tags."""
    app = new_app(world, tags=["ours"])
    principal = new_principal(world, app)
    for clause in (
        f"servicePrincipalNames/any(c:c eq '{app['appId']}')",
        f"appId eq '{app['appId']}'",
        "displayName eq 'Mailer'",
        "(tags/any(t:t eq 'ours')) and (displayName eq 'Mailer')",
        "startswith(displayName,'Mail')",
    ):
        found = listed(world, f"/servicePrincipals?$filter={clause}&$select=id")
        assert [p["id"] for p in found] == [principal["id"]], clause


def test_microsoft_graphs_is_in_every_tenant(world: World) -> None:
    """Recorded 2024-08, Azure CLI's test_sqlvm_aad_auth_negative; permissions-reference for the ids."""
    graph = get(world, f"/servicePrincipals(appId='{GRAPH_APP}')")
    assert graph["appOwnerOrganizationId"] == "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
    assert (graph["createdDateTime"], graph["signInAudience"]) == (None, "AzureADMultipleOrgs")
    (send,) = [r for r in graph["appRoles"] if r["value"] == "Mail.Send"]
    assert send == {
        "allowedMemberTypes": ["Application"],
        "description": "Allows the app to send mail as any user without a signed-in user.",
        "displayName": "Send mail as any user",
        "id": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
        "isEnabled": True,
        "origin": "Application",
        "value": "Mail.Send",
    }
    scopes = {s["value"]: s["id"] for s in graph["oauth2PermissionScopes"]}
    assert scopes["Mail.Send"] == "e383f46e-2787-4529-855e-0e479a3ffac0"
    by_path = listed(world, f"/servicePrincipals/{graph['id']}/appRoles")
    assert by_path == graph["appRoles"]


def test_its_memberships_are_read_by_a_preflight(world: World) -> None:
    """Recorded 2023-03, Azure CLI's test_aro_create: the directory roles of a principal; none here."""
    path = f"/servicePrincipals/{world.principal(ADMIN)}"
    roles = get(world, f"{path}/transitiveMemberOf/microsoft.graph.directoryRole")
    assert roles == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryRoles",
        "value": [],
    }
    assert listed(world, f"{path}/memberOf") == []
    assert listed(world, f"{path}/createdObjects") == []


def test_deleting_it_keeps_the_application(world: World) -> None:
    """https://learn.microsoft.com/graph/api/serviceprincipal-delete: soft, and only it."""
    app = new_app(world)
    principal = new_principal(world, app)
    done(world.graph(ADMINISTRATOR, "DELETE", f"/servicePrincipals/{principal['id']}"))
    refused(
        world.graph(ADMINISTRATOR, "GET", f"/servicePrincipals/{principal['id']}"),
        404,
        "Request_ResourceNotFound",
    )
    assert get(world, f"/applications/{app['id']}")["id"] == app["id"]
    new_principal(world, app)  # its name is free again
