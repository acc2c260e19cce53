"""Apply, from nothing to the values for System Settings, and again."""

from __future__ import annotations

import json
import stat
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import STATE, TENANT, Program, Ran, Tenant, write_config


def test_first_apply_gives_all_outputs(applied: Ran) -> None:
    """The result names the four values' sources: client id, tenant, address, and where the secret went."""
    result = applied.json
    assert result["format"] == "provision.result/1"
    assert result["target"] == "sandbox"
    outputs = result["outputs"]
    app = Tenant().application()
    assert outputs["oauth_client_id"] == app["appId"]
    assert outputs["tenant_id"] == TENANT
    assert outputs["email_address"] == "noreply@agency.example"
    credential = app["passwordCredentials"][0]
    assert outputs["secret_key"]["key_id"] == credential["keyId"]
    assert outputs["secret_key"]["hint"] == credential["hint"]
    assert outputs["secret_key"]["delivered_to"] == "file:out.secret"
    assert result["consent"]["state"] == "granted"
    assert {change["status"] for change in result["changes"]} == {"done"}


def test_what_is_made_is_what_the_manual_asks_for(applied: Ran) -> None:
    """One registration, single tenant, the redirect URI, Mail.Send declared and granted, a 180 day secret."""
    tenant = Tenant()
    app = tenant.application()
    assert app["displayName"] == "FOIAXpress Collaboration Mail"
    assert app["signInAudience"] == "AzureADMyOrg"
    assert app["web"]["redirectUris"] == ["https://collab.agency.example/connectors/SMTP.aspx"]
    graph = tenant.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,appRoles")
    role = next(role for role in graph["appRoles"] if role["value"] == "Mail.Send")
    assert app["requiredResourceAccess"] == [
        {
            "resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [{"id": role["id"], "type": "Role"}],
        }
    ]
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    assert "WindowsAzureActiveDirectoryIntegratedApp" in principal["tags"]
    grants = tenant.get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
    assert [(grant["resourceId"], grant["appRoleId"]) for grant in grants] == [(graph["id"], role["id"])]
    (secret,) = app["passwordCredentials"]
    assert secret["displayName"] == "FOIAXpress Collaboration SMTP [provision:collab-prod]"
    kept = {
        f"provision:{what}:{secret['keyId']}" for what in ("delivered", "newest:collab-prod", "succeeds:none")
    }
    assert set(app["tags"]) == {"provision", *kept}


def test_the_file_holds_the_value_alone_and_the_value_works(applied: Ran) -> None:
    """What is in the file is what the token endpoint takes."""
    path = Path("out.secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    value = path.read_text()
    assert value.startswith(applied.json["outputs"]["secret_key"]["hint"])
    assert value == value.strip()
    token = sign_in(applied.json["outputs"]["oauth_client_id"], value)
    assert token["token_type"] == "Bearer"


def sign_in(client_id: str, value: str) -> dict[str, str]:
    """Ask the sandbox's token endpoint for a token with a client secret."""
    import asyncio

    import httpx

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=Tenant().sandbox.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.post(
                f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": client_id,
                    "client_secret": value,
                    "scope": "https://graph.microsoft.com/.default",
                },
            )

    response = asyncio.run(ask())
    answer: dict[str, str] = response.json()
    assert response.status_code == 200, answer
    return answer


def test_second_apply_makes_no_write(provision: Program, config: str, applied: Ran) -> None:
    """Run again: no change, no write counted at the sandbox, no new secret, exit 0."""
    tenant = Tenant()
    writes, app = tenant.writes, tenant.application()
    state = STATE.read_bytes()
    again = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert again.code == 0, again.err
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    assert Tenant().writes == writes
    assert STATE.read_bytes() == state
    assert Tenant().application() == app
    assert again.json["outputs"] == applied.json["outputs"]


def test_no_question_when_nothing_is_due(provision: Program, config: str, applied: Ran) -> None:
    """With nothing to do there is nothing to ask: no --yes is needed."""
    again = provision("apply", config, "--sandbox", "--deliver", "file:out.secret")
    assert again.code == 0, again.err
    assert "OAuth Client ID" in again.out


def test_without_a_terminal_and_yes_nothing_is_written(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody to ask: 64, and the tenant is as it was."""
    with Path("/dev/null").open() as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        ran = provision("apply", config, "--sandbox", "-o", "json")
    assert ran.code == 64
    assert ran.json["error"] == "not-interactive"
    assert not Tenant().get("/applications")["value"]


def test_dry_run_writes_nothing(provision: Program, config: str) -> None:
    """--dry-run is plan: not even the rehearsal's state is made."""
    ran = provision("apply", config, "--sandbox", "--dry-run", "-o", "json")
    assert ran.code == 0
    assert ran.json["format"] == "provision.plan/1"
    assert not Path(".provision").exists()


def test_only_what_differs_is_sent(provision: Program, applied: Ran) -> None:
    """A changed display name is one PATCH with one property."""
    config = write_config(display_name="Another name")
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 0, ran.err
    changed = [change for change in ran.json["changes"] if change["change"]["actions"] != ["no-op"]]
    assert [change["change"]["after"] for change in changed] == [{"displayName": "Another name"}]
    assert Tenant().application()["displayName"] == "Another name"


def test_consent_handed_over_exits_3(provision: Program) -> None:
    """With consent: handoff all else is done, the link and the role are printed, exit 3 (0 if allowed)."""
    config = write_config(more="consent: handoff\n")
    deliver = ("--deliver", "file:out.secret")
    ran = provision("apply", config, "--sandbox", "--yes", *deliver)
    assert ran.code == 3
    client_id = Tenant().application()["appId"]
    assert f"https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={client_id}" in ran.out
    assert "Privileged Role Administrator" in ran.out
    allowed = provision(
        "apply", config, "--sandbox", "--yes", *deliver, "--allow", "consent-pending", "-o", "json"
    )
    assert allowed.code == 0
    assert allowed.json["consent"]["state"] == "required"
    plan = provision("plan", config, "--sandbox", "--detailed-exitcode", "-o", "json")
    assert plan.code == 2
    assert plan.json["summary"]["handoff"] == 1


def test_adopts_by_client_id_and_stamps_it(provision: Program) -> None:
    """A hand-made registration is adopted: uniqueName and tag are stamped, all else of it stays."""
    tenant = Tenant()
    made = tenant.do(
        "POST",
        "/applications",
        {
            "displayName": "By hand",
            "tags": ["HideApp"],
            "web": {
                "redirectUris": ["https://elsewhere.example/x"],
                "homePageUrl": "https://elsewhere.example",
            },
        },
    )
    config = write_config()
    text = Path(config).read_text().replace("application:\n", f"application:\n  client_id: {made['appId']}\n")
    Path(config).write_text(text)
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 0, ran.err + ran.out
    app = Tenant().application()
    assert app["id"] == made["id"]
    assert {"HideApp", "provision"} <= set(app["tags"])
    assert set(app["web"]["redirectUris"]) == {
        "https://elsewhere.example/x",
        "https://collab.agency.example/connectors/SMTP.aspx",
    }
    assert app["web"]["homePageUrl"] == "https://elsewhere.example"
    again = provision("plan", config, "--sandbox", "--detailed-exitcode")
    assert again.code == 0, again.out


def test_what_was_delivered_for_an_application_that_is_gone_is_not_waited_for(
    provision: Program, config: str
) -> None:
    """A rehearsal begun anew finds another application of the same name."""
    assert provision("apply", config, "--sandbox", "--yes").code == 0
    time.sleep(1)  # Graph tells when an application was made to the second
    assert provision("sandbox", "reset").code == 0
    assert provision("apply", config, "--sandbox", "--yes").code == 0
    assert "looking again" not in provision("show", config, "--sandbox").err


def test_a_plan_says_where_the_secret_goes_and_for_whom(provision: Program, config: str) -> None:
    """A reviewer approves both; text and Markdown are what most of them see."""
    for form in ("text", "markdown", "html"):
        ran = provision("plan", config, "--sandbox", "--deliver", "file:elsewhere.secret", "-o", form)
        assert "value goes to file:elsewhere.secret" in ran.out
        assert "noreply@agency.example" in ran.out


def test_a_result_says_that_it_is_a_rehearsals(provision: Program, config: str, applied: Ran) -> None:
    """Its ids look like any other's."""
    for form in ("text", "markdown", "html"):
        assert "rehearsal" in provision("show", config, "--sandbox", "-o", form).out
    assert "rehearsal" in provision("apply", config, "--sandbox", "--yes").out


def test_a_secret_that_ended_is_told(provision: Program, config: str, applied: Ran) -> None:
    """Otherwise the sheet just has no Secret Key, and nobody knows why."""
    Tenant().sandbox.set_clock(advance=timedelta(days=900))
    for form in ("text", "markdown", "html"):
        assert "No delivered secret is alive" in provision("show", config, "--sandbox", "-o", form).out


def test_several_configs_are_one_run(provision: Program) -> None:
    """One file is one application; a folder gives results/1, each with its own file."""
    Path("fleet").mkdir()
    for name in ("a-one", "b-two", "c-three"):
        write_config(f"fleet/{name}.yaml", name=name)
    Path("secrets").mkdir(mode=0o700)
    ran = provision(
        "apply", "fleet", "--sandbox", "--yes", "--deliver", "file:secrets/{name}.secret", "-o", "json"
    )
    assert ran.code == 0, ran.err
    assert ran.json["format"] == "provision.results/1"
    assert [result["name"] for result in ran.json["results"]] == ["a-one", "b-two", "c-three"]
    assert len(Tenant().get("/applications")["value"]) == 3
    assert len({path.read_text() for path in Path("secrets").glob("*.secret")}) == 3


def test_a_misspelt_placeholder_names_no_file(provision: Program, config: str) -> None:
    """Otherwise every config of a fleet would be delivered to a file of that name."""
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:{nmae}.secret")
    assert ran.code == 64
    assert "there is no {nmae}" in ran.err
    awk = "command:awk '{print > \"awk.secret\"}'"
    assert (
        provision(
            "apply", config, "--sandbox", "--yes", "--allow", "rehearsal-delivery", "--deliver", awk
        ).code
        == 0
    )
    assert Path("awk.secret").read_text()


def test_one_failing_config_does_not_stop_the_others(provision: Program) -> None:
    """The one that is refused is told beside the result of the other, and the exit code is the worst."""
    write_config("good.yaml", name="good-one")
    tenant = Tenant()
    other = {"displayName": "Somebody else's", "signInAudience": "AzureADMyOrg"}
    tenant.do("PATCH", "/applications(uniqueName='bad-one')", other, {"Prefer": "create-if-missing"})
    write_config("bad.yaml", name="bad-one")
    ran = provision(
        "apply",
        "good.yaml",
        "bad.yaml",
        "--sandbox",
        "--yes",
        "--deliver",
        "file:{name}.secret",
        "-o",
        "json",
    )
    assert ran.code == 5
    good, bad = ran.json["results"]
    assert good["format"] == "provision.result/1"
    assert bad["format"] == "provision.error/2"
    assert (bad["error"], bad["where"]) == ("foreign-unique-name", "bad.yaml")
    assert (bad["config"], bad["name"]) == ("bad.yaml", "bad-one")
    assert "bad.yaml: error" in provision("plan", "good.yaml", "bad.yaml", "--sandbox").err
    assert Tenant().application("good-one")["passwordCredentials"]
    assert json.dumps(bad)


def test_an_owner_that_nobody_is_is_told_at_once(provision: Program) -> None:
    """Before anything is made: whoever mistypes an owner has no half-made application to clear away."""
    config = write_config()
    nobody = "11111111-2222-4333-8444-555555555555"
    Path(config).write_text(Path(config).read_text().replace("mail:\n", f"  owners: [{nobody}]\nmail:\n"))
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 5, ran.out
    assert ran.json["error"] == "owner-not-found"
    assert nobody in ran.json["message"]
    assert "trying again" not in ran.err
    assert Tenant().get("/applications")["value"] == []
