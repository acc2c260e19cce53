"""The kill matrix of ``destroy`` and ``restore``: struck at every effect, and what the next run makes of it.

As in :mod:`tests.crash.matrix` the program runs in a process of its own, and is killed before and after each
effect, or its request, or the answer to it, is lost. Then it is run again, twice.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash.effects import GUID, UNDISTURBED, Orders, name_of
from tests.crash.machine import SINKS, Directory, Ended, Machine, Runner
from tests.crash.strikes import FOREVER, hold

SINK = ("--allow", "rehearsal-delivery", "--deliver", SINKS["file"])
ALLOWED = ("--allow", "destroy", "--allow", "destroy-shared")
# What is asked for, and the prepared machine that it starts from.
OPERATIONS = {
    "destroy": ("applied", ("destroy", "--yes", *ALLOWED, *SINK)),
    "destroy --forget": ("applied", ("destroy", "--forget", "--yes", *ALLOWED, *SINK)),
    "restore": ("destroyed", ("restore", "--yes")),
    "destroy --purge": ("destroyed", ("destroy", "--purge", "--yes", "--allow", "purge")),
}


@dataclass(frozen=True, eq=False)
class Cell:
    """One strike."""

    operation: str
    effect: str
    way: str
    orders: Orders

    def __str__(self) -> str:
        return f"{self.operation}: {self.effect} {self.way}"

    @property
    def asked(self) -> str:
        """The operation's name."""
        return self.operation

    @property
    def block(self) -> str:
        """The same: it has one sink."""
        return self.operation


class Endings:
    """Prepares the machines, makes the cells by watching each operation, and runs them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._picture: Any = None
        self._foreign: dict[str, Any] = {}

    def _prepare(self, runner: Runner) -> None:
        """Make the machines that operations start from."""
        applied = Machine(self._root / "applied")
        applied.write_config()
        self._done(runner, applied, "plan")
        Directory(applied.state).add_others()
        self._done(runner, applied, "apply", "--yes", *SINK)
        Directory(applied.state).add_foreign()
        self._picture = picture(applied)
        self._foreign = Directory(applied.state).foreign()
        destroyed = applied.copy(self._root / "destroyed")
        self._done(runner, destroyed, *OPERATIONS["destroy"][1])

    def cells(self, runner: Runner) -> Iterator[Cell]:
        """Yield all of them."""
        self._prepare(runner)
        for name, (begins, words) in OPERATIONS.items():
            machine = Machine(self._root / begins).copy(self._root / f"watched-{name}")
            ran = self._done(runner, machine, *words)
            for effect in ran.noted("effects"):
                for when in ("before", "after"):
                    yield Cell(name, effect, f"killed {when}", Orders(effect, when))
            seen: Counter[tuple[str, str]] = Counter()
            for request in ran.noted("requests"):
                method, path = request.split(" ", 1)
                if method == "GET" or "oauth2" in path:
                    continue
                place = GUID.sub("*", path)
                seen[method, place] += 1
                nth = seen[method, place]
                label = f"{name_of(method, path)}#{nth}"
                for when, way in (("before", "lost"), ("after", "reply lost")):
                    for times, ever in ((1, ""), (FOREVER, ", for good")):
                        cut = Orders(cuts=[[method, place, when, nth, times]])
                        yield Cell(name, label, f"{way}{ever}", cut)
            shutil.rmtree(machine.root)

    def run(self, runner: Runner, cell: Cell) -> str:
        """Run one: "ok"; raises ``Broken`` where something does not hold."""
        begins, words = OPERATIONS[cell.operation]
        name = str(cell).replace("/", "_").replace(" ", "-")
        machine = Machine(self._root / begins).copy(self._root / "cells" / name)
        struck = machine.run(runner, *words, orders=cell.orders)
        killed = cell.way.startswith("killed")
        hold(struck.code == (-9 if killed else struck.code), f"was not killed: {struck.code} {struck.err}")
        hold(killed or struck.code in (0, 1, 69), f"ended with {struck.code}: {struck.err}")
        hold(killed or "good" in cell.way or struck.code == 0, f"one lost request: {struck.err}")
        self._untouched(machine, "struck")
        for when in ("again", "once more"):
            ran = machine.run(runner, *words)
            gone = "purge" in cell.operation or "destroy" in cell.operation
            hold(ran.code == 0, f"{when}: ended with {ran.code}: {ran.err}")
            hold(gone or "restored" in ran.out, f"{when}: {ran.out}")
            self._untouched(machine, when)
        self._ended(runner, machine, cell.operation)
        shutil.rmtree(machine.root)
        return "ok"

    def _done(self, runner: Runner, machine: Machine, *words: str) -> Ended:
        ran = machine.run(runner, *words, orders=UNDISTURBED)
        hold(ran.code == 0, f"{words} ended with {ran.code}: {ran.err}")
        return ran

    def _untouched(self, machine: Machine, when: str) -> None:
        others = Directory(machine.state).foreign()["others"]
        hold(others == self._foreign["others"], f"{when}: something foreign changed")
        hold(not machine.leaks(), f"{when}: a value in {machine.leaks()}")
        hold(not machine.crashes(), f"{when}: {machine.crashes()}")

    def _ended(self, runner: Runner, machine: Machine, operation: str) -> None:
        tenant = Directory(machine.state)
        if operation == "restore":
            hold(picture(machine) == self._picture, f"it is not as it was: {picture(machine)}")
            hold(tenant.foreign() == self._foreign, "something foreign on it changed")
            planned = machine.run(runner, "plan", "--detailed-exitcode", *SINK)
            hold(planned.code == 0, f"something is left to do: {planned.out}")
            return
        hold(not tenant.registered, "it is still there")
        deleted = [
            len(tenant.get(f"/directory/deletedItems/microsoft.graph.{kind}")["value"])
            for kind in ("application", "servicePrincipal")
        ]
        hold(deleted == ([0, 0] if "purge" in operation else [1, 1]), f"deleted are {deleted}")
        kept = [path.name for path in machine.folder.glob("out.secret*")]
        hold(bool(kept) == ("forget" not in operation), f"the sink holds {kept}")


def picture(machine: Machine) -> Any:
    """What must be the same once it is back: ids, credentials, tags, grants."""
    tenant = Directory(machine.state)
    app = tenant.application()
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    grants = tenant.get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
    return (
        app["id"],
        app["appId"],
        principal["id"],
        sorted(item["keyId"] for item in (*app["passwordCredentials"], *app["keyCredentials"])),
        sorted(app["tags"]),
        sorted(grant["appRoleId"] for grant in grants),
    )
