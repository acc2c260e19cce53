"""Two runs at once: on one machine one waits or stops, from two machines nothing is lost unnoticed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.effects import Orders
from tests.crash.machine import SINKS, Directory, Machine, Runner
from tests.crash.two import BY_NAME, PAIRS, Meetings, wait_for, words

SEED, COUNT = 5, 4


@pytest.fixture(scope="module")
def runners() -> Iterator[tuple[Runner, Runner]]:
    """Two processes that run the program."""
    with Runner() as one, Runner() as other:
        yield one, other


@pytest.mark.parametrize("patience", [0.2, 60.0], ids=["stops", "waits"])
def test_on_one_machine_one_waits_or_stops(
    runners: tuple[Runner, Runner], tmp_path: Path, patience: float
) -> None:
    """Two first applies, one held after its mint: the other never makes a second secret."""
    machine = Machine(tmp_path / "machine")
    machine.write_config()
    apply = words(BY_NAME["first apply"])
    first = machine.begin(runners[0], *apply, orders=Orders("addPassword#1", "after", action="pause"))
    wait_for(lambda: first.paused, "the first is never held")
    second = machine.begin(runners[1], *apply, orders=Orders(patience=patience))
    if patience < 1:
        stopped = second.end()
        assert (stopped.code, "busy" in stopped.err) == (5, True), stopped.err
        assert len(Directory(machine.state).managed()) == 1
    else:
        wait_for(lambda: "waiting for it" in second.talk, "the second does not wait")
    first.resume()
    assert first.end().code == 0
    if patience > 1:
        assert second.end().code == 0
    (secret,) = Directory(machine.state).managed()
    assert secret["hint"] == (machine.held or "")[:3]
    assert not machine.leaks()


@pytest.mark.parametrize("flag", ["--emergency", "--again"])
def test_on_one_machine_the_one_that_waited_ends_no_fresh_secret(
    runners: tuple[Runner, Runner], tmp_path: Path, flag: str
) -> None:
    """It was started before the other's was made: that one is what it was to make, and its value lives."""
    machine = Machine(tmp_path / "machine")
    machine.write_config()
    for argv in ("apply",), ("rotate",):
        assert machine.run(runners[0], *argv, "--yes", "--deliver", SINKS["file"]).code == 0
        Directory(machine.state).advance(days=1)
    asked = ("rotate", flag, "--yes", "-o", "json", "--deliver", SINKS["file"])
    effect = "journal leaked#1" if flag == "--emergency" else "journal intended#1"
    first = machine.begin(runners[0], *asked, orders=Orders(effect, "before", action="pause"))
    wait_for(lambda: first.paused, "the first is never held")
    second = machine.begin(runners[1], *asked, orders=Orders(patience=60.0))
    wait_for(lambda: "waiting for it" in second.talk, "the second does not wait")
    first.resume()
    ended, waited = first.end(), second.end()
    assert (ended.code, waited.code) == (0, 0), ended.err + waited.err
    assert Directory(machine.state).signs_in(machine.held)
    made, found = (json.loads(ran.out)["outputs"]["secret_key"]["key_id"] for ran in (ended, waited))
    assert made == found
    assert [c["status"] for c in json.loads(waited.out)["changes"]] == ["done-by-another"]
    assert made in {item["keyId"] for item in Directory(machine.state).managed()}


def test_from_two_machines_nothing_is_lost(runners: tuple[Runner, Runner], tmp_path: Path) -> None:
    """A sample of all meetings: a delivered value signs in throughout, each secret is on record or told."""
    one, other = runners
    dice, meetings = random.Random(SEED), Meetings(tmp_path, one)
    for pair in dice.sample(PAIRS, COUNT):
        meetings.run(dice.choice(meetings.all(one, [pair])), one, other)


def test_the_records_of_another_machine_survive(runners: tuple[Runner, Runner], tmp_path: Path) -> None:
    """Tags are one list: a run that was held writes what is there by then, not what it once read."""
    one, other = runners
    meetings = Meetings(tmp_path, one)
    first = meetings.prepared("rotated").copy(tmp_path / "first")
    second = Machine(tmp_path / "second", first.state)
    second.write_config()
    held = Orders("removePassword#1", "before", action="pause")
    confirm = first.begin(one, *words(BY_NAME["rotate --confirm"]), orders=held)
    wait_for(lambda: confirm.paused, "confirm is never held")
    assert second.run(other, *words(BY_NAME["rotate --emergency"])).code == 0
    tenant = Directory(first.state)
    app = tenant.application()
    tenant.do("PATCH", f"/applications/{app['id']}", {"tags": [*app["tags"], "meanwhile"]})
    confirm.resume()
    assert confirm.end().code == 0
    tenant = Directory(first.state)
    assert {item["keyId"] for item in tenant.managed()} <= tenant.recorded()
    assert "meanwhile" in tenant.application()["tags"]
    assert tenant.signs_in(second.held)


def test_what_a_killed_run_was_to_replace_is_known_everywhere(
    runners: tuple[Runner, Runner], tmp_path: Path
) -> None:
    """Killed between the delivery and its record: no machine names what the other is about to remove."""
    one, other = runners
    machine = Meetings(tmp_path, one).prepared("rotated").copy(tmp_path / "first")
    second = Machine(tmp_path / "second", machine.state)
    second.write_config()
    old, waiting = Directory(machine.state).managed()
    killed = Orders("file value#1", "after")
    assert machine.run(one, *words(BY_NAME["rotate --again"]), orders=killed).code == -9
    Directory(machine.state).advance(minutes=11)  # what a run left holds nobody back any more
    told = ("--deliver", SINKS["file"], "-o", "json")
    for anybody, runner in ((machine, one), (second, other)):
        shown = json.loads(anybody.run(runner, "show", *told).out)["outputs"]["secret_key"]
        assert (shown or {}).get("key_id") != waiting["keyId"]
    assert second.run(other, "apply", "--yes", *told).code in (0, 4)
    ids = {item["keyId"] for item in Directory(machine.state).managed()}
    assert waiting["keyId"] not in ids
    assert old["keyId"] in ids
    shown = json.loads(second.run(other, "show", *told).out)["outputs"]["secret_key"]
    assert Directory(machine.state).signs_in(second.held)
    assert shown["hint"] == (second.held or "")[:3]
    # The first machine finds what it delivered: two are of one generation now; both stay, and are told.
    found = machine.run(one, "apply", "--yes", *told)
    assert (found.code, "two-delivered" in found.out) == (1, True)
    for value in (machine.held, second.held):
        assert Directory(machine.state).signs_in(value)
