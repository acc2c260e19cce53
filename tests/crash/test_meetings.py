"""Two, three and four machines at once: one value is handed over in a generation, and none is lost."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.crash.machine import MARK, Machine, Runner
from tests.crash.meetings import ASLEEP, SCATTERED, WEATHERS, Tally, held
from tests.sandbox.served import Served
from tests.soak import in_parts, soaking
from tests.support import TENANT

SAMPLE, SOAK, SHARDS = 28, 2000, 4
_EVERY = (*WEATHERS, ASLEEP, SCATTERED)
SEED = f"""\
tenant: {{id: {TENANT}, domain: agency.example}}
users: [{{user_principal_name: noreply@agency.example, mailbox: shared}}]
"""
# What each machine is asked at the same moment; in between the tenant is as the last left it.
PROCESSES = [
    ["apply"] * 2,
    ["rotate", "rotate"],
    ["rotate --again", "rotate --emergency"],
    ["rotate", "rotate", "rotate --emergency"],
    ["rotate --emergency"] * 3,
    ["rotate --emergency"] * 4,
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A soak in parts."""
    in_parts(metafunc, SAMPLE, SOAK, SHARDS, sampled_in=2)


@pytest.mark.soak
def test_one_value_is_handed_over_in_a_generation(
    seeds: range, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever they are asked, however they interleave, with servers that lag behind and lost answers."""
    tally = Tally()
    for seed in seeds:
        held(tmp_path / str(seed), seed, _EVERY[seed // 4 % len(_EVERY)], tally)
    with capsys.disabled():
        if len(seeds) > SAMPLE:
            print(f"\n{tally}")
    assert not any(tally.two[weather] for weather in WEATHERS)
    assert tally.codes[0] > len(seeds), "hardly a run was done"


def test_a_run_that_slept_over_the_creation_wipes_no_record(tmp_path: Path) -> None:
    """For eleven minutes, between its look and the creation: meanwhile another machine delivered."""
    tally = Tally()
    held(tmp_path / "1027", 1027, ASLEEP, tally)
    assert not tally.two[ASLEEP]


def test_a_list_that_another_wrote_takes_no_mark_away(tmp_path: Path) -> None:
    """A rotate marks what is to go, an emergency writes the tags anew, the rotate goes on."""
    tally = Tally()
    held(tmp_path / "11124", 11124, "both", tally)
    assert not tally.two["both"]


@pytest.mark.soak
def test_real_processes_against_a_served_sandbox(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Three meetings, six in a soak: each machine is a process of its own, the sandbox one more, over TLS."""
    soaks = soaking(pytestconfig)
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED)
    served = Served(seed_file=seed)
    runners = [Runner() for _ in range(4)]
    try:
        machines = [Machine(tmp_path / f"machine-{number}") for number in range(4)]
        for machine in machines:
            machine.write_config()
            shutil.copytree(tmp_path / "cache", machine.cache, dirs_exist_ok=True)  # how to sign in
            machine.state = served.endpoint.url  # type: ignore[assignment]
        for asked in PROCESSES if soaks else PROCESSES[::2]:
            _meet(served, machines, runners, asked)
    finally:
        for runner in runners:
            runner.__exit__(None, None, None)
        served.close()


def _meet(served: Served, machines: list[Machine], runners: list[Runner], asked: list[str]) -> None:
    for machine in machines:  # other machines than last time: they remember nothing
        for left in (*machine.folder.glob(".provision/journals/*"), *machine.folder.glob("out.secret*")):
            left.unlink()

    def one(number: int) -> tuple[int, str]:
        words = (*asked[number].split(), "--yes", "--deliver", "file:out.secret")
        ran = machines[number].run(runners[number], *words)
        return ran.code, ran.err

    with ThreadPoolExecutor(len(asked)) as pool:
        ran = list(pool.map(one, range(len(asked))))
    assert {code for code, _ in ran} <= {0, 5}, ran
    assert 0 in {code for code, _ in ran}, ran
    handed = [machine for machine in machines if machine.held]
    app = _application(served)
    ours = [item for item in app["passwordCredentials"] if MARK in item["displayName"]]
    assert len(handed) == 1 or "--emergency" in " ".join(asked), f"{len(handed)} were handed over: {ran}"
    assert any(item["hint"] == (m.held or "")[:3] for item in ours for m in machines)
    assert {f"provision:delivered:{item['keyId']}" for item in ours} <= set(app["tags"])
    # A run that began when another had ended is a generation of its own: each removed the one before.
    generations = {tag.split(":")[2] for tag in app["tags"] if tag.startswith("provision:succeeds:")}
    assert len(generations) == len(ours), app["tags"]


def _application(served: Served) -> Any:
    answer = served.client.get(
        "/v1.0/applications(uniqueName='collab-prod')",
        headers={"Authorization": f"Bearer {served.token()}"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()
