"""Random lives of a registration: any order, any weather, a clock that moves, the same invariants."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from provision.engine import run
from provision.engine.run import Job
from provision.plan.model import Plan
from provision.plan.rotation import Mode
from provision.resources.client_secret import Remove
from tests.crash.effects import weather
from tests.crash.life import Life, failure

SAMPLE, SOAK, SHARDS = 10, 2000, 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts, so that it uses several processors."""
    if "seeds" in metafunc.fixturenames:
        soaking = metafunc.config.getoption("--hypothesis-profile") == "soak"
        count, shards = (SOAK, SHARDS) if soaking else (SAMPLE, 1)
        parts = [range(part, count, shards) for part in range(shards)]
        metafunc.parametrize("seeds", parts, ids=[f"part-{part}" for part in range(shards)])


@pytest.mark.soak
def test_whatever_happens_a_value_in_use_is_alive(seeds: range, tmp_path: Path) -> None:
    """Each seed is one schedule of operations and faults; a failure says which, and what it did."""
    told: Counter[str] = Counter()
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir(mode=0o700)
        life = Life(folder, seed)
        try:
            life.live(8)
        except Exception as error:
            raise AssertionError(failure(life, error)) from error
        told += life.told
    assert told, "no fault was ever felt: the weather was not there"


def test_a_leaked_secret_is_gone_even_if_no_replica_knows_it_yet(tmp_path: Path) -> None:
    """Revoked moments after it was made: "no such secret" is waited out, not taken for done."""
    revoked = 0
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir(mode=0o700)
        life = Life(folder, seed)
        assert life.attempt(run.plan, carry_out=True)
        life.storm = weather(life.sandbox, replication=30.0, seed=seed)
        assert life.attempt(lambda job: run.plan_rotation(job, Mode.ROTATE), carry_out=True)
        planned: list[str] = []

        async def emergency(job: Job, planned: list[str] = planned) -> Plan:
            plan = await run.plan_rotation(job, Mode.EMERGENCY)
            planned += [c.step.key_id for c in plan.changes if isinstance(c.step, Remove)]
            return plan

        assert life.attempt(emergency, carry_out=True)
        assert not set(planned) & {item["keyId"] for item in life.directory.managed()}
        revoked += len(planned)
    assert revoked > 6, "no young secret was ever to be revoked"
