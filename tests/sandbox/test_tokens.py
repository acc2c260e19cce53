"""The login service: pages under https://learn.microsoft.com/entra/identity-platform/."""

from __future__ import annotations

import base64
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .world import ADMIN, AZURE_CLI, DOMAIN, GRAPH_APP, MAIL_SEND, MAILER, NOTHING, SECRET, TENANT, World

SCOPE = "https://graph.microsoft.com/.default"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def asked(world: World, **changed: str | None) -> httpx.Response:
    """A client credentials request that is right but for what is changed; None leaves out."""
    form = {"grant_type": "client_credentials", "client_id": ADMIN, "client_secret": SECRET, "scope": SCOPE}
    form |= {name: value for name, value in changed.items() if value is not None}
    for name in [name for name, value in changed.items() if value is None]:
        del form[name]
    return world.token_answer(**form)


def claims(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})


def refused(answer: httpx.Response, code: int, error: str, status: int = 400) -> str:
    """The text of a refusal, whose whole shape is checked (reference-error-codes, "Handling error codes")."""
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code]), body
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert set(body) >= {"timestamp", "trace_id", "correlation_id"}
    # The lookup page of the scope's refusals is not named (recorded 2023-12, MSAL.NET's tests).
    page = None if code in (70011, 1002012) else f"https://login.microsoftonline.com/error?code={code}"
    assert body.get("error_uri") == page
    return str(body["error_description"])


def test_a_secret_gives_a_token_with_the_claims_of_an_app_only_one(world: World) -> None:
    """access-token-claims-reference: v1.0 claims, ``roles`` of the grants, no ``scp`` and no ``upn``."""
    answer = asked(world)
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["ext_expires_in"]) == ("Bearer", 3599, 3599)
    assert "refresh_token" not in body
    token = claims(answer)
    assert token["aud"] == "https://graph.microsoft.com"
    assert token["iss"] == f"https://sts.windows.net/{TENANT}/"
    assert (token["appid"], token["appidacr"], token["idtyp"], token["ver"]) == (ADMIN, "1", "app", "1.0")
    assert token["oid"] == token["sub"] == world.principal(ADMIN)
    assert token["tid"] == TENANT
    assert "Application.ReadWrite.All" in token["roles"]
    assert not {"scp", "upn"} & set(token)
    assert abs(token["iat"] - time.time()) < 60


def test_a_token_is_signed_with_a_published_key(world: World) -> None:
    """access-tokens, "Validate tokens": the key set of the tenant verifies the signature."""
    token = asked(world).json()["access_token"]
    keys = world.send("GET", f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys").json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    jwt.decode(token, key.key, algorithms=["RS256"], audience="https://graph.microsoft.com")


def test_a_client_without_roles_gets_a_token_without_roles(world: World) -> None:
    """v2-oauth2-client-creds-grant-flow: a token is issued; what it may do is the resource's matter."""
    assert "roles" not in claims(asked(world, client_id=NOTHING))


def test_the_secret_may_come_in_the_basic_header(world: World) -> None:
    """RFC 6749, 2.3.1; the Microsoft page allows it too. Both parts are form-encoded first."""
    basic = base64.b64encode(f"{ADMIN}:{SECRET.replace('~', '%7E')}".encode()).decode()
    url = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    assert world.send("POST", url, data=form, headers={"Authorization": f"Basic {basic}"}).status_code == 200


def test_the_tenant_may_be_named_by_its_domain_and_ids_in_any_case(world: World) -> None:
    """v2-protocols, "Endpoints": a GUID or a verified domain."""
    form = {
        "grant_type": "client_credentials",
        "client_id": ADMIN.upper(),
        "client_secret": SECRET,
        "scope": SCOPE,
    }
    assert world.token_answer(DOMAIN.upper(), **form).status_code == 200


def test_the_v1_endpoint_takes_resource_and_answers_text(world: World) -> None:
    """v1.0 protocol, which older clients use: numbers as text, ``expires_on``, ``resource``."""
    form = {
        "grant_type": "client_credentials",
        "client_id": ADMIN,
        "client_secret": SECRET,
        "resource": "https://graph.microsoft.com/",
    }
    body = world.send("POST", f"https://login.microsoftonline.com/{TENANT}/oauth2/token", data=form).json()
    assert body["expires_in"] == "3599"
    assert body["resource"] == "https://graph.microsoft.com/"
    assert int(body["expires_on"]) > time.time()


@pytest.mark.parametrize(
    ("changed", "code", "error", "status"),
    [
        ({"client_secret": "wrong"}, 7000215, "invalid_client", 401),
        ({"client_secret": None}, 7000216, "invalid_client", 401),
        ({"client_id": "99999999-9999-4999-8999-999999999999"}, 700016, "unauthorized_client", 400),
        ({"client_id": "not a guid"}, 700016, "unauthorized_client", 400),
        ({"client_id": None}, 900144, "invalid_request", 400),
        ({"grant_type": None}, 900144, "invalid_request", 400),
        ({"scope": None}, 900144, "invalid_request", 400),
        ({"grant_type": "magic"}, 70003, "unsupported_grant_type", 400),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 1002012, "invalid_scope", 400),
        ({"scope": "User.Read offline_access"}, 1002012, "invalid_scope", 400),
        ({"scope": "User.Read/.default"}, 70011, "invalid_scope", 400),
        ({"scope": f"{SCOPE} https://outlook.office365.com/.default"}, 700022, "invalid_scope", 400),
        ({"scope": "api://nowhere/.default"}, 500011, "invalid_resource", 400),
    ],
)
def test_what_is_wrong_is_refused_by_its_number(
    world: World, changed: dict[str, str | None], code: int, error: str, status: int
) -> None:
    """reference-error-codes; 401 for ``invalid_client`` (RFC 6749, 5.2)."""
    refused(asked(world, **changed), code, error, status)


def test_the_refusal_of_a_wrong_secret_names_the_application(world: World) -> None:
    """The text that public reports of AADSTS7000215 quote."""
    text = refused(asked(world, client_secret=str(uuid.uuid4())), 7000215, "invalid_client", 401)
    assert f"the client secret value, not the client secret ID, for a secret added to app '{ADMIN}'." in text


def test_an_unknown_tenant(world: World) -> None:
    """AADSTS90002; at discovery, which clients read first, the error is ``invalid_tenant``."""
    form = {"grant_type": "client_credentials", "client_id": ADMIN, "client_secret": SECRET, "scope": SCOPE}
    refused(world.token_answer("nowhere.example", **form), 90002, "invalid_request")
    url = "https://login.microsoftonline.com/nowhere.example/v2.0/.well-known/openid-configuration"
    refused(world.send("GET", url), 90002, "invalid_tenant")
    # No name that a tenant can have: MSAL.NET's tests, 2023-12.
    refused(world.token_answer("invalid_tenant", **form), 900023, "invalid_request")


def test_client_credentials_need_a_tenant(world: World) -> None:
    """AADSTS9001023 on ``common``."""
    form = {"grant_type": "client_credentials", "client_id": ADMIN, "client_secret": SECRET, "scope": SCOPE}
    refused(world.token_answer("common", **form), 9001023, "invalid_request")


def test_a_secret_works_until_its_end_by_the_sandboxs_clock(world: World) -> None:
    """AADSTS7000222 after ``endDateTime``; the token's own times follow the real clock."""
    app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
    world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    end = (world.sandbox.clock.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = world.make(
        ADMIN, f"/applications/{app['id']}/addPassword", {"passwordCredential": {"endDateTime": end}}
    )
    world.sandbox.set_clock(advance=timedelta(days=29))
    token = claims(asked(world, client_id=app["appId"], client_secret=made["secretText"]))
    assert abs(token["exp"] - time.time() - 3599) < 60
    world.sandbox.set_clock(advance=timedelta(days=2))
    late = asked(world, client_id=app["appId"], client_secret=made["secretText"])
    assert "are expired" in refused(late, 7000222, "invalid_client", 401)


def test_a_removed_secret_stops_and_the_other_goes_on(world: World) -> None:
    """application-removepassword."""
    app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
    world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    one, two = (world.make(ADMIN, f"/applications/{app['id']}/addPassword", {}) for _ in range(2))
    gone = world.graph(ADMIN, "POST", f"/applications/{app['id']}/removePassword", {"keyId": one["keyId"]})
    assert gone.status_code == 204
    late = asked(world, client_id=app["appId"], client_secret=one["secretText"])
    refused(late, 7000215, "invalid_client", 401)
    assert asked(world, client_id=app["appId"], client_secret=two["secretText"]).status_code == 200


def test_an_application_without_a_principal_and_one_that_is_disabled(world: World) -> None:
    """AADSTS7000229 (Commercial-Marketplace-SaaS-Accelerator#830) and AADSTS7000112."""
    app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
    made = world.make(ADMIN, f"/applications/{app['id']}/addPassword", {})
    form = {"client_id": app["appId"], "client_secret": made["secretText"]}
    refused(asked(world, **form), 7000229, "invalid_client", 401)
    principal = world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    assert asked(world, **form).status_code == 200
    world.graph(ADMIN, "PATCH", f"/servicePrincipals/{principal['id']}", {"accountEnabled": False})
    refused(asked(world, **form), 7000112, "unauthorized_client")


def test_roles_are_those_at_the_time_of_issue(world: World) -> None:
    """A new assignment shows only in a later token (application permissions are in the token)."""
    form = {"client_id": NOTHING}
    before = asked(world, **form).json()["access_token"]
    graph = world.principal("00000003-0000-0000-c000-000000000000")
    body = {
        "principalId": world.principal(NOTHING),
        "resourceId": graph,
        "appRoleId": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    }
    world.make(ADMIN, f"/servicePrincipals/{graph}/appRoleAssignedTo", body)
    url = "https://graph.microsoft.com/v1.0/applications"
    assert world.send("GET", url, headers={"Authorization": f"Bearer {before}"}).status_code == 403
    after = asked(world, **form)
    assert claims(after)["roles"] == ["Application.Read.All"]
    assert world.send(
        "GET", url, headers={"Authorization": f"Bearer {after.json()['access_token']}"}
    ).is_success


# -- certificates and federated identities -------------------------------------------------------


@pytest.fixture(scope="module")
def pair() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    start = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=30))
    return key, certificate.sign(key, hashes.SHA256())


def with_certificate(world: World, certificate: x509.Certificate) -> str:
    der = certificate.public_bytes(serialization.Encoding.DER)
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(der).decode()}
    app = world.make(
        ADMIN,
        "/applications",
        {"displayName": "c", "signInAudience": "AzureADMyOrg", "keyCredentials": [key]},
    )
    world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    return str(app["appId"])


def assertion(
    app_id: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate, *, alg: str = "PS256", **changed: Any
) -> dict[str, str]:
    now = int(time.time())
    body = {
        "aud": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
        "iss": app_id,
        "sub": app_id,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 300,
        "iat": now,
    } | changed
    print_ = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    signed = jwt.encode(body, key, alg, headers={"x5t#S256": print_})
    return {"client_assertion_type": ASSERTION, "client_assertion": signed, "client_id": app_id}


def test_a_certificate_that_is_over(world: World, pair: Any) -> None:
    """AADSTS700027 says so, and when: Microsoft Entra Connect Health's pages, and a report of 2026-09."""
    key, certificate = pair
    app_id = with_certificate(world, certificate)
    world.sandbox.set_clock(advance=timedelta(days=40))
    answer = asked(world, client_secret=None, **assertion(app_id, key, certificate))
    text = refused(answer, 700027, "invalid_client", 401)
    end = f"{certificate.not_valid_after_utc:%m/%d/%Y %H:%M:%S}"
    assert "sign the client assertion is expired on application. [Reason - The key used is expired." in text
    assert f"End={end}'" in text


@pytest.mark.parametrize("alg", ["PS256", "RS256"])
def test_a_certificate_proves_the_client(world: World, pair: Any, alg: str) -> None:
    """certificate-credentials: a signed assertion; ``appidacr`` is 2."""
    key, certificate = pair
    app_id = with_certificate(world, certificate)
    form = assertion(app_id, key, certificate, alg=alg)
    assert claims(asked(world, client_secret=None, **form))["appidacr"] == "2"
    del form["client_id"]  # the assertion's subject says it
    assert asked(world, client_secret=None, **(form | {"client_id": None})).status_code == 200


def test_an_assertion_that_does_not_hold(world: World, pair: Any) -> None:
    """AADSTS700027 for another key, 700024 when it is over, 50027 for no JWT."""
    key, certificate = pair
    app_id = with_certificate(world, certificate)
    other = rsa.generate_private_key(65537, 2048)
    wrong = asked(world, client_secret=None, **assertion(app_id, other, certificate))
    assert "The key was not found." in refused(wrong, 700027, "invalid_client", 401)
    late = assertion(app_id, key, certificate, exp=1_700_003_600, nbf=1_700_000_000)
    text = refused(asked(world, client_secret=None, **late), 700024, "invalid_client", 401)
    # The times as people quote them from Azure's troubleshooting pages of workload identities.
    told = "assertion valid from 2023-11-14T22:13:20.0000000Z, expiry time of assertion 2023-11-14T23:13:20.0"
    assert told in text
    elsewhere = assertion(app_id, key, certificate, aud="https://elsewhere.example/token")
    refused(asked(world, client_secret=None, **elsewhere), 50027, "invalid_request", 400)
    junk = {"client_assertion_type": ASSERTION, "client_assertion": "a.b", "client_id": app_id}
    refused(asked(world, client_secret=None, **junk), 50027, "invalid_request", 400)


@pytest.mark.parametrize(
    ("header", "code", "text"),
    [
        ({"alg": "HS256"}, 5002738, "'HS256' is not a supported signature algorithm."),
        ({"typ": "at+jwt"}, 5002727, "Invalid JWT header type specified."),
    ],
)
def test_an_assertion_of_the_wrong_kind(world: World, header: dict[str, str], code: int, text: str) -> None:
    """5002738 as MSAL.NET's tests keep it; 5002727 as those quote it who sent IdentityServer's tokens."""
    error = "invalid_client" if "alg" in header else "invalid_request"
    made = {"iss": ADMIN, "sub": ADMIN, "aud": "x", "exp": int(time.time()) + 300}
    key = "a-key-of-more-than-thirty-two-bytes-for-hs256"
    signed = jwt.encode(made, key, "HS256", headers=header)
    form = {"client_assertion_type": ASSERTION, "client_assertion": signed, "client_secret": None}
    assert text in refused(asked(world, **form), code, error, 401 if "alg" in header else 400)


def test_the_token_endpoint_is_posted_to(world: World) -> None:
    """AADSTS900561, as people quote it who opened the address in a browser."""
    url = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    text = refused(world.send("GET", url), 900561, "invalid_request")
    assert "The endpoint only accepts POST, OPTIONS requests. Received a GET request." in text


@pytest.mark.parametrize(
    ("settings", "code", "error", "text"),
    [
        (
            {"accountEnabled": False},
            500014,
            "invalid_resource",
            "is disabled. This indicate that a subscription",
        ),
        ({"appRoleAssignmentRequired": True}, 501051, "invalid_grant", "is not assigned to a role for the"),
    ],
)
def test_a_resource_has_its_say(
    world: World, settings: dict[str, bool], code: int, error: str, text: str
) -> None:
    """500014 as alcionai/corso's tests keep it; 501051 as people quote it who secured their functions so."""
    body = {"displayName": "API", "identifierUris": ["api://its-own-api"]}
    app = world.make(ADMIN, "/applications", body)
    made = world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    assert asked(world, scope="api://its-own-api/.default").status_code == 200
    assert world.graph(ADMIN, "PATCH", f"/servicePrincipals/{made['id']}", settings).status_code == 204
    assert text in refused(asked(world, scope="api://its-own-api/.default"), code, error)


@pytest.mark.parametrize(
    ("changed", "code", "error", "text"),
    [
        ({"client_id": str(uuid.UUID(int=1))}, 700016, "unauthorized_client", "in the directory 'Contoso'."),
        ({"scope": "https://nothere.example/.default"}, 500011, "invalid_resource", "tenant named Contoso."),
    ],
)
def test_a_refusal_names_the_directory(
    world: World, changed: dict[str, str], code: int, error: str, text: str
) -> None:
    """By its display name: a Terraform run of 2026-05 and MSAL.NET's tests quote it so."""
    assert text in refused(asked(world, **changed), code, error)


def test_a_federated_identity_matches_issuer_subject_and_audience(world: World, pair: Any) -> None:
    """workload-identity-federation-considerations: all three, exactly, case included."""
    key, certificate = pair
    app = world.make(ADMIN, "/applications", {"displayName": "f", "signInAudience": "AzureADMyOrg"})
    world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    trusted = {
        "name": "ci",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:contoso/mail:environment:prod",
        "audiences": ["api://AzureADTokenExchange"],
    }
    world.make(ADMIN, f"/applications/{app['id']}/federatedIdentityCredentials", trusted)

    def ask(**changed: str) -> httpx.Response:
        said = {
            "iss": trusted["issuer"],
            "sub": trusted["subject"],
            "aud": "api://AzureADTokenExchange",
        } | changed
        form = assertion(app["appId"], key, certificate, alg="RS256", **said)
        return asked(world, client_secret=None, **form)

    assert claims(ask())["appidacr"] == "2"
    wrong = refused(ask(sub="repo:contoso/mail:environment:PROD"), 700213, "invalid_client", 401)
    assert "presented assertion subject 'repo:contoso/mail:environment:PROD'" in wrong
    refused(ask(iss="https://elsewhere.example"), 700211, "invalid_client", 401)
    refused(ask(aud="api://other"), 700212, "invalid_client", 401)


# -- people --------------------------------------------------------------------------------------


def person(world: World, tenant: str = TENANT, **changed: str) -> httpx.Response:
    form = {
        "grant_type": "password",
        "client_id": AZURE_CLI,
        "username": f"ann@{DOMAIN}",
        "password": "pw-ann",
        "scope": f"{SCOPE} offline_access openid profile",
        "client_info": "1",
    }
    return world.token_answer(tenant, **(form | changed))


def test_a_password_gives_a_delegated_token(world: World) -> None:
    """v2-oauth-ropc; ``scp`` and ``upn`` instead of ``roles``, ``wids`` the person's directory roles."""
    answer = person(world)
    token = claims(answer)
    assert (token["upn"], token["idtyp"], token["appidacr"]) == (f"ann@{DOMAIN}", "user", "0")
    assert "Directory.AccessAsUser.All" in token["scp"].split()
    assert "roles" not in token
    body = answer.json()
    identity = jwt.decode(body["id_token"], options={"verify_signature": False})
    assert (identity["aud"], identity["preferred_username"]) == (AZURE_CLI, f"ann@{DOMAIN}")
    info = base64.urlsafe_b64decode(body["client_info"] + "==")
    assert token["oid"].encode() in info
    admin = claims(person(world, username=f"root@{DOMAIN}", password="pw-root"))
    assert "62e90394-69f5-4237-9190-012177145e10" in admin["wids"]


def test_organizations_finds_the_tenant_by_the_persons_domain(world: World) -> None:
    """v2-protocols: ``organizations`` with a user name of a verified domain."""
    assert claims(person(world, "organizations"))["tid"] == TENANT


@pytest.mark.parametrize(
    ("changed", "code", "error", "status"),
    [
        ({"password": "wrong"}, 50126, "invalid_grant", 400),
        ({"username": f"nobody@{DOMAIN}"}, 50034, "invalid_grant", 400),
        ({"username": f"noreply@{DOMAIN}", "password": "x"}, 50126, "invalid_grant", 400),
        ({"client_id": MAILER}, 7000218, "invalid_client", 401),
        ({"client_id": MAILER, "client_secret": SECRET}, 65001, "invalid_grant", 400),
        ({"scope": "https://graph.microsoft.com/Not.AScope"}, 65001, "invalid_grant", 400),
    ],
)
def test_people_are_refused_by_number(
    world: World, changed: dict[str, str], code: int, error: str, status: int
) -> None:
    """reference-error-codes: 50126 wrong password, 50034 no such user, 65001 no consent."""
    refused(person(world, **changed), code, error, status)


def test_a_refresh_token_gives_another_token_for_its_client_only(world: World) -> None:
    """v2-oauth2-auth-code-flow, "Refresh the access token"; a broken one is AADSTS9002313."""
    refresh = person(world).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": AZURE_CLI, "refresh_token": refresh, "scope": SCOPE}
    assert claims(world.token_answer(**form))["upn"] == f"ann@{DOMAIN}"
    refused(world.token_answer(**(form | {"refresh_token": refresh[:-2]})), 9002313, "invalid_grant")
    other = form | {"client_id": MAILER, "client_secret": SECRET}
    # error-code-aadsts7000110-request-is-ambiguous: "issued to the application ID of a different caller"
    refused(world.token_answer(**other), 7000110, "invalid_client", 401)
    used = world.send(
        "GET", "https://graph.microsoft.com/v1.0/me", headers={"Authorization": f"Bearer {refresh}"}
    )
    assert used.status_code == 401


def test_a_device_code_waits_until_the_person_signs_in(world: World) -> None:
    """v2-oauth2-device-code: 70016 while it waits, tokens once, then the code is spent."""
    base = "https://login.microsoftonline.com"
    asked_for = world.send(
        "POST", f"{base}/{TENANT}/oauth2/v2.0/devicecode", data={"client_id": AZURE_CLI, "scope": SCOPE}
    ).json()
    assert asked_for["user_code"] in asked_for["message"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": AZURE_CLI,
        "device_code": asked_for["device_code"],
    }
    refused(world.token_answer(**form), 70016, "authorization_pending")
    page = {"user_code": asked_for["user_code"], "username": f"ann@{DOMAIN}", "password": "wrong"}
    assert "50126" in world.send("POST", asked_for["verification_uri"], data=page).text
    page["password"] = "pw-ann"
    assert "signed in" in world.send("POST", asked_for["verification_uri"], data=page).text
    assert claims(world.token_answer(**form))["upn"] == f"ann@{DOMAIN}"
    refused(world.token_answer(**form), 70000, "invalid_grant")


def test_a_declined_device_code(world: World) -> None:
    """v2-oauth2-device-code: ``authorization_declined``; the page shows no text of others as markup."""
    base = "https://login.microsoftonline.com"
    code = world.send(
        "POST", f"{base}/common/oauth2/v2.0/devicecode", data={"client_id": AZURE_CLI, "scope": SCOPE}
    )
    asked_for = code.json()
    world.send("POST", f"{base}/devicelogin", data={"user_code": asked_for["user_code"], "decline": "1"})
    form = {"grant_type": "device_code", "client_id": AZURE_CLI, "device_code": asked_for["device_code"]}
    refused(world.token_answer(**form), 70017, "authorization_declined")
    page = world.send("GET", f"{base}/devicelogin?user_code=%22%3E%3Cscript%3E").text
    assert "<script>" not in page


# -- an administrator's consent ------------------------------------------------------------------


def test_the_consent_link_grants_what_the_application_declares(world: World) -> None:
    """v2-oauth2-client-creds-grant-flow, "Request the permissions from a directory admin"."""
    uri = "https://collab.contoso.example/connectors/SMTP.aspx"
    access = [{"resourceAppId": GRAPH_APP, "resourceAccess": [{"id": MAIL_SEND, "type": "Role"}]}]
    app = world.make(
        ADMIN,
        "/applications",
        {
            "displayName": "<b>x</b>",
            "signInAudience": "AzureADMyOrg",
            "requiredResourceAccess": access,
            "web": {"redirectUris": [uri]},
        },
    )
    link = f"https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={app['appId']}&state=12345"
    page = world.send("GET", link).text
    assert "Mail.Send" in page
    assert "<b>x</b>" not in page
    assert "50126" in world.send("POST", link, data={"username": f"pra@{DOMAIN}", "password": "wrong"}).text
    ann = world.send("POST", link, data={"username": f"ann@{DOMAIN}", "password": "pw-ann"}).text
    assert "Need admin approval" in ann
    who = {"username": f"pra@{DOMAIN}", "password": "pw-pra"}
    assert "were granted" in world.send("POST", link, data=who).text
    back = world.send("POST", f"{link}&redirect_uri={uri}", data=who)
    assert (back.status_code, back.headers["Location"]) == (
        302,
        f"{uri}?admin_consent=True&tenant={TENANT}&state=12345",
    )
    canceled = world.send("POST", f"{link}&redirect_uri={uri}", data={"decline": "1"}).headers["Location"]
    assert "error=permission_denied&error_description=The+admin+canceled+the+request" in canceled
    grants = world.graph(
        ADMIN, "GET", f"/servicePrincipals(appId='{app['appId']}')/appRoleAssignments"
    ).json()["value"]
    assert [g["appRoleId"] for g in grants] == [MAIL_SEND]
    refused(world.send("GET", f"{link}&redirect_uri={uri.lower()}"), 50011, "invalid_request")


USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"


def test_azure_cli_consents_by_the_portals_service(world: World) -> None:
    """azure-cli, ``role/custom.py``, ``admin_consent``: roles and scopes, once each, by an administrator."""
    entries = [{"id": MAIL_SEND, "type": "Role"}, {"id": USER_READ, "type": "Scope"}]
    access = [{"resourceAppId": GRAPH_APP, "resourceAccess": entries}]
    app = world.make(ADMIN, "/applications", {"displayName": "x", "requiredResourceAccess": access})
    url = f"https://main.iam.ad.ext.azure.com/api/RegisteredApplications/{app['appId']}/Consent"

    def consent(who: str) -> int:
        form = {"grant_type": "password", "client_id": AZURE_CLI, "username": f"{who}@{DOMAIN}"}
        scope = "74658136-14ec-4630-ad9b-26e160ff0fc6/.default"
        token = world.token_answer(**form, password=f"pw-{who}", scope=scope).json()["access_token"]
        sent = {"Authorization": f"Bearer {token}"}
        return world.send("POST", f"{url}?onBehalfOfAll=true", headers=sent).status_code

    assert consent("ann") == 403
    assert (
        world.send("POST", url, headers={"Authorization": f"Bearer {world.token('root')}"}).status_code == 401
    )
    assert [consent("pra"), consent("root")] == [200, 200]
    path = f"/servicePrincipals(appId='{app['appId']}')"
    roles = world.graph("root", "GET", f"{path}/appRoleAssignments").json()["value"]
    assert [r["appRoleId"] for r in roles] == [MAIL_SEND]
    scopes = world.graph("root", "GET", f"{path}/oauth2PermissionGrants").json()["value"]
    assert [(s["scope"], s["consentType"]) for s in scopes] == [("User.Read", "AllPrincipals")]


# -- discovery -----------------------------------------------------------------------------------


def test_discovery_names_the_host_that_was_asked(world: World) -> None:
    """Every absolute URL in an answer has the request's own host and port (``msal/authority.py``)."""
    url = "https://sandbox.test:9443/organizations/v2.0/.well-known/openid-configuration"
    document = world.send("GET", url).json()
    assert document["token_endpoint"] == "https://sandbox.test:9443/organizations/oauth2/v2.0/token"
    assert document["authorization_endpoint"].startswith("https://sandbox.test:9443/organizations/")
    mine = world.send("GET", f"https://sandbox.test/{DOMAIN}/v2.0/.well-known/openid-configuration").json()
    assert mine["issuer"] == f"https://sandbox.test/{TENANT}/v2.0"


def test_instance_discovery_knows_the_clouds_and_itself(world: World) -> None:
    """AADSTS50049 ``invalid_instance`` for any other host."""
    base = (
        "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint="
    )
    for host in ("login.microsoftonline.us", "login.microsoftonline.com"):
        known = world.send("GET", f"{base}https://{host}/{TENANT}/oauth2/v2.0/authorize").json()
        assert known["tenant_discovery_endpoint"].startswith(f"https://{host}/{TENANT}/")
    refused(world.send("GET", f"{base}https://evil.example/x"), 50049, "invalid_instance")


def test_instance_discovery_tells_the_aliases_of_every_cloud(world: World) -> None:
    """Recorded by the tests of Azure/azure-sdk-for-js, 2021; a host of the sandbox's own comes last."""
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
    public = world.send(
        "GET", f"https://login.microsoftonline.com{path}https://login.microsoft.com/x/y"
    ).json()
    assert [entry["preferred_network"] for entry in public["metadata"]] == [
        "login.microsoftonline.com",
        "login.partner.microsoftonline.cn",
        "login.microsoftonline.de",
        "login.microsoftonline.us",
        "login-us.microsoftonline.com",
    ]
    assert public["metadata"][0] == {
        "preferred_network": "login.microsoftonline.com",
        "preferred_cache": "login.windows.net",
        "aliases": [
            "login.microsoftonline.com",
            "login.windows.net",
            "login.microsoft.com",
            "sts.windows.net",
        ],
    }
    assert public["metadata"][3]["aliases"] == ["login.microsoftonline.us", "login.usgovcloudapi.net"]
    own = world.send("GET", f"https://localhost:9{path}https://localhost:9/x/y").json()["metadata"]
    assert (len(own), own[-1]["aliases"]) == (6, ["localhost:9"])


def test_the_older_document_says_it_in_other_words(world: World) -> None:
    """The v1.0 document, as Azure API for FHIR's articles and others copy it; both name Kerberos by now."""
    host = "https://login.microsoftonline.com"
    first = world.send("GET", f"{host}/{TENANT}/.well-known/openid-configuration").json()
    assert first["jwks_uri"] == f"{host}/common/discovery/keys"
    assert first["response_types_supported"][3:] == ["token id_token", "token"]
    assert first["scopes_supported"] == ["openid"]
    assert first["microsoft_multi_refresh_token"] is True
    assert first["check_session_iframe"] == f"{host}/{TENANT}/oauth2/checksession"
    assert first["userinfo_endpoint"] == f"{host}/{TENANT}/openid/userinfo"
    assert first["claims_supported"][-4:] == ["email", "given_name", "family_name", "nickname"]
    assert world.send("GET", first["jwks_uri"]).json()["keys"]
    second = world.send("GET", f"{host}/{TENANT}/v2.0/.well-known/openid-configuration").json()
    assert second["kerberos_endpoint"] == first["kerberos_endpoint"] == f"{host}/{TENANT}/kerberos"
    assert "check_session_iframe" not in second


def test_azures_lists_are_empty_and_need_azures_token(world: World) -> None:
    """What ``az login`` asks after signing in; a token for Graph is for another audience."""
    form = {"grant_type": "client_credentials", "client_id": ADMIN, "client_secret": SECRET}
    token = world.token_answer(scope="https://management.core.windows.net//.default", **form).json()[
        "access_token"
    ]
    url = "https://management.azure.com/subscriptions?api-version=2022-12-01"
    answer = world.send("GET", url, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["value"] == []
    wrong = world.send("GET", url, headers={"Authorization": f"Bearer {world.token(ADMIN)}"})
    assert wrong.status_code == 401
    assert world.send("GET", url).status_code == 401


# -- the bearer token at Graph -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Access token is empty."),
        ("Bearer ", "Access token is empty."),
        ("Basic eDp5", "Access token is empty."),
        ("Bearer abc", "IDX14100"),
        ("Bearer a.b.c", "IDX14100"),
    ],
)
def test_graph_refuses_what_is_no_token(world: World, header: str | None, message: str) -> None:
    """401 ``InvalidAuthenticationToken`` with ``WWW-Authenticate`` (graph/resolve-auth-errors)."""
    headers = {"Authorization": header} if header is not None else {}
    answer = world.send("GET", "https://graph.microsoft.com/v1.0/applications", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (401, "InvalidAuthenticationToken")
    assert error["message"].startswith(message)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_graph_refuses_forged_foreign_and_old_tokens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signature, audience, time: ``alg: none`` and the public key as a secret do not pass either."""
    token = world.token(ADMIN)
    said = jwt.decode(token, options={"verify_signature": False})
    keys = world.send("GET", f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys").json()
    form = {
        "grant_type": "client_credentials",
        "client_id": ADMIN,
        "client_secret": SECRET,
        "scope": "https://management.azure.com/.default",
    }
    foreign = world.token_answer(**form).json()["access_token"]
    forged = jwt.encode(said, keys["keys"][0]["n"], "HS256")
    for bad, message in (
        (jwt.encode(said, None, "none"), "Access token validation failure."),  # type: ignore[arg-type]
        (forged, "Access token validation failure."),
        (token[:-6] + "AAAAAA", "Access token validation failure."),
        (foreign, "Access token validation failure. Invalid audience."),
    ):
        answer = world.send(
            "GET", "https://graph.microsoft.com/v1.0/applications", headers={"Authorization": f"Bearer {bad}"}
        )
        assert (answer.status_code, answer.json()["error"]["message"]) == (401, message)
    real = world.sandbox.clock.real
    monkeypatch.setattr(world.sandbox.clock, "real", lambda: real() + timedelta(hours=2))
    late = world.graph(ADMIN, "GET", "/applications")
    assert late.json()["error"]["message"] == "Lifetime validation failed, the token is expired."


def test_a_token_dies_with_its_principal(world: World) -> None:
    """401 ``Authorization_IdentityNotFound``: no service principal in the tenant."""
    token = world.token(NOTHING)
    assert world.graph(ADMIN, "DELETE", f"/servicePrincipals/{world.principal(NOTHING)}").status_code == 204
    answer = world.send(
        "GET", "https://graph.microsoft.com/v1.0/applications", headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Authorization_IdentityNotFound")


def test_the_date_header_follows_the_sandboxs_clock(world: World) -> None:
    """A client computes end dates from ``Date``; the sandbox's clock shows there."""
    world.sandbox.set_clock(now=datetime(2031, 5, 6, tzinfo=UTC))
    assert "06 May 2031" in world.send("GET", "https://graph.microsoft.com/v1.0/x").headers["Date"]
