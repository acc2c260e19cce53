"""The kill matrix of ``destroy`` and ``restore``: struck at every effect, and what the next run makes of it.

As in :mod:`tests.crash.matrix` the program runs in a process of its own, and is killed before and after each
effect, or its request, or the answer to it, is lost. Then it is run again, twice.
"""

from __future__ import annotations

import re
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
    "destroy, limited": ("limited applied", ("destroy", "--yes", *ALLOWED, *SINK)),
    "restore, limited": ("limited destroyed", ("restore", "--yes")),
}
# What the config says of Exchange, by the kind of machine: nothing, or a limit that Graph sets.
KINDS = {"": "", "limited ": "  scope: mailbox\n  scope_by: graph\n"}


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
        self._pictures: dict[str, Any] = {}
        self._foreigns: dict[str, dict[str, Any]] = {}

    def _prepare(self, runner: Runner, kind: str) -> None:
        """Make the machines that operations start from."""
        applied = Machine(self._root / f"{kind}applied")
        applied.write_config(KINDS[kind])
        self._done(runner, applied, "plan")
        Directory(applied.state).add_others()
        self._done(runner, applied, "apply", "--yes", *SINK)
        Directory(applied.state).add_foreign()
        hold(len(Directory(applied.state).limits_made()) == bool(kind), "the limit in Exchange was not made")
        destroyed = applied.copy(self._root / f"{kind}destroyed")
        self._done(runner, destroyed, *OPERATIONS["destroy"][1])
        for machine in (applied, destroyed):
            self._pictures[machine.root.name] = picture(applied)
            self._foreigns[machine.root.name] = Directory(applied.state).foreign()

    def cells(self, runner: Runner) -> Iterator[Cell]:
        """Yield all of them."""
        for kind in KINDS:
            self._prepare(runner, kind)
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
        self._untouched(machine, begins, "struck")
        for when in ("again", "once more"):
            ran = machine.run(runner, *words)
            gone = "destroy" in cell.operation
            hold(ran.code == 0, f"{when}: ended with {ran.code}: {ran.err}")
            hold(gone or "restored" in ran.out, f"{when}: {ran.out}")
            self._untouched(machine, begins, when)
        self._ended(runner, machine, cell.operation)
        shutil.rmtree(machine.root)
        return "ok"

    def _done(self, runner: Runner, machine: Machine, *words: str) -> Ended:
        ran = machine.run(runner, *words, orders=UNDISTURBED)
        hold(ran.code == 0, f"{words} ended with {ran.code}: {ran.err}")
        return ran

    def _untouched(self, machine: Machine, begins: str, when: str) -> None:
        others = Directory(machine.state).foreign()["others"]
        hold(others == self._foreigns[begins]["others"], f"{when}: something foreign changed")
        hold(not machine.leaks(), f"{when}: a value in {machine.leaks()}")
        hold(not machine.crashes(), f"{when}: {machine.crashes()}")

    def _ended(self, runner: Runner, machine: Machine, operation: str) -> None:
        tenant, begins = Directory(machine.state), OPERATIONS[operation][0]
        if "restore" in operation:
            hold(picture(machine) == self._pictures[begins], f"it is not as it was: {picture(machine)}")
            hold(tenant.foreign() == self._foreigns[begins], "something foreign on it changed")
            planned = machine.run(runner, "plan", "--detailed-exitcode", *SINK)
            hold(planned.code == 0, f"something is left to do: {planned.out}")
            return
        hold(not tenant.registered, "it is still there")
        hold(not tenant.limits_made(), "its limit in Exchange is still there")
        deleted = [
            len(tenant.get(f"/directory/deletedItems/microsoft.graph.{kind}")["value"])
            for kind in ("application", "servicePrincipal")
        ]
        hold(deleted == ([0, 0] if "purge" in operation else [1, 1]), f"deleted are {deleted}")
        kept = [path.name for path in machine.folder.glob("out.secret*")]
        hold(bool(kept) == ("forget" not in operation), f"the sink holds {kept}")


def picture(machine: Machine) -> Any:
    """What must be the same once it is back: ids, credentials, tags, grants, how many limits in Exchange.

    A limit has a new id then, which its tag tells.
    """
    tenant = Directory(machine.state)
    app = tenant.application()
    made, told = tenant.limits()
    hold(made == told, f"Exchange has {made}, and {told} are on record")
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    grants = tenant.get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
    return (
        app["id"],
        app["appId"],
        principal["id"],
        sorted(item["keyId"] for item in (*app["passwordCredentials"], *app["keyCredentials"])),
        sorted(re.sub(r"(?<=^provision:scoped:).*", "", tag) for tag in app["tags"]),
        sorted(grant["appRoleId"] for grant in grants),
        len(made),
    )
