"""Hundreds of configs on one screen: what failed, what changed, how far it is; and stopped in the middle."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from provision.cli import progress as display
from provision.cli.progress import Progress
from provision.engine import run
from provision.engine.job import Job
from tests.support import Program, Tenant, write_config

COUNT = 14
NAMES = [f"agency-{number:02d}" for number in range(COUNT)]
TENANTS = [f"0000000b-0000-4000-8000-00000000000{number}" for number in range(2)]
APPLY = ("--sandbox", "--yes", "--deliver", "file:{name}.secret", "--allow", "many-changes")


@pytest.fixture
def fleet() -> list[str]:
    Path("fleet").mkdir()
    for number, name in enumerate(NAMES):
        write_config(f"fleet/{name}.yaml", name=name, tenant=TENANTS[number % 2])
    return NAMES


def test_a_plan_of_many_is_what_they_come_to(provision: Program, fleet: list[str]) -> None:
    """Failures first, each with its next step; then a line a config; then counts. Whole with --full."""
    Path("fleet/aa.yaml").write_text("version: 1\nname: broken\noops: [\n")
    ran = provision("plan", "fleet", "--sandbox", "--detailed-exitcode")
    assert ran.code == 65
    assert ran.out.index("Failed: 1 of 15") < ran.out.index("To change: 14") < ran.out.index("15 configs: ")
    failed = ran.out.split("\n\n")[0]
    assert "fleet/aa.yaml:4:1: " in failed
    assert "[PRV202 yaml-syntax]" in failed
    assert len(failed.splitlines()) == 3  # the last is what to do next
    assert ran.out.count("Digest") == 0  # not all could be planned
    assert len(ran.out.splitlines()) < 30
    assert ran.err.count("PRV202") == 0  # said once
    full = provision("plan", "fleet", "--sandbox", "--full")
    assert full.out.count("Digest: ") == COUNT
    assert len(full.out.splitlines()) > 10 * COUNT
    assert "PRV202" in full.err
    document = provision("plan", "fleet", "--sandbox", "-o", "json").json
    assert len(document["plans"]) == 15


def test_what_was_applied_is_told_once(provision: Program, fleet: list[str]) -> None:
    """And again, with nothing to do, in a few lines."""
    assert (
        provision("plan", "fleet", "--sandbox", "--deliver", "file:{name}.secret", "--out", "all.json").code
        == 0
    )
    ran = provision("apply", "fleet", *APPLY, "--plan", "all.json")
    assert ran.code == 0, ran.err
    assert f"{COUNT} configs: {COUNT} changed (a rehearsal on the sandbox)." in ran.out
    assert all(f"  {name}  4 done; secret in file:{name}.secret" in ran.out for name in fleet)
    assert "Enter in" not in ran.out
    assert "Enter in" in provision("apply", "fleet", *APPLY, "--full").out
    again = provision("apply", "fleet", *APPLY)
    assert f"{COUNT} configs: {COUNT} unchanged (a rehearsal on the sandbox)." in again.out
    assert len(again.out.splitlines()) < 10
    assert provision("show", "fleet", "--sandbox").out.count("Enter in") >= COUNT  # what was asked for


def test_few_are_shown_each(provision: Program) -> None:
    Path("fleet").mkdir()
    for name in NAMES[:10]:
        write_config(f"fleet/{name}.yaml", name=name)
    assert provision("plan", "fleet", "--sandbox").out.count("Digest: ") == 10


def test_a_tenant_where_something_failed_is_named(provision: Program, fleet: list[str]) -> None:
    """Of many tenants the others are counted."""
    for name in fleet[::2]:
        path = Path(f"fleet/{name}.yaml")
        path.write_text(path.read_text() + "consent: handoff\n")
    rule = {
        "restrictionType": "passwordAddition",
        "restrictForAppsCreatedAfterDateTime": "2019-01-01T00:00:00Z",
    }
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    Tenant(tenant=TENANTS[1]).do("PATCH", "/policies/defaultAppManagementPolicy", policy)
    ran = provision("apply", "fleet", *APPLY)
    assert ran.code == 5
    assert f"  {TENANTS[1]}: 0 of 7 done, 7 failed\n  1 tenant without a failure\n" in ran.out
    assert ran.out.startswith("Failed: 7 of 14\n")
    assert ran.out.count("PRV") == ran.out.count("[PRV")
    names = ", ".join(fleet[1::2])
    assert (
        f"  {names}: " in ran.out
    )  # the same failure is told once, though what to ask for is each one's own
    assert "appManagementPolicies" not in ran.out
    assert "An administrator's consent is waited for: 7" in ran.out


def test_stopped_in_the_middle(provision: Program, fleet: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends it cleanly and says what is done; the next run does the rest, and nothing twice."""
    for name in fleet:  # of one tenant, for --parallel counts by tenant: one config after the other
        write_config(f"fleet/{name}.yaml", name=name, tenant=TENANTS[0])
    real = run.execute_plan
    done: list[str] = []

    async def execute_plan(job: Job, *given: Any, **more: Any) -> Any:
        if len(done) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        result = await real(job, *given, **more)
        done.append(job.desired.name)
        return result

    monkeypatch.setattr(run, "execute_plan", execute_plan)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    ran = provision("apply", "fleet", *APPLY, "--parallel", "1")
    signal.signal(signal.SIGINT, before)
    assert ran.code == 130
    assert f"stopped: 5 of {COUNT} done" in ran.err
    assert "Run the same command again" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setattr(run, "execute_plan", real)
    finished = len(done)
    again = provision("apply", "fleet", *APPLY, "-o", "json")
    assert again.code == 0
    unchanged = [
        item for item in again.json["results"] if {c["status"] for c in item["changes"]} == {"unchanged"}
    ]
    assert len(unchanged) >= finished
    assert provision("plan", "fleet", "--sandbox", "--detailed-exitcode").code == 0
    assert sorted(a["uniqueName"] for a in Tenant(tenant=TENANTS[0]).get("/applications")["value"]) == fleet


class Watch:
    def __init__(self) -> None:
        self.moment = 0.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(display, "err", lambda text, **_: found.append(text))
    return found


def test_quiet_lines_where_no_terminal_is(said: list[str]) -> None:
    """One in half a minute, with all that there is to know; what is waited for is part of it."""
    clock = Watch()
    told = Progress(clock)
    with told.over("applying", 300) as fleet:
        assert fleet is not None
        for number in range(60):
            clock.moment += 1
            fleet.began(f"cust{number}")
            fleet.ended(f"cust{number}", failed=number == 7)
            told("throttled")
    assert said == [
        "applying: 28 of 300 done, 1 failed, 1 under way, 1.0 a second, about 5 min left; waiting: throttled",
        "applying: 58 of 300 done, 1 failed, 1 under way, 1.0 a second, about 4 min left; waiting: throttled",
    ]
    told("afterwards")
    assert said[-1] == "afterwards"


def test_on_a_terminal_one_line_is_rewritten(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is waited for, and goes away at the end; what a person must do stays."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(display, "_width", lambda: 200)
    clock = Watch()
    told = Progress(clock)
    with told.over("applying", 300) as fleet:
        assert fleet is not None
        fleet.began("cust1")
        clock.moment += 1
        told("throttled")
        told.say("To sign in, open https://microsoft.com/devicelogin and enter ABC")
    clear = "\r\x1b[2K"
    assert said == [
        f"{clear}applying: 0 of 300 done, 1 under way; waiting: throttled",
        clear,
        "To sign in, open https://microsoft.com/devicelogin and enter ABC",
    ]


def test_of_few_nothing_is_counted(said: list[str]) -> None:
    told = Progress(Watch())
    with told.over("looking", 3) as fleet:
        assert fleet is None
        told("a replica is behind")
    assert said == ["a replica is behind"]
