"""Nothing of the checkout is code: no module, configuration or program of it runs in any pack.

The working directory holds all names that something may look for, and the job's variables point there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci import tools
from tests.ci.agent import Agent
from tests.ci.github_standin import GitHub
from tests.ci.hostile import Hostile
from tests.ci.repository import Repository
from tests.ci.runner import ROOT
from tests.ci.test_install import origin
from tests.support import Program, write_config

OPEN = ("PYTHON", "PIP_", "GIT_", "BASH_ENV", "NODE_", "VIRTUAL_ENV", "HOME")


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    """The working directory, with a config beside all the rest."""
    found = Hostile(Path.cwd(), tmp_path / "marks")
    Path("configs").mkdir()
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


@pytest.mark.parametrize("set_up", [True, False], ids=["setup-python", "python3 on PATH"])
def test_in_the_action(hostile: Hostile, github: GitHub, tmp_path: Path, set_up: bool) -> None:
    """From a plan on a pull request to apply on main: every step, and the right one still runs."""
    repository = Repository(tmp_path / "runner", github, strict=True)
    repository.environment, repository.set_up = hostile.environment, set_up
    prepare(repository.folder, hostile)
    inputs = {"python-version": "3.12" if set_up else ""}
    if not set_up:
        # Behind the checkout's, before the machine's.
        path = repository.environment["PATH"].replace(os.environ["PATH"], "")
        repository.environment["PATH"] = f"{path}{repository.python.parent}{os.pathsep}{os.environ['PATH']}"
    planned = repository.plan(**inputs)
    assert hostile.ran == []
    assert planned.loaded == []
    assert planned.code == 0, planned.log.text
    repository.merge()
    applied = repository.apply(**inputs)
    assert hostile.ran == []
    assert applied.code == 0, applied.log.text
    assert Path("out.secret").is_file()
    installed_alone(repository.python, hostile)


def test_a_path_of_the_checkout_alone_is_none(hostile: Hostile, github: GitHub, tmp_path: Path) -> None:
    """With an empty path, a shell would look in the working directory."""
    repository = Repository(tmp_path / "runner", github)
    for path in (f"{hostile.folder}/bin", ".", ""):
        repository.environment = {**hostile.environment, "PATH": path}
        job = repository.run({"command": "validate"}, "push", {})
        assert hostile.ran == []
        assert job.code == 0, job.log.text


def test_in_azure_pipelines(hostile: Hostile, tmp_path: Path) -> None:
    """Each step, and az, which the task starts; the plan is made, or what cannot be safe is refused."""
    python = tools.python(tmp_path / "tools", strict=True)
    write_config("configs/prod.yaml")
    temp = tmp_path / "temp"
    prepare(temp, hostile)
    # Bash@3 is started by the agent with the job's exported functions; they are no file of the checkout. What
    # the first step's own bash and Node obey is said in docs/ci.md.
    own = ("BASH_FUNC_cd%%", "BASH_ENV", "PATH")
    variables = {name: text for name, text in hostile.environment.items() if name not in own}
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    agent = Agent(temp, {**hostile.environment, "PROVISION_SANDBOX": "1", "PATH": path}, variables)
    del agent.environment["BASH_FUNC_cd%%"]
    requirement = origin(tmp_path / "origin")
    given = {"command": "plan", "requirement": requirement, "serviceConnection": "c"}
    ran = agent.run(given)
    assert hostile.ran == []
    assert [one.code for one in ran] == [0, 0, 0], ran[-1].err
    assert agent.loaded == []
    installed_alone(python, hostile)


def test_by_pre_commit(hostile: Hostile, tmp_path: Path) -> None:
    """As pre-commit calls the hook: its own programs first, and whatever the person's shell has set.

    https://github.com/pre-commit/pre-commit/blob/main/pre_commit/languages/python.py (get_env_patch)
    """
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["pass_filenames"], hook["language"]) == (False, "python")
    assert re.search(hook["files"], "configs/prod.yaml")
    folder = tmp_path / "py_env" / "bin"
    folder.mkdir(parents=True)
    script = f'#!/bin/bash -p\nexec {sys.executable} "$@"\n'
    (folder / "python").write_text(script)
    (folder / "python").chmod(0o755)
    Path("configs").mkdir(exist_ok=True)
    path = f"{folder}{os.pathsep}{hostile.environment['PATH']}"
    environment = {**hostile.environment, "PATH": path, "VIRTUAL_ENV": str(folder.parent)}
    del environment["PYTHONHOME"]  # pre-commit unsets it
    for name, code in (("${TENANT}", 0), ("A B", 65)):
        write_config("configs/prod.yaml", id=name)
        ran = subprocess.run(
            [*shlex.split(hook["entry"]), *hook["args"]], env=environment, capture_output=True, check=False
        )
        assert hostile.ran == []
        assert ran.returncode == code, ran.stderr.decode()


EVENTS = ("intended", "delivered", "removed", "leaked", "undelivered", "consented")


def journal(repository: Repository) -> None:
    """Commit a journal that says of our secret, and of the place where it goes, whatever a line can say."""
    keys = [item["keyId"] for item in repository.tenant.application()["passwordCredentials"]]
    tenant_id = re.search(r"id: ([0-9a-f-]{36})", Path("configs/prod.yaml").read_text())[1]  # type: ignore[index]
    lines = [
        json.dumps(
            {
                "event": event,
                "key_id": key,
                "target": target,
                "tenant_id": tenant_id,
                "name": "collab-prod",
                "time": "2026-11-25T00:00:00+00:00",
                "place": "file:out.secret",
                "lasting": True,
            }
        )
        for event in EVENTS
        for key in keys
        for target in ("sandbox", "tenant")
    ]
    Path(".provision").mkdir(exist_ok=True)
    Path(".provision/journal").write_text("\n".join([*lines, *lines, *lines, ""]))


def test_a_journal_of_the_checkout_is_not_read(
    github: GitHub, tmp_path: Path, provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would call a delivered secret leaked, so that the next run makes another and removes it."""
    repository = Repository(tmp_path / "runner", github)
    assert repository.apply(digest="none").code == 0
    before = repository.tenant.application()["passwordCredentials"]
    journal(repository)
    # The forged lines are such as the program obeys: run by itself, here, it does.
    monkeypatch.setenv("PROVISION_SANDBOX", str(repository.state))
    ran = provision("plan", "configs/prod.yaml", "-o", "json")
    assert "emergency-unfinished" in ran.out
    planned = repository.plan()
    assert (planned.code, planned.outputs["changes"]) == (0, "false"), planned.log.text
    applied = repository.apply(digest="none")
    assert applied.code == 0, applied.log.text
    assert repository.tenant.application()["passwordCredentials"] == before


def test_in_the_lines_for_other_hosts(hostile: Hostile, tmp_path: Path) -> None:
    """Those of docs/ci.md for GitLab, as they stand there; only where the program comes from is put in."""
    page = (ROOT / "docs" / "ci.md").read_text()
    (block,) = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "id_tokens" in text]
    lines = yaml.safe_load(block)["plan"]["script"]
    python = tools.python(tmp_path / "tools", strict=True)
    source, _, commit = origin(tmp_path / "origin").removeprefix("git+").rpartition("@")
    script = "\n".join(lines).replace("https://github.com/OWNER/provision", source)
    script = script.replace("<full commit SHA>", commit).replace("/usr/local/bin/python3", str(python))
    assert "OWNER" not in script
    write_config("configs/prod.yaml")
    # The host's own shell comes before any line: what is said to it is not of the checkout.
    own = ("BASH_ENV", "ENV", "BASH_FUNC_cd%%", "TMPDIR")
    environment = {name: text for name, text in hostile.environment.items() if name not in own}
    environment |= {"ENTRA": "token", "CI_PROJECT_DIR": str(hostile.folder), "PROVISION_SANDBOX": "1"}
    ran = subprocess.run(
        ["/bin/bash", "-e"], input=script, env=environment, capture_output=True, text=True, check=False
    )
    assert hostile.ran == []
    assert ran.returncode == 0, ran.stderr
    assert "to create" in ran.stdout + ran.stderr
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
