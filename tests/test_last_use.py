"""Which secret is in use: what the report of sign-ins tells, and ``rotate --confirm --when-used``."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.resources.last_use import Observed, judge
from provision.sandbox import Weather
from tests.soak import soaking
from tests.support import Program, Ran, Tenant, write_config
from tests.test_scope import Office

HOUR = timedelta(hours=1)
START = datetime(2027, 1, 1, tzinfo=UTC)


# -- by histories: nothing but the judgement, and a report that lags ----------------------------


@dataclass
class World:
    """Two secrets, when each signed in, and a report that shows a sign-in some time later."""

    dice: random.Random
    declared: timedelta
    now: datetime = START
    alive: set[str] = field(default_factory=lambda: {"old", "new"})
    sign_ins: list[tuple[str, datetime, datetime]] = field(default_factory=list)  # key, when, shown

    def sign_in(self, key: str) -> None:
        if key in self.alive:
            lag = self.declared * self.dice.random()  # never more than is declared
            self.sign_ins.append((key, self.now, self.now + lag))

    def report(self) -> Observed:
        """What is shown now; at times nothing, at times a row has gone."""
        shown: dict[str, datetime] = {}
        for key, when, at in self.sign_ins:
            if at <= self.now and when >= shown.get(key, when):
                shown[key] = when
        if self.dice.random() < 0.05:
            shown.pop(self.dice.choice(["old", "new"]), None)
        if self.dice.random() < 0.05:
            return Observed(unread="needs AuditLog.Read.All")
        return Observed(shown, self.now)


def history(seed: int) -> tuple[bool, World]:
    """One life: who signs in how often, when somebody enters the new value, runs, and killed runs."""
    dice = random.Random(seed)
    world = World(dice, dice.choice([1, 6, 24, 48]) * HOUR)
    entered = dice.choice([None, *range(0, 200, 10)])
    every = {"old": dice.choice([1, 3, 12, 30, 70]), "new": dice.choice([1, 3, 12, 30, 70])}
    straggler = dice.random() < 0.4  # a second place that goes on with the old value
    for hour in range(400):
        world.now = START + hour * HOUR
        if hour % every["new"] == 0 and entered is not None and hour >= entered:
            world.sign_in("new")
        if hour % every["old"] == 0 and (straggler or entered is None or hour < entered):
            world.sign_in("old")
        if dice.random() < 0.2:
            verdict = judge("new", ["old"], world.report(), lag=world.declared)
            if verdict.quiet:
                check(world)
                killed = dice.random() < 0.3  # before the removal took effect
                world.alive -= set() if killed else {"old"}
                assert "new" in world.alive
                if not killed:
                    return True, world
            assert verdict.words
    return False, world


def check(world: World) -> None:
    """What is retired has no later sign-in that was shown, nor one that is older than the declared lag."""
    used = [when for key, when, shown in world.sign_ins if key == "new" and shown <= world.now]
    assert used, "retired before the new one was seen"
    for key, when, shown in world.sign_ins:
        if key == "old" and (shown <= world.now or when <= world.now - world.declared):
            assert when < max(used)
            # and it was seen quiet for longer than the lag, up to where the report is complete
            assert world.now - world.declared - when > world.declared


@pytest.mark.soak
def test_histories(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    """300 of them, 10,000 for long; wrongly it is retired in none (``check``)."""
    count = 10_000 if soaking(pytestconfig) else 300
    retired = sum(history(seed)[0] for seed in range(count))
    assert 0.1 * count < retired < 0.9 * count  # it is neither always nor never
    if count > 300:
        with capsys.disabled():
            print(f"\n{count} histories, the old one retired in {retired}")


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({}, "no sign-in of the new secret"),
        ({"new": 100}, "no row of the older secret"),
        ({"new": 100, "old": 101}, "after the new one"),
        ({"new": 100, "old": 99}, "counts as quiet from"),
        ({"new": 100, "old": 3}, ""),
    ],
)
def test_what_was_seen_is_said(times: dict[str, int], words: str) -> None:
    now = START + 100 * HOUR
    found = Observed({key: START + hour * HOUR for key, hour in times.items()}, now)
    verdict = judge("new", ["old"], found, lag=48 * HOUR)
    assert words in verdict.words
    assert verdict.quiet == (words == "")
    assert not judge("new", ["old"], Observed(unread="needs X"), lag=HOUR).quiet


# -- by the program -----------------------------------------------------------------------------

SINK = ("--deliver", "file:out.secret")


def run(provision: Program, *argv: str) -> Ran:
    return provision(*argv, "--sandbox", "-o", "json")


@pytest.fixture
def rotated(provision: Program) -> str:
    """A config whose product uses the first of two secrets."""
    path = write_config()
    assert run(provision, "apply", path, "--yes", *SINK).code == 0
    Path("old.secret").write_text(Path("out.secret").read_text())
    Tenant().advance(minutes=5)
    assert run(provision, "rotate", path, "--yes", *SINK).code == 0
    return path


def sign_in(value: str) -> None:
    office = Office()
    kept = Path("out.secret").read_text()
    Path("out.secret").write_text(Path(value).read_text())
    office.token()
    Path("out.secret").write_text(kept)


def secrets() -> list[Any]:
    return list(Tenant().application()["passwordCredentials"])


def confirm(provision: Program, path: str, *more: str) -> Ran:
    return run(provision, "rotate", path, "--confirm", "--when-used", "--yes", *more)


def test_the_old_one_goes_once_it_is_seen_quiet(provision: Program, rotated: str) -> None:
    """Until then it says what was seen, and exits 3; nothing is removed."""
    first = confirm(provision, rotated)
    assert (first.code, first.json["error"]) == (3, "not-seen-quiet")
    assert len(secrets()) == 2
    sign_in("old.secret")
    Tenant().advance(hours=1)
    assert confirm(provision, rotated).code == 3  # the new one was not seen
    sign_in("out.secret")
    Tenant().advance(hours=94)
    assert confirm(provision, rotated).code == 3
    Tenant().advance(hours=3)
    ran = confirm(provision, rotated)
    assert ran.code == 0, ran.out
    assert ran.json["proof"] == "report"
    (left,) = secrets()
    assert Path("out.secret").read_text().startswith(left["hint"])


def test_it_waits(provision: Program, rotated: str) -> None:
    """The sandbox's clock is what waits; with a lag that is declared smaller it is sooner."""
    sign_in("old.secret")
    Tenant().advance(hours=1)
    sign_in("out.secret")
    assert confirm(provision, rotated, "--wait", "1h").code == 3
    assert confirm(provision, rotated, "--wait", "96h", "--report-lag", "24h").code == 0
    assert len(secrets()) == 1


def test_who_may_not_read_it_removes_nothing(
    provision: Program, rotated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet = Weather.meet

    def met(self: Weather, method: str, where: str) -> Any:
        from provision.sandbox.errors import denied

        return denied() if "reports/" in where else meet(self, method, where)

    monkeypatch.setattr(Weather, "meet", met)
    ran = confirm(provision, rotated)
    assert ran.code == 3
    assert "AuditLog.Read.All" in ran.out
    assert len(secrets()) == 2
    shown = run(provision, "expiry", rotated).json
    assert shown["configs"][0]["last_use"] == {"read": None, "not_read": "needs AuditLog.Read.All"}


def test_each_look_tells_it(provision: Program, rotated: str) -> None:
    """``expiry``, ``show`` and ``drift``: by key id, with the time of reading."""
    sign_in("old.secret")
    tenant = Tenant()
    app = tenant.application()
    foreign = tenant.do("POST", f"/applications/{app['id']}/addPassword", {})
    watched = run(provision, "expiry", rotated).json
    times = {row["key_id"]: row["last_used"] for row in watched["secrets"]}
    old, new = sorted(secrets(), key=lambda item: str(item["startDateTime"]))[:2]
    assert times[old["keyId"]] is not None
    assert times[new["keyId"]] is None
    assert times[foreign["keyId"]] is None
    assert watched["configs"][0]["last_use"]["read"] is not None
    shown = run(provision, "show", rotated).json["last_use"]
    assert {item["key_id"]: item["last_used"] is not None for item in shown["secrets"]}[old["keyId"]]
    assert "last signed in" in provision("show", rotated, "--sandbox").out
    assert "last signed in" in provision("expiry", rotated, "--sandbox").out
    drift = run(provision, "drift", rotated).json
    (found,) = [d for d in drift["findings"] if d["name"] == "undeclared-secret"]
    assert "no sign-in in the report" in found["message"]
    assert foreign["keyId"] in found["value"]


def test_destroy_tells_it_before_the_question(provision: Program, rotated: str) -> None:
    """Of each credential, when it signed in last; what the plan is approved by does not change with it."""
    before = provision("destroy", rotated, "--sandbox", "--dry-run", "-o", "json").json
    told = [f["message"] for f in before["findings"] if f["name"] == "last-sign-ins"]
    assert len(told) == len(Tenant().application()["passwordCredentials"]) == 2
    assert not any("last signed in" in words for words in told)
    sign_in("old.secret")
    after = provision("destroy", rotated, "--sandbox", "--dry-run", "-o", "json").json
    told = [f["message"] for f in after["findings"] if f["name"] == "last-sign-ins"]
    assert len([words for words in told if "last signed in" in words]) == 1, told
    assert after["digest"] == before["digest"]
    assert "last signed in" in provision("destroy", rotated, "--sandbox", "--dry-run").out


@pytest.mark.parametrize(
    "more",
    [
        ("--when-used",),
        ("--confirm", "--wait", "1h"),
        ("--confirm", "--when-used", "--secret-from", "file:x"),
    ],
)
def test_what_does_not_go_together(provision: Program, more: tuple[str, ...]) -> None:
    assert run(provision, "rotate", write_config(), "--yes", *more).code == 64
