"""``group``, as far as clients of this work use groups."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import ADMIN, World
from .asserting import (
    ADMINISTRATOR,
    EVENTUAL,
    NOBODY,
    done,
    get,
    link,
    listed,
    new_group,
    new_user,
    refused,
)


def test_a_new_one_has_every_property(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_group_scenario."""
    answer = world.graph(
        ADMINISTRATOR,
        "POST",
        "/groups",
        {"displayName": "g", "mailNickname": "g", "mailEnabled": False, "securityEnabled": True},
    )
    group = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"{group['id']}/Microsoft.DirectoryServices.Group")
    assert group["securityIdentifier"].startswith("S-1-12-1-")
    assert group["renewedDateTime"] == group["createdDateTime"]
    assert (group["groupTypes"], group["mail"], group["visibility"]) == ([], None, None)
    assert get(world, f"/groups/{group['id']}") == group
    assert [g["id"] for g in listed(world, "/groups?$filter=displayName eq 'g' and mailNickname eq 'g'")] == [
        group["id"]
    ]
    done(world.graph(ADMINISTRATOR, "PATCH", f"/groups/{group['id']}", {"description": "d"}))
    assert get(world, f"/groups/{group['id']}/description")["value"] == "d"
    done(world.graph(ADMINISTRATOR, "DELETE", f"/groups/{group['id']}"))
    refused(world.graph(ADMINISTRATOR, "GET", f"/groups/{group['id']}"), 404, "Request_ResourceNotFound")
    assert world.graph(ADMINISTRATOR, "GET", "/groups/$count", **EVENTUAL).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"displayName": None},
        {"mailNickname": None},
        {"mailNickname": "a b"},
        {"mailNickname": "x" * 65},
        {"mailEnabled": None},
        {"mailEnabled": True},
        {"securityEnabled": None},
        {"colour": "red"},
    ],
)
def test_what_a_new_one_needs(world: World, fault: Any) -> None:
    """https://learn.microsoft.com/graph/api/group-post-groups; mail only with groupTypes Unified."""
    body = {"displayName": "g", "mailNickname": "g", "mailEnabled": False, "securityEnabled": True}
    refused(world.graph(ADMINISTRATOR, "POST", "/groups", body | fault), 400, "Request_BadRequest")
    unified = {"mailEnabled": True, "securityEnabled": False, "groupTypes": ["Unified"]}
    assert world.make(ADMINISTRATOR, "/groups", body | unified)["mail"].startswith("g@")


def test_members_through_groups(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_group_scenario: membership counts through groups."""
    top, middle, leaf = (new_group(world, name) for name in ("top", "middle", "leaf"))
    user = new_user(world)
    done(link(world, f"/groups/{top['id']}/members", middle["id"]))
    done(link(world, f"/groups/{middle['id']}/members", leaf["id"]))
    done(link(world, f"/groups/{leaf['id']}/members", user["id"]))
    done(link(world, f"/groups/{leaf['id']}/members", world.principal(ADMIN)))
    for kind, expected in (("directoryObjects", {top["id"], middle["id"], leaf["id"]}), ("groups", None)):
        who = user["id"] if kind == "directoryObjects" else leaf["id"]
        answer = world.graph(
            ADMINISTRATOR, "POST", f"/{kind}/{who}/getMemberGroups", {"securityEnabledOnly": False}
        )
        assert answer.headers["location"] == "https://graph.microsoft.com"
        assert answer.json()["@odata.context"].endswith("$metadata#Collection(Edm.String)")
        assert set(answer.json()["value"]) == (expected or {top["id"], middle["id"]})
    checked = world.graph(
        ADMINISTRATOR,
        "POST",
        f"/directoryObjects/{user['id']}/checkMemberGroups",
        {"groupIds": [top["id"], NOBODY]},
    )
    assert checked.json()["value"] == [top["id"]]
    objects = world.graph(
        ADMINISTRATOR, "POST", f"/groups/{leaf['id']}/checkMemberObjects", {"ids": [top["id"], NOBODY]}
    )
    assert objects.json()["value"] == [top["id"]]
    everybody = listed(world, f"/groups/{top['id']}/transitiveMembers?$select=id")
    assert {m["id"] for m in everybody} == {middle["id"], leaf["id"], user["id"], world.principal(ADMIN)}
    assert [m["id"] for m in listed(world, f"/groups/{top['id']}/transitiveMembers/graph.user")] == [
        user["id"]
    ]
    assert [g["id"] for g in listed(world, f"/groups/{leaf['id']}/memberOf")] == [middle["id"]]
    assert len(listed(world, f"/groups/{leaf['id']}/transitiveMemberOf")) == 2
    (expanded,) = listed(world, "/groups?$filter=displayName eq 'top'&$expand=members($select=id)")
    assert [m["id"] for m in expanded["members"]] == [middle["id"]]


def test_members_are_added_once_and_taken_away(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_group_scenario; the text: go-azure-sdk's odata errors."""
    group, user = new_group(world), new_user(world)
    path = f"/groups/{group['id']}/members"
    done(link(world, path, user["id"]))
    refused(link(world, path, user["id"]), 400, "Request_BadRequest", "references already exist")
    refused(link(world, path, NOBODY), 404, "Request_ResourceNotFound")
    counted = world.graph(ADMINISTRATOR, "GET", f"{path}/$count", **EVENTUAL)
    assert counted.text == "1"
    found = get(world, f"{path}?$filter=displayName eq 'Uma'&$count=true&$select=id", **EVENTUAL)
    assert found["@odata.count"] == 1
    assert found["value"] == [{"@odata.type": "#microsoft.graph.user", "id": user["id"]}]
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/{user['id']}/$ref"))
    assert listed(world, path) == []
    body = {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/directoryObjects/{user['id']}"]}
    done(world.graph(ADMINISTRATOR, "PATCH", f"/groups/{group['id']}", body))
    assert [m["id"] for m in listed(world, path)] == [user["id"]]
    assert [m["id"] for m in listed(world, f"/groups/{new_group(world, 'b', **body)['id']}/members")] == [
        user["id"]
    ]


def test_the_last_owner_stays(world: World) -> None:
    """https://learn.microsoft.com/graph/api/group-delete-owners; owners by ``/users/{id}`` were recorded."""
    group, one, two = new_group(world), new_user(world, "one"), new_user(world, "two")
    path = f"/groups/{group['id']}/owners"
    assert listed(world, path) == []
    for user in (one, two):
        url = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{user['id']}"}
        done(world.graph(ADMINISTRATOR, "POST", f"{path}/$ref", url))
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/{one['id']}/$ref"))
    last = world.graph(ADMINISTRATOR, "DELETE", f"{path}/{two['id']}/$ref")
    refused(last, 400, "Request_BadRequest", "The group must have at least one owner")
