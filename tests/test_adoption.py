"""Adopting what is there: everything that a change would break is told before it is made."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import pytest

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Refusal
from provision.graph.listing import NotReadable
from tests.support import TENANT, Program, Ran, Tenant, write_config

SANDBOX = ("--sandbox", "-o", "json")
URI = "https://collab.agency.example/connectors/SMTP.aspx"
NOBODY = "99999999-0000-4000-8000-000000000001"


def adopting(provision: Program, made: dict[str, Any], **more: str) -> tuple[str, dict[str, Any]]:
    """Make a registration by hand, and return a config that adopts it, and the registration."""
    provision("plan", write_config(), "--sandbox")  # which makes the tenant
    app = Tenant().do("POST", "/applications", {"displayName": "By hand", **made})
    config = write_config()
    given = "".join(f"  {key}: {value}\n" for key, value in {"client_id": app["appId"], **more}.items())
    text = Path(config).read_text().replace("application:\n", f"application:\n{given}")
    Path(config).write_text(text)
    return config, app


def names(ran: Ran) -> list[str]:
    """The names of a plan's findings that are errors."""
    return [item["name"] for item in ran.json["findings"] if item["severity"] == "error"]


def test_the_audience_is_widened_to_personal_accounts(provision: Program) -> None:
    """With the version of tokens that they need, in one write; a second run finds nothing to do."""
    config, app = adopting(provision, {}, sign_in_audience="AzureADandPersonalMicrosoftAccount")
    allowed = ("--allow", "audience-widened")
    assert names(provision("plan", config, *SANDBOX)) == ["audience-widened"]
    ran = provision("apply", config, *SANDBOX, "--yes", *allowed)
    assert ran.code == 0, ran.out
    there = Tenant().get(f"/applications/{app['id']}")
    assert there["signInAudience"] == "AzureADandPersonalMicrosoftAccount"
    assert there["api"]["requestedAccessTokenVersion"] == 2
    again = provision("plan", config, *SANDBOX)
    assert {change["change"]["actions"][0] for change in again.json["resource_changes"]} == {"no-op"}


def test_an_audience_that_nobody_wrote_down_is_not_narrowed_in_silence(provision: Program) -> None:
    """Refused with the word that keeps it; with the option it is done."""
    config, app = adopting(provision, {"signInAudience": "AzureADMultipleOrgs"})
    ran = provision("apply", config, *SANDBOX, "--yes")
    assert (ran.code, ran.json["error"]) == (5, "audience-narrowed")
    assert "AzureADMultipleOrgs" in ran.json["fix"]
    assert Tenant().get(f"/applications/{app['id']}")["signInAudience"] == "AzureADMultipleOrgs"
    assert provision("apply", config, *SANDBOX, "--yes", "--allow", "audience-narrowed").code == 0
    assert Tenant().get(f"/applications/{app['id']}")["signInAudience"] == "AzureADMyOrg"


@pytest.mark.parametrize("platform", ["spa", "publicClient"])
def test_an_address_under_another_platform_stops_it_before_a_write(provision: Program, platform: str) -> None:
    """Which platform, and where to remove it."""
    config, app = adopting(provision, {platform: {"redirectUris": [URI]}})
    before = Tenant().get(f"/applications/{app['id']}")
    ran = provision("apply", config, *SANDBOX, "--yes")
    assert (ran.code, ran.json["error"]) == (5, "redirect-uri-on-other-platform")
    assert platform in ran.json["message"]
    assert Tenant().get(f"/applications/{app['id']}") == before


def test_what_else_the_registration_is_gets_told(provision: Program) -> None:
    """A verified publisher, and what is locked on its service principals; neither stops a run."""
    lock = {"isEnabled": True, "credentialsWithUsageVerify": True, "tokenEncryptionKeyId": False}
    config, app = adopting(provision, {"servicePrincipalLockConfiguration": lock})
    told = {item["name"]: item["message"] for item in provision("plan", config, *SANDBOX).json["findings"]}
    assert "credentialsWithUsageVerify" in told["principal-locked"]
    assert "tokenEncryptionKeyId" not in told["principal-locked"]
    assert "verified-publisher" not in told
    off = {"servicePrincipalLockConfiguration": {**lock, "isEnabled": False}}
    Tenant().do("PATCH", f"/applications/{app['id']}", off)
    ran = provision("apply", config, *SANDBOX, "--yes")
    assert ran.code == 0
    assert "principal-locked" not in ran.out
    publisher = {"displayName": "Contoso Ltd", "verifiedPublisherId": "1234567"}
    other = {"appId": NOBODY, "displayName": "Published", "verifiedPublisher": publisher}
    seed = {"tenant": {"id": TENANT, "domain": "agency.example"}, "applications": [other]}
    Path("seed.yaml").write_text(json.dumps(seed))
    assert provision("sandbox", "seed", "seed.yaml").code == 0
    text = Path(config).read_text().replace(app["appId"], NOBODY).replace("collab-prod", "collab-two")
    Path(config).write_text(text)
    told = {item["name"]: item["message"] for item in provision("plan", config, *SANDBOX).json["findings"]}
    assert "Contoso Ltd" in told["verified-publisher"]


def test_an_object_id_in_the_place_of_a_client_id(provision: Program) -> None:
    """Of the application or of its principal: the right id is offered."""
    config, app = adopting(provision, {})
    principal = Tenant().do("POST", "/servicePrincipals", {"appId": app["appId"]})
    text = Path(config).read_text()
    for wrong, kind in ((app["id"], "application"), (principal["id"], "service principal")):
        Path(config).write_text(text.replace(app["appId"], wrong))
        ran = provision("plan", config, *SANDBOX)
        assert ran.json["error"] == "client-id-not-found"
        assert f"object id of the {kind} 'By hand'" in ran.json["message"]
        assert app["appId"] in ran.json["fix"]


def test_owners_that_cannot_be_are_told_before_anything_is_made(provision: Program) -> None:
    """A group, an application, its client id, nobody; a user is taken."""
    provision("plan", write_config(), "--sandbox")
    tenant = Tenant()
    group = tenant.do(
        "POST",
        "/groups",
        {"displayName": "g", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True},
    )
    app = tenant.do("POST", "/applications", {"displayName": "Pipeline"})
    principal = tenant.do("POST", "/servicePrincipals", {"appId": app["appId"]})
    for wrong, instead in (
        (group["id"], ""),
        (app["id"], principal["id"]),
        (app["appId"], principal["id"]),
        (NOBODY, ""),
    ):
        config = write_config()
        text = Path(config).read_text().replace("application:\n", f"application:\n  owners: [{wrong}]\n")
        Path(config).write_text(text)
        ran = provision("apply", config, *SANDBOX, "--yes")
        assert (ran.code, ran.json["error"]) == (5, "owner-not-found"), ran.out
        assert wrong in ran.json["message"]
        assert instead in ran.json["fix"]
        assert len(tenant.get("/applications")["value"]) == 1
        assert provision("doctor", config, *SANDBOX).code != 0
    Path(config).write_text(text.replace(wrong, principal["id"]))
    assert provision("apply", config, *SANDBOX, "--yes").code == 0


def test_wiped_tags_do_not_make_our_own_registration_a_stranger(
    provision: Program, config: str, applied: Ran
) -> None:
    """Name and mark prove it: said what was found, refused, and put back where that is allowed."""
    tenant = Tenant()
    app = tenant.application()
    tenant.do("PATCH", f"/applications/{app['id']}", {"tags": ["HideApp"]})
    delivered = ("--deliver", "file:out.secret")
    ran = provision("apply", config, *SANDBOX, "--yes", *delivered)
    assert (ran.code, ran.json["error"]) == (5, "tags-lost")
    key_id = applied.json["outputs"]["secret_key"]["key_id"]
    for part in ("uniqueName", key_id, "HideApp"):
        assert part in ran.json["message"]
    assert provision("show", config, *SANDBOX, *delivered).code in (0, 4)
    ran = provision("apply", config, *SANDBOX, "--yes", "--allow", "tags-lost", *delivered)
    assert ran.code == 0, ran.out
    assert ran.json["outputs"]["secret_key"]["key_id"] == key_id
    assert {"provision", "HideApp", f"provision:delivered:{key_id}"} <= set(tenant.application()["tags"])


def test_a_name_of_somebody_else_s_is_still_refused(provision: Program, config: str) -> None:
    """Without a mark of ours it is a stranger's, whatever its name."""
    provision("plan", config, "--sandbox")
    tenant = Tenant()
    app = tenant.do("POST", "/applications", {"displayName": "Theirs", "uniqueName": "collab-prod"})
    tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "x"}})
    ran = provision("plan", config, *SANDBOX)
    assert ran.json["error"] == "foreign-unique-name"


def test_a_tenant_that_wants_a_service_reference_can_be_served(provision: Program) -> None:
    """Without one it is refused with the key to set; with one it is made."""
    Path("seed.yaml").write_text(
        f"tenant: {{id: {TENANT}, domain: agency.example}}\n"
        "users: [{user_principal_name: noreply@agency.example, mailbox: user}]\n"
        "policy: {service_management_reference: required}\n"
    )
    assert provision("sandbox", "seed", "seed.yaml").code == 0
    config = write_config()
    ran = provision("apply", config, *SANDBOX, "--yes")
    assert ran.json.get("error") == "service-reference" or "service-reference" in ran.out, ran.out
    text = Path(config).read_text()
    reference = "  service_management_reference: 96524024-75b0-497b-ab38-0381399a6aaa\n"
    Path(config).write_text(text.replace("application:\n", f"application:\n{reference}"))
    assert provision("apply", config, *SANDBOX, "--yes").code == 0


def test_an_emergency_says_what_still_signs_in(provision: Program, config: str, applied: Ran) -> None:
    """Before it is carried out and after, by name, with a command for each."""
    tenant = Tenant()
    app = tenant.application()
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    for path, name in (
        (f"/applications/{app['id']}", "by hand"),
        (f"/servicePrincipals/{principal['id']}", "by sp"),
    ):
        tenant.do("POST", f"{path}/addPassword", {"passwordCredential": {"displayName": name}})
    tenant.do(
        "POST",
        f"/applications/{app['id']}/federatedIdentityCredentials",
        {"name": "pipe", "issuer": "https://token.example", "subject": "s", "audiences": ["api://x"]},
    )
    delivered = ("--deliver", "file:out.secret")
    ran = provision("rotate", config, "--sandbox", "--emergency", "--yes", *delivered)
    assert ran.code == 0, ran.err
    for part in ("'by hand'", "'by sp'", "'pipe'", f"az ad sp credential delete --id {principal['id']}"):
        assert part in ran.out
        assert part in ran.err
    assert "[provision:collab-prod]' (begins" not in ran.out


def test_an_emergency_does_not_wait_for_what_is_only_told(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graph throttles the look at other credentials: the leaked secret goes all the same."""

    async def throttled(*_: object) -> None:
        raise ProvisionError(catalogue.THROTTLED, "Graph asks to wait")

    old = Tenant().application()["passwordCredentials"][0]["keyId"]
    monkeypatch.setattr("provision.engine.afterwards.federated_credential.of_application", throttled)
    ran = provision("rotate", config, "--sandbox", "--emergency", "--yes", "--deliver", "file:out.secret")
    assert ran.code == 0, ran.err
    assert "not checked: Graph asks to wait" in ran.out
    assert old not in {item["keyId"] for item in Tenant().application()["passwordCredentials"]}


def test_a_config_on_standard_input(
    provision: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``-`` is a config like any other; its faults have lines, and only one thing can come that way."""

    def given(text: str) -> None:
        path = tmp_path / "given"
        path.write_text(text)
        monkeypatch.setattr("sys.stdin", files.enter_context(path.open()))

    files = ExitStack()
    given(Path(write_config()).read_text())
    Path("prod.yaml").unlink()
    assert provision("plan", "-", *SANDBOX).json["name"] == "collab-prod"
    given("version: 1\nnmae: x\n")
    ran = provision("validate", "-", "-o", "json")
    assert ran.code == 65
    assert "-:2:1" in str(ran.json)
    given("")
    assert provision("validate", "-").code == 65
    assert provision("verify", "-", "--secret-from", "-", "--sandbox").code == 64
    assert provision("plan", "-", "--changed", "-", "--sandbox").code == 64
    files.close()


def test_an_address_of_a_group_is_said_to_be_one(provision: Program) -> None:
    """A list has no mailbox to send from, whatever its address looks like."""
    seed = f"tenant: {{id: {TENANT}, domain: agency.example}}\n"
    seed += "users: [{user_principal_name: u@agency.example}]\n"
    Path("seed.yaml").write_text(seed)
    assert provision("sandbox", "seed", "seed.yaml").code == 0
    group = {"displayName": "All staff", "mailEnabled": True, "mailNickname": "noreply"}
    Tenant().do("POST", "/groups", {**group, "securityEnabled": False, "groupTypes": ["Unified"]})
    ran = provision("plan", write_config(), *SANDBOX)
    (found,) = [item for item in ran.json["findings"] if item["name"] == "mailbox-missing"]
    assert "the group 'All staff'" in found["message"]


def test_a_registration_that_is_switched_off_is_said_to_be(
    provision: Program, config: str, applied: Ran
) -> None:
    """Nothing that is made for it signs in; drift says it once."""
    tenant = Tenant()
    tenant.do("PATCH", f"/applications/{tenant.application()['id']}", {"isDisabled": True})
    delivered = ("--deliver", "file:out.secret")
    found = [item["name"] for item in provision("plan", config, *SANDBOX, *delivered).json["findings"]]
    assert found.count("registration-disabled") == 1
    seen = provision("drift", config, *SANDBOX, *delivered).out
    assert seen.count('"registration-disabled"') == 1


def test_owners_that_may_not_be_looked_up_are_said_to_be_not_checked(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to read the directory the plan goes on, and names the right."""

    async def denied(*_: Any) -> NoReturn:
        raise NotReadable(
            Refusal(403, "Authorization_RequestDenied", "no"), "the owners", "Directory.Read.All"
        )

    monkeypatch.setattr("provision.graph.owner.candidates", denied)
    config = write_config()
    text = Path(config).read_text().replace("application:\n", f"application:\n  owners: [{NOBODY}]\n")
    Path(config).write_text(text)
    ran = provision("plan", config, *SANDBOX)
    assert ran.code == 0, ran.out
    assert "Directory.Read.All" in ran.out
