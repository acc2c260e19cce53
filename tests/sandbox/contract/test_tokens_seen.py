"""Single refusals of the login service that people recorded or quoted, each with where it stands."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest

from provision.sandbox.seeding.seed import apply

from ..world import ADMIN, AZURE_CLI, DOMAIN, GRAPH_APP, MAILER, SECRET, TENANT, World
from .asserting import ADMINISTRATOR

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "https://graph.microsoft.com/.default"
LOGIN = "https://login.microsoftonline.com"
KEY = "a-key-of-more-than-thirty-two-bytes-for-hs256"


def told(answer: Any, code: int, error: str, status: int = 400) -> str:
    """Check a refusal by its number; its text without number and ids."""
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code]), body
    text = str(body["error_description"])
    assert text.startswith(f"AADSTS{code}: ")
    return text.removeprefix(f"AADSTS{code}: ").partition(" Trace ID: ")[0]


def with_assertion(world: World, claims: dict[str, Any], header: dict[str, Any] | None = None) -> Any:
    """What the token endpoint says to an assertion; its signature is not what is judged here."""
    signed = jwt.encode(claims, KEY, "HS256", headers=header)
    head, _, rest = signed.partition(".")
    said = jwt.get_unverified_header(signed) | {"alg": "RS256"} | (header or {})
    said = {name: value for name, value in said.items() if value is not None}
    head = jwt.utils.base64url_encode(json.dumps(said).encode()).decode()
    form = {"client_assertion_type": ASSERTION, "client_assertion": f"{head}.{rest}"}
    return world.token_answer(grant_type="client_credentials", client_id=ADMIN, scope=SCOPE, **form)


def claims(**changed: Any) -> dict[str, Any]:
    """Claims of an assertion that is in order."""
    now = int(time.time())
    audience = f"{LOGIN}/{TENANT}/oauth2/v2.0/token"
    made = {"aud": audience, "iss": ADMIN, "sub": ADMIN, "jti": "1", "nbf": now, "iat": now, "exp": now + 300}
    return {name: value for name, value in (made | changed).items() if value is not None}


# AzureAD/microsoft-authentication-library-for-dotnet, MockHelpers: bodies of 2023-12-11, in this order.
MISSING = (
    "The required field '{}' is missing from the credential. Ensure that you have all the necessary"
    " parameters for the login request."
)


@pytest.mark.parametrize("name", ["iss", "aud"])
def test_an_assertion_says_by_whom_and_for_whom(world: World, name: str) -> None:
    answer = with_assertion(world, claims(**{name: None}), {"kid": "k"})
    assert told(answer, 90014, "invalid_request") == MISSING.format(name)


def test_an_assertion_names_its_key(world: World) -> None:
    """The same; and PSAuthClient's notes on ``client_secret_jwt``."""
    text = (
        "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId"
        " specified in token header."
    )
    assert told(with_assertion(world, claims()), 5002723, "invalid_client", 401) == text


def test_an_assertion_without_an_end(world: World) -> None:
    """The beginning is taken from ``iat`` where there is no ``nbf``; an end that is not said is 1970."""
    sent = claims(exp=None, nbf=None, iat=1516239022)
    text = told(with_assertion(world, sent, {"kid": "k"}), 700024, "invalid_client", 401)
    assert (
        "assertion valid from 2018-01-18T01:30:22.0000000Z, expiry time of assertion"
        " 1970-01-01T00:00:00.0000000Z. Review the documentation at https://docs.microsoft.com/" in text
    )


def test_an_assertion_of_another_client(world: World) -> None:
    other = str(uuid.uuid4())
    text = told(
        with_assertion(world, claims(iss=other, sub=other), {"kid": "k"}), 700021, "invalid_client", 401
    )
    assert text.startswith(
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the"
    )


def test_what_is_wrong_with_a_token_is_not_said(world: World) -> None:
    """The same file: a tenant's id sent as the assertion."""
    form = {"client_assertion_type": ASSERTION, "client_assertion": TENANT}
    answer = world.token_answer(grant_type="client_credentials", client_id=ADMIN, scope=SCOPE, **form)
    assert told(answer, 50027, "invalid_request") == "JWT token is invalid or malformed."


# -- people --------------------------------------------------------------------------------------


@pytest.fixture
def public(world: World) -> Any:
    """An application of one tenant that signs people in and declares Graph."""
    access = [{"resourceAppId": GRAPH_APP, "resourceAccess": []}]
    body = {"displayName": "one", "signInAudience": "AzureADMyOrg", "isFallbackPublicClient": True}
    app = world.make(ADMINISTRATOR, "/applications", body | {"requiredResourceAccess": access})
    world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})
    return app


def signs_in(world: World, app_id: str, tenant: str = TENANT, scope: str = SCOPE) -> Any:
    form = {"username": f"ann@{DOMAIN}", "password": "pw-ann", "client_id": app_id, "scope": scope}
    return world.token_answer(tenant, grant_type="password", **form)


@pytest.mark.parametrize("tenant", ["common", "organizations"])
def test_an_application_of_one_tenant_is_not_common(world: World, public: Any, tenant: str) -> None:
    """Quoted 2022-06 of a web app, 2024-11 of a public client: the text names /common, whichever was used."""
    text = (
        f"Application '{public['appId']}'(one) is not configured as a multi-tenant application. Usage of the"
        " /common endpoint is not supported for such applications created after '10/15/2018'. Use a"
        " tenant-specific endpoint or configure the application to be multi-tenant."
    )
    assert told(signs_in(world, public["appId"], tenant), 50194, "invalid_request") == text


@pytest.mark.parametrize("tenant", ["common", "organizations"])
def test_a_device_code_of_one_tenant_is_not_common(world: World, public: Any, tenant: str) -> None:
    """Microsoft's own samples of MSAL for .NET explain the number; met at the first request, 2026."""
    form = {"client_id": public["appId"], "scope": SCOPE}
    answer = world.send("POST", f"{LOGIN}/{tenant}/oauth2/v2.0/devicecode", data=form)
    text = "No tenant-identifying information found in either the request or implied by any provided"
    assert told(answer, 50059, "invalid_request") == f"{text} credentials."


def test_a_resource_that_is_not_declared(world: World, public: Any) -> None:
    """Quoted 2023-12 of a kubectl login, 2025-05 and 2025-08 of others: the declared ones are listed."""
    body = {"displayName": "api", "identifierUris": ["api://undeclared"]}
    api = world.make(ADMINISTRATOR, "/applications", body)
    world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": api["appId"]})
    text = (
        "Invalid resource. The client has requested access to a resource which is not listed in the requested"
        f" permissions in the client's application registration. Client app ID: {public['appId']}(one)."
        f" Resource value from request: api://undeclared. Resource app ID: {api['appId']}. List of valid"
        f" resources from app registration: {GRAPH_APP}."
    )
    answer = signs_in(world, public["appId"], scope="api://undeclared/.default")
    assert told(answer, 650057, "invalid_client", 401) == text
    told(signs_in(world, public["appId"]), 65001, "invalid_grant")  # declared, and not consented to


def test_a_person_of_another_tenant(world: World, tmp_path: Path) -> None:
    """Quoted of many sign-ins; troubleshoot/entra/.../error-code-AADSTS50020 has the meaning."""
    file = tmp_path / "other.yaml"
    home = "9d2f0b86-1f5e-4c8a-8f43-7c0a4f4c1f11"
    file.write_text(
        f"tenant: {{id: {home}, domain: fabrikam.example, display_name: Fabrikam}}\n"
        "users: [{user_principal_name: eve@fabrikam.example, password: pw-eve}]\n"
    )
    apply(world.sandbox, file)
    form = {"client_id": AZURE_CLI, "scope": SCOPE}
    code = world.send("POST", f"{LOGIN}/{TENANT}/oauth2/v2.0/devicecode", data=form).json()["user_code"]
    page = {"user_code": code, "username": "eve@fabrikam.example", "password": "pw-eve"}
    said = world.send("POST", f"{LOGIN}/devicelogin", data=page).text
    assert "AADSTS50020: User account " in said
    assert f"https://sts.windows.net/{home}/" in said
    assert "does not exist in tenant" in said
    page = {"user_code": code, "username": f"ann@{DOMAIN}", "password": "pw-ann"}
    assert "signed in" in world.send("POST", f"{LOGIN}/devicelogin", data=page).text


def test_a_device_code_that_is_none(world: World) -> None:
    """Verified live by two programs' notes of 2026, one of which says that ``error_uri`` is not there."""
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": AZURE_CLI}
    answer = world.token_answer(**form, device_code="fake")
    text = "The provided value for the input parameter 'device_code' is not valid."
    assert told(answer, 7000014, "invalid_grant") == text
    assert "error_uri" not in answer.json()


def test_a_realm_is_asked_for_with_a_version(world: World) -> None:
    """AzureAD/microsoft-authentication-library-for-go, authority.go, quotes the refusal."""
    url = f"{LOGIN}/common/userrealm/ann@{DOMAIN}"
    assert told(world.send("GET", url), 90014, "invalid_request") == MISSING.format("api-version")
    assert world.send("GET", f"{url}?api-version=1.0").json()["account_type"] == "Managed"


def test_a_code_that_was_cut(world: World) -> None:
    """Quoted of a code that an address bar shortened, 2026; one that is not sent is the body's fault."""
    form = {"grant_type": "authorization_code", "client_id": AZURE_CLI, "redirect_uri": "http://localhost"}
    assert "'code'" in told(world.token_answer(**form), 900144, "invalid_request")
    text = "Invalid request. Request is malformed or invalid."
    assert told(world.token_answer(**form, code="0.AX"), 9002313, "invalid_grant") == text


def test_a_federated_assertion_without_the_clients_id(world: World) -> None:
    """Met by Quarkus' client, whose assertion is an issuer's: its subject names no application."""
    now = int(time.time())
    sent = {
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:a/b",
        "aud": "x",
        "exp": now + 60,
    }
    form = {"client_assertion_type": ASSERTION, "client_assertion": jwt.encode(sent, KEY, "HS256")}
    answer = world.token_answer(grant_type="client_credentials", scope=SCOPE, **form)
    text = told(answer, 7000110, "invalid_client", 401)
    assert text.startswith("Request is ambiguous, multiple application identifiers found. The client ID used")


def test_the_older_parameter_at_the_newer_endpoint(world: World) -> None:
    """reference-error-codes; MCP's clients send both, and are told so."""
    answer = world.token_answer(**FORM, resource="https://graph.microsoft.com")
    assert told(answer, 901002, "invalid_request") == "The 'resource' request parameter is not supported."


# -- how the endpoint is asked -------------------------------------------------------------------

URL = f"{LOGIN}/{TENANT}/oauth2/v2.0/token"
FORM = {"grant_type": "client_credentials", "client_id": MAILER, "client_secret": SECRET, "scope": SCOPE}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"grant_type":"client_credentials","client_id":"a"}', "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"", "application/json"),
    ],
)
def test_a_body_that_is_no_form_has_no_fields(world: World, content: bytes, kind: str) -> None:
    """Quoted by many whose library sent JSON: the first field that is looked for is missing."""
    answer = world.send("POST", URL, content=content, headers={"Content-Type": kind})
    text = "The request body must contain the following parameter: 'grant_type'."
    assert told(answer, 900144, "invalid_request") == text


def test_fields_in_the_query_are_none(world: World) -> None:
    """Quoted by those who sent them as ``params``: 900144 names the body."""
    answer = world.send("POST", URL, params=FORM)
    assert "'grant_type'" in told(answer, 900144, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_endpoint_is_posted_to(world: World, method: str) -> None:
    text = f"The endpoint only accepts POST, OPTIONS requests. Received a {method} request."
    assert told(world.send(method, URL), 900561, "invalid_request") == text
