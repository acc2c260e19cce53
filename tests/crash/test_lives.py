"""Random lives of a registration: any order, any weather, a clock that moves, the same invariants."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

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
