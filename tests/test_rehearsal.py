"""A rehearsal touches nothing real, and what it prints says that it is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provision.delivery.ownership import Owner, to_document
from tests.support import TENANT, Program, Tenant, journal, write_config

AT = ("--sandbox", "--yes", "-o", "json", "--deliver")
STAND_IN = Path(".provision/collab-prod.secret")
ALLOW = ("--allow", "rehearsal-delivery")


@pytest.mark.parametrize(
    "sink",
    [
        "command:touch ran",
        "key_vault:agency",
        "github:agency/mail",
        "azure_devops:https://dev.azure.com/agency/Mail?group=mail",
    ],
)
def test_a_service_or_a_command_is_not_reached(provision: Program, config: str, sink: str) -> None:
    """A file stands in for it, and that is said; nobody signs in anywhere."""
    for verb in ("plan", "doctor", "apply", "show"):
        more = ["--yes"] if verb == "apply" else []
        ran = provision(verb, config, "--sandbox", "--deliver", sink, "-o", "json", *more)
        assert ran.code == 0, ran.err
        assert f"stands in for the sink {sink.partition(':')[0]} (--allow rehearsal-delivery" in ran.err
    assert not Path("ran").exists()
    assert STAND_IN.read_text()[:3] == Tenant().application()["passwordCredentials"][0]["hint"]


def test_it_is_reached_where_that_is_allowed(provision: Program, config: str) -> None:
    """And said."""
    ran = provision("apply", config, *AT, "command:touch ran", *ALLOW)
    assert ran.code == 0, ran.err
    assert Path("ran").exists()
    assert "goes to the real sink command" in ran.err
    assert "nothing real" not in ran.err


@pytest.mark.parametrize("allow", [(), ALLOW])
def test_a_real_value_stays(provision: Program, config: str, allow: tuple[str, ...]) -> None:
    """Whatever is allowed: what the real run delivered is not overwritten."""
    real = Owner("collab-prod", TENANT)
    Path("mail.secret").write_text("abcdef")
    record = to_document(real, [{"key_id": "5f1c2a3e-0b4d-4c6e-8f7a-9b0c1d2e3f40", "hint": "abc"}])
    Path("mail.secret.provision.json").write_text(json.dumps(record))
    ran = provision("apply", config, *AT, "file:mail.secret", *allow)
    assert (ran.code, ran.json["error"]) == (5, "place-taken")
    assert "at graph.microsoft.com" in ran.json["message"]
    assert "in a rehearsal" in ran.json["message"]
    assert Path("mail.secret").read_text() == "abcdef"
    assert Tenant().get("/applications")["value"] == []


def test_another_rehearsal_of_the_config_replaces_its_value(provision: Program, config: str) -> None:
    """As after the sandbox was emptied."""
    assert provision("apply", config, *AT, "file:rehearsal.secret").code == 0
    before = Path("rehearsal.secret").read_text()
    Path(".provision/sandbox.json").unlink()
    assert provision("apply", config, *AT, "file:rehearsal.secret").code == 0
    assert Path("rehearsal.secret").read_text() != before


def test_a_rehearsal_on_another_sandbox_is_somebody_elses(provision: Program, config: str) -> None:
    """The first may stand for anything: its value stays, and the default stand-ins are two."""
    at = ("--yes", "-o", "json")
    assert (
        provision("apply", config, "--sandbox-at", "real.json", *at, "--deliver", "file:m.secret").code == 0
    )
    before = Path("m.secret").read_text()
    ran = provision("apply", config, *AT, "file:m.secret")
    assert (ran.code, ran.json["error"]) == (5, "place-taken")
    assert ran.json["message"].count("in a rehearsal on the sandbox") == 2
    assert Path("m.secret").read_text() == before
    assert Tenant().get("/applications")["value"] == []
    for state in ("one.json", "two.json", "three.json", "./one.json"):
        assert provision("apply", config, "--sandbox-at", state, *at).code == 0, state
    assert len(list(Path(".provision").glob("*.secret"))) == 3


@pytest.mark.parametrize("shared", [False, True], ids=["one folder", "two folders, one journal"])
def test_what_was_done_on_another_sandbox_is_not_waited_for(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """Their journal is one file, and each line is about one of them."""
    states, folders = ("one.json", "two.json"), [Path(), Path()]
    if shared:
        monkeypatch.setenv("PROVISION_JOURNAL", str(Path("journals").absolute()))
        states, folders = (".provision/sandbox.json",) * 2, [Path("a").absolute(), Path("b").absolute()]
        for folder in folders:
            folder.mkdir()
            write_config(str(folder / config))
    for verb in ("apply", "rotate", "apply"):
        for number, (state, folder) in enumerate(zip(states, folders, strict=True)):
            monkeypatch.chdir(folder)
            deliver = ("--yes", "--deliver", f"file:{number}.secret")
            ran = provision(verb, config, "--sandbox-at", state, *deliver)
            assert (ran.code, "Entra does not show" in ran.err) == (0, False), ran.err


def test_a_line_of_the_journal_that_names_no_sandbox_counts(provision: Program, config: str) -> None:
    """It is of an earlier version: what it intended is this machine's, and is removed."""
    assert provision("apply", config, *AT, "file:rehearsal.secret").code == 0
    noted, tenant = journal(), Tenant()
    asked = {"displayName": "FOIAXpress Collaboration SMTP [provision:collab-prod]"}
    path = f"/applications/{tenant.application()['id']}/addPassword"
    key = tenant.do("POST", path, {"passwordCredential": asked})["keyId"]
    line = next(json.loads(line) for line in noted.read_text().splitlines() if line)
    del line["sandbox"]
    with noted.open("a") as file:
        file.write(json.dumps({**line, "event": "intended", "key_id": key}) + "\n")
    assert provision("apply", config, *AT, "file:rehearsal.secret").code == 0
    assert key not in {item["keyId"] for item in Tenant().application()["passwordCredentials"]}


def test_a_rehearsals_record_that_names_no_sandbox(provision: Program, config: str) -> None:
    """It is of an earlier commit: any rehearsal of the config may replace it."""
    assert provision("apply", config, *AT, "file:rehearsal.secret").code == 0
    record = Path("rehearsal.secret.provision.json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "graph": None}))
    shown = provision("show", config, "--sandbox", "--deliver", "file:rehearsal.secret", "-o", "json").json
    assert shown["outputs"]["secret_key"]["delivered_to"] == "file:rehearsal.secret"
    assert provision("rotate", config, *AT, "file:rehearsal.secret").code == 0


def test_each_tenant_has_a_stand_in(provision: Program) -> None:
    """Configs of one name in two tenants, in one run and one after the other."""
    other = "91d2a7c4-0f3e-4b58-8a6d-2c7e5f1b9034"
    configs = [write_config(f"{tenant}.yaml", tenant=tenant) for tenant in (TENANT, other)]
    assert provision("apply", *configs, "--sandbox", "--yes").code == 0
    files = {path.name for path in Path(".provision").glob("*.secret")}
    assert files == {"collab-prod.secret", f"collab-prod.{other}.secret"}
    again = provision("apply", *reversed(configs), "--sandbox", "--yes", "-o", "json")
    assert again.code == 0
    shown = [provision("show", config, "--sandbox", "-o", "json").json for config in configs]
    places = {
        each["outputs"]["secret_key"]["delivered_to"].removeprefix("file:.provision/") for each in shown
    }
    assert places == files


def test_what_may_be_sent_on_says_what_it_is(provision: Program) -> None:
    """The message to an administrator, the sheet, the calendar, the metrics, the table, the script."""
    handoff = write_config(more="consent: handoff\n")
    assert provision("apply", handoff, "--sandbox", "--yes").code == 3
    for output in ("text", "markdown", "json"):
        said = provision("show", handoff, "--sandbox", "-o", output).out
        assert "[rehearsal] Admin consent" in said
        assert "THIS IS A REHEARSAL: do not act on it." in said
    for output in ("text", "markdown", "html"):
        assert "rehearsal" in provision("show", handoff, "--sandbox", "-o", output).out
    for output in ("text", "markdown", "ical"):
        assert "ehearsal" in provision("expiry", handoff, "--sandbox", "-o", output).out
    metrics = provision("expiry", handoff, "--sandbox", "-o", "prometheus").out.splitlines()
    samples = [line for line in metrics if not line.startswith("#")]
    assert samples
    assert all('target="sandbox"' in line for line in samples)
    limited = write_config("limited.yaml", name="collab-limited", mail="\n  scope: mailbox")
    assert provision("apply", limited, "--sandbox", "--yes").code == 0
    script = provision("exchange", limited, "--sandbox").out
    assert "IN A REHEARSAL" in script.split("#>")[0]


SEED = """\
tenant: {id: 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690, domain: agency.example}
users:
  - {user_principal_name: noreply@agency.example, mailbox: shared}
"""


def test_nothing_that_was_made_up_is_called_ok(provision: Program, config: str) -> None:
    """Hosts, tenant, cloud, policy, mailbox and rights were made because the config names them."""
    found = provision("doctor", config, "--sandbox", "-o", "json")
    assert found.code == 0, found.out
    states = {check["check"]: check["state"] for check in found.json["checks"]}
    for name in ("login host", "cloud", "Graph", "sign-in", "secret policy", "mailbox", "delivery"):
        assert states[name] == "not-checked", name
    assert {right["state"] for right in found.json["rights"]} <= {"not-checked", "not-needed"}
    for output in ("text", "markdown"):
        said = provision("doctor", config, "--sandbox", "-o", output).out
        assert "was made for this rehearsal; the real tenant was not asked" in said
        assert "noreply@agency.example is there" not in said
    for verb in ("plan", "apply", "show"):
        yes = ["--yes"] if verb == "apply" else []
        for output in ("text", "json", "markdown", "html"):
            ran = provision(verb, config, "--sandbox", "-o", output, *yes)
            assert f"made up for it, so nothing says that the real ones are there: {TENANT}" in ran.err
            if output == "json":
                assert ran.json["made_up"] == ["mailbox", "rights", "tenant"]
            elif output != "text":
                assert "are like them: the tenant, the mailbox, the rights" in ran.out, (verb, output)
    ran = provision("verify", config, "--sandbox", "--secret-from", f"file:{STAND_IN}", "-o", "json")
    assert ran.code == 0, ran.out
    verdicts = {rung["rung"]: (rung["verdict"], rung["message"]) for rung in ran.json["rungs"]}
    assert verdicts["mailbox"][0] == verdicts["reach"][0] == "skipped"
    assert "was made for this rehearsal" in verdicts["mailbox"][1]
    assert verdicts["token"][0] == "pass"


def test_a_tenant_from_a_seed_gets_no_invented_people(provision: Program) -> None:
    """So an address that is misspelt is noticed, by doctor and by apply; the right one is there."""
    Path("seed.yaml").write_text(SEED)
    assert provision("sandbox", "seed", "seed.yaml").code == 0
    wrong = write_config("wrong.yaml", address="norepply@agency.example")
    found = provision("doctor", wrong, "--sandbox", "-o", "json")
    assert found.code == 5
    assert {c["check"]: c["state"] for c in found.json["checks"]}["mailbox"] != "ok"
    ran = provision("apply", wrong, "--sandbox", "--yes", "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "mailbox-missing")
    assert provision("plan", wrong, "--sandbox", "-o", "json").json["made_up"] == ["rights"]
    right = provision("doctor", write_config(), "--sandbox", "-o", "json")
    states = {check["check"]: check["state"] for check in right.json["checks"]}
    assert (states["mailbox"], states["cloud"], states["sign-in"]) == ("ok", "ok", "not-checked")


def test_a_seed_without_people_makes_none_up_either(provision: Program) -> None:
    """It says what is in the tenant, and this mailbox is not."""
    Path("seed.yaml").write_text(SEED.partition("users:")[0] + "policy: {max_secret_days: 90}\n")
    assert provision("sandbox", "seed", "seed.yaml").code == 0
    ran = provision("apply", write_config(), "--sandbox", "--yes", "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "mailbox-missing")
