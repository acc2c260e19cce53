"""--log-file: who wrote what, with Graph's request id, ready for a log collector."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.support import TENANT, Program, Ran, Tenant

DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", "--log-file", "audit.jsonl")


def test_every_call_that_writes_is_a_line(provision: Program, config: str) -> None:
    """The lines are the writes that the sandbox saw, in order, and none of the reads."""
    assert provision("apply", config, *DELIVER).code == 0
    lines = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    app = Tenant().application()
    assert lines[0]["method"] == "PATCH"
    assert lines[0]["url"].endswith("/v1.0/applications(uniqueName='collab-prod')")
    assert {line["url"].rpartition("/")[2] for line in lines} == {
        "applications(uniqueName='collab-prod')", f"servicePrincipals(appId='{app['appId']}')",
        "addPassword", "appRoleAssignedTo", app["id"],
    }  # fmt: skip
    for line in lines:
        assert line["format"] == "provision.audit/1"
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
    assert len(Path("audit.jsonl").read_text().splitlines()) == 3


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
    assert Tenant().get("/applications")["value"] == []
