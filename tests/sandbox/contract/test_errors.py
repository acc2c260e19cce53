"""Refusals: https://learn.microsoft.com/graph/errors, and what the service says where."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ..world import ADMIN, World
from .asserting import ADMINISTRATOR, NOBODY, new_app, refused


def test_the_envelope(world: World) -> None:
    """Recorded 2024-11, Azure CLI's test_app_scenario: code, message, innerError with date and ids."""
    answer = world.graph(ADMINISTRATOR, "GET", f"/applications/{NOBODY}")
    error = refused(answer, 404, "Request_ResourceNotFound")
    assert error["message"] == (
        f"Resource '{NOBODY}' does not exist or one of its queried reference-property objects are not"
        " present."
    )
    inner = error["innerError"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner["date"])
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"] == inner["request-id"]
    assert answer.headers["content-type"] == "application/json"


def test_the_clients_own_request_id_is_echoed(world: World) -> None:
    """https://learn.microsoft.com/graph/best-practices-concept: client-request-id."""
    answer = world.graph(ADMINISTRATOR, "GET", f"/applications/{NOBODY}", client_request_id="mine")
    assert answer.headers["client-request-id"] == "mine"
    assert answer.json()["error"]["innerError"]["client-request-id"] == "mine"


def test_headers_of_a_body_and_of_none(world: World) -> None:
    """Recorded 2022 to 2024: OData-Version and the long media type on bodies; a 204 has neither."""
    app = new_app(world)
    answer = world.graph(ADMINISTRATOR, "GET", f"/applications/{app['id']}")
    assert answer.headers["odata-version"] == "4.0"
    assert answer.headers["content-type"] == (
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    )
    done = world.graph(ADMINISTRATOR, "PATCH", f"/applications/{app['id']}", {"notes": "n"})
    assert done.status_code == 204
    assert not {"odata-version", "content-type"} & set(done.headers)


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "text"),
    [
        ("GET", "/applications/nothing", 400, "Request_BadRequest", "Invalid object identifier 'nothing'."),
        ("GET", "/applications(appId='x')", 400, "Request_BadRequest", "object reference property 'appId'"),
        ("GET", "/applications(displayName='x')", 400, "BadRequest", "key property 'displayName'"),
        ("GET", "/applications(appId='x", 400, "BadRequest", ""),
        ("GET", "/colours", 400, "BadRequest", "Resource not found for the segment 'colours'."),
        ("GET", f"/applications/{NOBODY}/colours/1", 400, "BadRequest", "for the segment 'colours'."),
        ("POST", f"/applications/{NOBODY}/addKey", 400, "BadRequest", "for the segment 'addKey'."),
        ("POST", f"/applications/{NOBODY}/colour", 400, "BadRequest", "for the segment 'colour'."),
        ("DELETE", "/applications", 405, "Request_BadRequest", "Specified HTTP method is not allowed"),
        (
            "POST",
            f"/applications/{NOBODY}",
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed",
        ),
        (
            "GET",
            f"/applications/{NOBODY}/addPassword",
            405,
            "Request_BadRequest",
            "HTTP method is not allowed",
        ),
        (
            "GET",
            "/applications/$ID/owners",
            400,
            "BadRequest",
            "the segment 'applications' refers to a collection",
        ),
        ("GET", f"/directoryObjects/{NOBODY}", 404, "Request_ResourceNotFound", NOBODY),
        ("GET", "/users/nobody@contoso.example", 404, "Request_ResourceNotFound", "'nobody@contoso.example'"),
    ],
)
def test_paths_that_lead_nowhere(
    world: World, method: str, path: str, status: int, code: str, text: str
) -> None:
    """Recorded, or quoted in msgraph-sdk-python issue 408; unknown segments as the OData layer has them."""
    body: Any = {} if method == "POST" else None
    refused(world.graph(ADMINISTRATOR, method, path, body), status, code, text)


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ({"displayName": None}, "Request_BadRequest", "A value is required for property 'displayName'"),
        ({"displayName": ""}, "Request_BadRequest", "Invalid value specified for property 'displayName'"),
        ({"displayName": "x" * 257}, "Request_BadRequest", "'displayName'"),
        ({"displayName": 5}, "Request_BadRequest", "Edm.String"),
        ({"description": "x" * 1025}, "Request_BadRequest", "'description'"),
        ({"colour": "red"}, "Request_BadRequest", "The property 'colour' does not exist on type"),
        ({"web": {"colour": "red"}}, "Request_BadRequest", "Expected property 'colour' is not present"),
        ({"web": []}, "Request_BadRequest", "'StartArray'"),
        ({"tags": "x"}, "Request_BadRequest", "'StartArray' node was expected"),
        ({"tags": ["a b"]}, "Request_BadRequest", "'tags'"),
        ({"tags": ["a", "a"]}, "DuplicateValue", "duplicate values"),
        ({"tags": ["x" * 257]}, "Request_BadRequest", "'tags'"),
        ({"signInAudience": "Everybody"}, "Request_BadRequest", "'signInAudience'"),
        ({"appId": NOBODY}, "Request_BadRequest", "Property 'appId' is read-only and cannot be set."),
        ({"createdDateTime": "2020-01-01T00:00:00Z"}, "Request_BadRequest", "read-only"),
        ({"api": {"requestedAccessTokenVersion": 3}}, "Request_BadRequest", "requestedAccessTokenVersion"),
        (
            {"signInAudience": "PersonalMicrosoftAccount", "api": {"requestedAccessTokenVersion": 1}},
            "Request_BadRequest",
            "requestedAccessTokenVersion",
        ),
        ({"identifierUris": ["https://other.example/x"]}, "HostNameNotOnVerifiedDomain", "verified domain"),
        ({"identifierUris": ["no uri"]}, "Request_BadRequest", "'identifierUris'"),
        ({"isFallbackPublicClient": "perhaps"}, "Request_BadRequest", "Edm.Boolean"),
        ({"uniqueName": "a b"}, "Request_BadRequest", "cannot contain whitespace"),
        ({"web": {"logoutUrl": "http://a.example/out"}}, "Request_BadRequest", "property 'web' of"),
        ({"web": {"redirectUris": ["no uri"]}}, "Request_BadRequest", "property 'web' of"),
        (
            {"identifierUris": ["https://contoso.example/"]},
            "IdentifierUrisEndsWithSlash",
            "Application alias",
        ),
        ({"keyCredentials": [{"type": "AsymmetricX509Cert"}]}, "Request_BadRequest", "'keyCredentials'"),
        ({"owners@odata.bind": [f"https://x/{NOBODY}"] * 21}, "Request_BadRequest", "invalid"),
    ],
)
def test_values_that_are_refused(world: World, fault: Any, code: str, text: str) -> None:
    """supported-accounts-validation; msgraph-sdk-powershell#3149; microsoft-graph-docs-contrib#7960."""
    body = {"displayName": "x", **fault}
    error = refused(world.graph(ADMIN, "POST", "/applications", body), 400, code, text)
    assert error["message"]


@pytest.mark.parametrize(
    ("part", "uri", "taken"),
    [
        ("web", "https://a.example/x?y=1", True),
        ("web", "http://localhost:8080/x", True),
        ("web", "http://127.0.0.1/x", True),
        ("web", "urn:ietf:wg:oauth:2.0:oob", True),
        ("web", "https://*.a.example", True),
        ("publicClient", "msal00000000://auth", True),
        ("publicClient", "https://login.microsoftonline.com/common/oauth2/nativeclient", True),
        ("publicClient", "msauth://code/msauth.com.contoso%3A%2F%2Fauth", True),
        ("spa", "https://a.example", True),
        ("web", "http://a.example/x", False),
        ("web", "a.example", False),
        ("web", "https://a.example/#x", False),
        ("web", "https://a.example/" + "x" * 256, False),
        ("web", "https://a.example/a b", False),
        ("spa", "urn:x:y", False),
        ("web", "https://", False),
    ],
)
def test_redirect_uris(world: World, part: str, uri: str, taken: bool) -> None:
    """https://learn.microsoft.com/entra/identity-platform/reply-url; terraform-provider-azuread issue 575."""
    body = {"displayName": "x", part: {"redirectUris": [uri]}}
    answer = world.graph(ADMINISTRATOR, "POST", "/applications", body)
    assert answer.status_code == (201 if taken else 400), answer.text


def test_values_twice(world: World) -> None:
    """Quoted in microsoft-graph-docs issue 21667: the code, and the property in the details."""
    text = "Request contains a property with duplicate values."
    role = {"allowedMemberTypes": ["User"], "description": "d", "displayName": "d", "value": "v"}
    uri = "https://a.example"
    bodies: list[tuple[str, Any]] = [
        ("appRoles", [{**role, "id": NOBODY}, {**role, "id": NOBODY.replace("dead", "beef")}]),
        ("requiredResourceAccess", [{"resourceAppId": NOBODY, "resourceAccess": []}] * 2),
        ("identifierUris", ["api://a", "api://a"]),
        ("web", {"redirectUris": [uri, uri]}),
    ]
    for name, value in bodies:
        answer = world.graph(ADMINISTRATOR, "POST", "/applications", {"displayName": "x", name: value})
        error = refused(answer, 400, "DuplicateValue", text)
        assert error["details"] == [{"code": "DuplicateValue", "message": text, "target": name}]


def test_a_missing_value_has_no_details_and_a_wrong_one_has(world: World) -> None:
    """As quoted: a Group's ``securityEnabled`` (2021-02), a User's ``mailNickname`` (2021-06)."""
    missing = world.graph(ADMINISTRATOR, "POST", "/applications", {})
    assert "details" not in refused(missing, 400, "Request_BadRequest", "A value is required")
    wrong = world.graph(ADMINISTRATOR, "POST", "/applications", {"displayName": ""})
    details = refused(wrong, 400, "Request_BadRequest", "Invalid value specified")["details"]
    assert [(d["code"], d["target"]) for d in details] == [("InvalidValue", "displayName")]


def test_a_property_that_only_the_metadata_has(world: World) -> None:
    """Quoted in msgraph-bicep-types issue 155 and msgraph-sdk-powershell issue 1502: 404, of nothing."""
    app = new_app(world)
    for method, path in (("POST", "/applications"), ("PATCH", f"/applications/{app['id']}")):
        body = {"displayName": "x", "oauth2RequirePostResponse": False}
        refused(
            world.graph(ADMINISTRATOR, method, path, body), 404, "Request_ResourceNotFound", "Resource ''"
        )


def test_an_identifier_uri_is_unique_in_the_tenant(world: World) -> None:
    """go-autorest issue 308: detail ObjectConflict."""
    new_app(world, identifierUris=["api://one"])
    body = {"displayName": "x", "identifierUris": ["api://one"]}
    error = refused(
        world.graph(ADMINISTRATOR, "POST", "/applications", body),
        400,
        "Request_BadRequest",
        "Another object with the same value for property identifierUris already exists.",
    )
    assert error["details"][0]["code"] == "ObjectConflict"


def test_a_manifest_has_its_limit(world: World) -> None:
    """entra-service-limits: 1,200 entries over all collections; vault-plugin-secrets-azure for the text."""
    uris = {
        part: [f"https://{part}.example/{n}" for n in range(256)] for part in ("web", "spa", "publicClient")
    }
    access = [{"id": f"00000000-0000-4000-8000-{n:012d}", "type": "Role"} for n in range(400)]
    body = {
        "displayName": "x",
        **{part: {"redirectUris": found} for part, found in uris.items()},
        "identifierUris": [f"api://{n}" for n in range(64)],
        "requiredResourceAccess": [{"resourceAppId": NOBODY, "resourceAccess": access}],
    }
    answer = world.graph(ADMINISTRATOR, "POST", "/applications", body)
    refused(answer, 403, "Directory_ResourceSizeExceeded", "The size of the object has exceeded its limit.")


def test_a_body_that_is_no_object(world: World) -> None:
    """microsoft-graph-docs-contrib issue 7960: what the reader in front says."""
    bodies: list[Any] = [[], "x", 5]
    for body in bodies:
        refused(
            world.graph(ADMINISTRATOR, "POST", "/applications", body),
            400,
            "BadRequest",
            "JSON content expected",
        )
    headers = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}", "Content-Type": "application/json"}
    for content in (b"{", b"\xff", b'{"a":NaN}'):
        answer = world.send(
            "POST", "https://graph.microsoft.com/v1.0/applications", content=content, headers=headers
        )
        refused(answer, 400, "BadRequest", "Unable to read JSON request payload.")


def test_without_a_token(world: World) -> None:
    """https://learn.microsoft.com/graph/resolve-auth-errors: 401 and how to get one."""
    answer = world.send("GET", "https://graph.microsoft.com/v1.0/applications")
    refused(answer, 401, "InvalidAuthenticationToken", "Access token is empty.")
    assert answer.headers["www-authenticate"].startswith("Bearer ")
