"""``/directory/deletedItems``: soft delete, restore, purge."""

from __future__ import annotations

import pytest

from ..world import World
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

BASE = "/directory/deletedItems"


def test_a_deleted_application_is_kept(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-list: by a cast, in full or by alias."""
    app = new_app(world)
    done(world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"))
    for cast in ("microsoft.graph.application", "graph.application"):
        (found,) = listed(world, f"{BASE}/{cast}?$filter=appId eq '{app['appId']}'")
        assert found["id"] == app["id"]
        assert found["deletedDateTime"]
    one = get(world, f"{BASE}/{app['id']}")
    assert one["@odata.type"] == "#microsoft.graph.application"
    typed = get(world, f"{BASE}/{app['id']}/microsoft.graph.application?$select=appId")
    assert typed["appId"] == app["appId"]
    refused(
        world.graph(ADMINISTRATOR, "GET", f"{BASE}/{app['id']}/microsoft.graph.user"),
        404,
        "Request_ResourceNotFound",
    )


def test_a_list_needs_a_cast(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-list."""
    refused(world.graph(ADMINISTRATOR, "GET", BASE), 400, "Request_UnsupportedQuery", "Direct queries")


@pytest.mark.parametrize("kind", ["application", "servicePrincipal", "user", "group"])
def test_lists_count_and_order_as_advanced_queries(world: World, kind: str) -> None:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-list: $count and $orderby."""
    path = f"{BASE}/microsoft.graph.{kind}"
    refused(world.graph(ADMINISTRATOR, "GET", f"{path}/$count"), 400, "Request_BadRequest")
    assert world.graph(ADMINISTRATOR, "GET", f"{path}/$count", **EVENTUAL).text == "0"
    assert get(world, f"{path}?$orderby=deletedDateTime desc&$count=true", **EVENTUAL)["@odata.count"] == 0


def test_its_principal_goes_with_it(world: World) -> None:
    """Recorded 2022-02, Azure CLI's test_create_for_rbac_no_role_assignment."""
    app = new_app(world)
    principal = new_principal(world, app)
    done(world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"))
    path = f"/servicePrincipals/{principal['id']}"
    refused(world.graph(ADMINISTRATOR, "GET", path), 404, "Request_ResourceNotFound")
    found = listed(
        world, f"{BASE}/microsoft.graph.servicePrincipal?$filter=appId eq '{app['appId']}'&$select=id"
    )
    assert [p["id"] for p in found] == [principal["id"]]


def test_restored_it_is_the_same(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-restore: 200, its type said."""
    app = new_app(world, notes="n")
    principal = new_principal(world, app)
    before = get(world, f"/applications/{app['id']}")
    done(world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"))
    answer = world.graph(ADMINISTRATOR, "POST", f"{BASE}/{app['id']}/restore")
    assert answer.status_code == 200
    assert answer.json()["@odata.type"] == "#microsoft.graph.application"
    assert answer.json()["deletedDateTime"] is None
    assert get(world, f"/applications/{app['id']}") == before
    refused(world.graph(ADMINISTRATOR, "GET", f"{BASE}/{app['id']}"), 404, "Request_ResourceNotFound")
    # By its own id, when the application is there again.
    back = world.graph(ADMINISTRATOR, "POST", f"{BASE}/{principal['id']}/restore")
    assert (back.status_code, back.json()["@odata.type"]) == (200, "#microsoft.graph.servicePrincipal")


def test_a_principal_whose_place_is_taken_stays_deleted(world: World) -> None:
    """CIPP issue 1142: ``... cannot be created, updated, or restored because ... is already in use``."""
    app = new_app(world)
    principal = new_principal(world, app)
    done(world.graph(ADMINISTRATOR, "DELETE", f"/servicePrincipals/{principal['id']}"))
    new_principal(world, app)
    answer = world.graph(ADMINISTRATOR, "POST", f"{BASE}/{principal['id']}/restore")
    refused(answer, 409, "Request_MultipleObjectsWithSameKeyValue", "restored")


def test_an_application_whose_address_is_taken_stays_deleted(world: World) -> None:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-restore: conflicting values."""
    app = new_app(world, identifierUris=["api://one"])
    done(world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"))
    new_app(world, identifierUris=["api://one"])
    refused(world.graph(ADMINISTRATOR, "POST", f"{BASE}/{app['id']}/restore"), 400, "Request_BadRequest")


def test_purged_it_is_gone(world: World) -> None:
    """Recorded 2022-05 and later, Azure CLI's test_app_scenario: 204, then 404."""
    app = new_app(world)
    refused(world.graph(ADMINISTRATOR, "DELETE", f"{BASE}/{app['id']}"), 404, "Request_ResourceNotFound")
    done(world.graph(ADMINISTRATOR, "DELETE", f"/applications/{app['id']}"))
    done(world.graph(ADMINISTRATOR, "DELETE", f"{BASE}/{app['id']}"))
    refused(
        world.graph(ADMINISTRATOR, "POST", f"{BASE}/{app['id']}/restore"), 404, "Request_ResourceNotFound"
    )
    refused(world.graph(ADMINISTRATOR, "DELETE", f"{BASE}/{NOBODY}"), 404, "Request_ResourceNotFound")
    refused(
        world.graph(ADMINISTRATOR, "GET", f"{BASE}/nothing"),
        400,
        "Request_BadRequest",
        "Invalid object identifier",
    )


def test_people_are_kept_and_security_groups_are_not(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/directory: security groups are deleted for good."""
    user, group = new_user(world), new_group(world)
    done(world.graph(ADMINISTRATOR, "DELETE", f"/users/{user['id']}"))
    done(world.graph(ADMINISTRATOR, "DELETE", f"/groups/{group['id']}"))
    assert [u["id"] for u in listed(world, f"{BASE}/microsoft.graph.user")] == [user["id"]]
    assert listed(world, f"{BASE}/microsoft.graph.group") == []
    assert world.graph(ADMINISTRATOR, "POST", f"{BASE}/{user['id']}/restore").status_code == 200
    assert get(world, f"/users/{user['id']}")["id"] == user["id"]
