"""Directory extensions: https://learn.microsoft.com/graph/api/resources/extensionproperty."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import TENANT, World
from .asserting import ADMINISTRATOR, NOBODY, done, get, listed, new_app, refused

WANTED = {"name": "jobGroup", "dataType": "String", "isMultiValued": True, "targetObjects": ["User"]}


def base_of(app: Any) -> str:
    """Where an application's extensions are."""
    return f"/applications/{app['id']}/extensionProperties"


def test_create_read_delete(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-post-extensionproperty, the example's answer."""
    app = new_app(world)
    base = base_of(app)
    answer = world.graph(ADMINISTRATOR, "POST", base, WANTED)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    context = f"$metadata#applications('{app['id']}')/extensionProperties/$entity"
    assert made.pop("@odata.context").endswith(context)
    assert made == {
        "id": made["id"],
        "deletedDateTime": None,
        "appDisplayName": app["displayName"],
        "dataType": "String",
        "isMultiValued": True,
        "isSyncedFromOnPremises": False,
        "name": f"extension_{app['appId'].replace('-', '')}_jobGroup",
        "targetObjects": ["User"],
    }
    assert f"/v2/{TENANT}/directoryObjects/{made['id']}/" in answer.headers["location"]
    assert listed(world, base) == [made]
    assert get(world, f"{base}/{made['id']}")["name"] == made["name"]
    done(world.graph(ADMINISTRATOR, "DELETE", f"{base}/{made['id']}"))
    refused(world.graph(ADMINISTRATOR, "GET", f"{base}/{made['id']}"), 404, "Request_ResourceNotFound")
    refused(world.graph(ADMINISTRATOR, "GET", f"{base}/x"), 400, "Request_BadRequest")
    assert listed(world, base) == []


def test_a_name_is_taken_once(world: World) -> None:
    """Quoted in the tests of CLI for Microsoft 365, entra directoryextension-add."""
    app = new_app(world)
    made = world.make(ADMINISTRATOR, base_of(app), WANTED)
    again = world.graph(ADMINISTRATOR, "POST", base_of(app), WANTED)
    error = refused(again, 409, "Request_MultipleObjectsWithSameKeyValue")
    assert error["message"] == f"An extension property exists with the name {made['name']}."


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"name": None}, "A value is required for property 'name'"),
        ({"dataType": None}, "A value is required for property 'dataType'"),
        ({"targetObjects": []}, "A value is required for property 'targetObjects'"),
        ({"dataType": "Text"}, "Invalid value specified for property 'dataType'"),
        ({"targetObjects": ["user"]}, "Invalid value specified for property 'targetObjects'"),
    ],
)
def test_what_one_must_be(world: World, fault: Any, text: str) -> None:
    """https://learn.microsoft.com/graph/api/application-post-extensionproperty: types, PascalCase targets."""
    answer = world.graph(ADMINISTRATOR, "POST", base_of(new_app(world)), WANTED | fault)
    refused(answer, 400, "Request_BadRequest", text)


def test_of_an_application_that_is_not_there(world: World) -> None:
    """https://learn.microsoft.com/graph/errors."""
    answer = world.graph(ADMINISTRATOR, "POST", f"/applications/{NOBODY}/extensionProperties", WANTED)
    refused(answer, 404, "Request_ResourceNotFound")
