"""The matrix: every effect of every operation, struck in every way, and what the next run makes of it.

``python -m tests.crash.matrix`` runs it and prints it as a table; ``--sample N --seed S`` a part of it.
For each cell the program runs in a process of its own on a copy of a prepared machine, is struck (killed
with SIGKILL, its request or the answer lost, the disk full), and is then run again, twice. Looked at,
after each: who can sign in, what is foreign, what is left behind, and whether a value stands anywhere
outside its sink.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crash.effects import GUID, SERVICES, UNDISTURBED, Orders, name_of
from tests.crash.endings import Cell as Ending
from tests.crash.endings import Endings
from tests.crash.machine import SINKS, Directory, Ended, Machine, Runner
from tests.crash.strikes import FOREVER, hold, run_all, sample, table

_DISK = {"journal": ("open", "write", "fsync"), "file": ("open", "fsync")}


@dataclass(frozen=True)
class Operation:
    """Something that is asked of the program, where it starts from, and how many secrets it leaves."""

    name: str
    begins: str  # the prepared machine
    argv: tuple[str, ...]
    leaves: int
    again: bool = False  # whether asking again makes another secret, rightly


OPERATIONS = (
    Operation("first apply", "fresh", ("apply",), 1),
    Operation("renewal", "due", ("apply",), 2),
    Operation("rotate", "applied", ("rotate",), 2),
    Operation("rotate --again", "rotated", ("rotate", "--again"), 2, again=True),
    Operation("rotate --confirm", "rotated", ("rotate", "--confirm"), 1),
    Operation("rotate --emergency", "rotated", ("rotate", "--emergency"), 1, again=True),
    Operation("limit", "unlimited", ("apply",), 1),
)
_LIMITED = "  scope: mailbox\n  scope_by: {}\n"  # the last lines of the config's mail


@dataclass(frozen=True, eq=False)
class Cell:
    """One strike."""

    operation: Operation
    sink: str
    effect: str
    way: str  # the column
    orders: Orders

    def __str__(self) -> str:
        return f"{self.operation.name}, {self.sink}: {self.effect} {self.way}"

    @property
    def asked(self) -> str:
        """The operation's name."""
        return self.operation.name

    @property
    def block(self) -> str:
        """The operation and its sink."""
        return f"{self.operation.name}, to {self.sink}"


def argv(operation: Operation, sink: str) -> tuple[str, ...]:
    """The whole command line."""
    if "--confirm" in operation.argv:
        proof = ("--secret-from", SINKS["file"]) if sink == "file" else ()
        return (
            *operation.argv,
            "--yes",
            "-v",
            *proof,
            "--allow",
            "rehearsal-delivery",
            "--deliver",
            SINKS[sink],
        )
    return (*operation.argv, "--yes", "-v", "--allow", "rehearsal-delivery", "--deliver", SINKS[sink])


class Prepared:
    """The machines that operations start from, one of each for each sink; and the value that is in use."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entered: dict[tuple[str, str], str] = {}

    def machine(self, begins: str, sink: str) -> Machine:
        """The prepared one, which is only copied."""
        return Machine(self._root / f"{begins}-{sink}")

    def entered(self, operation: Operation, sink: str) -> str | None:
        """The value that the product uses: the old one, until --confirm says otherwise."""
        if "--confirm" in operation.argv:
            return self.machine(operation.begins, sink).held
        return self._entered.get((operation.begins, sink))

    def make(self, runner: Runner, sink: str) -> None:
        """Make the five."""
        fresh = Machine(self._root / f"fresh-{sink}")
        fresh.write_config()
        self._run(fresh, runner, "plan")
        Directory(fresh.state).add_others()
        applied = fresh.copy(self._root / f"applied-{sink}")
        self._run(applied, runner, *argv(OPERATIONS[0], sink))
        Directory(applied.state).add_foreign()
        Directory(applied.state).advance(days=1)
        due = applied.copy(self._root / f"due-{sink}")
        Directory(due.state).advance(days=150)
        rotated = applied.copy(self._root / f"rotated-{sink}")
        self._run(rotated, runner, *argv(OPERATIONS[2], sink))
        Directory(rotated.state).advance(days=1)
        old = applied.held
        assert old is not None
        self._entered |= {(begins, sink): old for begins in ("applied", "due", "rotated")}
        unlimited = fresh.copy(self._root / f"unlimited-{sink}")
        unlimited.write_config(_LIMITED.format("script"))
        self._run(unlimited, runner, *argv(OPERATIONS[0], sink))
        unlimited.write_config(_LIMITED.format("graph"))
        self._entered["unlimited", sink] = unlimited.held or ""

    def _run(self, machine: Machine, runner: Runner, *words: str) -> None:
        ran = machine.run(runner, *words)
        hold(ran.code == 0, f"preparing: {words} ended with {ran.code}: {ran.err}")


class Matrix:
    """Makes the cells by watching each operation undisturbed, and runs them."""

    def __init__(self, root: Path, sinks: Sequence[str] = tuple(SINKS)) -> None:
        self._root = root
        self._sinks = sinks
        self._prepared = Prepared(root / "prepared")

    def cells(self, runner: Runner) -> list[Cell]:
        """All of them."""
        found: list[Cell] = []
        for sink in self._sinks:
            self._prepared.make(runner, sink)
            for operation in OPERATIONS:
                if sink in SERVICES and "--confirm" in operation.argv:
                    continue  # it delivers nothing
                machine = self._prepared.machine(operation.begins, sink)
                copied = machine.copy(self._root / f"watched-{operation.name}-{sink}")
                ran = copied.run(runner, *argv(operation, sink))
                hold(ran.code == 0, f"{operation.name}, {sink}, undisturbed: {ran.code} {ran.err}")
                found += _cells(operation, sink, ran)
                shutil.rmtree(copied.root)
        return found

    def run(self, runner: Runner, cell: Cell) -> str:
        """Run one cell: "ok", or "ok*" where the value that was handed over had to be replaced.

        Raises ``Broken`` where something does not hold.
        """
        name = f"{cell.operation.name}-{cell.sink}-{cell.effect}-{cell.way}".replace("/", "_")
        machine = self._prepared.machine(cell.operation.begins, cell.sink).copy(self._root / "cells" / name)
        try:
            return _Trial(cell, machine, runner, self._prepared.entered(cell.operation, cell.sink)).run()
        finally:
            shutil.rmtree(machine.root)


def _cells(operation: Operation, sink: str, ran: Ended) -> Iterable[Cell]:
    """What a run that was watched can be struck at; of a service's run the delivery alone."""
    for effect in ran.noted("effects"):
        if sink in SERVICES and not effect.startswith("deliver"):
            continue
        for when in ("before", "after"):
            yield Cell(operation, sink, effect, f"killed {when}", Orders(effect, when))
        for call in _DISK.get(effect.split()[0], ()):
            for for_good in (False, True):
                way = f"disk full ({call}{', for good' if for_good else ''})"
                yield Cell(operation, sink, effect, way, Orders(effect, "full", call, for_good=for_good))
    if sink != "file":
        return
    seen: Counter[tuple[str, str]] = Counter()
    for request in ran.noted("requests"):
        method, path = request.split(" ", 1)
        place = GUID.sub("*", path)
        seen[method, place] += 1
        nth = seen[method, place]
        label = f"{name_of(method, path)}#{nth}"
        reads = method == "GET"  # whether its answer is lost or itself is the same
        for when in ("before",) if reads else ("before", "after"):
            for times in (1,) if reads else (1, FOREVER):
                way = f"{'lost' if when == 'before' else 'reply lost'}{'' if times == 1 else ', for good'}"
                cut = Orders(cuts=[[method, place, when, nth, times]])
                yield Cell(operation, sink, label, way, cut)


class _Trial:
    """One cell on its way."""

    def __init__(self, cell: Cell, machine: Machine, runner: Runner, entered: str | None) -> None:
        self._cell, self._machine, self._runner, self._entered = cell, machine, runner, entered
        self._foreign = Directory(machine.state).foreign()
        self._first = machine.held

    def run(self) -> str:
        """Strike, run again twice, confirm."""
        cell, operation = self._cell, self._cell.operation
        words = argv(operation, cell.sink)
        struck = self._run(*words, orders=cell.orders)
        killed = cell.way.startswith("killed")
        hold(not killed or struck.code == -9, f"was not killed: {struck.code} {struck.err}")
        hold(killed or struck.code in (0, 1, 69), f"ended with {struck.code}: {struck.err}")
        if struck.code == 0 or not (killed or "for good" in cell.way or "disk" in cell.way):
            hold(struck.code == 0, f"one lost request was not mended: {struck.code} {struck.err}")
        self._look("struck")
        if "--confirm" in operation.argv:
            told = self._run("drift", "--allow", "rehearsal-delivery", "--deliver", SINKS[cell.sink]).out
            hold("stale-record" not in told, f"what this program removed is told as somebody else's: {told}")
        handed = self._machine.held
        for time_ in ("run again", "run once more"):
            ran = self._run(*words)
            hold(ran.code == 0, f"{time_}: ended with {ran.code}: {ran.err}")
            self._look(time_)
        replaced = handed not in (self._first, self._machine.held) and not operation.again
        self._settled(operation.leaves)
        if "--confirm" not in operation.argv:
            confirm = next(o for o in OPERATIONS if "--confirm" in o.argv)
            ran = self._run(*argv(confirm, cell.sink))
            hold(ran.code == 0, f"confirm: ended with {ran.code}: {ran.err}")
            self._entered = self._machine.held
            self._settled(1)
        return "ok*" if replaced else "ok"

    def _run(self, *words: str, orders: Orders = UNDISTURBED) -> Ended:
        return self._machine.run(self._runner, *words, orders=orders)

    def _look(self, when: str) -> None:
        """What holds at every instant."""
        tenant, held = Directory(self._machine.state), self._machine.held
        entered = self._entered
        if "--emergency" in self._cell.operation.argv:
            alive = tenant.signs_in(entered) or tenant.signs_in(held)
            hold(alive, f"{when}: neither the old value nor the one in the sink signs in")
        elif entered is not None:
            hold(tenant.signs_in(entered), f"{when}: the value in use does not sign in")
        if held is not None and when != "struck":
            hold(tenant.signs_in(held), f"{when}: the value in the sink does not sign in")
        if held is not None and when == "struck" and self._cell.way.startswith("killed"):
            hold(tenant.signs_in(held), f"{when}: the value that was handed over does not sign in")
        foreign = tenant.foreign()
        foreign["on ours"] = foreign["on ours"] if self._foreign["on ours"] else []
        hold(foreign == self._foreign, f"{when}: something foreign changed")
        apps = [a for a in tenant.get("/applications")["value"] if "Collaboration" in a["displayName"]]
        hold(len(apps) <= 1, f"{when}: {len(apps)} applications")
        hold(not self._machine.leaks(), f"{when}: a value in {self._machine.leaks()}")
        hold(not self._machine.crashes(), f"{when}: {self._machine.crashes()}")

    def _settled(self, count: int) -> None:
        """What holds in the end: so many secrets, all on record, and nothing to do."""
        tenant = Directory(self._machine.state)
        managed = tenant.managed()
        hold(len(managed) == count, f"{len(managed)} secrets are left, not {count}")
        ids = {item["keyId"] for item in managed}
        hold(ids <= tenant.recorded(), f"{len(ids - tenant.recorded())} secrets are not on record")
        if self._cell.operation.begins == "unlimited":
            made, told = tenant.limits()
            hold(len(made) == 1 and told == made, f"Exchange has {made}, and {told} are on record")
        held = self._machine.held or ""
        hold(managed[-1]["hint"] == held[:3], "the sink does not hold the newest secret")
        planned = self._run(
            "plan",
            "--detailed-exitcode",
            "--allow",
            "rehearsal-delivery",
            "--deliver",
            SINKS[self._cell.sink],
        )
        hold(planned.code == 0, f"plan: {planned.code}: {planned.out}{planned.err[-600:]}")
        hold("secret-unproven" not in planned.out, f"an orphan is left: {planned.out}")
        self._look("at the end")


LEGEND = """
ok   it converges: a value that signs in was there at every instant, what is foreign is as it was, each
     secret is on record, one is left after --confirm, and no value stands anywhere but in the sink;
     after destroy and restore: it is gone, or back with the same ids, secrets and grants
ok*  the same, and the run after delivers a new secret in place of the one that was handed over: nothing
     on the disk or in the tenant could say that the delivery had succeeded"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the matrix and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.matrix", description="The kill matrix.")
    parser.add_argument("--sample", type=int, help="so many cells of it")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="", help="cells whose name has this in it")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    options = parser.parse_args(words)
    began, results = time.monotonic(), list[tuple[Cell | Ending, str]]()
    with tempfile.TemporaryDirectory() as folder:
        matrix, endings = Matrix(Path(folder) / "life"), Endings(Path(folder) / "end")
        with Runner() as runner:
            every: list[Cell | Ending] = [*matrix.cells(runner), *endings.cells(runner)]
        cells = [cell for cell in every if options.only in str(cell)]
        if options.sample:
            print(f"seed {options.seed}")
            cells = sample(cells, options.sample, options.seed)

        def run(runner: Runner, cell: Cell | Ending) -> str:
            return matrix.run(runner, cell) if isinstance(cell, Cell) else endings.run(runner, cell)

        def told(cell: Cell | Ending, result: str) -> None:
            results.append((cell, result))
            if result.startswith("FAILED"):
                print(f"{cell}\n    {result}", flush=True)
            elif sys.stderr.isatty():
                print(f"\r{len(results)} of {len(cells)}", end="", file=sys.stderr)

        run_all(cells, run, options.workers, told)
    bad = sum(result.startswith("FAILED") for _, result in results)
    print(table(results) + "\n" + LEGEND)
    print(f"\n{len(results)} cells, {bad} failed, {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
