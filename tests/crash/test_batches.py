"""Killed while many configs' requests go in batches: the next run converges, and nothing leaks."""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.crash.effects import Orders
from tests.crash.machine import Directory, Machine, Runner
from tests.soak import soaking
from tests.support import write_config

NAMES = ("mail-one", "mail-two", "mail-three")
DELIVER = ("--yes", "--deliver", "file:{name}.secret", "--allow", "many-changes", "-v")
APPLY = ("mail-two.yaml", "mail-three.yaml", *DELIVER)
SEED, COUNT = 7, 3


def fleet(root: Path) -> Machine:
    """A machine with three configs of one tenant."""
    machine = Machine(root)
    for path, name in zip(("prod.yaml", "mail-two.yaml", "mail-three.yaml"), NAMES, strict=True):
        write_config(str(machine.folder / path), name=name)
    return machine


def leaks(machine: Machine) -> list[Path]:
    """Where a value stands beside its own file."""
    values = {v for path in machine.root.glob("run-*/minted") for v in path.read_text().split() if v}
    own = {machine.folder / f"{name}.secret" for name in NAMES}
    files = [p for p in machine.root.rglob("*") if p.is_file() and p.name != "minted" and p not in own]
    return [path for path in files if any(value.encode() in path.read_bytes() for value in values)]


def judge(machine: Machine) -> None:
    """Each has one application, one secret of ours, and that is the one in its file and on record."""
    directory = Directory(machine.state)
    apps: dict[str, Any] = {a["uniqueName"]: a for a in directory.get("/applications?$top=999")["value"]}
    assert sorted(apps) == sorted(NAMES)
    for name, app in apps.items():
        (secret,) = app["passwordCredentials"]
        assert f"provision:delivered:{secret['keyId']}" in app["tags"]
        assert (machine.folder / f"{name}.secret").read_text().startswith(secret["hint"])
    assert not leaks(machine)


@pytest.mark.soak
def test_killed_anywhere_the_next_run_converges(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Before and after each batch, and at a sample of the other effects; in a soak at every one."""
    soaks = soaking(request.config)
    with Runner() as runner:
        calm = fleet(tmp_path / "calm").run(runner, "apply", *APPLY)
        assert calm.code == 0, calm.err
        effects = calm.log.joinpath("effects").read_text().splitlines()
        batches = [effect for effect in effects if "$batch" in effect]
        assert len(batches) >= 5
        strikes = [(effect, when) for effect in effects for when in ("before", "after")]
        if not soaks:
            dice = random.Random(SEED)
            strikes = [(dice.choice(batches), "after"), *dice.sample(strikes, COUNT)]
        for number, (effect, when) in enumerate(strikes):
            machine = fleet(tmp_path / f"machine-{number}")
            struck = machine.run(runner, "apply", *APPLY, orders=Orders(at=effect, when=when))
            assert struck.code in (-signal.SIGKILL, 0), (effect, when)  # 0: it came later, or not at all
            Directory(machine.state).advance(minutes=15)  # what a killed run left is nobody's claim any more
            for _ in range(2):
                ran = machine.run(runner, "apply", *APPLY)
                assert ran.code == 0, (effect, when, ran.err)
            judge(machine)
