"""--log-file: who wrote what, with Graph's request id, ready for a log collector."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.support import TENANT, Program, Ran, Tenant

DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", "--log-file", "audit.jsonl")


def test_every_call_that_writes_is_a_line(provision: Program, config: str) -> None:
    """The lines are the writes that the sandbox saw, in order, and none of the reads."""
    assert provision("apply", config, *DELIVER).code == 0
    everything = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    lines = [line for line in everything if line["event"] == "call"]
    app = Tenant().application()
    assert lines[0]["method"] == "POST"
    assert lines[0]["url"].endswith("/v1.0/applications")
    assert {line["url"].rpartition("/")[2] for line in lines} == {
        "applications",
        f"servicePrincipals(appId='{app['appId']}')",
        "addPassword",
        "appRoleAssignedTo",
        app["id"],
    }
    for line in lines:
        assert line["format"] == "provision.audit/2"
        assert line["target"] == "sandbox"
        assert line["who"]["tid"] == TENANT
        assert line["who"]["oid"]
        assert line["result"] == "done"
        assert line["request_id"]
    text = Path("audit.jsonl").read_text()
    assert Path("out.secret").read_text() not in text
    assert stat.S_IMODE(Path("audit.jsonl").stat().st_mode) == 0o600


def test_it_is_appended_to_and_a_run_that_writes_nothing_adds_nothing(
    provision: Program, config: str, applied: Ran
) -> None:
    """The log outlives the runs."""
    Path("audit.jsonl").write_text("{}\n")
    assert provision("apply", config, *DELIVER).code == 0
    assert provision("plan", config, "--sandbox", "--log-file", "audit.jsonl").code == 0
    assert Path("audit.jsonl").read_text() == "{}\n"
    assert provision("rotate", config, *DELIVER).code == 0
    assert Path("audit.jsonl").read_text().count('"event": "call"') == 2


def test_a_test_mail_is_a_line(provision: Program, config: str, applied: Ran) -> None:
    """verify changes nothing in Entra, and yet sends."""
    sent = ("--secret-from", "file:out.secret", "--send-to", "somebody@agency.example")
    ran = provision("verify", config, "--sandbox", *sent, "--log-file", "audit.jsonl")
    assert ran.code == 0, ran.err
    (line,) = map(json.loads, Path("audit.jsonl").read_text().splitlines())
    assert (line["method"], line["url"].rpartition("/")[2], line["status"]) == ("POST", "sendMail", 202)


def test_a_log_that_cannot_be_written_stops_before_anything(provision: Program, config: str) -> None:
    """Who asked for an audit does not want a run without one."""
    ran = provision("apply", config, *DELIVER[:-1], "nowhere/audit.jsonl")
    assert (ran.code, ran.json["error"]) == (1, "disk")
    assert not Path(".provision").exists()  # it was refused before a tenant was opened
    assert Tenant().get("/applications")["value"] == []


def test_who_applied_which_plan_for_which_config(provision: Program, config: str) -> None:
    """Each line has the run, the version, the config and the digest; delivery and end are lines, too."""
    from provision import __version__

    digest = provision("plan", config, "--sandbox", "--deliver", "file:out.secret", "-o", "json").json[
        "digest"
    ]
    assert provision("apply", config, *DELIVER).code == 0
    lines = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    assert len({line["run"] for line in lines}) == 1
    for line in lines:
        told = (line["tool_version"], line["config"], line["name"], line["digest"])
        assert told == (__version__, config, "collab-prod", digest)
    (delivery,) = [line for line in lines if line["event"] == "delivery"]
    key = Tenant().application()["passwordCredentials"][0]["keyId"]
    assert (delivery["place"], delivery["key_id"], delivery["result"]) == ("file:out.secret", key, "done")
    assert (lines[-1]["event"], lines[-1]["result"]) == ("run", "done")


def test_a_run_that_was_refused_or_declined_is_a_line(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each config with something due; the file may be named by a variable."""
    monkeypatch.setenv("PROVISION_LOG_FILE", "audit.jsonl")
    refused = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:nowhere/out.secret")
    assert refused.code == 1
    assert provision("apply", config, "--sandbox", "--deliver", "file:out.secret").code == 64  # nobody to ask
    stale = ("--expect-digest", "sha256:" + "0" * 64)
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", *stale).code == 5
    lines = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    assert [(line["event"], line["result"]) for line in lines] == [
        ("run", "sink-unusable"),
        ("run", "not-interactive"),
        ("run", "stale-plan"),
    ]
    assert len({line["run"] for line in lines}) == 3
    assert {line["name"] for line in lines} == {"collab-prod"}
