"""The secret's life under apply: policy, renewal, failed deliveries, interrupted runs."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.graph import client_secret as observing
from tests.support import Program, Ran, Tenant, journal, write_config

DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
REHEARSED = ("--sandbox", "--yes", "--allow", "rehearsal-delivery", "--deliver")


def instant(text: str) -> datetime:
    """Read Graph's time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def secrets(tenant: Tenant | None = None) -> list[Any]:
    """Return the application's secrets, oldest first."""
    found: list[Any] = (tenant or Tenant()).application()["passwordCredentials"]
    return sorted(found, key=lambda item: item["endDateTime"])


def limit(days: int) -> None:
    """Let the tenant's policy allow secrets of that many days."""
    tenant = Tenant()
    tenant.do(
        "PATCH",
        "/policies/defaultAppManagementPolicy",
        {
            "isEnabled": True,
            "applicationRestrictions": {
                "passwordCredentials": [
                    {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": f"P{days}D"}
                ]
            },
        },
    )


def test_lifetime_is_what_the_config_says(applied: Ran) -> None:
    """180 days to the second, both dates sent."""
    (secret,) = secrets()
    assert instant(secret["endDateTime"]) - instant(secret["startDateTime"]) == timedelta(days=180)


@pytest.mark.parametrize("days", [1, 30, 90, 180])
def test_policy_is_undercut_by_an_hour(provision: Program, config: str, days: int) -> None:
    """Policy compares with "less than": the request is an hour below it, and is accepted."""
    limit(days)
    ran = provision("apply", config, *DELIVER)
    assert ran.code == 0, ran.out
    (secret,) = secrets()
    lived = instant(secret["endDateTime"]) - instant(secret["startDateTime"])
    assert lived == timedelta(days=days) - timedelta(hours=1)
    again = provision("plan", config, "--sandbox", "--detailed-exitcode")
    assert again.code == 0, again.out


def test_max_is_24_calendar_months(provision: Program) -> None:
    """`lifetime: max` without a policy is the portal's ceiling, and CISA's advice is a finding."""
    config = write_config(more="secret:\n  lifetime: max\n")
    plan = provision("plan", config, "--sandbox", "-o", "json")
    assert "lifetime-over-180-days" in [finding["name"] for finding in plan.json["findings"]]
    assert provision("apply", config, *DELIVER).code == 0
    (secret,) = secrets()
    start, end = instant(secret["startDateTime"]), instant(secret["endDateTime"])
    assert (end.year, end.month) == (start.year + 2, start.month)


def test_renewal_is_minted_beside_the_old_one(provision: Program, config: str, applied: Ran) -> None:
    """Inside the window apply mints and delivers; the old one stays, and no third is made."""
    (old,) = secrets()
    Tenant().advance(days=149)
    assert provision("plan", config, "--sandbox", "--detailed-exitcode").code == 0
    Tenant().advance(days=2)
    due = provision("plan", config, "--sandbox", "-o", "json")
    reasons = [c["reason"] for c in due.json["resource_changes"] if c["change"]["actions"] == ["create"]]
    assert len(reasons) == 1
    assert "renewal is due" in reasons[0]
    assert provision("apply", config, *DELIVER).code == 0
    both = secrets()
    assert next(item["keyId"] for item in both) == old["keyId"]
    assert len(both) == 2
    assert Path("out.secret").read_text()[:3] == both[1]["hint"]
    again = provision("apply", config, *DELIVER)
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    assert "awaits-confirmation" in [
        finding["name"] for finding in provision("plan", config, "--sandbox", "-o", "json").json["findings"]
    ]
    assert len(secrets()) == 2


def test_an_ended_secret_is_replaced(provision: Program, config: str, applied: Ran) -> None:
    """After its end a new one is made; the ended one is left where it is."""
    Tenant().advance(days=181)
    assert provision("apply", config, *DELIVER).code == 0
    assert len(secrets()) == 2


def failing(tmp: str = "sink.py") -> str:
    """Write a command that takes the value and fails."""
    Path(tmp).write_text("import sys; sys.stdin.read(); sys.exit(3)")
    return f"command:{sys.executable} {tmp}"


def test_a_failed_delivery_revokes_the_secret(provision: Program, config: str) -> None:
    """A non-zero exit is a failed delivery: the secret is gone, the rest stays, the next run goes on."""
    ran = provision("apply", config, *REHEARSED, failing(), "-o", "json")
    assert ran.code == 1
    (failed,) = [change for change in ran.json["changes"] if change["status"] == "failed"]
    assert failed["error"]["error"] == "delivery-failed"
    assert secrets() == []
    assert provision("apply", config, *DELIVER).code == 0
    assert len(secrets()) == 1


def test_the_command_gets_the_value_on_stdin_alone(provision: Program, config: str) -> None:
    """Never in its arguments or environment."""
    Path("sink.py").write_text(
        "import json, os, sys\n"
        "json.dump({'in': sys.stdin.read(), 'argv': sys.argv, 'env': dict(os.environ)}, open('got', 'w'))\n"
    )
    ran = provision("apply", config, *REHEARSED, f"command:{sys.executable} sink.py")
    assert ran.code == 0, ran.err
    got = json.loads(Path("got").read_text())
    value = got.pop("in")
    assert value[:3] == secrets()[0]["hint"]
    assert value not in json.dumps(got)
    assert provision("plan", config, "--sandbox", "--detailed-exitcode").code == 0


def test_an_unusable_sink_is_found_before_minting(provision: Program, config: str) -> None:
    """A folder that is not there: nothing is written at all."""
    ran = provision(
        "apply", config, "--sandbox", "--yes", "--deliver", "file:nowhere/out.secret", "-o", "json"
    )
    assert ran.code == 1
    assert ran.json["error"] == "sink-unusable"
    assert Tenant().get("/applications")["value"] == []


def test_a_terminal_sink_needs_a_terminal(provision: Program, config: str) -> None:
    """Not a terminal: 64, and nothing is written."""
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "terminal", "-o", "json")
    assert ran.code == 64
    assert ran.json["error"] == "terminal-sink"
    assert Tenant().get("/applications")["value"] == []


def test_a_lost_record_in_the_tenant_is_repaired_from_the_sink(
    provision: Program, config: str, applied: Ran
) -> None:
    """The tag is gone, the file's own record is not: apply writes the tag again and mints nothing."""
    tenant = Tenant()
    app = tenant.application()
    tenant.do("PATCH", f"/applications/{app['id']}", {"tags": ["provision"]})
    journal().unlink()
    ran = provision("apply", config, *DELIVER)
    assert ran.code == 0, ran.out
    assert Tenant().application()["tags"] != ["provision"]
    assert [item["keyId"] for item in secrets()] == [item["keyId"] for item in app["passwordCredentials"]]


def test_a_secret_that_our_journal_intended_is_replaced_and_removed(
    provision: Program, config: str, applied: Ran
) -> None:
    """A run that was killed between mint and delivery: nobody has the value, so it goes."""
    tenant = Tenant()
    app = tenant.application()
    lost = "0b5c7f3e-9d1a-4c7e-8f21-6a3d5e9b4c10"
    noted = journal()
    entry = json.loads(noted.read_text().strip().splitlines()[0])
    with noted.open("a") as file:
        file.write("\n" + json.dumps(entry | {"event": "intended", "key_id": lost}) + "\n")
    credential = {
        "keyId": lost,
        "displayName": "FOIAXpress Collaboration SMTP [provision:collab-prod]",
        "endDateTime": "2099-01-01T00:00:00Z",
    }
    tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": credential})
    ran = provision("apply", config, *DELIVER)
    assert ran.code == 0, ran.out
    assert lost not in [item["keyId"] for item in secrets()]
    assert len(secrets()) == 1


def test_a_marked_secret_of_unknown_origin_is_reported_and_left(
    provision: Program, config: str, applied: Ran
) -> None:
    """Somebody copied the name: a finding, no removal, and it does not count as delivered."""
    tenant = Tenant()
    app = tenant.application()
    credential = {
        "displayName": "FOIAXpress Collaboration SMTP [provision:collab-prod]",
        "endDateTime": "2099-01-01T00:00:00Z",
    }
    tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": credential})
    ran = provision("plan", config, "--sandbox", "--detailed-exitcode", "-o", "json")
    assert ran.code == 0
    assert "secret-unproven" in [finding["name"] for finding in ran.json["findings"]]
    assert provision("apply", config, *DELIVER).code == 0
    assert len(secrets()) == 2


def test_a_replica_that_is_behind_makes_no_second_secret(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after an apply the application may be read as it was before: that is waited out, not mended."""
    before = secrets()
    looks: list[int] = []
    original = observing.observed

    def behind(record: Any) -> Any:
        looks.append(1)
        return () if len(looks) < 3 else original(record)

    monkeypatch.setattr(observing, "observed", behind)
    again = provision("apply", config, *DELIVER)
    assert again.code == 0, again.out
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    assert len(looks) >= 3
    assert secrets() == before


def test_a_secret_that_somebody_removed_is_not_waited_for_without_end(
    provision: Program, config: str, applied: Ran
) -> None:
    """It is gone for good: after half a minute of the service's time a new one is made."""
    tenant = Tenant()
    app = tenant.application()
    key = app["passwordCredentials"][0]["keyId"]
    tenant.do("POST", f"/applications/{app['id']}/removePassword", {"keyId": key})
    ran = provision("apply", config, *DELIVER)
    assert ran.code == 4, ran.out
    assert "secret-removed" in [finding["name"] for finding in ran.json["findings"]]
    assert [item["keyId"] for item in secrets()] != [key]
    confirmed = ("rotate", config, "--confirm", "--sandbox", "--yes", "-o", "json")
    assert provision(*confirmed, "--secret-from", "file:out.secret").code == 0
    assert provision("plan", config, "--sandbox").code == 0
