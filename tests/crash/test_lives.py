"""Random lives of a registration: any order, any weather, a clock that moves, the same invariants."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from provision.delivery import Handover
from provision.engine import run
from provision.engine.job import Job
from provision.plan.model import Plan
from provision.plan.rotation import Mode
from provision.resources.client_secret import Remove
from provision.secret import Secret
from tests.crash.effects import weather
from tests.crash.life import Life, failure
from tests.soak import in_parts

SAMPLE, SOAK, SHARDS = 6, 2000, 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts."""
    in_parts(metafunc, SAMPLE, SOAK, SHARDS)


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


@pytest.mark.parametrize("arrives", [True, False], ids=["and it arrives", "and it fails"])
def test_ctrl_c_during_a_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrives: bool) -> None:
    """A delivery cannot be stopped half way: its secret stays if it arrived, and goes if it failed."""
    life = Life(tmp_path, 0)
    assert life.attempt(run.plan, carry_out=True)
    (old,) = life.directory.managed()
    interrupt: list[Callable[[], object]] = []
    deliver = life.sink.deliver

    async def rotation(job: Job) -> Plan:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        interrupt.append(lambda: loop.call_soon_threadsafe(task.cancel))
        return await run.plan_rotation(job, Mode.ROTATE)

    def slowly(secret: Secret, handover: Handover) -> None:
        interrupt[0]()
        time.sleep(0.2)  # the loop has long been told by then
        life.sink.failing = not arrives
        deliver(secret, handover)

    monkeypatch.setattr(life.sink, "deliver", slowly)
    with pytest.raises(asyncio.CancelledError):
        life.attempt(rotation, carry_out=True)
    left = {item["keyId"] for item in life.directory.managed()}
    assert len(left) == 1 + arrives
    assert old["keyId"] in left
    assert left == life.directory.recorded()
    assert life.directory.signs_in((tmp_path / "out.secret").read_text())
