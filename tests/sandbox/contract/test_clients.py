"""What the libraries under other clients do to a request, and Graph takes."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from ..world import GRAPH_APP, MAIL_SEND, World
from .asserting import ADMINISTRATOR, done, get, listed, new_app, new_user, refused

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


def beta(world: World, method: str, path: str, body: Any = None) -> Any:
    sent = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}"}
    return world.send(method, f"{ROOT}/beta{path}", json=body, headers=sent)


def test_beta_has_properties_of_its_own(world: World) -> None:
    """terraform-provider-azuread, ``service_principal_resource.go``: v1.0 has no ``samlMetadataUrl``."""
    path = f"/servicePrincipals(appId='{GRAPH_APP}')"
    one = beta(world, "GET", f"{path}?$select=id,samlMetadataUrl")
    assert one.status_code == 200, one.text
    assert one.json()["samlMetadataUrl"] is None
    assert world.graph(ADMINISTRATOR, "GET", f"{path}?$select=samlMetadataUrl").status_code == 400
    everything = beta(world, "GET", path).json()
    assert everything["publishedPermissionScopes"] == get(world, path)["oauth2PermissionScopes"]
    assert "publishedPermissionScopes" not in get(world, path)


def test_beta_calls_the_time_of_a_grant_otherwise(world: World) -> None:
    """graph/api/resources/approleassignment, its beta page: ``creationTimestamp``."""
    app = new_app(world)
    principal = world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})
    body = {"principalId": principal["id"], "resourceId": world.principal(GRAPH_APP), "appRoleId": MAIL_SEND}
    world.make(ADMINISTRATOR, f"/servicePrincipals/{principal['id']}/appRoleAssignments", body)
    (grant,) = beta(world, "GET", f"/servicePrincipals/{principal['id']}/appRoleAssignments").json()["value"]
    assert grant["creationTimestamp"] == grant["createdDateTime"]


def test_beta_tells_more_unasked(world: World) -> None:
    """hamilton, ``users.go`` and ``applications.go``: no ``$select``, and all is there."""
    user = new_user(world)
    app = beta(world, "POST", "/applications", {"displayName": "x", "oauth2RequirePostResponse": True}).json()
    assert beta(world, "GET", f"/users/{user['id']}").json()["accountEnabled"] is True
    assert "accountEnabled" not in get(world, f"/users/{user['id']}")
    assert beta(world, "GET", f"/applications/{app['id']}").json()["oauth2RequirePostResponse"] is True
    assert "oauth2RequirePostResponse" not in get(world, f"/applications/{app['id']}")


def test_beta_calls_permissions_of_known_clients_otherwise(world: World) -> None:
    """manicminer/hamilton, ``models.go``: ``permissionIds`` in beta, ``delegatedPermissionIds`` in v1.0."""
    app, client = new_app(world), new_app(world)
    scope = {"id": MAIL_SEND, "value": "s", "adminConsentDescription": "s", "adminConsentDisplayName": "s"}
    path = f"/applications/{app['id']}"
    done(beta(world, "PATCH", path, {"id": app["id"], "api": {"oauth2PermissionScopes": [scope]}}))
    known = {"appId": client["appId"], "permissionIds": [MAIL_SEND]}
    done(beta(world, "PATCH", path, {"api": {"preAuthorizedApplications": [known]}}))
    (kept,) = get(world, path)["api"]["preAuthorizedApplications"]
    assert kept == {"appId": client["appId"], "delegatedPermissionIds": [MAIL_SEND]}
    (shown,) = beta(world, "GET", path).json()["api"]["preAuthorizedApplications"]
    assert shown["permissionIds"] == [MAIL_SEND]


def test_a_role_by_its_template(world: World) -> None:
    """hamilton names the key in the path, go-azure-sdk filters; the template's id is an Edm.String."""
    template = "62e90394-69f5-4237-9190-012177145e10"
    role = get(world, f"/directoryRoles/roleTemplateId={template}")
    assert role["displayName"] == "Global Administrator"
    assert listed(world, f"/directoryRoles?$filter=roleTemplateId eq '{template}'") == [
        {k: v for k, v in role.items() if not k.startswith("@")}
    ]


def test_an_application_by_a_named_key(world: World) -> None:
    """The same for every alternate key; an id in base64, which may end in ``=``, is none."""
    app = new_app(world)
    assert get(world, f"/applications/appId={app['appId']}")["id"] == app["id"]
    refused(world.graph(ADMINISTRATOR, "GET", "/applications/AAMk="), 400, "Request_BadRequest", "'AAMk='")


def test_a_person_who_is_sent_back(world: World) -> None:
    """hamilton, ``users.go``: the id is in the body of a PATCH; another's is refused."""
    user = new_user(world)
    path = f"/users/{user['id']}"
    body = {"id": user["id"], "employeeOrgData": {"division": "d"}, "consentProvidedForMinor": None}
    done(world.graph(ADMINISTRATOR, "PATCH", path, body))
    assert get(world, f"{path}?$select=employeeOrgData")["employeeOrgData"]["division"] == "d"
    refused(world.graph(ADMINISTRATOR, "PATCH", path, {"id": MAIL_SEND}), 400, "Request_BadRequest", "'id'")


def test_a_manager(world: World) -> None:
    """graph/api/user-list-manager, user-post-manager: nobody is 404 (terraform-provider-azuread)."""
    user, boss = new_user(world), new_user(world, "bob")
    path = f"/users/{user['id']}/manager"
    refused(world.graph(ADMINISTRATOR, "GET", path), 404, "Request_ResourceNotFound", "'manager'")
    reference = {"@odata.id": f"{ROOT}/v1.0/users/{boss['id']}"}
    done(world.graph(ADMINISTRATOR, "PUT", f"{path}/$ref", reference))
    assert get(world, path)["id"] == boss["id"]
    assert get(world, f"{path}/$ref")["@odata.id"].count(boss["id"]) == 1
    done(world.graph(ADMINISTRATOR, "DELETE", f"{path}/$ref"))
    assert world.graph(ADMINISTRATOR, "GET", path).status_code == 404
    app = new_app(world)
    refused(
        world.graph(
            ADMINISTRATOR, "PUT", f"{path}/$ref", {"@odata.id": f"{ROOT}/v1.0/directoryObjects/{app['id']}"}
        ),
        400,
        "Request_BadRequest",
    )


def test_a_cast_to_a_kind_of_which_there_is_none(world: World) -> None:
    """terraform-provider-azuread, ``group_resource.go``: the administrative units of a group."""
    body = {"displayName": "g", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    group = world.make(ADMINISTRATOR, "/groups", body)
    assert listed(world, f"/groups/{group['id']}/memberOf/microsoft.graph.administrativeUnit") == []


def test_a_logo(world: World) -> None:
    """graph/api/resources/application (logo): PnP PowerShell and terraform-provider-azuread put it."""
    app, image = new_app(world), b"\x89PNG\r\n\x1a\n\0"
    path = f"/v1.0/applications/{app['id']}/logo"
    sent = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}"}
    assert world.send("GET", ROOT + path, headers=sent).status_code == 404
    kind = {"Content-Type": "image/png"}
    done(world.send("PUT", ROOT + path, content=image, headers=sent | kind))
    answer = world.send("GET", ROOT + path, headers=sent)
    assert (answer.content, answer.headers["content-type"]) == (image, "image/png")
    assert get(world, f"/applications/{app['id']}")["info"]["logoUrl"]
    batch = {"requests": [{"id": "1", "method": "GET", "url": f"/applications/{app['id']}/logo"}]}
    (item,) = world.graph(ADMINISTRATOR, "POST", "/$batch", batch).json()["responses"]
    assert base64.b64decode(item["body"]) == image
    refused(world.send("PUT", ROOT + path, json={}, headers=sent), 400, "Request_BadRequest")
    done(world.send("DELETE", ROOT + path, headers=sent))
    assert get(world, f"/applications/{app['id']}")["info"]["logoUrl"] is None


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_what_was_read_may_be_sent_back(world: World, version: str, kind: str) -> None:
    """Microsoft Graph PowerShell and scripts: read all, change a word, send all; nothing else changes."""
    app = new_app(world, displayName="Before")
    world.make(ADMINISTRATOR, f"/applications/{app['id']}/addPassword", {})
    principal = world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})
    path = f"/{kind}/{(app if kind == 'applications' else principal)['id']}"
    sent = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}"}
    read = world.send("GET", f"{ROOT}/{version}{path}", headers=sent).json()
    done(world.send("PATCH", f"{ROOT}/{version}{path}", json=read | {"notes": "n"}, headers=sent))
    assert world.send("GET", f"{ROOT}/{version}{path}", headers=sent).json() == read | {"notes": "n"}


def test_relations_to_what_is_never_made(world: World) -> None:
    """graph/api/resources/serviceprincipal, relationships: Microsoft365DSC reads them, and finds none."""
    path = f"/servicePrincipals(appId='{GRAPH_APP}')"
    assert listed(world, f"{path}/claimsMappingPolicies") == []
    assert listed(world, f"/applications/{new_app(world)['id']}/tokenIssuancePolicies") == []
    refused(
        world.graph(ADMINISTRATOR, "GET", f"/applications/{MAIL_SEND}/tokenIssuancePolicies"),
        404,
        "Request_ResourceNotFound",
    )
