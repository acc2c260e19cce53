"""``user``, as far as this work reads and makes people."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import DOMAIN, World
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

# Recorded 2021-12, Azure CLI's test_graph_user_scenario: what an answer without $select has.
DEFAULT = {
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
}


def test_create_read_change_delete(world: World) -> None:
    """Recorded 2021-12, Azure CLI's test_graph_user_scenario: by id and by user principal name."""
    user = new_user(world)
    assert set(user) - {"@odata.context"} == DEFAULT
    assert user["@odata.context"].endswith("$metadata#users/$entity")
    for path in (f"/users/{user['id']}", f"/users/UMA@{DOMAIN}", f"/users('uma@{DOMAIN}')"):
        assert get(world, path)["id"] == user["id"]
    done(
        world.graph(ADMINISTRATOR, "PATCH", f"/users/uma@{DOMAIN}", {"displayName": "U", "jobTitle": "Boss"})
    )
    assert get(world, f"/users/{user['id']}")["jobTitle"] == "Boss"
    done(world.graph(ADMINISTRATOR, "DELETE", f"/users/uma@{DOMAIN}"))
    refused(world.graph(ADMINISTRATOR, "GET", f"/users/uma@{DOMAIN}"), 404, "Request_ResourceNotFound")


def test_a_name_that_begins_with_a_dollar(world: World) -> None:
    """Recorded 2022-09, Azure CLI's test_special_characters_in_upn: in parentheses and quotes."""
    name = f"$money@{DOMAIN}"
    body = {
        "accountEnabled": True,
        "displayName": "m",
        "mailNickname": "m",
        "userPrincipalName": name,
        "passwordProfile": {"password": "Str0ng-enough-1"},
    }
    made = world.make(ADMINISTRATOR, "/users", body)
    assert get(world, f"/users('{name}')")["id"] == made["id"]
    done(world.graph(ADMINISTRATOR, "PATCH", f"/users('{name}')", {"displayName": "n"}))
    groups = world.graph(
        ADMINISTRATOR, "POST", f"/users('{name}')/getMemberGroups", {"securityEnabledOnly": True}
    )
    assert groups.json()["value"] == []
    done(world.graph(ADMINISTRATOR, "DELETE", f"/users('{name}')"))


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"accountEnabled": None}, "'accountEnabled'"),
        ({"displayName": None}, "'displayName'"),
        ({"mailNickname": None}, "'mailNickname'"),
        ({"userPrincipalName": None}, "'userPrincipalName'"),
        ({"userPrincipalName": "nobody"}, "userPrincipalName is invalid"),
        ({"passwordProfile": None}, "A password must be specified to create a new user."),
        ({"mailNickname": "n n"}, "'mailNickname'"),
        ({"passwordProfile": {"password": "short"}}, "password complexity"),
        (
            {"userPrincipalName": f"root@{DOMAIN}"},
            "Another object with the same value for property userPrincipalName",
        ),
        ({"colour": "red"}, "'colour'"),
    ],
)
def test_what_a_new_person_needs(world: World, fault: Any, text: str) -> None:
    """https://learn.microsoft.com/graph/api/user-post-users."""
    body = {
        "accountEnabled": True,
        "displayName": "x",
        "mailNickname": "x",
        "userPrincipalName": f"x@{DOMAIN}",
        "passwordProfile": {"password": "Str0ng-enough-1"},
    }
    refused(world.graph(ADMINISTRATOR, "POST", "/users", body | fault), 400, "Request_BadRequest", text)


def test_what_a_preflight_asks_of_a_sender(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/user: more by $select; a plan tells of a mailbox."""
    query = "$select=id,userPrincipalName,mail,proxyAddresses,accountEnabled,assignedPlans,userType"
    user = get(world, f"/users/noreply@{DOMAIN}?{query}")
    assert (user["mail"], user["accountEnabled"], user["userType"]) == (f"noreply@{DOMAIN}", True, "Member")
    assert [p["service"] for p in user["assignedPlans"]] == ["exchange"]
    assert get(world, f"/users/plain@{DOMAIN}?{query}")["assignedPlans"] == []


def test_properties_that_come_on_select_only(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/user: "Returned only on $select"."""
    person = new_user(world)
    names = (
        "identities",
        "onPremisesExtensionAttributes",
        "employeeOrgData",
        "employeeType",
        "licenseAssignmentStates",
        "provisionedPlans",
        "authorizationInfo",
        "isResourceAccount",
        "lastPasswordChangeDateTime",
        "signInSessionsValidFromDateTime",
        "createdDateTime",
    )
    assert not set(names) & set(person)
    path = f"/users/{person['id']}"
    found = get(world, f"{path}?$select={','.join(names)}")
    assert [name for name in found if name != "@odata.context"] == list(names)
    (identity,) = found["identities"]
    assert identity["signInType"] == "userPrincipalName"
    assert identity["issuerAssignedId"] == person["userPrincipalName"]
    assert identity["issuer"].endswith(".onmicrosoft.com")
    attributes = found["onPremisesExtensionAttributes"]
    assert attributes == dict.fromkeys(f"extensionAttribute{n}" for n in range(1, 16))
    assert found["employeeOrgData"] is None
    assert found["employeeType"] is None
    assert found["isResourceAccount"] is None
    assert found["licenseAssignmentStates"] == found["provisionedPlans"] == []
    assert found["authorizationInfo"] == {"certificateUserIds": []}
    assert found["lastPasswordChangeDateTime"] == found["createdDateTime"]
    done(
        world.graph(
            ADMINISTRATOR,
            "PATCH",
            path,
            {
                "employeeType": "Vendor",
                "onPremisesExtensionAttributes": {"extensionAttribute2": "x"},
            },
        )
    )
    found = get(world, f"{path}?$select=employeeType,onPremisesExtensionAttributes")
    assert found["employeeType"] == "Vendor"
    attributes = found["onPremisesExtensionAttributes"]
    assert attributes["extensionAttribute2"] == "x"
    assert attributes["extensionAttribute1"] is None


def test_lists(world: World) -> None:
    """Recorded 2023-06, Azure CLI's test_access_control; cli-microsoft365's entraUser.ts."""
    for clause in (
        f"userPrincipalName eq 'noreply@{DOMAIN}'",
        f"mail eq 'noreply@{DOMAIN}'",
        "startswith(mail,'nore')",
    ):
        assert [u["mail"] for u in listed(world, f"/users?$filter={clause}&$select=mail")] == [
            f"noreply@{DOMAIN}"
        ]
    number = int(world.graph(ADMINISTRATOR, "GET", "/users/$count", **EVENTUAL).text)
    assert number == len(listed(world, "/users"))


def test_me(world: World) -> None:
    """Recorded 2021-12, Azure CLI's signed-in-user commands: who I am, what I own, where I belong."""
    me = get(world, "/me")
    assert me["@odata.context"].endswith("$metadata#users/$entity")
    assert get(world, f"/users/{me['id']}") == me
    app, group = new_app(world), new_group(world)
    done(link(world, f"/groups/{group['id']}/members", me["id"]))
    for base in ("/me", f"/users/{me['id']}"):
        assert app["id"] in [o["id"] for o in listed(world, f"{base}/ownedObjects")]
        mine = listed(world, f"{base}/ownedObjects/microsoft.graph.application?$select=id")
        assert mine == [{"id": app["id"]}]
        kinds = {o["@odata.type"] for o in listed(world, f"{base}/memberOf")}
        assert kinds == {"#microsoft.graph.group", "#microsoft.graph.directoryRole"}
        roles = listed(world, f"{base}/transitiveMemberOf/microsoft.graph.directoryRole")
        assert [r["roleTemplateId"] for r in roles] == ["62e90394-69f5-4237-9190-012177145e10"]
        held = world.graph(
            ADMINISTRATOR, "POST", f"{base}/checkMemberGroups", {"groupIds": [group["id"], NOBODY]}
        )
        assert held.json()["value"] == [group["id"]]
        objects = world.graph(
            ADMINISTRATOR, "POST", f"{base}/getMemberObjects", {"securityEnabledOnly": False}
        )
        assert group["id"] in objects.json()["value"]
    assert get(world, "/me/displayName")["value"] == me["displayName"]


def test_no_person_no_me(world: World) -> None:
    """Seen in public clients: an application has no ``/me``."""
    from ..world import ADMIN

    for path in ("/me", "/me/ownedObjects", "/me/displayName"):
        refused(world.graph(ADMIN, "GET", path), 400, "BadRequest", "delegated authentication flow")
