"""A small agent of Azure Pipelines for the steps of the template: its variables, bash, the AzureCLI tasks.

What the tasks do is in their sources (https://github.com/microsoft/azure-pipelines-tasks):
Tasks/BashV3/bash.ts, Tasks/AzureCLIV2/azureclitask.ts and Tasks/AzureCLIV3/azureclitask.ts
(only this one knows ``allowNoSubscriptions``). Both look for bash and az on PATH, and start az in the
working directory. A variable of the pipeline wins over the env of a step; its name is in capitals in the
environment, and a macro is expanded once (https://github.com/microsoft/azure-pipelines-agent,
src/Agent.Worker/Handlers/Handler.cs and TaskRunner.cs, issue 3091).
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
_LOADS = re.compile(r"BASH_ENV|LD_(?:PRELOAD|AUDIT)|NODE_|PYTHON|AZURE_EXTENSION|OPENSSL|GCONV_PATH|NETRC")
_SET = re.compile(r"^##vso\[task\.setvariable variable=(\w+)([^\]]*)\](.*)$", re.MULTILINE)


@dataclass
class Connection:
    """A service connection with workload identity federation."""

    roles: bool = False  # whether its identity has a role in the subscription that it names


@dataclass
class Agent:
    """A job on an agent: its temporary folder, and what its variables are."""

    temp: Path
    environment: dict[str, str] = field(default_factory=dict)  # the agent's own
    variables: dict[str, str] = field(default_factory=dict)  # of the pipeline, or set when it is queued
    reason: str = "IndividualCI"
    branch: str = "refs/heads/main"
    sources: Path = field(default_factory=Path.cwd)
    connection: Connection = field(default_factory=Connection)
    fork: bool = False  # as the host tells it, which it does for a build that a pull request caused
    names: list[str] = field(default_factory=list)  # of the steps that ran
    loaded: list[str] = field(
        default_factory=list
    )  # variables by which the task, Node or az would load a file

    def run(self, parameters: dict[str, str]) -> list[Ran]:
        """Run the template's steps one after the other, until one fails."""
        variables = {
            **self.variables,
            "Build.Reason": self.reason,
            "Build.SourceBranch": self.branch,
            "System.PullRequest.IsFork": str(self.fork) if self.reason == "PullRequest" else "",
            "System.DefaultWorkingDirectory": str(self.sources),
            "Build.SourcesDirectory": str(self.sources),
            "Agent.TempDirectory": str(self.temp),
            "System.AccessToken": "job-token",
        }
        ran = []
        self.names = []
        for step in resolved(parameters):
            if "condition" in step and not holds(step["condition"], variables):
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
            **{name: put(value).strip() for name, value in step.get("env", {}).items()},
            **{
                name.replace(".", "_").upper(): value
                for name, value in variables.items()
                if "Token" not in name  # a secret is given to none that does not ask for it
            },
            "TF_BUILD": "True",
        }
        if "task" not in step:
            return self._bash(step["bash"], environment, self.sources)
        self.loaded = [name for name, text in environment.items() if text and _LOADS.match(name)]
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


_WORD = re.compile(r"\s*(?:(\w+)\(|'([^']*)'|variables\['([\w.]+)'\]|([,)]))\s*")


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Say whether a condition holds; texts are compared without case.

    https://learn.microsoft.com/azure/devops/pipelines/process/expressions
    """
    words = iter(_WORD.findall(condition))

    def value() -> Any:
        name, text, variable, sign = next(words)
        if not name:
            return (sign, variables.get(variable, "") if variable else text)
        given = []
        while (item := value()) != (")", ""):
            given += [] if item == (",", "") else [item]
        texts = [str(item[1]).lower() if isinstance(item, tuple) else item for item in given]
        match name:
            case "succeeded":
                return True
            case "and":
                return all(texts)
            case "or":
                return any(texts)
            case "not":
                return not texts[0]
            case "eq" | "ne":
                return (texts[0] == texts[1]) == (name == "eq")
            case "startsWith":
                return texts[0].startswith(texts[1])
        raise AssertionError(f"this agent does not know {name}")

    return bool(value())


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
