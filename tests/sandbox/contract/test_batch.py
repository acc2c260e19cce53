"""``/$batch``: https://learn.microsoft.com/graph/json-batching."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import World
from .asserting import ADMINISTRATOR, EVENTUAL, listed, new_app, refused

JSON = {"Content-Type": "application/json"}


def send(world: World, *requests: dict[str, Any]) -> dict[str, Any]:
    """The answers by id."""
    answer = world.graph(ADMINISTRATOR, "POST", "/$batch", {"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    return {r["id"]: r for r in answer.json()["responses"]}


def test_each_request_is_answered_as_one_alone(world: World) -> None:
    """json-batching: status, headers and body of each."""
    app = new_app(world)
    found = send(
        world,
        {"id": "a", "method": "GET", "url": f"/applications/{app['id']}?$select=id"},
        {"id": "b", "method": "post", "url": "applications", "headers": JSON, "body": {"displayName": "y"}},
        {"id": "c", "method": "DELETE", "url": f"/applications/{app['id']}/owners/nobody/$ref"},
        {
            "id": "d",
            "method": "PATCH",
            "url": f"/applications/{app['id']}",
            "headers": JSON,
            "body": {"notes": "n"},
        },
        {"id": "e", "method": "GET", "url": "/applications/$count", "headers": EVENTUAL},
    )
    assert {i: r["status"] for i, r in found.items()} == {"a": 200, "b": 201, "c": 404, "d": 204, "e": 200}
    assert found["a"]["body"]["id"] == app["id"]
    assert found["c"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert "Location" in found["b"]["headers"]
    assert set(found["a"]["headers"]) == {
        "Cache-Control",
        "x-ms-resource-unit",
        "OData-Version",
        "Content-Type",
    }
    assert "body" not in found["d"]
    assert len(listed(world, "/applications?$filter=displayName eq 'y'")) == 1


def test_dependents_wait_and_fail_with_what_they_wait_for(world: World) -> None:
    """json-batching, dependsOn: 424 for those, whatever their place in the list."""
    found = send(
        world,
        {"id": "3", "method": "GET", "url": "/me", "dependsOn": ["2"]},
        {"id": "2", "method": "GET", "url": "/colours", "dependsOn": ["1"]},
        {"id": "1", "method": "GET", "url": "/me"},
    )
    assert {i: r["status"] for i, r in found.items()} == {"1": 200, "2": 400, "3": 424}


@pytest.mark.parametrize(
    "requests",
    [
        None,
        [],
        "x",
        [5],
        [{"id": "1", "method": "GET"}],
        [{"id": "1", "method": "SHOUT", "url": "/me"}],
        [{"id": "a", "method": "GET", "url": "/me"}, {"id": "A", "method": "GET", "url": "/me"}],
        [{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}],
        [
            {"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]},
            {"id": "2", "method": "GET", "url": "/me", "dependsOn": ["1"]},
        ],
        [{"id": "1", "method": "POST", "url": "/applications", "body": {"displayName": "x"}}],
        [{"id": "1", "method": "GET", "url": "/me", "headers": []}],
        [{"id": "1", "method": "POST", "url": "/$batch", "headers": JSON, "body": {}}],
    ],
)
def test_batches_that_are_refused_whole(world: World, requests: Any) -> None:
    """json-batching: ids unique without case, a Content-Type for every body, dependencies that exist."""
    refused(world.graph(ADMINISTRATOR, "POST", "/$batch", {"requests": requests}), 400, "BadRequest")


def test_twenty_at_most(world: World) -> None:
    """json-batching, size limit."""
    requests = [{"id": str(n), "method": "GET", "url": "/me"} for n in range(21)]
    answer = world.graph(ADMINISTRATOR, "POST", "/$batch", {"requests": requests})
    assert answer.status_code == 400
    assert len(send(world, *requests[:20])) == 20


def test_urls_are_relative(world: World) -> None:
    """json-batching: relative to the version."""
    found = send(world, {"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/me"})
    assert found["1"]["status"] == 400
