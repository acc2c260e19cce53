"""What the packs install: this repository at a commit, and what the second lock pins, nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.ci import tools
from tests.ci.agent import Agent
from tests.ci.runner import ROOT, run
from tests.support import write_config

PIP = "-I -m pip install --quiet --no-cache-dir"
HASHED = f"{PIP} --require-hashes --only-binary :all: -r"
LOCAL = f"{PIP} --no-deps --no-build-isolation"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A python3 that only writes down what it is called with."""
    return tools.python(tmp_path / "tools")


@pytest.fixture
def agent(tmp_path: Path, python: Path) -> Agent:
    """An agent of Azure Pipelines that has it."""
    (tmp_path / "temp").mkdir()
    Path("configs").mkdir()
    write_config("configs/prod.yaml")
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    return Agent(tmp_path / "temp", {"PATH": path, "HOME": str(tmp_path)})


def git(folder: Path, *words: str) -> str:
    """Call git."""
    who = ["-c", "user.name=x", "-c", "user.email=x@agency.example", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def origin(folder: Path) -> str:
    """Make a repository of which an older commit is meant, and return the requirement that names it."""
    (folder / "ci").mkdir(parents=True)
    git(folder, "init", "--quiet")
    shutil.copy(ROOT / "ci" / "install.sh", folder / "ci")
    (folder / "requirements-run.lock").write_text("old")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    commit = git(folder, "rev-parse", "HEAD")
    (folder / "requirements-run.lock").write_text("new")
    git(folder, "commit", "--quiet", "-a", "-m", "two")
    return f"git+file://{folder}@{commit}"


def test_the_template_must_be_told_what_to_install() -> None:
    """The package `provision` of the public index is another project's, so there is no default."""
    template = yaml.safe_load((ROOT / "ci" / "azure-pipelines.yml").read_text())
    (parameter,) = [item for item in template["parameters"] if item["name"] == "requirement"]
    assert "default" not in parameter


def test_the_template_installs_a_commit_and_its_lock(agent: Agent, python: Path, tmp_path: Path) -> None:
    """From the repository, at this commit, with hashes, into a folder that nobody else can have filled."""
    requirement = origin(tmp_path / "origin")
    ran = agent.run({"command": "validate", "requirement": requirement})
    assert [one.code for one in ran] == [0, 0], ran[0].err
    (folder,) = agent.temp.glob("provision.*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "source" / "requirements-run.lock").read_text() == "old"
    assert tools.calls(python)[:3] == [
        f"-I -S -m venv {folder}/venv",
        f"{HASHED} {folder}/source/requirements-run.lock",
        f"{LOCAL} {folder}/source",
    ]


def test_the_template_installs_a_checkout(agent: Agent, python: Path) -> None:
    """A folder that a step before it checked out, beside what is built; twice in a job are two folders."""
    for _ in range(2):
        ran = agent.run({"command": "validate", "requirement": str(ROOT)})
        assert [one.code for one in ran] == [0, 0], ran[0].err
    assert len(list(agent.temp.glob("provision.*"))) == 2
    assert tools.calls(python)[1:3] == [f"{HASHED} {ROOT}/requirements-run.lock", f"{LOCAL} {ROOT}"]


def test_the_template_installs_nothing_of_the_checkout_that_is_built(agent: Agent, python: Path) -> None:
    """A folder in it is what its author wrote; one that was cloned there by itself is not."""
    copy = Path("vendor/provision").absolute()
    (copy / "ci").mkdir(parents=True)
    (copy / "requirements-run.lock").write_text("")
    shutil.copy(ROOT / "ci" / "install.sh", copy / "ci")
    Path(".git").mkdir()
    shutil.copytree(copy, "self")
    shutil.copytree(copy / "ci", "ci")
    Path("requirements-run.lock").write_text("")
    (copy / ".git").write_text("gitdir: ../../.git/modules/provision")  # a submodule
    for folder in (copy, Path("self").absolute(), Path.cwd()):
        (ran,) = agent.run({"command": "validate", "requirement": str(folder)})
        assert ran.code == 64
        assert "is a part of the checkout that is built" in ran.out
    assert tools.calls(python) == []
    (copy / ".git").unlink()
    (copy / ".git").mkdir()
    assert agent.run({"command": "validate", "requirement": str(copy)})[0].code == 0


@pytest.mark.parametrize(
    "requirement",
    [
        "provision",
        "provision[key-vault]",
        "configs",
        "/nowhere",
        "git+https://github.com/OWNER/provision",
        "git+https://github.com/OWNER/provision@v1",
        f"git+https://github.com/OWNER/provision@{'a' * 39}",
        f"git+https://github.com/OWNER/provision@{'a' * 40}\nx",
        "$(touch owned)",
        "",
    ],
)
def test_the_template_installs_nothing_else(agent: Agent, python: Path, requirement: str) -> None:
    """No name of the public index, no branch, no tag; and no parameter becomes a command."""
    (ran,) = agent.run({"command": "plan", "requirement": requirement})
    assert ran.code == 64
    assert "##vso[task.logissue type=error]requirement " in ran.out
    assert tools.calls(python) == []
    assert not Path("owned").exists()


@pytest.mark.parametrize(
    "url", ["ext::sh -c 'touch owned'", "ssh://-oProxyCommand=touch%20owned/x", "http://127.0.0.1:1/x"]
)
def test_the_template_fetches_from_nowhere_that_runs_something(agent: Agent, python: Path, url: str) -> None:
    """https:// and a folder of this machine are the ways; git has others."""
    (ran,) = agent.run({"command": "plan", "requirement": f"git+{url}@{'a' * 40}"})
    assert ran.code
    assert "not allowed" in ran.err
    assert not list(Path().rglob("owned"))
    assert tools.calls(python) == []


def test_the_action_installs_its_own_commit_and_its_lock(python: Path, tmp_path: Path) -> None:
    """It is a checkout of the commit that the workflow names; a mirror has to be named to it."""
    Path("configs").mkdir()
    write_config("configs/prod.yaml")
    job = run(
        {"command": "validate", "index-url": "https://pypi.agency.example/simple"},
        folder=tmp_path / "runner",
        event="push",
        payload={},
        environment={
            "PIP_INDEX_URL": "https://elsewhere.example",
            "HTTPS_PROXY": "http://proxy.example:8080",
        },
        python=python,
    )
    assert list(job.steps) == ["Decide", "Install provision", "Run", "End as the program did"]
    (folder,) = (tmp_path / "runner").glob("provision.*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert tools.calls(python)[:3] == [
        f"-I -S -m venv {folder}/venv",
        f"{HASHED} {ROOT}/requirements-run.lock",
        f"{LOCAL} {ROOT}",
    ]
    told = (python.parent / "log.env").read_text()
    assert "PIP_INDEX_URL=https://pypi.agency.example/simple\n" in told
    assert "HTTPS_PROXY=http://proxy.example:8080\n" in told
    assert "elsewhere" not in told


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
