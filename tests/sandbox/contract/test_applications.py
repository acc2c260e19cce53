"""``application``: what an app registration is made of, and how it changes."""

from __future__ import annotations

import pytest

from ..world import ADMIN, DOMAIN, OWNED, TENANT, World
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

# Recorded 2024-11, Azure CLI's test_app_scenario; createdByAppId and isDisabled are documented since.
PROPERTIES = {
    "id",
    "deletedDateTime",
    "appId",
    "applicationTemplateId",
    "disabledByMicrosoftStatus",
    "createdDateTime",
    "displayName",
    "description",
    "groupMembershipClaims",
    "identifierUris",
    "isDeviceOnlyAuthSupported",
    "isFallbackPublicClient",
    "nativeAuthenticationApisEnabled",
    "notes",
    "publisherDomain",
    "serviceManagementReference",
    "signInAudience",
    "tags",
    "tokenEncryptionKeyId",
    "uniqueName",
    "samlMetadataUrl",
    "defaultRedirectUri",
    "certification",
    "optionalClaims",
    "servicePrincipalLockConfiguration",
    "requestSignatureVerification",
    "addIns",
    "api",
    "appRoles",
    "info",
    "keyCredentials",
    "parentalControlSettings",
    "passwordCredentials",
    "publicClient",
    "requiredResourceAccess",
    "verifiedPublisher",
    "web",
    "spa",
    "createdByAppId",
    "isDisabled",
}
ROLE = {
    "id": "d1c2ade8-98e3-45fd-aa4a-6d06b947c66f",
    "allowedMemberTypes": ["Application"],
    "value": "Write",
    "displayName": "Writer",
    "description": "Writes.",
    "isEnabled": True,
}


def test_a_new_one_has_every_property_and_the_defaults(world: World) -> None:
    """Recorded 2024-11, Azure CLI's test_app_scenario: a display name is enough, the rest is filled in."""
    app = new_app(world)
    assert set(app) - {"@odata.context"} == PROPERTIES
    assert app["@odata.context"].endswith("/v1.0/$metadata#applications/$entity")
    assert app["signInAudience"] == "AzureADMyOrg"
    assert app["publisherDomain"] == DOMAIN
    assert app["api"] == {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
    }
    assert app["web"] == {
        "homePageUrl": None,
        "logoutUrl": None,
        "redirectUris": [],
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        "redirectUriSettings": [],
    }
    assert app["parentalControlSettings"] == {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"}
    assert app["optionalClaims"] is None
    assert app["tags"] == []


def test_where_the_directory_keeps_it(world: World) -> None:
    """Recorded 2022 to 2024, 43 of 43 creates: 201, and Location under /v2/ and the tenant."""
    answer = world.graph(ADMINISTRATOR, "POST", "/applications", {"displayName": "x"})
    assert answer.status_code == 201
    where = f"directoryObjects/{answer.json()['id']}/Microsoft.DirectoryServices.Application"
    assert answer.headers["location"] == f"https://graph.microsoft.com/v2/{TENANT}/{where}"


def test_its_creation_time_loses_its_fraction(world: World) -> None:
    """Recorded 2024-11, Azure CLI's test_app_scenario: seven digits at first, none afterwards."""
    app = new_app(world)
    assert len(app["createdDateTime"]) == len("2024-11-04T10:03:14.5639519Z")
    assert get(world, f"/applications/{app['id']}")["createdDateTime"] == app["createdDateTime"][:19] + "Z"


@pytest.mark.parametrize("form", ["/{id}", "('{id}')", "(appId='{appId}')", "(uniqueName='mailer')"])
def test_every_key_leads_to_it(world: World, form: str) -> None:
    """https://learn.microsoft.com/graph/api/application-get: by id, appId, uniqueName; so are writes."""
    app = new_app(world, uniqueName="mailer")
    path = f"/applications{form}".format(**app)
    assert get(world, path)["id"] == app["id"]
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"notes": "n"}))
    assert get(world, path)["notes"] == "n"
    done(world.graph(ADMINISTRATOR, "DELETE", path))
    refused(world.graph(ADMINISTRATOR, "GET", path), 404, "Request_ResourceNotFound")


def test_an_app_id_is_no_object_id(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_app_show_exit_code: 404, with the id in the text."""
    app = new_app(world)
    answer = world.graph(ADMINISTRATOR, "GET", f"/applications/{app['appId']}")
    refused(answer, 404, "Request_ResourceNotFound", f"Resource '{app['appId']}' does not exist")


def test_complex_values_merge_and_collections_are_replaced(world: World) -> None:
    """Recorded 2021-12, Azure CLI's test_application_scenario: absent members of ``web`` keep theirs."""
    app = new_app(world, web={"homePageUrl": "https://a.contoso.example", "redirectUris": ["https://a/1"]})
    path = f"/applications/{app['id']}"
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"web": {"redirectUris": ["https://a/2", "https://a/3"]}}))
    web = get(world, path)["web"]
    assert web["homePageUrl"] == "https://a.contoso.example"
    assert set(web["redirectUris"]) == {"https://a/2", "https://a/3"}
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"web": {"redirectUris": []}}))
    assert get(world, path)["web"]["redirectUris"] == []


def test_the_service_lists_a_setting_for_each_redirect_uri(world: World) -> None:
    """Recorded 2024-11, Azure CLI's test_app_scenario: ``redirectUriSettings``, index null."""
    app = new_app(world, web={"redirectUris": ["https://a/1"]})
    assert app["web"]["redirectUriSettings"] == [{"uri": "https://a/1", "index": None}]


def test_lists_come_back_in_another_order(world: World) -> None:
    """Recorded 2021-12, Azure CLI's test_application_scenario: sent 1, 2, read 2, 1. Compare sets."""
    app = new_app(world, web={"redirectUris": ["https://a/1", "https://a/2"]})
    assert get(world, f"/applications/{app['id']}")["web"]["redirectUris"] == ["https://a/2", "https://a/1"]


def test_who_registers_it_as_a_person_owns_it(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_app_owner."""
    me = get(world, "/me")["id"]
    owners = get(world, f"/applications/{new_app(world)['id']}/owners")
    assert owners["@odata.context"].endswith("$metadata#directoryObjects")
    assert [(o["@odata.type"], o["id"]) for o in owners["value"]] == [("#microsoft.graph.user", me)]


def test_an_application_owns_what_it_makes_only_by_the_right_to_its_own(world: World) -> None:
    """msgraph-sdk-powershell issue 829: with Application.ReadWrite.OwnedBy it does, with .All it does not."""
    mine = world.make(OWNED, "/applications", {"displayName": "x"})
    other = world.make(ADMIN, "/applications", {"displayName": "x"})
    assert [o["id"] for o in listed(world, f"/applications/{mine['id']}/owners")] == [world.principal(OWNED)]
    assert listed(world, f"/applications/{other['id']}/owners") == []


def test_owners_are_added_listed_cast_and_removed(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-post-owners, -list-owners, -delete-owners."""
    app, user = new_app(world), new_user(world)
    path = f"/applications/{app['id']}/owners"
    principal = new_principal(world, new_app(world))
    done(link(world, path, user["id"]))
    done(link(world, path, principal["id"]))
    refused(link(world, path, user["id"]), 400, "Request_BadRequest", "references already exist")
    refused(link(world, path, app["id"]), 400, "Request_BadRequest", "is invalid for the 'owners' reference.")
    refused(link(world, path, NOBODY), 404, "Request_ResourceNotFound")
    assert len(listed(world, path)) == 3
    people = get(world, f"{path}/microsoft.graph.user?$select=id,userPrincipalName")
    assert people["@odata.context"].endswith("$metadata#users(id,userPrincipalName)")
    assert "@odata.type" not in people["value"][0]
    assert [o["id"] for o in listed(world, f"{path}/graph.servicePrincipal")] == [principal["id"]]
    assert get(world, f"{path}/{user['id']}")["@odata.type"] == "#microsoft.graph.user"
    assert user["id"] in get(world, f"{path}/{user['id']}/$ref")["@odata.id"]
    assert len(listed(world, f"{path}/$ref")) == 3
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/{user['id']}/$ref"))
    url = f"https://graph.microsoft.com/v1.0/directoryObjects/{principal['id']}"
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/$ref?@id={url}"))
    assert len(listed(world, path)) == 1
    again = world.graph(ADMINISTRATOR, "DELETE", f"{path}/{user['id']}/$ref")
    refused(again, 404, "Request_ResourceNotFound")


def test_owners_are_bound_at_creation(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-post-applications; terraform-provider-azuread."""
    user = new_user(world)
    bind = [f"https://graph.microsoft.com/v1.0/directoryObjects/{user['id']}"]
    app = world.make(ADMIN, "/applications", {"displayName": "x", "owners@odata.bind": bind})
    assert [o["id"] for o in listed(world, f"/applications/{app['id']}/owners")] == [user["id"]]


def test_one_property_by_a_path_of_its_own(world: World) -> None:
    """OData 4.01 protocol, 11.2.4; CLI for Microsoft 365 reads ``appRoles`` so (app-role-list.ts)."""
    app = new_app(world, appRoles=[ROLE])
    path = f"/applications/{app['id']}"
    assert [r["value"] for r in listed(world, f"{path}/appRoles")] == ["Write"]
    assert get(world, f"{path}/web")["redirectUris"] == []
    assert get(world, f"{path}/displayName")["value"] == "Mailer"
    assert world.graph(ADMINISTRATOR, "GET", f"{path}/displayName/$value").text == "Mailer"
    assert world.graph(ADMINISTRATOR, "GET", f"{path}/notes").status_code == 204
    unknown = world.graph(ADMINISTRATOR, "GET", f"{path}/colour")
    refused(unknown, 400, "BadRequest", "Resource not found for the segment 'colour'.")


def test_a_list_is_only_of_those_that_live(world: World) -> None:
    """Recorded 2022-06, Azure CLI's test_app_scenario: a deleted one is gone from GET and $filter at once."""
    app = new_app(world, displayName="Gone")
    assert [a["id"] for a in listed(world, "/applications?$filter=displayName eq 'Gone'")] == [app["id"]]
    done(world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"))
    assert listed(world, "/applications?$filter=displayName eq 'Gone'") == []
    refused(
        world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"), 404, "Request_ResourceNotFound"
    )


def test_an_enabled_role_is_not_removed(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/approle (isEnabled); the code: go-azure-sdk, odata."""
    app = new_app(world, appRoles=[ROLE])
    path = f"/applications/{app['id']}"
    answer = world.graph(ADMINISTRATOR, "PATCH", path, {"appRoles": []})
    refused(answer, 400, "CannotDeleteOrUpdateEnabledEntitlement", "unless disabled first")
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"appRoles": [{**ROLE, "isEnabled": False}]}))
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"appRoles": []}))


def test_what_a_client_read_and_sends_back_is_no_change(world: World) -> None:
    """Clients send back what they read: read-only values may stand in it unchanged."""
    app = new_app(world)
    body = get(world, f"/applications/{app['id']}")
    done(world.graph(ADMINISTRATOR, "PATCH", f"/applications/{app['id']}", body))
    assert get(world, f"/applications/{app['id']}") == body


def test_groups_of_an_application_can_be_asked(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directoryobject-getmembergroups: on every directory object."""
    path = f"/applications/{new_app(world)['id']}"
    answer = world.graph(ADMINISTRATOR, "POST", f"{path}/getMemberGroups", {"securityEnabledOnly": False})
    assert (answer.status_code, answer.json()["value"]) == (200, [])
