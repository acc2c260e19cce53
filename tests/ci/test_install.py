"""What the packs install: this repository at a commit, and what the second lock pins, nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.ci.runner import ROOT, run

# Stands for Python: makes the virtual environment's own of itself, and writes down what it is called with.
PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
if [ "$2" = venv ]; then
  mkdir -p "$3/bin"
  cp "$0" "$3/bin/python"
fi
"""
PIP = "-m pip install --quiet --disable-pip-version-check"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An agent whose python3 only writes down what it is called with."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python3").write_text(PYTHON)
    (tools / "python3").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "agent").mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LOG": str(tmp_path / "log"),
        "AGENT_TEMPDIRECTORY": str(tmp_path / "agent"),
    }


def installed(environment: dict[str, str], requirement: str) -> tuple[int, str, list[str]]:
    """Run the first step of the template for Azure Pipelines; return its code, output and calls."""
    step = yaml.safe_load((ROOT / "ci" / "azure-pipelines.yml").read_text())["steps"][0]
    assert step["env"] == {"REQUIREMENT": "${{ parameters.requirement }}"}
    ran = subprocess.run(
        ["bash", "-c", step["bash"]],
        env={**environment, "REQUIREMENT": requirement},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    log = Path(environment["LOG"])
    return ran.returncode, ran.stdout + ran.stderr, log.read_text().splitlines() if log.exists() else []


def git(folder: Path, *words: str) -> str:
    """Call git."""
    who = ["-c", "user.name=x", "-c", "user.email=x@agency.example", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_template_must_be_told_what_to_install() -> None:
    """The package `provision` of the public index is another project's, so there is no default."""
    template = yaml.safe_load((ROOT / "ci" / "azure-pipelines.yml").read_text())
    (parameter,) = [item for item in template["parameters"] if item["name"] == "requirement"]
    assert "default" not in parameter


def test_the_template_installs_a_commit_and_its_lock(environment: dict[str, str], tmp_path: Path) -> None:
    """From the repository, at this commit, with hashes; the package itself brings nothing along."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "--quiet")
    (origin / "requirements-run.lock").write_text("old")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "one")
    commit = git(origin, "rev-parse", "HEAD")
    (origin / "requirements-run.lock").write_text("new")
    git(origin, "commit", "--quiet", "-a", "-m", "two")
    code, said, calls = installed(environment, f"git+file://{origin}@{commit}")
    assert code == 0, said
    source = Path(environment["AGENT_TEMPDIRECTORY"]) / "provision-source"
    assert (source / "requirements-run.lock").read_text() == "old"
    assert calls[1:] == [
        f"{PIP} --require-hashes -r {source}/requirements-run.lock",
        f"{PIP} --no-deps --no-build-isolation {source}",
    ]


def test_the_template_installs_a_checkout(environment: dict[str, str]) -> None:
    """A folder that a step before it checked out."""
    code, said, calls = installed(environment, str(ROOT))
    assert code == 0, said
    assert calls[1:] == [
        f"{PIP} --require-hashes -r {ROOT}/requirements-run.lock",
        f"{PIP} --no-deps --no-build-isolation {ROOT}",
    ]


@pytest.mark.parametrize(
    "requirement",
    [
        "provision",
        "provision[key-vault]",
        "git+https://github.com/OWNER/provision",
        "git+https://github.com/OWNER/provision@v1",
        f"git+https://github.com/OWNER/provision@{'a' * 39}",
        "$(touch owned)",
        "",
    ],
)
def test_the_template_installs_nothing_else(environment: dict[str, str], requirement: str) -> None:
    """No name of the public index, no branch, no tag; and no parameter becomes a command."""
    code, said, calls = installed(environment, requirement)
    assert code == 64
    assert "##vso[task.logissue type=error]requirement " in said
    assert calls == []
    assert not Path("owned").exists()


def test_the_action_installs_its_own_commit_and_its_lock(environment: dict[str, str], tmp_path: Path) -> None:
    """It is a checkout of the commit that the workflow names."""
    job = run(
        {"command": "no such"},  # ends after the installation
        folder=tmp_path / "runner",
        event="push",
        payload={},
        environment={"LOG": environment["LOG"]},
    )
    assert job.steps == {"Install provision": 0, "Decide": 64}
    assert Path(environment["LOG"]).read_text().splitlines()[1:] == [
        f"{PIP} --require-hashes -r {ROOT}/requirements-run.lock",
        f"{PIP} --no-deps --no-build-isolation {ROOT}",
    ]


def pinned(lock: str) -> dict[str, str]:
    """Return what a lock pins: name -> version. Each has hashes."""
    text = (ROOT / lock).read_text()
    found = {}
    for entry in re.split(r"\n(?=\S)", text):
        first = re.match(r"([a-z0-9.-]+)==([^ ]+)", entry)
        assert first, entry
        assert "--hash=sha256:" in entry, first[0]
        found[first[1]] = first[2]
    return found


def names(requirements: list[str]) -> set[str]:
    """Return the names of requirements, as a lock writes them."""
    found = {re.split(r"[\[><=~! ;]", item)[0] for item in requirements}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def test_a_pipeline_gets_what_runs_and_no_development_tool() -> None:
    """The second lock: every library of the program and of its sinks, what builds it, and no tester."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    lock = pinned("requirements-run.lock")
    runtime = names(project["project"]["dependencies"])
    sinks = names(extras["key-vault"]) | names(extras["github"])
    build = names(project["build-system"]["requires"])
    assert build == names(extras["build"])
    assert runtime | sinks | build <= set(lock)
    tools = names(extras["dev"]) - {"provision"}
    assert {"pytest", "ruff", "mypy"} <= tools
    assert not tools & set(lock)


def test_both_locks_agree() -> None:
    """What is tested is what a pipeline runs."""
    tested = pinned("requirements.lock")
    for name, version in pinned("requirements-run.lock").items():
        assert tested[name] == version, name
