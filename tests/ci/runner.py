"""A small runner of a composite action: its expressions, its bash steps, its files, its workflow commands.

As GitHub documents them:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands and
https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax, and as its source does
(how a shell is found and started, which variables it sets last, which files it takes):
https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/ScriptHandler.cs and
https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_COMMAND = re.compile(r"^\s*::([a-z-]+)(?: ([^:]*(?::[^:]+)*?))?::(.*)$")
_SHELLS = {"bash": "bash --noprofile --norc -e -o pipefail {0}", "sh": "sh -e {0}"}
_LARGEST_SUMMARY = 1024 * 1024  # of one step; a larger one is dropped
_TERM = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z_][\w.-]*))\s*")


class Expressions:
    """Evaluates the few that are used: contexts, text, ``==``, ``!=`` and ``&&``."""

    def __init__(self, contexts: Mapping[str, Any]) -> None:
        self.contexts = contexts

    def text(self, template: str) -> str:
        """Return a text with its expressions replaced."""
        return _EXPRESSION.sub(lambda found: self._shown(self._term(found[1])), template)

    def true(self, condition: str) -> bool:
        """Say whether an ``if`` holds."""
        return all(self._compared(part) for part in condition.split("&&"))

    def _compared(self, part: str) -> bool:
        found = re.fullmatch(r"(.*?)(==|!=)(.*)", part)
        assert found, f"this runner does not know the expression {part!r}"
        left, right = self._shown(self._term(found[1])), self._shown(self._term(found[3]))
        return (left.lower() == right.lower()) == (found[2] == "==")

    def _term(self, text: str) -> Any:
        found = _TERM.fullmatch(text)
        assert found, f"this runner does not know the expression {text!r}"
        if found[1] is not None:
            return found[1].replace("''", "'")
        value: Any = self.contexts
        for name in found[2].split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    @staticmethod
    def _shown(value: Any) -> str:
        return "" if value is None else {True: "true", False: "false"}.get(value, str(value))


@dataclass
class Log:
    """What a person sees of a job, and what the runner made of it."""

    raw: list[str] = field(default_factory=list)  # what the steps wrote
    lines: list[str] = field(default_factory=list)  # what the log keeps, masked
    masks: list[str] = field(default_factory=list)
    annotations: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Obey a command, or keep a line."""
        self.raw.append(line)
        found = _COMMAND.match(line)
        if found is None:
            assert not re.match(r"\s*##\[", line), line
            self.lines.append(self.masked(line))
            return
        name, properties, data = found[1], found[2] or "", unquote(found[3])
        match name:
            case "add-mask":
                assert data
                self.masks.append(data)
            case "error" | "warning" | "notice":
                pairs = dict(pair.split("=", 1) for pair in properties.split(",") if pair)
                known = {key: unquote(value) for key, value in pairs.items()}
                assert set(known) <= {"file", "line", "col", "title", "endLine", "endColumn"}
                self.annotations.append((name, known, self.masked(data)))
                self.lines.append(self.masked(f"{name}: {data}"))
            case "group":
                self.groups.append(data)
                self.lines.append(self.masked(data))
            case "endgroup":
                assert self.groups
            case _:
                raise AssertionError(f"a command that nothing of ours sends: {line!r}")

    def masked(self, text: str) -> str:
        """Return a text as the log shows it."""
        for mask in self.masks:
            text = text.replace(mask, "***")
        return text

    @property
    def text(self) -> str:
        """The whole log."""
        return "\n".join(self.lines)


@dataclass
class Job:
    """What came of a job of one action."""

    code: int
    outputs: dict[str, str]
    log: Log
    summary: str
    uses: list[str]
    steps: dict[str, int]  # by name: the exit code of each that ran
    artifacts: dict[str, dict[str, str]] = field(default_factory=dict)  # by name: file names and texts
    loaded: list[str] = field(default_factory=list)  # what Node was told to load before the actions used


def run(
    inputs: Mapping[str, str],
    *,
    folder: Path,
    event: str,
    payload: Mapping[str, Any],
    environment: Mapping[str, str],
    token: str = "job-token-7f3a",
    python: Path | None = None,
) -> Job:
    """Run ``action.yml`` in a checkout, the working directory; ``folder`` is the runner's temporary one.

    ``environment`` is the job's; ``python`` is what actions/setup-python would set up.
    """
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert set(inputs) <= set(action["inputs"])
    folder.mkdir(exist_ok=True)
    (folder / "event.json").write_text(json.dumps(payload))
    contexts: dict[str, Any] = {
        "github": {"token": token, "event_name": event, "event": payload},
        "steps": {},
    }
    expressions = Expressions(contexts)
    contexts["inputs"] = {
        name: inputs.get(name, expressions.text(str(spec.get("default", ""))))
        for name, spec in action["inputs"].items()
    }
    job = Job(0, {}, Log(), "", [], {})
    for number, step in enumerate(action["runs"]["steps"]):
        if job.code or ("if" in step and not expressions.true(step["if"])):
            continue
        if "uses" in step:
            job.uses.append(step["uses"])
            # Node's own option; only a GITHUB_ENV that sets it is refused by the runner.
            options = {**environment, **step.get("env", {})}.get("NODE_OPTIONS", "")
            job.loaded += [options] if options else []
            given = {name: expressions.text(str(value)) for name, value in step.get("with", {}).items()}
            found = {"python-path": str(python)} if python and "setup-python" in step["uses"] else {}
            if "upload-artifact" in step["uses"]:
                job.artifacts[given["name"]] = {
                    path: Path(path).read_text() for path in given["path"].splitlines() if path
                }
            if "id" in step:
                contexts["steps"][step["id"]] = {"outputs": found}
            continue
        files = {name: folder / f"{number}-{name}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        script = folder / f"{number}.sh"
        script.write_text(step["run"])
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            **environment,
            **{key: expressions.text(str(value)) for key, value in step.get("env", {}).items()},
            # The runner's own come last: nobody else sets them.
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_WORKSPACE": str(Path.cwd()),
            "RUNNER_TEMP": str(folder),
            **{name: str(path) for name, path in files.items()},
        }
        process = subprocess.Popen(
            _shell(step["shell"], script, variables["PATH"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=variables,
        )
        assert process.stdout is not None
        for line in process.stdout.read().decode().split("\n"):
            job.log.take(line)
        process.stdout.close()
        job.code = process.wait()
        job.steps[step["name"]] = job.code
        if files["GITHUB_STEP_SUMMARY"].stat().st_size <= _LARGEST_SUMMARY:
            job.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        if "id" in step:
            contexts["steps"][step["id"]] = {"outputs": outputs(files["GITHUB_OUTPUT"].read_text())}
    job.outputs = {name: expressions.text(spec["value"]) for name, spec in action["outputs"].items()}
    for value in job.outputs.values():  # what the runner would refuse to hand on
        assert not any(mask in value for mask in job.log.masks)
    return job


def _shell(named: str, script: Path, path: str) -> list[str]:
    """Return what is started: the program is looked for on the job's own PATH unless it is a whole path."""
    program, _, rest = _SHELLS.get(named, named).partition(" ")
    assert "{0}" in rest, named
    found = program if Path(program).is_absolute() else shutil.which(program, path=path)
    assert found, named
    return [found, *shlex.split(rest.replace("{0}", str(script)))]


def outputs(text: str) -> dict[str, str]:
    """Read a file of outputs: ``name=value``, or lines between two that are alike."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        several = re.fullmatch(r"([\w-]+)<<(.+)", line)
        if several is None:
            name, equals, value = line.partition("=")
            assert equals, line
            found[name] = value
            continue
        kept = []
        for inner in lines:
            if inner == several[2]:
                break
            kept.append(inner)
        else:
            raise AssertionError(f"no end of {line}")
        found[several[1]] = "\n".join(kept)
    return found
