"""A tenant's limiter: nothing is held back before Graph says so; then all slow down together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provision.graph import batch
from provision.graph.limiter import READS, WRITES, Limiter
from provision.sandbox import Sandbox, Weather
from provision.sandbox.faults import quota
from tests.support import Program, Tenant, write_config

SHARE = "x-ms-throttle-limit-percentage"


class Time:
    """A clock that sleeping moves, or does not, as in a rehearsal."""

    def __init__(self, *, moves: bool = True) -> None:
        self.now = 0.0
        self.slept = 0.0
        self.said: list[str] = []
        self._moves = moves

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        if self._moves:
            self.now += seconds
        await asyncio.sleep(0)

    def limiter(self) -> Limiter:
        return Limiter(self.sleep, lambda: self.now, self.said.append)


def admitted(limiter: Limiter, batches: int, *, writes: int = 20, reads: int = 0) -> None:
    async def run() -> None:
        await asyncio.gather(*(limiter.admit(writes=writes, reads=reads) for _ in range(batches)))

    limiter._turn = asyncio.Lock()  # each of these has a loop of its own
    asyncio.run(run())


def test_nothing_is_held_back_without_a_sign() -> None:
    time = Time()
    limiter = time.limiter()
    for _ in range(500):
        limiter.heard(201, {}, wrote=True)
    admitted(limiter, 500)
    assert time.slept == 0


@pytest.mark.parametrize("moves", [True, False], ids=["over the network", "in a rehearsal"])
def test_nearly_used(moves: bool) -> None:
    """Then no more writes are sent than the quota gives back; reading goes on, and it is told once."""
    time = Time(moves=moves)
    limiter = time.limiter()
    for _ in range(3):
        limiter.heard(201, {SHARE: "0.81"}, wrote=True)
    admitted(limiter, 50)
    assert time.slept == pytest.approx(50 * 20 / WRITES, rel=0.05)
    assert len(time.said) == 1
    before = time.slept
    admitted(limiter, 50, writes=0, reads=20)
    assert time.slept == before


def test_reading_has_a_limit_of_its_own() -> None:
    time = Time()
    limiter = time.limiter()
    limiter.heard(200, {SHARE: "0.9"}, wrote=False)
    admitted(limiter, 100, writes=0, reads=20)
    assert time.slept == pytest.approx(100 * 20 / READS, rel=0.05)


def test_refused_all_wait_as_long_as_graph_says() -> None:
    """The many that were under way together count as one sign; what is refused again slows down further."""
    time = Time()
    limiter = time.limiter()
    for _ in range(60):
        limiter.heard(429, {"retry-after": "30", SHARE: "1.1"}, wrote=True)
    admitted(limiter, 1)
    assert time.now >= 30
    first = time.now
    admitted(limiter, 10)
    assert time.now - first == pytest.approx(10 * 20 / (WRITES / 2), rel=0.1)
    limiter.heard(429, {"retry-after": "5"}, wrote=True)
    second = time.now
    admitted(limiter, 11)
    assert time.now - second == pytest.approx(11 * 20 / (WRITES / 4), rel=0.2)


def test_it_grows_again() -> None:
    """More as the share goes down, and nothing is held back once no sign came for a while."""
    time = Time()
    limiter = time.limiter()
    limiter.heard(429, {"retry-after": "1"}, wrote=True)
    for _ in range(20):
        limiter.heard(201, {SHARE: "0.85"}, wrote=True)
    admitted(limiter, 1)
    began = time.now
    admitted(limiter, 20)
    assert time.now - began == pytest.approx(20 * 20 / WRITES, rel=0.1)
    time.now += 11
    limiter.heard(201, {}, wrote=True)
    slept = time.slept
    admitted(limiter, 100)
    assert time.slept == slept


def test_a_shard_takes_its_part() -> None:
    time = Time()
    limiter = time.limiter()
    limiter.part = 1 / 4
    limiter.heard(201, {SHARE: "0.81"}, wrote=True)
    admitted(limiter, 20)
    assert time.slept == pytest.approx(20 * 20 / (WRITES / 4), rel=0.1)


def test_a_fleet_under_graphs_quota(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one converges, hardly a request is refused, and it takes no longer than the quota forces.

    The quota of writes is a fortieth of Graph's, in amount, with the same rate, and so is the fleet. What
    is under way at once is smaller, too: else it alone would be more than the whole quota.
    """
    count, amount = 60, 75
    monkeypatch.setattr(batch, "MOST", 2)
    original: Callable[..., tuple[quota.Limit, ...]] = quota._limits

    def limits(who: Any) -> tuple[quota.Limit, ...]:
        ours = quota.Limit("Tenant_Application", True, amount, amount / WRITES)
        return (ours, *original(who))

    monkeypatch.setattr(quota, "_limits", limits)
    found: list[Sandbox] = []
    opened = Sandbox.open

    def with_quota(path: Path | None, **named: Any) -> Sandbox:
        found.append(opened(path, **named))
        found[-1].weather = Weather.parse("quota=graph")
        return found[-1]

    monkeypatch.setattr(Sandbox, "open", with_quota)
    Path("fleet").mkdir()
    for number in range(count):
        write_config(f"fleet/app-{number:02d}.yaml", name=f"app-{number:02d}")
    ran = provision(
        "apply",
        "fleet",
        "--sandbox",
        "--yes",
        "--deliver",
        "file:{name}.secret",
        "--allow",
        "many-changes",
        "-o",
        "json",
    )
    assert ran.code == 0, ran.err
    asked = [one for one in found[0].requests if not one.path.endswith("$batch")]
    refused = [one for one in asked if one.status == 429]
    writes = [one for one in asked if one.method != "GET"]
    assert len(refused) < len(asked) / 50, len(refused)
    assert len(writes) >= 5 * count
    tenant = Tenant()
    tenant.sandbox.weather = Weather()
    apps = tenant.get("/applications?$top=999")["value"]
    recorded = [app for app in apps if any(tag.startswith("provision:delivered:") for tag in app["tags"])]
    assert len(recorded) == count
