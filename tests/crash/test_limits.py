"""Several machines at once with ``mail.scope_by: graph``: one assignment is left, and it is on record."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from provision.config import load
from provision.sandbox.keeping.store import Record
from tests.crash.meetings import TOLD, WEATHERS, Meeting, Run
from tests.soak import in_parts
from tests.support import write_config

SAMPLE, SOAK, SHARDS = 6, 400, 2


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts."""
    in_parts(metafunc, SAMPLE, SOAK, SHARDS)


class Limiting(Meeting):
    """All apply the same config, from nothing, or where only Exchange's limit is missing."""

    def __init__(self, folder: Path, seed: int, weather: str) -> None:
        super().__init__(folder, seed, weather)
        self.begins = "fresh"
        self._there = self.schedule.dice.random() < 0.5
        self._by_script, self._by_graph = (self._config(folder, how) for how in ("script", "graph"))
        self.desired = self._by_graph

    def _config(self, folder: Path, how: str) -> Any:
        path = write_config(str(folder / f"{how}.yaml"))
        text = Path(path).read_text()
        box = "address: noreply@agency.example\n"
        Path(path).write_text(text.replace(box, f"{box}  scope: mailbox\n  scope_by: {how}\n"))
        (config,) = load([path], environment={})
        return config.desired

    async def _prepare(self) -> None:
        if self._there:
            self.desired = self._by_script
            await self._one()
            self.desired = self._by_graph
            self.schedule.time += 86400

    async def _one(self) -> Run:
        ran = Run("apply", self.schedule.time)
        await self._together([(0, ran, self._planner("apply"))])
        return ran

    async def _meet(self) -> None:
        await super()._meet()
        self.schedule.time += 900  # then a secret that a lost answer left holds nobody back
        with self._patched():
            self.again = [await self._one(), await self._one()]

    @property
    def assignments(self) -> list[Record]:
        return self.sandbox.store.tenants[self.tenant_id].all("exchangeAssignment")

    @property
    def on_record(self) -> list[str]:
        found = self.sandbox.store.tenants[self.tenant_id].one("application", "uniqueName", "collab-prod")
        tags = found.props["tags"] if found else ()
        return [tag.split(":")[2] for tag in tags if tag.startswith("provision:scop")]


def held(folder: Path, seed: int, weather: str, codes: Counter[str]) -> None:
    folder.mkdir(mode=0o700)
    meeting = Limiting(folder, seed, weather)
    try:
        runs = meeting.meet()
    except Exception as error:
        raise AssertionError(f"{error!r}\n{meeting.story()}") from error
    finally:
        shutil.rmtree(folder)
    story = meeting.story()
    for ran in runs:
        codes.update([error.entry.name for error in ran.errors] or ["done"])
        assert {error.entry.name for error in ran.errors} <= TOLD, story
    assert weather != "fair" or not all(ran.errors for ran in runs), story
    assert not meeting.again[1].errors, f"{meeting.again}\n{story}"
    (made,) = meeting.assignments
    assert meeting.on_record == [made.id], f"{meeting.on_record}, {made.id}\n{story}"


@pytest.mark.soak
def test_one_assignment_is_left(seeds: range, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever comes first, with servers that lag behind and lost answers; the next run makes no other."""
    codes: Counter[str] = Counter()
    for seed in seeds:
        held(tmp_path / str(seed), seed, list(WEATHERS)[seed % len(WEATHERS)], codes)
    with capsys.disabled():
        if len(seeds) > SAMPLE:
            print(f"\n{len(seeds)} meetings: {dict(codes)}")
    assert codes["done"] > len(seeds)
