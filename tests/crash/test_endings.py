"""``destroy`` and ``restore`` struck anywhere: a sample of each way here, every cell in ``make soak``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.endings import OPERATIONS, Endings
from tests.crash.machine import Runner
from tests.soak import soaking

# Between two effects of each, where the next run has to find out how far the last one came.
ALWAYS = {
    "destroy --forget: DELETE application#1 killed after",
    "destroy --forget: file removed#1 killed after",
    "restore: restore#1 killed after",
    "restore: restore#2 killed after",
    "destroy --purge: purge#1 killed after",
    "restore: restore#1 reply lost",
}


def test_struck_between_two_effects_the_next_run_converges(tmp_path: Path) -> None:
    """Killed, or its answer lost: the run after it ends, or brings back, what the first one was to."""
    with Runner() as runner:
        endings = Endings(tmp_path)
        cells = {str(cell): cell for cell in endings.cells(runner)}
        assert {cell.operation for cell in cells.values()} == OPERATIONS.keys()
        assert cells.keys() >= ALWAYS
        for name in sorted(ALWAYS):
            assert endings.run(runner, cells[name]) == "ok"


@pytest.mark.soak
def test_struck_anywhere_the_next_run_converges(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Every effect, before and after; each request that writes lost, once and for good. Here every tenth."""
    soaks = soaking(pytestconfig)
    with Runner() as runner:
        endings = Endings(tmp_path)
        cells = list(endings.cells(runner))
        assert len(cells) > 30
        for cell in cells[:: 1 if soaks else 10]:
            assert endings.run(runner, cell) == "ok"
        print(f"{len(cells)} cells")
