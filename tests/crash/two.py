"""Two runs at once, from two machines: one is held at an effect, the other runs, the first goes on."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.crash.effects import Orders
from tests.crash.machine import SINKS, Directory, Ended, Machine, Runner
from tests.crash.matrix import OPERATIONS, Operation, Prepared
from tests.crash.strikes import Broken, hold

BY_NAME = {operation.name: operation for operation in OPERATIONS}
_TIMEOUT = 60.0  # seconds for a run to come to its effect; a bound against hanging, not a measure
# Where both start from, and what either may be asked.
PAIRS = [
    (begins, first, second)
    for begins, names in {
        "fresh": ("first apply",),
        "due": ("renewal", "rotate", "rotate --emergency"),
        "applied": ("rotate", "rotate --emergency"),
        "rotated": ("rotate --again", "rotate --confirm", "rotate --emergency"),
    }.items()
    for first, second in product(names, names)
]


@dataclass(frozen=True)
class Meeting:
    """What one machine does, where it is held, and what the other does meanwhile."""

    begins: str
    first: Operation
    effect: str
    second: Operation

    def __str__(self) -> str:
        return f"{self.begins}: {self.first.name} held before {self.effect}, {self.second.name} meanwhile"


def words(operation: Operation) -> tuple[str, ...]:
    """The command line; a confirm from another machine has no value to prove."""
    return (*operation.argv, "--yes", "-v", "--deliver", SINKS["file"])


def wait_for(condition: object, words: str) -> None:
    """Wait until a callable is true."""
    assert callable(condition)
    end = time.monotonic() + _TIMEOUT
    while not condition():
        hold(time.monotonic() < end, words)
        time.sleep(0.005)


class Meetings:
    """Finds where a run can be held, and holds it there."""

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._prepared = Prepared(root / "prepared")
        self._prepared.make(runner, "file")

    def prepared(self, begins: str) -> Machine:
        """A machine to start from, which is only copied."""
        return self._prepared.machine(begins, "file")

    def all(self, runner: Runner, pairs: Sequence[tuple[str, str, str]] = PAIRS) -> list[Meeting]:
        """Each pair, at each effect of the first."""
        found: list[Meeting] = []
        for begins, first, second in pairs:
            copied = self._prepared.machine(begins, "file").copy(self._root / f"watched-{len(found)}")
            ran = copied.run(runner, *words(BY_NAME[first]))
            hold(ran.code == 0, f"{first} from {begins}: {ran.err}")
            found += [Meeting(begins, BY_NAME[first], e, BY_NAME[second]) for e in ran.noted("effects")]
            shutil.rmtree(copied.root)
        return found

    def run(self, meeting: Meeting, one: Runner, other: Runner) -> None:
        """Let them meet. ``Broken`` where something does not hold."""
        root = self._root / "meeting"
        first = self._prepared.machine(meeting.begins, "file").copy(root / "first")
        second = Machine(root / "second", first.state)
        second.write_config()
        in_use = first.held
        trial = _Trial(first, second, in_use)
        try:
            begun = first.begin(
                one, *words(meeting.first), orders=Orders(meeting.effect, "before", action="pause")
            )
            try:
                wait_for(lambda: begun.paused, f"{meeting.effect} is never reached")
                trial.look("while one is held")
                ran = second.run(other, *words(meeting.second))
                trial.ended(ran, beside=meeting.first)
                trial.look("when the other has ended")
            finally:
                begun.resume()
                ended = begun.end()
            trial.ended(ended)
            trial.look("when both have ended")
            hold(0 in {ran.code, ended.code}, f"neither was done: {ran.err}\n{ended.err}")
            for machine, runner in ((first, one), (second, other)):
                trial.noticed(machine, runner)
            trial.mended(one, other)
        finally:
            shutil.rmtree(root)


class _Trial:
    """What holds while two machines work on one tenant."""

    def __init__(self, first: Machine, second: Machine, in_use: str | None) -> None:
        self._machines, self._in_use = (first, second), in_use
        self._foreign = Directory(first.state).foreign()

    def ended(self, ran: Ended, *, beside: Operation | None = None) -> None:
        """Done, or refused in words; or told of what leaked and still signs in (4), ``beside`` an emergency.

        One that is held cannot be told from one that was killed.
        """
        said = ran.err + ran.out
        unfinished = beside is not None and "--emergency" in beside.argv and "emergency-unfinished" in said
        hold(ran.code in (0, 1, 5, *([4] if unfinished else ())), f"ended with {ran.code}: {said}")

    def look(self, when: str) -> None:
        """Some value that was delivered signs in; nothing foreign changed; no value was told."""
        tenant = Directory(self._machines[0].state)
        values = [self._in_use, *(machine.held for machine in self._machines)]
        if any(values):
            hold(any(tenant.signs_in(v) for v in values), f"{when}: no delivered value signs in")
        foreign = tenant.foreign()
        foreign["on ours"] = foreign["on ours"] if self._foreign["on ours"] else []
        hold(foreign == self._foreign, f"{when}: something foreign changed")
        apps = [a for a in tenant.get("/applications")["value"] if "Collaboration" in a["displayName"]]
        hold(len(apps) <= 1, f"{when}: {len(apps)} applications")
        for machine in self._machines:
            hold(not machine.leaks(), f"{when}: a value in {machine.leaks()}")
            hold(not machine.crashes(), f"{when}: {machine.crashes()}")

    def noticed(self, machine: Machine, runner: Runner) -> None:
        """Each secret that is not on record is named by plan, on whichever machine."""
        tenant = Directory(machine.state)
        lost = {item["keyId"] for item in tenant.managed()} - tenant.recorded()
        if lost:
            planned = machine.run(runner, "plan", "-o", "json", "--deliver", SINKS["file"])
            hold(planned.code in (0, 4), planned.err)  # 4: what was removed or leaked is not mended yet
            for key_id in lost:
                hold(key_id in planned.out, f"nothing is said of {key_id}: {planned.out}")

    def mended(self, one: Runner, other: Runner) -> None:
        """An apply on each, and there is nothing to do on either; some value still signs in."""
        Directory(self._machines[0].state).advance(minutes=11)  # what a run left holds nobody back any more
        for machine, runner in zip(self._machines, (one, other), strict=True):
            ran = machine.run(runner, "apply", "--yes", "--deliver", SINKS["file"])
            hold(ran.code == 0, f"apply afterwards: {ran.code}: {ran.err}{ran.out}")
            self.look("after an apply")
        for machine, runner in zip(self._machines, (one, other), strict=True):
            planned = machine.run(runner, "plan", "--detailed-exitcode", "--deliver", SINKS["file"])
            hold(planned.code == 0, f"plan afterwards: {planned.code}: {planned.out}{planned.err}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Let all meet, and say which broke something."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.two", description=__doc__)
    parser.add_argument("--only", default="", help="meetings whose name has this in it")
    options = parser.parse_args(arguments)
    began, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder, Runner() as one, Runner() as other:
        meetings = Meetings(Path(folder), one)
        found = [meeting for meeting in meetings.all(one) if options.only in str(meeting)]
        for meeting in found:
            try:
                meetings.run(meeting, one, other)
            except Broken as broken:
                bad += 1
                print(f"{meeting}\n    {broken}", flush=True)
    print(f"two machines: {len(found)} meetings, {bad} failed, {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
