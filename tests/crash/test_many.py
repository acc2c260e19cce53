"""Many configs in one run: whatever request fails, each one's objects, secrets and files are its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.many import prepared
from tests.soak import in_parts

SAMPLE, SOAK, SHARDS = 8, 1000, 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts."""
    in_parts(metafunc, SAMPLE, SOAK, SHARDS)


@pytest.mark.soak
def test_no_config_reads_or_writes_what_is_anothers(seeds: range, tmp_path: Path) -> None:
    """Each seed is a verb, 2 to 20 configs, and one fault; a failure says which."""
    with prepared(tmp_path) as many:
        met = [many.run(seed)[1] for seed in seeds]
    assert sum(met) > len(met) / 2, "most faults were never met"
