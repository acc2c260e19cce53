"""The template of Azure Pipelines: its steps as an agent runs them, from the installation on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.ci import tools
from tests.ci.agent import Agent, Connection
from tests.ci.runner import ROOT
from tests.support import STATE, Tenant, write_config


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    """An agent with Python, and a config in the checkout."""
    python = tools.python(tmp_path / "tools")
    (tmp_path / "temp").mkdir()
    Path("configs").mkdir()
    write_config("configs/prod.yaml")
    return Agent(
        tmp_path / "temp",
        {
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PROVISION_SANDBOX": "1",
        },
    )


def run(agent: Agent, command: str, arguments: str = "", **more: str) -> list[int]:
    """Run the template, and return the codes of its steps."""
    given = {
        "command": command,
        "arguments": arguments,
        "requirement": str(ROOT),
        "serviceConnection": "c",
        **more,
    }
    return [ran.code for ran in agent.run(given)]


def test_it_plans_and_applies_what_was_planned(agent: Agent) -> None:
    """The plan file goes from one stage to the other; a stale one is refused."""
    assert run(agent, "plan", "--out\nplan.json\n--detailed-exitcode") == [0, 0, 0]
    arguments = "--plan\nplan.json\n--deliver\nfile:out.secret"
    given = {
        "command": "apply",
        "requirement": str(ROOT),
        "arguments": f"{arguments}\n--allow\ndelivery-changed",
    }
    applied = agent.run(given)
    assert [ran.code for ran in applied] == [0, 0, 0], applied[-1].err
    secret = Path("out.secret").read_text()
    assert f"##vso[task.setsecret]{secret}\n" in applied[-1].err
    writes = Tenant().writes
    again = agent.run({**given, "arguments": arguments})
    assert again[-1].code == 5
    assert "PRV318" in again[-1].err
    assert Tenant().writes == writes


def test_apply_is_bound_to_something(agent: Agent) -> None:
    """To a plan file or a digest, unless the pipeline says that it need not be."""
    for arguments in ("", "--deliver\nfile:out.secret", "--planned\nx", "file:--plan"):
        assert run(agent, "apply", arguments) == [64], arguments
    assert list(agent.temp.iterdir()) == [agent.temp / "step.sh"]
    assert run(agent, "apply", "--deliver\nfile:out.secret", unbound="True") == [0, 0, 0]
    digest = f"sha256:{'0' * 64}"
    for arguments in (f"--expect-digest\n{digest}", f"--expect-digest={digest}"):
        assert run(agent, "apply", arguments) == [0, 0, 5]


def test_a_pull_request_plans_what_it_changes(agent: Agent) -> None:
    """The merge against its target; what cannot be known is all, with a warning."""
    write_config("configs/two.yaml", name="collab-two")
    agent.reason = "PullRequest"

    def planned(**more: str) -> tuple[bool, bool, bool]:
        ran = agent.run({"command": "plan", "requirement": str(ROOT), "serviceConnection": "c", **more})
        assert [one.code for one in ran] == [0, 0, 0], ran[-1].err
        return "collab-prod" in ran[-1].out, "collab-two" in ran[-1].out, "fetchDepth" in ran[0].out

    assert planned() == (True, True, True)
    for words in (
        ["init", "--quiet", "-b", "main"],
        ["add", "configs"],
        ["commit", "--quiet", "-m", "base"],
        ["checkout", "--quiet", "-b", "change"],
    ):
        git(*words)
    write_config("configs/two.yaml", name="collab-two", display_name="Another")
    git("commit", "--quiet", "-am", "change")
    git("checkout", "--quiet", "main")
    assert planned() == (True, True, True)
    git("merge", "--quiet", "--no-ff", "-m", "merge", "change")
    assert planned() == (False, True, False)
    assert planned(changedOnly="False") == (True, True, False)


def git(*words: str) -> None:
    """Run git here, as nobody."""
    who = ["-c", "user.name=x", "-c", "user.email=x@agency.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.mark.parametrize("roles", [False, True])
def test_its_identity_needs_no_role_in_azure(agent: Agent, roles: bool) -> None:
    """The task would choose a subscription that the identity cannot see, and fail before the script."""
    agent.connection = Connection(roles)
    assert run(agent, "plan") == [0, 0, 0]


def test_it_gives_a_fork_validate_alone(agent: Agent) -> None:
    """And no parameter becomes a command."""
    agent.reason, agent.branch, agent.fork = "PullRequest", "refs/pull/7/merge", True
    assert run(agent, "plan") == [0, 0]
    agent.reason = "Manual"  # by a person: then nobody tells that it is of a fork
    assert run(agent, "plan") == [0, 0]
    assert not STATE.exists()
    agent.reason, agent.branch, agent.fork = "Manual", "refs/heads/main", False
    evil = "$(touch owned)\n`touch owned`; touch owned"
    for name in ("arguments", "configs", "requirement", "indexUrl", "serviceConnection"):
        run(agent, "plan", **{"requirement": str(ROOT), name: evil})
        assert not list(Path().rglob("owned"))
        assert not list(agent.temp.rglob("owned"))


def test_a_pull_request_is_never_applied(agent: Agent) -> None:
    """Refused before anything is installed."""
    arguments = f"--expect-digest\nsha256:{'0' * 64}"
    for agent.reason in ("PullRequest", "Manual", "IndividualCI"):
        agent.branch = "refs/pull/7/merge"
        assert run(agent, "apply", arguments) == [64]
    agent.reason = "PullRequest"
    assert run(agent, "apply", arguments) == [64]
    assert list(agent.temp.iterdir()) == [agent.temp / "step.sh"]
    assert run(agent, "plan") == [0, 0, 0]


@pytest.mark.parametrize(
    "index",
    [
        "http://pypi.agency.example",
        "https://x\n##vso[task.setvariable variable=a]b",
        "file:///x",
        "https://a b",
    ],
)
def test_an_index_is_one_address(agent: Agent, index: str) -> None:
    """Else nothing is installed, and nothing of it is said."""
    (ran,) = agent.run({"command": "plan", "requirement": str(ROOT), "indexUrl": index})
    assert ran.code == 64
    assert "task.setvariable" not in ran.out + ran.err


def test_a_line_break_in_a_parameter_sets_no_variable(agent: Agent) -> None:
    """Whatever is printed of it is no command."""
    evil = "x\n##vso[task.setvariable variable=provisionFolder]/tmp\n##vso[task.prependpath]/tmp"
    for name in ("arguments", "configs", "requirement"):
        said = agent.run({"command": "plan", "requirement": str(ROOT), name: evil})
        assert all("##vso[task.prependpath]" not in ran.out + ran.err for ran in said), name
        assert all(ran.out.count("variable=provisionFolder]") <= 1 for ran in said)
        assert said[-1].code


def test_a_folder_that_is_called_like_a_command_is_none(agent: Agent) -> None:
    """Its configs are good, so the command that comes next names it: that is no command of the agent's."""
    folder = Path("##vso[task.prependpath]")
    folder.mkdir()
    write_config(str(folder / "a.yaml"))
    said = agent.run({"command": "plan", "requirement": str(ROOT), "configs": str(folder / "a.yaml")})
    assert any("Plan: 4 to create." in ran.out for ran in said)
    assert all("##vso[task.prependpath]" not in ran.out + ran.err for ran in said)


@pytest.mark.parametrize("entry", [".", "", "bin", "{here}/bin", "/{here}/bin", "{here}", "{here}/../link"])
def test_a_path_into_the_checkout_gets_no_identity(agent: Agent, entry: str) -> None:
    """The task looks for az and bash on the PATH that an earlier step has left: refused; validate goes on."""
    Path("bin").mkdir()
    Path("../link").symlink_to(Path("bin").absolute())
    added = entry.format(here=Path.cwd())
    agent.environment["PATH"] = f"{added}{os.pathsep}{agent.environment['PATH']}"
    (ran,) = agent.run({"command": "plan", "requirement": str(ROOT)})
    assert ran.code == 64
    assert "PATH names a folder of the checkout" in ran.out
    assert run(agent, "validate") == [0, 0]


def test_a_variable_of_the_pipeline_changes_no_parameter(agent: Agent, tmp_path: Path) -> None:
    """Who may start a run sets one; it would win over a step's env of the same name."""
    evil = tmp_path / "evil" / "venv" / "bin"
    evil.mkdir(parents=True)
    (evil / "python").write_text(f"#!/bin/sh\ntouch {tmp_path / 'owned'}\n")
    (evil / "python").chmod(0o755)
    names = (
        "command",
        "configs",
        "arguments",
        "unbound",
        "requirement",
        "index_url",
        "changed",
        "changed_only",
    )
    folders = ("folder", "provisionFolder", "sources", "temp", "agent_tempDirectory")
    agent.variables = {
        **dict.fromkeys(names, "true"),
        **{f"our_{name}": "true" for name in names},
        **dict.fromkeys((*folders, *(f"our_{name}" for name in folders)), str(evil.parents[1])),
    }
    assert run(agent, "apply", "--deliver\nfile:out.secret") == [64]
    assert run(agent, "plan") == [0, 0, 0]
    assert not (tmp_path / "owned").exists()
