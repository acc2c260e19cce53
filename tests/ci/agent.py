"""A small agent of Azure Pipelines for the steps of the template: its variables, bash, the AzureCLI tasks.

What the tasks do is in their sources (https://github.com/microsoft/azure-pipelines-tasks):
Tasks/BashV3/bash.ts, Tasks/AzureCLIV2/azureclitask.ts and Tasks/AzureCLIV3/azureclitask.ts
(only this one knows ``allowNoSubscriptions``). Both look for bash and az on PATH, and start az in the
working directory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ci.runner import ROOT
from tests.support import Ran

TEMPLATE = ROOT / "ci" / "azure-pipelines.yml"
_SET = re.compile(r"^##vso\[task\.setvariable variable=(\w+)([^\]]*)\](.*)$", re.MULTILINE)


@dataclass
class Connection:
    """A service connection with workload identity federation."""

    roles: bool = False  # whether its identity has a role in the subscription that it names


@dataclass
class Agent:
    """A job on an agent: its temporary folder, and what its variables are."""

    temp: Path
    environment: dict[str, str] = field(default_factory=dict)  # of every step
    sources: Path = field(default_factory=Path.cwd)
    connection: Connection = field(default_factory=Connection)
    fork: bool = False
    names: list[str] = field(default_factory=list)  # of the steps that ran

    def run(self, parameters: dict[str, str]) -> list[Ran]:
        """Run the template's steps one after the other, until one fails."""
        variables = {
            "System.DefaultWorkingDirectory": str(self.sources),
            "Build.SourcesDirectory": str(self.sources),
            "Agent.TempDirectory": str(self.temp),
            "System.AccessToken": "job-token",
        }
        ran = []
        self.names = []
        for step in resolved(parameters):
            if "task" in step and self.fork:
                assert (
                    step["condition"]
                    == "and(succeeded(), ne(variables['System.PullRequest.IsFork'], 'True'))"
                )
                continue
            self.names.append(step["displayName"])
            said = self._step(step, variables)
            ran.append(said)
            for name, properties, value in _SET.findall(said.out + "\n" + said.err):
                if "isOutput" not in properties:
                    variables[name] = value
            if said.code:
                break
        return ran

    def _step(self, step: dict[str, Any], variables: Mapping[str, str]) -> Ran:
        def put(value: object) -> str:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            return re.sub(r"\$\(([\w.]+)\)", lambda found: variables.get(found[1], found[0]), text)

        environment = {
            **self.environment,
            # A variable is in the environment, in capitals; the system's are read-only.
            **{
                name.replace(".", "_").upper(): value
                for name, value in variables.items()
                if "Token" not in name
            },
            "TF_BUILD": "True",
            **{name: put(value) for name, value in step.get("env", {}).items()},
        }
        if "task" not in step:
            return self._bash(step["bash"], environment, self.sources)
        inputs = {name: put(value) for name, value in step["inputs"].items()}
        task, _, version = step["task"].partition("@")
        assert task == "AzureCLI"
        folder = Path(inputs.get("workingDirectory") or inputs.get("cwd") or self.sources)
        az = shutil.which("az", path=_absolute(environment["PATH"], folder))
        if az:
            subprocess.run([az, "--version"], env=environment, cwd=folder, capture_output=True, check=False)
        skip = int(version) >= 3 and inputs.get("allowNoSubscriptions") == "true"
        if not (skip or self.connection.roles):
            return Ran(1, "", "ERROR: The subscription of '...' doesn't exist in cloud 'AzureCloud'.\n")
        environment |= {
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": inputs["azureSubscription"],
            "AZURESUBSCRIPTION_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
            "AZURESUBSCRIPTION_TENANT_ID": "tenant",
        }
        return self._bash(inputs["inlineScript"], environment, folder)

    def _bash(self, script: str, environment: Mapping[str, str], folder: Path) -> Ran:
        assert "${{" not in script
        file = self.temp / "step.sh"
        file.write_text(script)
        bash = shutil.which("bash", path=_absolute(environment["PATH"], folder))
        assert bash
        process = subprocess.run(
            [bash, "--noprofile", "--norc", str(file)],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Ran(process.returncode, process.stdout.decode(), process.stderr.decode())


def _absolute(path: str, folder: Path) -> str:
    """Return a PATH as it is looked through from a folder."""
    return os.pathsep.join(str(folder / entry) for entry in path.split(os.pathsep))


def resolved(parameters: dict[str, str]) -> list[dict[str, Any]]:
    """Return the template's steps with its parameters put in, as far as it uses the language."""
    template = yaml.safe_load(TEMPLATE.read_text())
    known = {item["name"]: item.get("default") for item in template["parameters"]} | parameters
    assert parameters["command"] in template["parameters"][0]["values"]

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: put(item) for key, item in value.items()}
        if isinstance(value, str):
            return re.sub(r"\$\{\{ parameters\.(\w+) \}\}", lambda found: str(known[found[1]]), value)
        return value

    steps = []
    for step in template["steps"]:
        (first, *_) = step
        if first.startswith("${{"):
            assert first == "${{ if ne(parameters.command, 'validate') }}"
            steps += [put(item) for item in step[first] if parameters["command"] != "validate"]
        else:
            steps.append(put(step))
    return steps
