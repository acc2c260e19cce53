"""Secrets, certificates and federated credentials of an application."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..world import World
from .asserting import ADMINISTRATOR, NOBODY, done, get, listed, new_app, new_principal, refused


def add(world: World, app: Any, **wanted: Any) -> Any:
    body = {"passwordCredential": wanted} if wanted else {}
    return world.graph(ADMINISTRATOR, "POST", f"/applications/{app['id']}/addPassword", body)


def test_a_secret_is_shown_once(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_sp_credential: 200, Location bare; later only the hint."""
    app = new_app(world)
    answer = add(world, app, displayName="rbac")
    assert answer.status_code == 200
    assert answer.headers["location"] == "https://graph.microsoft.com"
    secret = answer.json()
    assert secret.pop("@odata.context").endswith("$metadata#microsoft.graph.passwordCredential")
    # The form that secret scanners know (gitleaks, azure-ad-client-secret).
    assert re.fullmatch(r"[a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34}", secret["secretText"])
    assert secret["hint"] == secret["secretText"][:3]
    kept = get(world, f"/applications/{app['id']}")["passwordCredentials"]
    assert kept == [{**secret, "secretText": None}]


def test_without_dates_it_lives_two_years(world: World) -> None:
    """Recorded 2020-08, Azure CLI's test_rest_microsoft_graph: from now, seven digits."""
    secret = add(world, new_app(world)).json()
    start, end = secret["startDateTime"], secret["endDateTime"]
    assert len(start) == len("2020-08-05T08:41:33.9283928Z")
    assert (end[:4], end[10:]) == (str(int(start[:4]) + 2), start[10:])
    assert secret["displayName"] is None


def test_dates_come_back_in_utc(world: World) -> None:
    """Recorded 2020-08, Azure CLI's test_rest_microsoft_graph; far ones: terraform-provider-azuread#126."""
    secret = add(
        world, new_app(world), startDateTime="2026-01-01T02:00:00+02:00", endDateTime="2299-12-31T00:00:00Z"
    ).json()
    assert (secret["startDateTime"], secret["endDateTime"]) == (
        "2026-01-01T00:00:00Z",
        "2299-12-31T00:00:00Z",
    )


def test_a_key_id_that_is_sent_is_kept(world: World) -> None:
    """Recorded 2023-08, Azure CLI's test_ams_sp_create_reset."""
    app = new_app(world)
    assert add(world, app, keyId=NOBODY).json()["keyId"] == NOBODY
    refused(add(world, app, keyId=NOBODY), 400, "Request_BadRequest")


def test_the_newest_is_listed_first(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_sp_credential."""
    app = new_app(world)
    old, new = add(world, app).json()["keyId"], add(world, app).json()["keyId"]
    kept = get(world, f"/applications/{app['id']}")["passwordCredentials"]
    assert [c["keyId"] for c in kept] == [new, old]


def test_a_secret_is_removed_by_its_id(world: World) -> None:
    """Recorded 2020-08: 204; unknown ids: hashicorp/vault-plugin-secrets-azure, client.go."""
    app = new_app(world)
    key_id = add(world, app).json()["keyId"]
    path = f"/applications/{app['id']}/removePassword"
    done(world.graph(ADMINISTRATOR, "POST", path, {"keyId": key_id}))
    again = world.graph(ADMINISTRATOR, "POST", path, {"keyId": key_id})
    refused(again, 400, "Request_BadRequest", "No password credential found with keyId")
    refused(world.graph(ADMINISTRATOR, "POST", path, {}), 400, "Request_BadRequest")


def test_a_value_of_ones_own_is_refused(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/passwordcredential: the service chooses it."""
    refused(add(world, new_app(world), secretText="let-me-choose"), 400, "Request_BadRequest")


def test_it_ends_after_it_begins(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-addpassword."""
    for dates in ({"endDateTime": "2001-01-01T00:00:00Z"}, {"startDateTime": "9998-12-31T00:00:00Z"}):
        answer = add(world, new_app(world), **dates)
        assert refused(answer, 400, "Request_BadRequest")["details"][0]["code"] == "InvalidKeyEndDate"


def test_a_patch_makes_no_secret_and_changes_none(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-update; azure-cli issue 14551."""
    app = new_app(world)
    secret = add(world, app, displayName="one").json()
    path = f"/applications/{app['id']}"
    new = world.graph(ADMINISTRATOR, "PATCH", path, {"passwordCredentials": [{"displayName": "two"}]})
    refused(
        new, 400, "Request_BadRequest", "New password credentials must be generated using service actions."
    )
    changed = {"passwordCredentials": [{"keyId": secret["keyId"], "displayName": "two"}]}
    error = refused(
        world.graph(ADMINISTRATOR, "PATCH", path, changed), 400, "Request_BadRequest", "not allowed"
    )
    assert error["details"][0]["code"] == "KeyNotUpdatable"
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"passwordCredentials": []}))
    assert get(world, path)["passwordCredentials"] == []


def test_one_secret_may_come_with_the_application(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-post-applications, example 2 (2026)."""
    app = new_app(world, passwordCredentials=[{"displayName": "first"}])
    (secret,) = app["passwordCredentials"]
    assert secret["secretText"].startswith(secret["hint"])
    assert get(world, f"/applications/{app['id']}")["passwordCredentials"][0]["secretText"] is None


def test_personal_accounts_limit_the_secrets(world: World) -> None:
    """https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation: two."""
    app = new_app(world, signInAudience="AzureADandPersonalMicrosoftAccount")
    assert [add(world, app).status_code for _ in range(3)] == [200, 200, 400]


def test_a_principal_has_secrets_too(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_sp_credential: without a hint."""
    principal = new_principal(world, new_app(world))
    path = f"/servicePrincipals/{principal['id']}"
    secret = world.graph(ADMINISTRATOR, "POST", f"{path}/addPassword").json()
    assert secret["secretText"]
    assert secret["hint"] is None
    done(world.graph(ADMINISTRATOR, "POST", f"{path}/removePassword", {"keyId": secret["keyId"]}))
    assert get(world, path)["passwordCredentials"] == []


# -- certificates --------------------------------------------------------------------------------


def certificate() -> str:
    """A self-signed certificate, base64 of its DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "AU"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Some-State"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Widgits, Ltd"),
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    pem = built.public_bytes(serialization.Encoding.PEM).decode()
    return "".join(pem.split("-----")[2].split())


def test_a_certificate_tells_its_name_dates_and_thumbprint(world: World) -> None:
    """Recorded 2024-11, Azure CLI's test_app_scenario: the subject as .NET writes it, the key null."""
    app = new_app(
        world, keyCredentials=[{"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate()}]
    )
    (key,) = app["keyCredentials"]
    assert key["displayName"] == 'O="Widgits, Ltd", S=Some-State, C=AU'
    assert re.fullmatch(r"[0-9A-F]{40}", key["customKeyIdentifier"])
    assert key["startDateTime"] < key["endDateTime"]
    assert key["key"] is None


def test_the_key_itself_is_answered_by_name_of_one_object(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/keycredential: ``$select`` on a single object."""
    public = certificate()
    app = new_app(world, keyCredentials=[{"type": "AsymmetricX509Cert", "usage": "Verify", "key": public}])
    path = f"/applications/{app['id']}"
    assert get(world, f"{path}?$select=keyCredentials")["keyCredentials"][0]["key"] == public
    assert get(world, path)["keyCredentials"][0]["key"] is None
    many = listed(world, f"/applications?$filter=id eq '{app['id']}'&$select=keyCredentials")
    assert many[0]["keyCredentials"][0]["key"] is None


def test_a_patch_replaces_the_certificates(world: World) -> None:
    """Recorded 2022-05, Azure CLI's test_create_for_rbac_create_cert: what is not sent is gone."""
    one = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate()}
    app = new_app(world, keyCredentials=[one])
    path = f"/applications/{app['id']}"
    kept = app["keyCredentials"][0]
    both = {"keyCredentials": [kept, {**one, "key": certificate()}]}
    done(world.graph(ADMINISTRATOR, "PATCH", path, both))
    assert len(get(world, path)["keyCredentials"]) == 2
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"keyCredentials": [{**one, "key": certificate()}]}))
    left = get(world, path)["keyCredentials"]
    assert [k["keyId"] == kept["keyId"] for k in left] == [False]


# -- federated credentials -----------------------------------------------------------------------

TRUSTED = {
    "name": "Testing",
    "issuer": "https://token.actions.githubusercontent.com/",
    "subject": "repo:contoso/mail:environment:production",
    "description": "Testing",
    "audiences": ["api://AzureADTokenExchange"],
}


def test_a_federated_credential_by_id_and_by_name(world: World) -> None:
    """Recorded 2022-07, Azure CLI's test_app_federated_credential."""
    app = new_app(world)
    base = f"/applications/{app['id']}/federatedIdentityCredentials"
    made = world.make(ADMINISTRATOR, base, TRUSTED)
    assert made.pop("@odata.context").endswith(
        f"applications('{app['id']}')/federatedIdentityCredentials/$entity"
    )
    assert made == {**TRUSTED, "id": made["id"]}
    for key in (f"/{made['id']}", f"/{made['name']}", f"(name='{made['name']}')"):
        assert get(world, base + key)["id"] == made["id"]
    done(world.graph(ADMINISTRATOR, "PATCH", f"{base}/{made['id']}", {"subject": "repo:x:ref:main"}))
    assert listed(world, base)[0]["subject"] == "repo:x:ref:main"
    done(world.graph(ADMINISTRATOR, "DELETE", f"{base}/{made['name']}"))
    refused(world.graph(ADMINISTRATOR, "GET", f"{base}/{made['id']}"), 404, "Request_ResourceNotFound")


def test_what_a_federated_credential_must_be(world: World) -> None:
    """https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations."""
    app = new_app(world)
    base = f"/applications/{app['id']}/federatedIdentityCredentials"
    faults: list[dict[str, Any]] = [
        {"name": ""},
        {"name": "a b"},
        {"issuer": "http://x"},
        {"subject": ""},
        {"audiences": []},
        {"audiences": ["a", "b"]},
        {"colour": "red"},
    ]
    for fault in faults:
        refused(world.graph(ADMINISTRATOR, "POST", base, TRUSTED | fault), 400, "Request_BadRequest")
    world.make(ADMINISTRATOR, base, TRUSTED)
    renamed = world.graph(ADMINISTRATOR, "PATCH", f"{base}/Testing", {"name": "other"})
    refused(renamed, 400, "Request_BadRequest", "read-only")
    for number in range(19):
        world.make(ADMINISTRATOR, base, TRUSTED | {"name": f"n{number}", "subject": f"s{number}"})
    refused(
        world.graph(ADMINISTRATOR, "POST", base, TRUSTED | {"name": "x", "subject": "x"}),
        403,
        "Directory_QuotaExceeded",
    )


def test_a_federated_credential_of_the_same_name(world: World) -> None:
    """Quoted in azure-dev issue 1482: 409, without details."""
    app = new_app(world)
    base = f"/applications/{app['id']}/federatedIdentityCredentials"
    world.make(ADMINISTRATOR, base, TRUSTED)
    again = world.graph(ADMINISTRATOR, "POST", base, TRUSTED | {"subject": "repo:x:ref:other"})
    error = refused(again, 409, "Request_MultipleObjectsWithSameKeyValue")
    assert error["message"] == f"FederatedIdentityCredential with name {TRUSTED['name']} already exists."
    assert "details" not in error


def test_a_federated_credential_of_the_same_issuer_and_subject(world: World) -> None:
    """Quoted in azure-workload-identity issue 434: 400 with a code of its own, at a change too."""
    app = new_app(world)
    base = f"/applications/{app['id']}/federatedIdentityCredentials"
    world.make(ADMINISTRATOR, base, TRUSTED)
    code, text = "InvalidFederatedIdentityCredentialValue", "The combination of issuer and subject must be"
    same = world.graph(ADMINISTRATOR, "POST", base, TRUSTED | {"name": "other"})
    assert "details" not in refused(same, 400, code, text)
    world.make(ADMINISTRATOR, base, TRUSTED | {"name": "other", "subject": "repo:x:ref:other"})
    moved = world.graph(ADMINISTRATOR, "PATCH", f"{base}/other", {"subject": TRUSTED["subject"]})
    refused(moved, 400, code, text)
