"""What clients other than the SDKs send, and Graph takes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provision.sandbox.authorization import permissions
from provision.sandbox.routes import ENDPOINTS

from ..world import TENANT, World
from .asserting import ADMINISTRATOR, NOBODY, get, listed, new_app

ROOT = "https://graph.microsoft.com"
_VALUES = {"{property}": "displayName"}  # for parts of patterns which an id does not fill


def ask(world: World, url: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}", **headers}
    return world.send(method, ROOT + url, json=body, headers=sent)


@pytest.mark.parametrize(
    "form",
    [
        "//v1.0//applications//{id}",
        "/v1.0/applications/{id}/",
        "/v1.0/myorganization/applications/{id}",
        f"/v1.0/{TENANT}/applications/{{id}}",
        "/beta/applications/{id}",
        "/V1.0/APPLICATIONS/{id}",
        "/v1.0/applications('{id}')",
        "/v1.0/applications(id='{id}')",
        "/v1.0/applications%28%27{id}%27%29",
        "/v1.0/directoryObjects/{id}",
    ],
)
def test_spellings_of_a_path(world: World, form: str) -> None:
    """azure-cli, cli-microsoft365 (entraApp.ts), hamilton (the tenant's id); names without case: recorded."""
    app = new_app(world)
    answer = ask(world, form.format(id=app["id"]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == app["id"]


def test_ids_compare_without_case(world: World) -> None:
    """hashicorp/terraform-provider-azuread: ids come in capitals from some configurations."""
    app = new_app(world)
    for path in (f"/applications/{app['id'].upper()}", f"/applications(appId='{app['appId'].upper()}')"):
        assert get(world, path)["id"] == app["id"]
    found = listed(world, f"/applications?$filter=appId eq '{app['appId'].upper()}'")
    assert [a["id"] for a in found] == [app["id"]]


def test_links_name_the_version_that_was_asked(world: World) -> None:
    """https://learn.microsoft.com/graph/use-the-api: contexts are of v1.0 or of beta."""
    answer = ask(world, "/beta/applications?$top=1").json()
    assert answer["@odata.context"] == f"{ROOT}/beta/$metadata#applications"
    assert answer["@odata.nextLink"].startswith(f"{ROOT}/beta/applications?")


@pytest.mark.parametrize(
    "accept", ["application/json;odata.metadata=none", "application/json;odata=nometadata"]
)
def test_answers_without_annotations(world: World, accept: str) -> None:
    """OData JSON format 4.01, 3.1.3: cli-microsoft365 asks so; links and counts stay."""
    app = new_app(world)
    answer = ask(world, f"/v1.0/applications/{app['id']}/owners?$select=id", Accept=accept)
    assert answer.json() == {"value": [{"id": get(world, "/me")["id"]}]}
    assert "odata.metadata=none" in answer.headers["content-type"]
    page = ask(world, "/v1.0/applications?$top=1&$select=id", Accept=accept).json()
    assert set(page) == {"@odata.nextLink", "value"}


def test_answers_with_addresses(world: World) -> None:
    """OData JSON format 4.01, 3.1.2: older clients of HashiCorp's read ``@odata.id``."""
    app = new_app(world)
    full = "application/json; charset=utf-8; IEEE754Compatible=false; odata.metadata=full"
    where = f"{ROOT}/v2/{TENANT}/directoryObjects/{app['id']}/Microsoft.DirectoryServices.Application"
    one = ask(world, f"/v1.0/applications/{app['id']}", Accept=full).json()
    assert (one["@odata.id"], one["@odata.type"]) == (where, "#microsoft.graph.application")
    me = get(world, "/me")["id"]
    (owner,) = ask(world, f"/v1.0/applications/{app['id']}/owners", Accept=full).json()["value"]
    assert owner["@odata.id"].endswith(f"{me}/Microsoft.DirectoryServices.User")
    grants = ask(world, "/v1.0/oauth2PermissionGrants", Accept=full)
    assert grants.json()["value"] == []


def test_bodies_may_name_their_type(world: World) -> None:
    """The models of Graph's SDKs write ``@odata.type``."""
    body: Any = {
        "@odata.type": "#microsoft.graph.application",
        "displayName": "x",
        "web": {"@odata.type": "#microsoft.graph.webApplication", "redirectUris": ["https://a/1"]},
    }
    app = world.make(ADMINISTRATOR, "/applications", body)
    assert app["web"]["redirectUris"] == ["https://a/1"]
    path = f"/applications/{app['id']}/microsoft.graph.addPassword"
    assert world.graph(ADMINISTRATOR, "POST", path, {}).status_code == 200


def test_names_in_a_body_compare_without_case(world: World) -> None:
    """PowerShell's clients write DisplayName; whether Graph takes each is not verified (docs/sandbox.md)."""
    app = world.make(ADMINISTRATOR, "/applications", {"DisplayName": "x"})
    assert app["displayName"] == "x"


def test_every_endpoint_has_its_right_and_is_reached(world: World) -> None:
    """No route is forgotten by the table of rights, hidden behind another, or broken by ids of nothing."""
    faults = []
    for endpoint in ENDPOINTS:
        right = permissions.right_of(endpoint.method, endpoint.pattern)
        path = "".join(f"/{_VALUES.get(part, part)}" for part in endpoint.pattern.split("/"))
        path = re.sub(r"\{\w+\}", NOBODY, path)
        body: Any = None if endpoint.method in ("GET", "DELETE") else {}
        version = "beta" if endpoint.beta else "v1.0"
        answer = world.graph(ADMINISTRATOR, endpoint.method, path, body, version=version)
        text = answer.text
        if right is None or answer.status_code in (405, 500) or "for the segment" in text:
            faults.append(f"{endpoint.method} {endpoint.pattern}: {answer.status_code} {text[:100]}")
    assert not faults
    assert len(ENDPOINTS) == len({(e.method, e.pattern.lower()) for e in ENDPOINTS})
