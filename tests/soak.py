"""How long a test runs that gains by running long: a sample in ``make test``, the whole in ``make soak``."""

from __future__ import annotations

import pytest


def soaking(config: pytest.Config) -> bool:
    """Say whether this is ``make soak``."""
    return bool(config.getoption("--hypothesis-profile") == "soak")


def in_parts(metafunc: pytest.Metafunc, sample: int, soak: int, shards: int, *, sampled_in: int = 1) -> None:
    """Give a test that takes ``seeds`` so many of them, in parts, so that a soak uses several processors."""
    if "seeds" in metafunc.fixturenames:
        count, parts = (soak, shards) if soaking(metafunc.config) else (sample, sampled_in)
        ranges = [range(part, count, parts) for part in range(parts)]
        metafunc.parametrize("seeds", ranges, ids=[f"part-{part}" for part in range(parts)])
