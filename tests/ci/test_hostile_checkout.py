"""Nothing of the checkout is code: no module, configuration or program of it runs in any pack.

The working directory holds all names that something may look for, and the job's variables point there.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci import tools
from tests.ci.github_standin import GitHub
from tests.ci.hostile import Hostile
from tests.ci.runner import Job, run
from tests.support import STATE, write_config

HEAD, MERGE = "a" * 40, "c" * 40
OPEN = ("PYTHON", "PIP_", "GIT_", "BASH_ENV", "NODE_", "VIRTUAL_ENV", "HOME")


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    """The working directory, with a config beside all the rest."""
    found = Hostile(Path.cwd(), tmp_path / "marks")
    Path("configs").mkdir()
    write_config("configs/prod.yaml")
    return found


def test_the_stand_in_would_run_what_it_finds(hostile: Hostile, tmp_path: Path) -> None:
    """The checkout is what it says: Python that is not told otherwise runs it."""
    python = tools.python(tmp_path / "tools", strict=True)
    for words in (("venv", str(tmp_path / "venv")), ("pip", "install", "x")):
        before = len(hostile.ran)
        subprocess.run([python, "-m", *words], capture_output=True, check=False)
        assert len(hostile.ran) > before, words
    subprocess.run(["/bin/bash", "-c", "cd ."], env={**os.environ, **hostile.environment}, check=False)
    assert {"env.sh", "function"} <= set(hostile.ran)


@pytest.fixture
def github() -> Iterator[GitHub]:
    """The stand-in, served."""
    found = GitHub()
    server = found.serve()
    yield found
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("setup", [True, False], ids=["setup-python", "python3 on PATH"])
def test_in_the_action(
    hostile: Hostile,
    github: GitHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    setup: bool,
) -> None:
    """From a plan on a pull request to apply on main: every step, and the right one still runs."""
    python = tools.python(tmp_path / "tools", strict=True)
    if not setup:
        monkeypatch.setenv("PATH", f"{python.parent}{os.pathsep}{os.environ['PATH']}")
    temp = tmp_path / "runner"
    prepare(temp, hostile)

    def job(command: str, event: str, **inputs: str) -> Job:
        given = {"command": command, "python-version": "3.12" if setup else "", **inputs}
        return run(
            given,
            folder=temp,
            event=event,
            payload={
                "pull_request": {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": "agency/mail"}}}
            },
            environment={
                **hostile.environment,
                "PROVISION_SANDBOX": "1",
                "GITHUB_API_URL": github.url,
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "agency/mail",
                "GITHUB_RUN_ID": "42",
                "GITHUB_SHA": MERGE,
                "GITHUB_REF_NAME": "main",
            },
            python=python if setup else None,
        )

    planned = job("plan", "pull_request")
    assert hostile.ran == []
    assert planned.code == 0, planned.log.text
    github.review("APPROVED", HEAD)
    github.pulls = [
        {
            "number": 7,
            "merged_at": "2026-11-25T00:00:00Z",
            "merge_commit_sha": MERGE,
            "user": {"login": "author"},
            "head": {"sha": HEAD, "repo": {"full_name": "agency/mail"}},
            "base": {"ref": "main"},
        }
    ]
    applied = job("apply", "push", args="--deliver\nfile:out.secret")
    assert hostile.ran == []
    assert applied.code == 0, applied.log.text
    assert Path("out.secret").is_file()
    assert STATE.exists()
    installed_alone(python, hostile)


def prepare(temp: Path, hostile: Hostile) -> None:
    """What an earlier step may have put where earlier versions of the packs looked."""
    hostile.programs(temp / "provision" / "bin")
    hostile.programs(temp / "provision" / "venv" / "bin")
    hostile.module(temp, "pip")
    hostile.module(temp, "venv")


def installed_alone(python: Path, hostile: Hostile) -> None:
    """Each call of Python is by itself (-I), and pip is told nothing by its environment but what is ours."""
    calls = tools.calls(python)
    assert [call for call in calls if " -m venv " in call]
    assert all(re.match(r"-I ", call) for call in calls), calls
    told = (python.parent / "log.env").read_text().splitlines()
    named = [
        line for line in told if line.startswith(OPEN) and not line.startswith("PIP_DISABLE_PIP_VERSION")
    ]
    assert not [line for line in named if str(hostile.folder) in line or line.startswith(OPEN[:-1])], named
