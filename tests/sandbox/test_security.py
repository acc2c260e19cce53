"""What a stranger may send: refused in the service's words, never a 500, never a traceback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.sandbox.routes import ENDPOINTS

from .world import ADMIN, MAILER, World

_SETTINGS = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
_NAMES = [
    "displayName",
    "signInAudience",
    "web",
    "api",
    "requiredResourceAccess",
    "passwordCredentials",
    "tags",
    "keyCredentials",
    "uniqueName",
    "appId",
    "principalId",
    "resourceId",
    "appRoleId",
    "message",
    "ids",
    "passwordCredential",
    "keyId",
    "identifierUris",
    "appRoles",
    "owners@odata.bind",
    "@odata.type",
    "@odata.id",
    "requests",
    "isEnabled",
    "applicationRestrictions",
    "restrictions",
    "scope",
    "clientId",
    "accountEnabled",
    "passwordProfile",
    "userPrincipalName",
    "name",
    "issuer",
    "subject",
    "audiences",
]
_BODIES = st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=4) | _JSON
_OPTIONS = st.sampled_from(
    ["$select", "$filter", "$expand", "$orderby", "$top", "$skiptoken", "$search", "$count", "x"]
)
_TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "displayName eq 'x'",
        "((((",
        "id eq",
        "tags/any(t:t eq 'x')",
        "not(",
        "startswith(displayName,'",
        "-1",
        "999999",
        "owners($select=",
        '"displayName:x"',
        "a/b/c/d",
        "appId in (",
        "displayName eq null and",
    ]
)
_QUERIES = st.lists(st.tuples(_OPTIONS, _TEXT), max_size=3)
_KEYS = st.sampled_from(
    [
        "me",
        "x",
        "00000000-0000-0000-0000-000000000000",
        "noreply@contoso.example",
        "''",
        "%00",
        "%FF",
        "a'b",
        "(",
        "..",
        "$ref",
        "é",
        "a%2Fb",
    ]
)


async def _send(
    world: World, method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> Any:
    """Straight into the ASGI application: no client tidies up what is sent."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "scheme": "https",
        "query_string": query,
        "headers": headers,
        "server": ("localhost", 443),
    }
    await world.sandbox.app(scope, receive, send)
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:])


def raw(
    world: World, method: str, path: bytes, body: bytes = b"", query: bytes = b"", who: str | None = ADMIN
) -> Any:
    headers = [(b"host", b"graph.microsoft.com"), (b"content-type", b"application/json")]
    if who is not None:
        headers.append((b"authorization", f"Bearer {world.token(who)}".encode()))
    return asyncio.run(_send(world, method, path, query, headers, body))


def checked(status: int, content: bytes) -> int:
    """No server error, no traceback, and JSON where there is something to say."""
    assert status < 500, content
    assert b"Traceback" not in content
    if content and content[:1] in b"{[":
        json.loads(content)
    return status


@_SETTINGS
@given(
    endpoint=st.sampled_from([e for e in ENDPOINTS if e.method in ("POST", "PATCH", "PUT")]),
    key=_KEYS,
    body=_BODIES,
)
def test_any_body_at_any_endpoint(world: World, endpoint: Any, key: str, body: Any) -> None:
    path = "/v1.0/" + "/".join(key if part[0] == "{" else part for part in endpoint.pattern.split("/"))
    status, content = raw(world, endpoint.method, path.encode("utf-8"), json.dumps(body).encode())
    checked(status, content)


@_SETTINGS
@given(
    endpoint=st.sampled_from([e for e in ENDPOINTS if e.method in ("GET", "DELETE")]),
    key=_KEYS,
    options=_QUERIES,
)
def test_any_query_at_any_endpoint(
    world: World, endpoint: Any, key: str, options: list[tuple[str, str]]
) -> None:
    path = "/v1.0/" + "/".join(key if part[0] == "{" else part for part in endpoint.pattern.split("/"))
    query = str(httpx.QueryParams(dict(options))).encode()
    who = MAILER if any(part in endpoint.pattern for part in ("mail", "messages")) else ADMIN
    status, content = raw(world, endpoint.method, path.encode("utf-8"), query=query, who=who)
    checked(status, content)


@_SETTINGS
@given(path=st.binary(max_size=40), query=st.binary(max_size=40), body=st.binary(max_size=60))
def test_any_bytes_at_all(world: World, path: bytes, query: bytes, body: bytes) -> None:
    """Not UTF-8, not a path, not JSON: with and without a token."""
    for method in ("GET", "POST", "PATCH", "BREW"):
        for prefix in (b"/", b"/v1.0/applications/", b"/beta/"):
            checked(*raw(world, method, prefix + path, body, query))
        checked(*raw(world, method, b"/" + path, body, query, who=None))


@_SETTINGS
@given(
    tail=st.sampled_from(
        [
            "oauth2/v2.0/token",
            "oauth2/token",
            "oauth2/v2.0/devicecode",
            "v2.0/.well-known/openid-configuration",
        ]
    ),
    form=st.dictionaries(
        st.sampled_from(
            [
                "grant_type",
                "client_id",
                "client_secret",
                "scope",
                "username",
                "password",
                "resource",
                "refresh_token",
                "device_code",
                "client_assertion",
                "client_assertion_type",
                "client_info",
            ]
        ),
        st.text(max_size=20)
        | st.sampled_from(
            [
                "client_credentials",
                "password",
                "refresh_token",
                "device_code",
                ADMIN,
                "a.b.c",
                "e30.e30.e30",
                "/.default",
                "https://[/.default",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "openid",
            ]
        ),
    ),
)
def test_any_form_at_the_login_service(world: World, tail: str, form: dict[str, str]) -> None:
    """Every refusal is an AADSTS error."""
    method = "GET" if "well-known" in tail else "POST"
    answer = world.send(method, f"https://login.microsoftonline.com/organizations/{tail}", data=form)
    assert answer.status_code < 500
    if not answer.is_success:
        assert answer.json()["error_codes"], answer.text


@pytest.mark.parametrize(
    "token",
    ["x" * 9000, "e30.e30.", "eyJhbGciOiJIUzI1NiJ9.W10.x", "eyJhbGciOjd9.e30.x", "é.é.é", "..", "a.b"],
)
def test_a_token_of_any_kind(world: World, token: str) -> None:
    headers = [(b"authorization", b"Bearer " + token.encode("latin-1"))]
    status, content = asyncio.run(_send(world, "GET", b"/v1.0/applications", b"", headers, b""))
    assert (checked(status, content), json.loads(content)["error"]["code"]) == (
        401,
        "InvalidAuthenticationToken",
    )


@pytest.mark.parametrize("host", ["[", "[1]", "a b", "x/y", 'x"y', "x:port", "", "é"])
def test_a_host_that_is_none_stands_in_no_link(world: World, host: str) -> None:
    headers = [(b"host", host.encode("latin-1"))]
    path = b"/organizations/v2.0/.well-known/openid-configuration"
    status, content = asyncio.run(_send(world, "GET", path, b"", headers, b""))
    assert checked(status, content) == 200
    assert json.loads(content)["token_endpoint"].startswith("https://localhost/organizations/")


def test_a_body_over_the_limit_and_one_too_deep(world: World) -> None:
    """413 without reading it into anything; deep JSON is refused as JSON that cannot be read."""
    huge = b'{"displayName": "' + b"x" * (4 * 1024 * 1024) + b'"}'
    assert checked(*raw(world, "POST", b"/v1.0/applications", huge)) == 413
    for deep in (b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b'{"a":' * 100 + b"1" + b"}" * 100):
        assert checked(*raw(world, "POST", b"/v1.0/applications", deep)) == 400
    login = b"/organizations/oauth2/v2.0/token"
    assert checked(*raw(world, "POST", login, b"a=" + b"x" * (5 * 1024 * 1024), who=None)) == 400


def test_no_secret_is_in_what_the_sandbox_tells(world: World) -> None:
    """Neither the log of requests nor the summary holds a value or a key."""
    app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
    value = world.make(ADMIN, f"/applications/{app['id']}/addPassword", {})["secretText"]
    told = f"{list(world.sandbox.requests)} {world.sandbox.summary()}"
    for planted in (value, "PRIVATE KEY", world.token(ADMIN), world.sandbox.token_key, "scrypt$", "sha256$"):
        assert planted not in told
