"""Lives of three years: who does what is said by when it is said has no outage that the program made."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crash.years import YEARS, Years
from tests.soak import in_parts, soaking

SAMPLE, SOAK, SHARDS = 2, 300, 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts."""
    in_parts(metafunc, SAMPLE, SOAK, SHARDS)


@pytest.mark.soak
def test_who_is_obedient_has_no_outage(seeds: range, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Documented exits, one current secret and one last day in all that is said, and nothing is left over."""
    soaks = soaking(pytestconfig)
    exits: Counter[int] = Counter()
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir(mode=0o700)
        life = Years(folder, seed)
        try:
            life.live(YEARS if soaks else timedelta(days=150))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}\n" + "\n".join(life.steps[-12:])) from error
        exits += life.exits
    assert exits[0], "nothing was ever done"
