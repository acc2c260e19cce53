"""What the libraries under other clients do to a request, and Graph takes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ..world import ADMIN, GRAPH_APP, MAIL_SEND, World
from .asserting import ADMINISTRATOR, get, new_app

ROOT = "https://graph.microsoft.com"


def post(world: World, path: str, content: bytes, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}", "Content-Type": "application/json"}
    return world.send(
        "POST",
        ROOT + path,
        content=content,
        headers=sent | {k.replace("_", "-"): v for k, v in headers.items()},
    )


def test_a_compressed_body_is_read(world: World) -> None:
    """Microsoft Graph SDK for Go gzips every body (kiota-http-go, ``compression_handler.go``)."""
    body = gzip.compress(json.dumps({"displayName": "From Go"}).encode())
    answer = post(world, "/v1.0/applications", body, Content_Encoding="gzip")
    assert answer.status_code == 201, answer.text
    assert answer.json()["displayName"] == "From Go"


def test_a_compressed_body_counts_at_its_full_size(world: World) -> None:
    """RFC 9110, 8.4: the limit is on the content, not on how it was packed."""
    body = gzip.compress(b" " * (5 * 1024 * 1024))
    assert post(world, "/v1.0/applications", body, Content_Encoding="gzip").status_code == 413


@pytest.mark.parametrize(("encoding", "status"), [("br", 415), ("gzip", 400), ("identity", 201)])
def test_other_encodings(world: World, encoding: str, status: int) -> None:
    """RFC 9110, 15.5.16: 415 makes a client send it plain; what is no gzip is no gzip."""
    answer = post(world, "/v1.0/applications", b'{"displayName": "Plain"}', Content_Encoding=encoding)
    assert answer.status_code == status, answer.text


def test_beta_has_properties_of_its_own(world: World) -> None:
    """terraform-provider-azuread, ``service_principal_resource.go``: v1.0 has no ``samlMetadataUrl``."""
    path = f"/servicePrincipals(appId='{GRAPH_APP}')"
    sent = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}"}
    one = world.send("GET", f"{ROOT}/beta{path}?$select=id,samlMetadataUrl", headers=sent)
    assert one.status_code == 200, one.text
    assert one.json()["samlMetadataUrl"] is None
    assert world.graph(ADMINISTRATOR, "GET", f"{path}?$select=samlMetadataUrl").status_code == 400
    everything = world.send("GET", f"{ROOT}/beta{path}", headers=sent).json()
    assert everything["publishedPermissionScopes"] == get(world, path)["oauth2PermissionScopes"]
    assert "publishedPermissionScopes" not in get(world, path)


def test_beta_calls_the_time_of_a_grant_otherwise(world: World) -> None:
    """graph/api/resources/approleassignment, its beta page: ``creationTimestamp``."""
    app = new_app(world)
    principal = world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})
    body = {"principalId": principal["id"], "resourceId": world.principal(GRAPH_APP), "appRoleId": MAIL_SEND}
    world.make(ADMINISTRATOR, f"/servicePrincipals/{principal['id']}/appRoleAssignments", body)
    sent = {"Authorization": f"Bearer {world.token(ADMIN)}"}
    path = f"/beta/servicePrincipals/{principal['id']}/appRoleAssignments"
    (grant,) = world.send("GET", ROOT + path, headers=sent).json()["value"]
    assert grant["creationTimestamp"] == grant["createdDateTime"]
