"""What every matrix of strikes shares: what must hold, how cells are picked and run, and their table."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Protocol, TypeVar

from tests.crash.machine import Runner

FOREVER = 1000


class Broken(AssertionError):
    """Something that must hold does not."""


def hold(condition: object, words: str) -> None:
    """Insist."""
    if not condition:
        raise Broken(words)


class Strike(Protocol):
    """One strike at one effect of one operation."""

    @property
    def asked(self) -> str:
        """The operation."""

    @property
    def block(self) -> str:
        """The operation and what it works on: one block of the table."""

    @property
    def effect(self) -> str:
        """The row."""

    @property
    def way(self) -> str:
        """The column."""


S = TypeVar("S", bound=Strike)


def sample(cells: Sequence[S], count: int, seed: int) -> list[S]:
    """Some cells of every operation, sink and way, the same for the same seed."""
    dice = random.Random(seed)
    groups: dict[tuple[str, str], list[S]] = {}
    for cell in cells:
        groups.setdefault((cell.block, cell.way.split()[0]), []).append(cell)
    picked = [dice.choice(group) for group in groups.values()]
    dice.shuffle(picked)
    turns: Counter[str] = Counter()
    in_turn: list[tuple[int, S]] = []
    for cell in picked:  # one of each operation, then another of each
        in_turn.append((turns[cell.asked], cell))
        turns[cell.asked] += 1
    return [cell for _, cell in sorted(in_turn, key=lambda pair: pair[0])][:count]


def table(results: Sequence[tuple[Strike, str]]) -> str:
    """The results, one block for each operation and sink."""
    lines: list[str] = []
    blocks: dict[str, dict[str, dict[str, str]]] = {}
    for cell, result in results:
        way = cell.way.split(" (")[0]
        row = blocks.setdefault(cell.block, {}).setdefault(cell.effect, {})
        row[way] = max(row.get(way, ""), result, key=_worse)
    columns = (
        "killed before",
        "killed after",
        "lost",
        "reply lost",
        "lost, for good",
        "reply lost, for good",
        "disk full",
    )
    for block, rows in blocks.items():
        used = [column for column in columns if any(column in row for row in rows.values())]
        width = max(len(effect) for effect in rows)
        lines.append(f"\n{block}")
        lines.append("  ".join((" " * width, *used)))
        for effect, row in rows.items():
            marks = (row.get(column, "-").split(":")[0].ljust(len(column)) for column in used)
            lines.append("  ".join((effect.ljust(width), *marks)).rstrip())
    return "\n".join(lines)


def _worse(result: str) -> int:
    return ("", "ok", "ok*").index(result) if result in {"", "ok", "ok*"} else 3


def run_all(
    cells: Sequence[S], run: Callable[[Runner, S], str], workers: int, told: Callable[[S, str], None]
) -> None:
    """Run cells side by side, and tell what came of each."""
    idle: SimpleQueue[Runner] = SimpleQueue()

    def one(cell: S) -> tuple[S, str]:
        runner = idle.get()
        try:
            return cell, run(runner, cell)
        except Broken as broken:
            return cell, f"FAILED: {broken}"
        finally:
            idle.put(runner)

    runners = [Runner() for _ in range(workers)]
    for runner in runners:
        idle.put(runner)
    try:
        with ThreadPoolExecutor(workers) as pool:
            for cell, result in pool.map(one, cells):
                told(cell, result)
    finally:
        for runner in runners:
            runner.__exit__(None, None, None)
