"""``destroy`` and ``restore``: what ends, what refuses it, and that all of it comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.report.hostile import NAMES
from tests.support import Program, Ran, Tenant, write_config

AT = ("--sandbox", "--deliver", "file:out.secret")
ENDED = (*AT, "--yes", "--allow", "destroy")
GRAPH = "00000003-0000-0000-c000-000000000000"


def picture(tenant: Tenant) -> dict[str, Any]:
    """What a registration is: its ids, secrets and grants."""
    app = tenant.application()
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    grants = tenant.get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
    return {
        "id": app["id"],
        "appId": app["appId"],
        "secrets": sorted(item["keyId"] for item in app["passwordCredentials"]),
        "certificates": sorted(item["keyId"] for item in app["keyCredentials"]),
        "tags": sorted(app["tags"]),
        "principal": principal["id"],
        "grants": sorted(item["appRoleId"] for item in grants),
    }


def others(tenant: Tenant) -> list[tuple[str, str]]:
    """Every other application, as it is."""
    found = tenant.get("/applications")["value"]
    return sorted((a["id"], json.dumps(a, sort_keys=True)) for a in found if a["uniqueName"] != "collab-prod")


def test_destroyed_and_restored_it_is_as_it_was(provision: Program, config: str, applied: Ran) -> None:
    """Same ids, same secrets, same grant; foreign objects untouched; apply then makes no write."""
    tenant = Tenant()
    tenant.do("POST", "/applications", {"displayName": "Somebody else's", "uniqueName": "theirs"})
    before, foreign = picture(tenant), others(tenant)
    ran = provision("destroy", config, *ENDED, "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.json["format"] == "provision.ending/1"
    assert ran.json["oauth_client_id"] == before["appId"]
    assert ran.json["restorable_until"]
    assert {change["status"] for change in ran.json["changes"]} == {"done"}
    tenant = Tenant()
    assert tenant.call("GET", "/applications(uniqueName='collab-prod')").status_code == 404
    assert others(tenant) == foreign
    writes = tenant.writes
    again = provision("destroy", config, *ENDED)
    assert again.code == 0
    assert "nothing is there" in again.out
    assert Tenant().writes == writes
    planned = provision("restore", config, "--sandbox", "--dry-run", "-o", "json").json
    (unread,) = [item for item in planned["findings"] if item["name"] == "not-checked"]
    assert "'provision drift" in unread["fix"]
    back = provision("restore", config, "--sandbox", "--yes", "-o", "json")
    assert back.code == 0, back.err
    tenant = Tenant()
    assert picture(tenant) == before
    assert others(tenant) == foreign
    writes = tenant.writes
    ran = provision("apply", config, *AT, "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert {change["status"] for change in ran.json["changes"]} == {"unchanged"}
    ran = provision("restore", config, "--sandbox", "--yes")
    assert ran.code == 0
    assert "nothing is to be restored" in ran.out
    assert Tenant().writes == writes
    ran = provision("verify", config, "--sandbox", "--secret-from", "file:out.secret")
    assert ran.code == 0, ran.out


def test_the_plan_of_a_destruction_writes_nothing(provision: Program, config: str, applied: Ran) -> None:
    """It names each part; the sheet of the way back is in the result."""
    writes = Tenant().writes
    ran = provision("destroy", config, *AT, "--dry-run", "-o", "json")
    assert ran.code == 0
    addresses = [item["address"].partition("[")[0] for item in ran.json["resource_changes"]]
    assert addresses == ["application", "service_principal", "consent", "client_secret"]
    assert {tuple(i["change"]["actions"]) for i in ran.json["resource_changes"]} == {("delete",)}
    assert Tenant().writes == writes
    said = provision("destroy", config, *ENDED).out
    assert "provision restore prod.yaml --sandbox" in said
    assert "provision destroy prod.yaml --purge --sandbox" in said
    assert "--allow" not in said


@pytest.mark.parametrize("more", [("--yes",), ("--yes", "--allow", "destroy-shared"), ()])
def test_without_the_word_nothing_ends(
    provision: Program, config: str, applied: Ran, more: tuple[str, ...]
) -> None:
    """--yes alone is 5; without a terminal and --yes nobody can type the name: 64."""
    before = picture(Tenant())
    ran = provision("destroy", config, *AT, *more)
    assert ran.code == (5 if more else 64), ran.err
    assert ("destroy" if more else "not-interactive") in ran.err
    assert picture(Tenant()) == before


def test_the_name_is_typed_on_a_terminal(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another word is no; the name is yes."""
    from provision.cli import asking

    asked: list[str] = []

    def typed(question: str, wanted: str) -> None:
        asked.append(wanted)
        if len(asked) == 1:
            from provision.errors import ProvisionError, catalogue

            raise ProvisionError(catalogue.DECLINED)

    monkeypatch.setattr(asking, "typed", typed)
    before = picture(Tenant())
    assert provision("destroy", config, *AT).code != 0
    assert picture(Tenant()) == before
    assert provision("destroy", config, *AT).code == 0
    assert asked == ["collab-prod", "collab-prod"]


def test_what_nobody_declared_refuses_it(provision: Program, config: str, applied: Ran) -> None:
    """Another's secret, federated credential, permission or grant: each is named, and allowed by name."""
    tenant = Tenant()
    app = tenant.application()
    tenant.do(
        "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "theirs"}}
    )
    tenant.do(
        "POST",
        f"/applications/{app['id']}/federatedIdentityCredentials",
        {
            "name": "deploy",
            "issuer": "https://issuer.example",
            "subject": "job",
            "audiences": ["api"],
        },
    )
    before = picture(Tenant())
    ran = provision("destroy", config, *ENDED)
    assert ran.code == 5
    assert "destroy-shared" in ran.err
    assert "theirs" in ran.err
    assert "deploy" in ran.err
    assert picture(Tenant()) == before
    ran = provision("destroy", config, *ENDED, "--allow", "destroy-shared")
    assert ran.code == 0, ran.err
    # It comes back with the others' secret, which is named as one that signs in again.
    back = provision("restore", config, "--sandbox", "--yes", "-o", "json")
    assert back.code == 0
    said = [f["message"] for f in back.json["findings"] if f["name"] == "signs-in-again"]
    assert len(said) == 2
    assert any("'theirs', not ours" in text for text in said)
    assert any("federated" in f["message"] for f in back.json["findings"] if f["name"] == "not-checked")
    assert picture(Tenant()) == before


def test_an_adopted_registration_needs_its_own_word(provision: Program) -> None:
    """Who made it is not known here."""
    config = write_config()
    provision("plan", config, "--sandbox")
    provision("apply", config, *AT, "--yes")
    app_id = Tenant().application()["appId"]
    config = write_config(more="", display_name=f"FOIAXpress Collaboration Mail\n  client_id: {app_id}")
    ran = provision("destroy", config, *ENDED)
    assert ran.code == 5
    assert "destroy-adopted" in ran.err
    planned = provision("destroy", config, "--sandbox", "--dry-run").out
    assert "Destroy would refuse this: PRV382 destroy-adopted." in planned
    assert provision("destroy", config, *ENDED, "--allow", "destroy-adopted").code == 0
    assert f"no application has the client id {app_id}" in provision("destroy", config, *ENDED).out
    back = provision("restore", config, "--sandbox", "--yes")
    assert back.code == 0, back.err
    assert Tenant().application()["appId"] == app_id


def test_a_saved_plan_binds_it(provision: Program, config: str, applied: Ran) -> None:
    """Carried out as saved or not at all; a plan of apply is none of destroy, nor the other way round."""
    assert provision("destroy", config, *AT, "--dry-run", "--out", "end.json").code == 0
    assert provision("plan", config, *AT, "--out", "plan.json").code == 0
    digest = json.loads(Path("end.json").read_text())["digest"]
    crossed = provision("destroy", config, *ENDED, "--plan", "plan.json")
    assert (crossed.code, "stale-plan" in crossed.err) == (5, True)
    crossed = provision("apply", config, *AT, "--yes", "--plan", "end.json")
    assert (crossed.code, "stale-plan" in crossed.err) == (5, True)
    app = Tenant().application()
    Tenant().do("PATCH", f"/applications/{app['id']}", {"displayName": "Renamed"})
    assert provision("destroy", config, *ENDED, "--plan", "end.json").code == 5
    Tenant().do("PATCH", f"/applications/{app['id']}", {"displayName": app["displayName"]})
    assert provision("destroy", config, *ENDED, "--expect-digest", "sha256:" + "0" * 64).code == 5
    assert provision("destroy", config, *ENDED, "--expect-digest", digest).code == 0
    assert Tenant().call("GET", f"/applications/{app['id']}").status_code == 404


def test_forgetting_removes_the_value_and_its_record(provision: Program, config: str, applied: Ran) -> None:
    """After the application; a run that was killed between is finished by the next one."""
    record = Path("out.secret.provision.json")
    assert Path("out.secret").exists()
    assert record.exists()
    kept = record.read_text()
    ran = provision("destroy", config, *ENDED)
    assert "file:out.secret" in ran.out
    assert Path("out.secret").exists()
    ran = provision("destroy", config, *ENDED, "--forget", "-o", "json")  # the application is gone already
    assert ran.code == 0, ran.err
    assert [change["address"] for change in ran.json["changes"]] == [
        "application",
        "delivery[file:out.secret]",
    ]
    assert not Path("out.secret").exists()
    assert not record.exists()
    record.write_text(kept)  # killed between the two
    assert provision("destroy", config, *ENDED, "--forget").code == 0
    assert not record.exists()


def test_a_place_that_this_run_was_not_given_is_told_with_the_way(
    provision: Program, config: str, applied: Ran
) -> None:
    """--forget alone removes nothing that only --deliver had named; it says how."""
    ran = provision("destroy", config, "--sandbox", "--yes", "--allow", "destroy", "--forget")
    assert ran.code == 0, ran.err
    assert "still lies at file:out.secret" in ran.out
    assert "name the place with --deliver, and pass --forget" in " ".join(ran.out.split())
    assert Path("out.secret").exists()


def test_another_configs_value_is_never_forgotten(provision: Program, config: str, applied: Ran) -> None:
    """The record says whose it is."""
    other = write_config("other.yaml", name="other-mail")
    assert provision("apply", other, "--sandbox", "--deliver", "file:other.secret", "--yes").code == 0
    ran = provision(
        "destroy",
        other,
        "--sandbox",
        "--deliver",
        "file:out.secret",
        "--yes",
        "--allow",
        "destroy",
        "--forget",
    )
    assert ran.code == 0, ran.err
    assert Path("out.secret").exists()
    assert Path("out.secret.provision.json").exists()


def test_purging_takes_what_is_deleted_and_nothing_else(
    provision: Program, config: str, applied: Ran
) -> None:
    """Never one that is there; its principal with it; the name is free afterwards."""
    purge = ("--sandbox", "--purge", "--yes")
    ran = provision("destroy", config, *purge, "--allow", "purge")
    assert (ran.code, "still-live" in ran.err) == (5, True)
    assert provision("destroy", config, *ENDED).code == 0
    ran = provision("destroy", config, *purge, "--allow", "destroy")
    assert (ran.code, "purge" in ran.err) == (5, True)
    ran = provision("apply", config, *AT, "--yes")
    assert ran.code == 5
    assert "provision restore" in ran.err
    assert provision("destroy", config, *purge, "--allow", "purge").code == 0
    tenant = Tenant()
    for kind in ("application", "servicePrincipal"):
        assert tenant.get(f"/directory/deletedItems/microsoft.graph.{kind}")["value"] == []
    ran = provision("destroy", config, *purge, "--allow", "purge")
    assert ran.code == 0
    assert "nothing is deleted" in ran.out
    ran = provision("restore", config, "--sandbox", "--yes")
    assert (ran.code, "nothing-deleted" in ran.err) == (1, True)
    ran = provision("apply", config, "--sandbox", "--deliver", "file:new.secret", "--yes")
    assert ran.code == 0, ran.err


def test_a_deleted_one_that_is_not_ours_is_not_taken(provision: Program, config: str) -> None:
    """Its uniqueName alone is not enough: our tag must be there."""
    provision("plan", config, "--sandbox", "--deliver", "file:x")
    provision("apply", config, *AT, "--yes")
    tenant = Tenant()
    app = tenant.application()
    tenant.do("PATCH", f"/applications/{app['id']}", {"tags": ["theirs"]})
    tenant.do("DELETE", f"/applications/{app['id']}")
    for argv in (("restore", config, "--sandbox", "--yes"),):
        ran = provision(*argv)
        assert (ran.code, "nothing-deleted" in ran.err) == (1, True)
    assert provision("destroy", config, "--sandbox", "--purge", "--yes", "--allow", "purge").code == 0
    left = Tenant().get("/directory/deletedItems/microsoft.graph.application")["value"]
    assert [item["id"] for item in left] == [app["id"]]


def test_no_output_of_either_holds_the_value(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In every format, in the plan file, the log file, and what a pipeline is told."""
    value = Path("out.secret").read_text().strip()
    for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (tmp_path / variable).touch()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for variable, text in (
        ("GITHUB_ACTIONS", "true"),
        ("TF_BUILD", "True"),
        ("AGENT_TEMPDIRECTORY", str(tmp_path)),
        ("BUILD_SOURCESDIRECTORY", str(Path.cwd())),
    ):
        monkeypatch.setenv(variable, text)
    said = ""
    for name, host in (("text", "github"), ("json", "azure"), ("markdown", "none")):
        for argv in (
            ("destroy", config, *AT, "--dry-run", "--forget", "--out", f"{name}.plan", "-o", name),
            ("destroy", config, *ENDED, "-o", name, "-v", "--log-file", f"{name}.log"),
            ("restore", config, *AT, "--yes", "-o", name, "-v", "--log-file", f"{name}.log"),
        ):
            ran = provision(*argv, "--ci", host)
            assert ran.code == 0, ran.err
            said += ran.out + ran.err
    told = [*Path().glob("*.plan"), *Path().glob("*.log"), *(p for p in tmp_path.rglob("*") if p.is_file())]
    told = [path for path in told if path.name not in ("out.secret",)]
    assert any(path.name == "GITHUB_STEP_SUMMARY" for path in told)
    said += "".join(path.read_bytes().decode("utf-8", "replace") for path in told)
    assert value not in said
    assert "deleted" in said


HOSTILE = (
    "terminal colours",
    "link",
    "line ends",
    "separators",
    "direction",
    "zero width",
    "GitHub command",
    "Azure command",
    "GitLab section",
    "HTML",
    "table",
    "fence",
    "link in Markdown",
    "percent",
)


@pytest.mark.parametrize("output", ["text", "markdown", "json"])
def test_hostile_names_come_through_harmless(
    provision: Program, config: str, applied: Ran, output: str
) -> None:
    """A display name may hold anything, in the plan, at the end and when it comes back."""
    for name in HOSTILE:
        app = Tenant().application()
        Tenant().do("PATCH", f"/applications/{app['id']}", {"displayName": NAMES[name]})
        for argv in (
            ("destroy", config, *AT, "--dry-run"),
            ("destroy", config, *ENDED),
            ("restore", config, "--sandbox", "--yes"),
        ):
            ran = provision(*argv, "-o", output)
            assert ran.code == 0, ran.err
            said = ran.out + ran.err
            assert not {"\x1b", "\x07", "\r", "\u202e", "\u2028", "\u200b"} & set(said), (name, argv)
            assert not any(line.startswith(("::", "##vso[", "section_")) for line in said.splitlines())
            if output == "markdown":
                prose = re.sub(r"(?ms)^(`{3,})[^\n]*\n.*?^\1$", "", ran.out)
                assert not {"<script>", "[click]("} & set(re.findall(r"<script>|\[click\]\(", prose))
            if output == "json":
                assert ran.json


def test_the_packs_for_pipelines_never_end_a_registration() -> None:
    """Their commands are closed lists, and neither verb is in one."""
    root = Path(__file__).parents[1]
    github = (root / "ci" / "github.sh").read_text().split('case "$COMMAND" in')[1].partition(")")[0]
    azure = (root / "ci" / "azure-pipelines.yml").read_text().split("values: [")[1].partition("]")[0]
    for listed in (github.replace("|", " "), azure.replace(",", " ")):
        assert set(listed.split()) == {"validate", "plan", "apply", "drift", "expiry", "doctor"}


@pytest.mark.parametrize("argv", [("restore",), ("destroy", "--purge")])
def test_a_client_id_is_an_id(provision: Program, config: str, argv: tuple[str, ...]) -> None:
    """What is none is told at once, and not looked for."""
    verb, *more = argv
    ran = provision(verb, config, "--sandbox", *more, "--client-id", "mail-app")
    assert ran.code == 64
    assert "Invalid value for '--client-id'" in ran.err
