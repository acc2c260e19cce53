"""The manifests of docs/fleet.md: they are whole, and the lines in them do what the page says."""

from __future__ import annotations

import glob
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from provision.cli.identities import load
from tests.support import Program, write_config

PAGE = (Path(__file__).parents[1] / "docs" / "fleet.md").read_text()
REHEARSE = ("--sandbox", "--deliver", "file:{name}.secret")


def manifest(heading: str) -> Any:
    section = PAGE.split(f"### {heading}\n")[1]
    return yaml.safe_load(section.split("```yaml\n")[1].split("```")[0])


@pytest.fixture
def fleet() -> list[str]:
    Path("configs").mkdir()
    names = [f"agency-{number:02d}" for number in range(12)]
    for name in names:
        write_config(f"configs/{name}.yaml", name=name)
    return names


def carried_out(provision: Program, line: str, known: dict[str, str]) -> None:
    """Run a line as the service would, with what it fills in, and keep its stdout where the line says."""
    for placeholder, value in known.items():
        line = line.replace(placeholder, value)
    assert not re.search(r"[$]|[{][{]", line), line
    command, _, target = line.partition(" > ")
    words = shlex.split(command)
    assert words[0] == "provision"
    words = [found for word in words[1:] for found in (sorted(glob.glob(word)) if "*" in word else [word])]  # noqa: PTH207
    ran = provision(*words, *(REHEARSE if words[0] == "apply" else ()))
    assert ran.code == 0, ran.err
    Path(target).write_text(ran.out)


def together(provision: Program, names: list[str]) -> None:
    document = yaml.safe_load(Path("results.json").read_text())
    assert [item["name"] for item in document["results"]] == names
    assert provision("plan", "configs", *REHEARSE, "--detailed-exitcode").code == 0


def test_github(provision: Program, fleet: list[str]) -> None:
    jobs = manifest("GitHub Actions")["jobs"]
    strategy = jobs["apply"]["strategy"]
    assert strategy["fail-fast"] is False
    (line,) = [step["run"] for step in jobs["apply"]["steps"] if "run" in step]
    for shard in strategy["matrix"]["shard"]:
        carried_out(provision, line, {"${{ matrix.shard }}": str(shard)})
    carried_out(provision, jobs["together"]["steps"][-1]["run"], {})
    assert f"/{len(strategy['matrix']['shard'])} " in line
    together(provision, fleet)


def test_gitlab(provision: Program, fleet: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = manifest("GitLab")
    monkeypatch.setenv("CI_NODE_TOTAL", str(jobs["apply"]["parallel"]))
    for index in range(1, jobs["apply"]["parallel"] + 1):
        monkeypatch.setenv("CI_NODE_INDEX", str(index))
        carried_out(provision, jobs["apply"]["script"][0], {"$CI_NODE_INDEX": str(index)})
    carried_out(provision, jobs["together"]["script"][0], {})
    together(provision, fleet)


def test_azure_pipelines(provision: Program, fleet: list[str]) -> None:
    apply, last = manifest("Azure Pipelines")["jobs"]
    count = apply["strategy"]["parallel"]
    for index in range(1, count + 1):
        known = {"$(System.JobPositionInPhase)": str(index), "$(System.TotalJobsInPhase)": str(count)}
        carried_out(provision, apply["steps"][0]["script"], known)
        Path(f"shard-{index}").mkdir()
        Path(f"shard-{index}.json").rename(f"shard-{index}/shard-{index}.json")
    carried_out(provision, last["steps"][-1]["script"], {"$(Pipeline.Workspace)": "."})
    together(provision, fleet)


def test_kubernetes(provision: Program, fleet: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As many shards as completions; it writes nowhere but below its working folder and its home."""
    job = manifest("Kubernetes")["spec"]
    (container,) = job["template"]["spec"]["containers"]
    variables = {item["name"]: item["value"] for item in container["env"]}
    assert job["completionMode"] == "Indexed"
    assert int(variables["PROVISION_SHARDS"]) == job["completions"] == job["parallelism"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [container["workingDir"]]
    assert variables["HOME"] == container["workingDir"]
    monkeypatch.setenv("PROVISION_SHARDS", variables["PROVISION_SHARDS"])
    monkeypatch.setenv("HOME", str(Path.cwd()))
    for index in range(job["completions"]):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", str(index))
        words = " ".join("configs" if word == "/configs" else word for word in container["command"])
        carried_out(provision, f"{words} > shard-{index}.json", {})
    carried_out(provision, "provision combine shard-*.json > results.json", {})
    together(provision, fleet)


def test_the_map_of_identities() -> None:
    """It is one that the program takes, with each of the ways that it shows."""
    text = PAGE.split("## Many tenants\n")[1].split("```yaml\n")[1].split("```")[0]
    Path("identities.yaml").write_text(text)
    found = load("identities.yaml").items
    assert [(item.name, item.auth.value, len(item.tenants)) for item in found] == [
        ("agency-one", "environment", 1),
        ("agency-two", "workload", 1),
        ("everywhere-else", "github", 0),
    ]
