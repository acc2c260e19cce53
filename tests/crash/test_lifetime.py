"""The end date that is asked for, under any policy and from any day; whose clock is right; refusals."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provision.cli.main import run
from provision.graph import client
from provision.sandbox import Sandbox
from tests.crash.machine import Directory
from tests.soak import soaking
from tests.support import STATE, Program, Ran, Tenant, write_config

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
FIRST = datetime(2027, 1, 1, 12, tzinfo=UTC)
# What a config may ask for, and the most that this is, in days, from whatever day.
LIFETIMES = {"max": 731, "2d": 2, "180d": 180, "26w": 182, "6mo": 184, "1y": 366, "24mo": 731}


def _settings(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


def instant(text: str) -> datetime:
    """Graph's time."""
    return datetime.fromisoformat(text)


def policy(days: int | None) -> dict[str, Any]:
    """A tenant's default policy that allows secrets of so many days, or none at all."""
    rule: dict[str, Any] = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
    if days is not None:
        rule |= {"restrictionType": "passwordLifetime", "maxLifetime": f"P{days}D"}
    return {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}


def months_later(start: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of that month: counted by hand, day by day."""
    year, month = start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1
    for day in range(start.day, 0, -1):
        try:
            return start.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError


def quietly(*argv: str) -> tuple[int, str]:
    """Run the program; its code and what it printed."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        code = run(argv)
    return code, out.getvalue()


def renew(days: int, lifetime: str, start: datetime) -> None:
    """One apply from nothing, at that date under that policy; and the look at what it asked for."""
    for path in (
        STATE,
        Path("out.secret"),
        Path("out.secret.provision.json"),
        *STATE.parent.glob("journals/*"),
    ):
        path.unlink(missing_ok=True)
    tenant = Tenant()
    tenant.sandbox.set_clock(now=start)
    tenant.do("PATCH", "/policies/defaultAppManagementPolicy", policy(days))
    config = write_config(more=f"secret:\n  lifetime: {lifetime}\n  renew_before: 1d\n")
    code, said = quietly("apply", config, *DELIVER)
    assert code == 0, said
    (secret,) = Tenant().application()["passwordCredentials"]
    begun, ends = instant(secret["startDateTime"]), instant(secret["endDateTime"])
    late = begun - start.replace(microsecond=0)
    assert timedelta(0) <= late < timedelta(minutes=5), "it begins now, by the service's clock"
    allowed = min(
        begun + timedelta(days=days), months_later(begun, 24), begun + timedelta(days=LIFETIMES[lifetime])
    )
    slack = 4 * DAY if lifetime in ("6mo", "1y") else DAY  # those vary with the calendar
    assert allowed - slack <= ends <= allowed, f"{ends - begun} of {allowed - begun}"
    writes = Tenant().writes
    code, said = quietly("apply", config, *DELIVER)
    assert code == 0
    assert {change["status"] for change in json.loads(said)["changes"]} == {"unchanged"}
    assert Tenant().writes == writes


CASES = given(
    days=st.integers(1, 1000),
    lifetime=st.sampled_from(sorted(LIFETIMES)),
    start=st.datetimes(datetime(2027, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),
)


@example(days=1, lifetime="max", start=datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC))
@example(days=1000, lifetime="max", start=datetime(2028, 2, 29, tzinfo=UTC))
@example(days=1000, lifetime="6mo", start=datetime(2027, 8, 31, tzinfo=UTC))
@example(days=731, lifetime="max", start=datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC))
@example(days=730, lifetime="max", start=datetime(2027, 3, 1, tzinfo=UTC))
@_settings(15)
@CASES
def test_the_longest_that_is_allowed(days: int, lifetime: str, start: datetime) -> None:
    """The service takes it, it is within a day of the most, and a second apply mints nothing."""
    renew(days, lifetime, start)


@pytest.mark.soak
def test_the_longest_that_is_allowed_for_long(pytestconfig: pytest.Config) -> None:
    """The same, over many more policies and days."""
    count = 1000 if soaking(pytestconfig) else 1

    @_settings(count)
    @CASES
    def many(days: int, lifetime: str, start: datetime) -> None:
        renew(days, lifetime, start)

    many()


@pytest.mark.parametrize("years", [-9, 9])
def test_this_machines_clock_does_not_matter(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    """Years off, and the secret begins when the service says it is now."""
    opened = Sandbox.open

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=365 * years)

    def right(path: Path | None, **_: Any) -> Sandbox:
        return opened(path, now=lambda: datetime.now(UTC))

    monkeypatch.setattr(client, "datetime", Wrong)
    monkeypatch.setattr(Sandbox, "open", right)
    for verb in (("apply",), ("rotate",), ("rotate", "--confirm")):
        assert provision(verb[0], config, *verb[1:], *DELIVER).code == 0
        for secret in Tenant().application()["passwordCredentials"]:
            begun, ends = instant(secret["startDateTime"]), instant(secret["endDateTime"])
            assert abs(begun - datetime.now(UTC)) < HOUR
            assert ends - begun == 180 * DAY
    assert provision("plan", config, "--sandbox", "--detailed-exitcode").code == 0


def foul(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let Graph refuse each new secret in these words, whatever the policies say that can be read."""
    opened = Sandbox.open

    def refusing(path: Path | None, **named: Any) -> Sandbox:
        sandbox = opened(path, **named)
        sandbox.weather.fail("POST", "*/addPassword", 400, code, "Refused as per policy.", times=100)
        return sandbox

    monkeypatch.setattr(Sandbox, "open", refusing)


@pytest.mark.parametrize(
    ("code", "name", "exits"),
    [
        ("CredentialInvalidLifetimeAsPerAppPolicy", "lifetime-refused", 5),
        ("CredentialTypeNotAllowedAsPerAppPolicy", "secrets-blocked", 5),
    ],
)
def test_a_refusal_that_no_policy_announced(
    provision: Program,
    config: str,
    applied: Ran,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    name: str,
    exits: int,
) -> None:
    """It is told by its name with Graph's code; the old secret stays, no orphan, and the next run works."""
    before = Tenant().application()
    with monkeypatch.context() as patched:
        foul(patched, code)
        for verb in (("rotate",), ("rotate", "--emergency")):
            ran = provision(*verb[:1], config, *verb[1:], *DELIVER)
            assert ran.code == exits, ran.out
            (error,) = [c["error"] for c in ran.json["changes"] if c.get("error")]
            assert (error["error"], error["service_code"]) == (name, code)
    after = Tenant().application()
    assert after["passwordCredentials"] == before["passwordCredentials"]
    (old,) = after["passwordCredentials"]
    assert set(after["tags"]) == {*before["tags"], f"provision:leaked:{old['keyId']}"}
    assert Directory(STATE).signs_in(Path("out.secret").read_text())
    assert provision("rotate", config, *DELIVER).code == 0
    (new,) = Tenant().application()["passwordCredentials"]
    assert new["keyId"] != old["keyId"], "the emergency is finished by the next run"


def test_secrets_blocked_by_policy_before_anything_is_written(
    provision: Program, config: str, applied: Ran
) -> None:
    """A policy that can be read is obeyed by the plan: nothing is sent, the present secret stays."""
    Tenant().do("PATCH", "/policies/defaultAppManagementPolicy", policy(None))
    writes = Tenant().writes
    for verb in (("rotate",), ("rotate", "--emergency")):
        ran = provision(*verb[:1], config, *verb[1:], *DELIVER)
        assert (ran.code, ran.json["error"]) == (5, "secrets-blocked")
    assert Tenant().writes == writes
    assert Directory(STATE).signs_in(Path("out.secret").read_text())
