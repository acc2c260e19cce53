"""A sample of the kill matrix, the same every time; ``make soak`` prints the whole of it as a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.machine import Runner
from tests.crash.matrix import OPERATIONS, Cell, Matrix
from tests.crash.strikes import sample, table

SEED, COUNT = 20, 8
# Where a defect was, or would be worst.
ALWAYS = {
    "rotate, file: file record#1 killed before",
    "rotate, file: journal delivered#1 killed before",
    "rotate, file: PATCH tags#1 lost, for good",
    "rotate --again, file: PATCH tags#1 killed after",
    "rotate --again, github: deliver to github#1 killed after",
    "rotate --confirm, file: POST /*/oauth2/v2.0/token#1 lost",
}


@pytest.mark.parametrize(("sink", "count"), [("file", COUNT), ("command", COUNT), ("github", 0)])
def test_struck_anywhere_the_next_run_converges(sink: str, count: int, tmp_path: Path) -> None:
    """Killed, cut off or out of disk at an effect: a value signs in at every instant, nothing is left."""
    with Runner() as runner:
        matrix = Matrix(tmp_path, (sink,))
        every = matrix.cells(runner)
        cells = sample(every, count, SEED)
        assert {cell.operation.name for cell in cells} == {o.name for o in OPERATIONS if count}
        always = [cell for cell in every if str(cell) in ALWAYS]
        assert len(always) == sum(f", {sink}: " in name for name in ALWAYS)
        for cell in {str(cell): cell for cell in (*always, *cells)}.values():
            result = matrix.run(runner, cell)
            assert result in ("ok", "ok*"), str(cell)


def test_the_table_shows_what_failed() -> None:
    """The worse result of a square is the one that is shown."""
    from tests.crash.effects import Orders

    cells = [
        Cell(OPERATIONS[0], "file", "journal intended#1", f"disk full ({call})", Orders())
        for call in ("open", "write")
    ]
    shown = table([(cells[0], "FAILED: an orphan is left"), (cells[1], "ok")])
    assert "first apply, to file" in shown
    assert shown.splitlines()[-1].split() == ["journal", "intended#1", "FAILED"]
