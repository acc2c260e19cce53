"""Pairs of runs: a value that was reported as delivered is at its place, or its own successor is.

Any tenants, targets, configs, sinks, order and kills. A run that would overwrite somebody else's value says
so before it makes a secret.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.delivery import pairs
from tests.delivery.azure_devops_standin import DevOps
from tests.delivery.github_standin import Hub
from tests.delivery.key_vault_standin import Vault
from tests.delivery.pairs import Run, World
from tests.soak import in_parts

SAMPLE, SOAK, SHARDS = 30, 10_000, 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts."""
    in_parts(metafunc, SAMPLE, SOAK, SHARDS)


@pytest.mark.soak
def test_what_was_delivered_is_there(
    seeds: range, vault: Vault, hub: Hub, devops: DevOps, clean_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each seed is one pair; a failure says which, and what both runs were."""
    seen: Counter[str] = Counter()
    for number in seeds:
        folder = clean_folder / str(number)
        folder.mkdir(mode=0o700)
        monkeypatch.chdir(folder)
        _emptied(vault, hub, devops)
        world = World(folder, vault, hub, devops)
        first, second, together, old = pairs.drawn(random.Random(number))
        try:
            seen += _met(world, first, second, together=together, old=old)
        except Exception as error:
            raise AssertionError(
                f"pair {number}: {_shown(first)}; {_shown(second)}; {together=} {old=}"
            ) from error
    print(dict(seen))
    rare = ("recorded",) if len(seeds) > SAMPLE else ()
    assert all(seen[what] for what in ("taken", "delivered", "killed", "one place", *rare)), seen


def _met(world: World, first: Run, second: Run, *, together: bool, old: bool) -> Counter[str]:
    asyncio.run(_both(world, first, second, together=together, old=old))
    there = set(world.values().values())
    for run, later in ((first, second), (second, None)):
        if run.reported:
            (value,) = run.handed
            own = later is not None and _owner(later) == _owner(run)
            replaced = own and later is not None and there & set(later.handed)
            assert value in there or replaced, f"lost: {run.sink}"
        if hints := world.newest(run):
            handed = {
                value for other in (first, second) if _owner(other) == _owner(run) for value in other.handed
            }
            assert there & handed, "recorded as delivered, and no value of its own lies anywhere"
            killed = second.dead and _owner(second) == _owner(run)  # its value may lie there unrecorded
            found = [value for value in there & handed if value.startswith(hints)]
            assert found or killed, f"recorded as delivered last, and not there: {hints}"
        if run.refused and not run.reported and not run.dead:
            assert run.minted == 0, f"refused after a secret was made: {[e.message for e in run.refused]}"
    told = [error for run in (first, second) for error in run.refused]
    for error in told:
        assert error.entry.name in ("place-taken", "sink-unusable", "usage", "not-applied"), error.message
        if error.entry.name == "place-taken":
            assert error.message.count("'") >= 4, "both owners"
    return Counter(
        taken=sum(error.entry.name == "place-taken" for error in told),
        delivered=first.reported + second.reported,
        recorded=second.recorded and world.newest(second) != (),
        killed=first.dead + second.dead,
        **{"one place": sum(error.entry.name == "usage" for error in told) // 2},
    )


async def _both(world: World, first: Run, second: Run, *, together: bool, old: bool) -> None:
    if old:
        await world.one(first)
        world.make_records_old()
        await world.one(second)
    else:
        await world.both(first, second, together=together)


def _owner(run: Run) -> tuple[str, str, str]:
    return run.config.desired.name, run.config.desired.tenant, run.target.value


def _emptied(vault: Vault, hub: Hub, devops: DevOps) -> None:
    vault.secrets.clear()
    for place in hub.places.values():
        place.secrets.clear()
        place.variables.clear()
    fresh = DevOps()
    devops.groups = fresh.groups
    for service in (vault, hub, devops):
        service.requests.clear()
        service.lives()


def _shown(run: Run) -> str:
    killed = f", killed at {run.kill} {'after' if run.after else 'before'}" if run.kill else ""
    return f"{run.verb} {_owner(run)} to {run.sink}{killed}: {[error.message for error in run.refused]}"
