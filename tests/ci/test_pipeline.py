"""``--ci``: what a pipeline is told, escaped as its host documents, and what is refused without it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provision.errors import Place, Severity
from provision.report import azure_pipelines, escape, github
from tests import warm
from tests.ci.runner import Log, outputs
from tests.report.hostile import NAMES
from tests.support import STATE, Ran, Tenant, write_config

AZURE = re.compile(r"^##vso\[([a-z]+\.[a-z]+)((?: |;)[^\]]*)?\](.*)$")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, dict[str, str]]:
    """The variables of each host, beside what every process needs."""
    base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "agent").mkdir()
    return {
        "none": base,
        "github": {
            **base,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(Path.cwd()),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        },
        "azure": {
            **base,
            "TF_BUILD": "True",
            "AGENT_TEMPDIRECTORY": str(tmp_path / "agent"),
            "BUILD_SOURCESDIRECTORY": str(Path.cwd()),
        },
    }


def call(environment: dict[str, str], *argv: str, stderr: Any = subprocess.PIPE) -> Ran:
    """Run the program as a step would: its streams are pipes."""
    ran = subprocess.run(
        [warm.python(), "-m", "provision", *argv],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout.decode(), (ran.stderr or b"").decode())


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Return what an agent of Azure Pipelines finds in a log: name, properties, message."""
    found = []
    for line in text.splitlines():
        if "##vso[" not in line:
            continue
        match = AZURE.match(line)
        assert match, line
        pairs = dict(pair.split("=", 1) for pair in (match[2] or "").strip(" ;").split(";") if pair)
        found.append((match[1], {key: plain(value) for key, value in pairs.items()}, plain(match[3])))
    return found


def plain(text: str) -> str:
    """Undo the escaping of Azure Pipelines."""
    for code, char in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(code, char)
    return text


WRITES = ("--sandbox", "--yes", "--deliver", "file:out.secret")


def test_faults_are_told_at_their_lines(variables: dict[str, dict[str, str]]) -> None:
    """Every one of them, with file, line and column; relative to the repository wherever it is run."""
    Path("deep/configs").mkdir(parents=True)
    Path("deep/configs/bad.yaml").write_text("version: 1\nname: A\ntennant: {}\n")
    at = call(variables["none"], "validate", "deep/configs").err
    places = re.findall(r"^deep/configs/bad\.yaml:(\d+):(\d+): error", at, re.MULTILINE)
    assert len(places) >= 3
    log = Log()
    for line in call(variables["github"], "validate", "deep/configs").err.splitlines():
        log.take(line)
    assert [(p["file"], p["line"], p["col"]) for _, p, _ in log.annotations] == [
        ("deep/configs/bad.yaml", line, column) for line, column in places
    ]
    elsewhere = {**variables["azure"]}
    ran = subprocess.run(
        [warm.python(), "-m", "provision", "validate", "configs"],
        env=elsewhere,
        cwd="deep",
        capture_output=True,
        check=False,
    )
    issues = [found for found in commands(ran.stderr.decode()) if found[0] == "task.logissue"]
    assert [(p["type"], p["sourcepath"], p["linenumber"], p["columnnumber"]) for _, p, _ in issues] == [
        ("error", "deep/configs/bad.yaml", line, column) for line, column in places
    ]


def test_findings_are_told_at_the_key_that_they_are_about(variables: dict[str, dict[str, str]]) -> None:
    """A warning stands where it can be mended; what is only worth knowing stands nowhere."""
    config = write_config(more="secret:\n  lifetime: 1y\n")
    log = Log()
    for line in call(variables["github"], "plan", config, "--sandbox").err.splitlines():
        log.take(line)
    ((level, place, message),) = log.annotations
    assert (level, place["file"], place["title"]) == ("warning", config, "PRV600 lifetime-over-180-days")
    assert Path(config).read_text().splitlines()[int(place["line"]) - 1] == "  lifetime: 1y"
    assert "CISA" in message


def test_azure_gets_outputs_summary_and_mask(variables: dict[str, dict[str, str]], tmp_path: Path) -> None:
    """As variables of the job, as a file of its own, and before the value is anywhere else."""
    config = write_config()
    planned = call(variables["azure"], "plan", config, "--sandbox", "-o", "json")
    said = commands(planned.err)
    values = {p["variable"]: message for name, p, message in said if name == "task.setvariable"}
    assert all(p.get("isOutput") == "true" for name, p, _ in said if name == "task.setvariable")
    assert values["changes"] == "true"
    assert values["digest"] == planned.json["digest"]
    assert values["exit_code"] == "0"
    ((_, _, path),) = [found for found in said if found[0] == "task.uploadsummary"]
    assert Path(path).is_absolute()
    assert "4 to create" in Path(path).read_text()
    applied = call(variables["azure"], "apply", config, *WRITES)
    assert applied.code == 0, applied.err
    secret = Path("out.secret").read_text()
    lines = [line for line in (applied.out + applied.err).splitlines() if secret in line]
    assert lines == [f"##vso[task.setsecret]{secret}"]
    assert sum(path.read_text().count(secret) for path in (tmp_path / "agent").iterdir()) == 0
    names = {p["variable"] for name, p, _ in commands(applied.err) if name == "task.setvariable"}
    assert names == {
        "changes",
        "name",
        "tenant_id",
        "oauth_client_id",
        "consent",
        "consent_url",
        "secret_key_id",
        "secret_expires",
        "configs",
        "exit_code",
    }


@pytest.mark.parametrize("host", ["github", "azure"])
def test_the_value_is_masked_before_it_is_delivered(
    variables: dict[str, dict[str, str]], tmp_path: Path, host: str
) -> None:
    """The sink's own process finds the mask in the log already; stdout stays one document."""
    log = tmp_path / "log"
    Path("sink.py").write_text(
        "import pathlib, sys\n"
        "value = sys.stdin.read()\n"
        f"seen = value in pathlib.Path({str(log)!r}).read_text()\n"
        "pathlib.Path('seen').write_text(str(seen))\n"
    )
    # tee stands for the runner: what it was sent is in the file at once.
    tee = subprocess.Popen(["tee", str(log)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    argv = (
        "--sandbox",
        "--yes",
        "-o",
        "json",
        "--allow",
        "rehearsal-delivery",
        "--deliver",
        f"command:{sys.executable} sink.py",
    )
    waiting = "import time; time.sleep(0.3)\n"
    Path("sink.py").write_text(waiting + Path("sink.py").read_text())
    ran = call(variables[host], "apply", write_config(), *argv, "--allow", "command-sink", stderr=tee.stdin)
    assert tee.stdin is not None
    tee.stdin.close()
    tee.wait()
    assert ran.code == 0, log.read_text()
    assert ran.json["format"] == "provision.result/1"
    assert Path("seen").read_text() == "True"


def test_a_mask_that_nobody_hears_makes_no_secret(variables: dict[str, dict[str, str]]) -> None:
    """stderr in a file would keep the value: refused before anything is written, and said why."""
    config = write_config()
    call(variables["none"], "plan", config, "--sandbox")
    for host in ("github", "azure"):
        with Path("err.txt").open("w") as file:
            ran = call(variables[host], "apply", config, *WRITES, stderr=file)
        assert ran.code == 64
        assert "PRV107" in Path("err.txt").read_text()
        assert not Path("out.secret").exists()
        assert (
            Tenant().get("/applications?$filter=displayName eq 'FOIAXpress Collaboration Mail'")["value"]
            == []
        )
        ran = call(variables[host], "apply", config, *WRITES, stderr=subprocess.DEVNULL)
        assert ran.code == 64
    with Path("err.txt").open("w") as file:
        assert call(variables["github"], "apply", config, *WRITES, "--ci", "none", stderr=file).code == 0
    assert Path("out.secret").read_text() not in Path("err.txt").read_text()


@pytest.mark.parametrize(
    ("host", "name", "value"),
    [
        ("github", "GITHUB_OUTPUT", None),
        ("github", "GITHUB_OUTPUT", ""),
        ("github", "GITHUB_OUTPUT", "no/such/folder/file"),
        ("github", "GITHUB_OUTPUT", "."),
        ("github", "GITHUB_STEP_SUMMARY", None),
        ("github", "GITHUB_ACTIONS", None),
        ("github", "GITHUB_ACTIONS", "false"),
        ("azure", "AGENT_TEMPDIRECTORY", None),
        ("azure", "AGENT_TEMPDIRECTORY", "no/such/folder"),
        ("azure", "TF_BUILD", None),
    ],
)
@pytest.mark.parametrize("verb", ["apply", "plan", "validate"])
def test_wrong_variables_are_said_before_anything_is_done(
    variables: dict[str, dict[str, str]], host: str, name: str, value: str | None, verb: str
) -> None:
    """With a code, the variable's name, and the way out; in JSON too."""
    environment = {key: text for key, text in variables[host].items() if key != name}
    if value is not None:
        environment[name] = value
    config = write_config()
    rest = {"apply": WRITES, "plan": ("--sandbox",), "validate": ()}[verb]
    ran = call(environment, verb, config, *rest, "--ci", host)
    assert ran.code == 64
    assert f"{name} " in ran.err
    assert "PRV106" in ran.err
    assert not STATE.exists()
    assert call(environment, verb, config, *rest, "--ci", host, "-o", "json").json["error"] == "ci-variables"
    assert call(environment, verb, config, *rest, "--ci", "none").code == 0


def test_the_host_is_found_by_its_variables(variables: dict[str, dict[str, str]], tmp_path: Path) -> None:
    """And nothing is told anywhere without them, or with --ci none."""
    config = write_config(name="A")
    assert "::error" in call(variables["github"], "validate", config).err
    assert "##vso[task.logissue" in call(variables["azure"], "validate", config).err
    for host, more in (("none", ()), ("github", ("--ci", "none")), ("azure", ("--ci=none",))):
        ran = call(variables[host], "validate", config, *more)
        assert "::" not in ran.err
        assert "##" not in ran.err
    kept = outputs((tmp_path / "output").read_text())
    assert kept == {"exit_code": "65"}
    assert "PRV" in (tmp_path / "summary").read_text()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_text_stays_in_its_place(name: str) -> None:
    """In a message, a title, a path, a group, an output: read back, it is what was shown, and one line."""
    place = Place(name, 3, 4)
    line = github.annotation(Severity.ERROR, name, name, place)
    assert len(line.splitlines()) == 1
    log = Log()
    log.take(line)
    ((level, properties, message),) = log.annotations
    shown = escape.plain(name)
    assert (level, message, properties["file"], properties["title"]) == ("error", shown, shown, shown)
    assert (properties["line"], properties["col"]) == ("3", "4")
    log.take(github.group(name))
    assert log.groups == [shown]
    assert outputs(github.outputs({"a": name, "b": "c"}, "end-1")) == {"a": shown, "b": "c"}
    text = azure_pipelines.annotation(Severity.WARNING, name, name, place)
    ((command, found, message),) = commands(text)
    assert command == "task.logissue"
    assert found == {"type": "warning", "sourcepath": shown, "linenumber": "3", "columnnumber": "4"}
    assert message == escape.plain(f"{name}: {name}")
    ((_, found, message),) = commands(azure_pipelines.output("a", name))
    assert (found, message) == ({"variable": "a", "isOutput": "true"}, shown)
    assert len(azure_pipelines.group(name).splitlines()) == 1
    assert commands(azure_pipelines.group(name)) == []


def test_drift_and_expiry_tell_what_needs_attention(
    variables: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    """An output, the summary, and each finding at its config."""
    config = write_config()
    assert call(variables["none"], "apply", config, *WRITES).code == 0
    app = Tenant().application()
    Tenant().do(
        "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "x"}}
    )
    for argv, page in ((("drift", config), "provision drift"), (("expiry", config, "--within", "1y"), "|")):
        for name in ("output", "summary"):
            (tmp_path / name).write_text("")
        ran = call(variables["github"], *argv, "--sandbox")
        assert ran.code == 4, ran.err
        assert outputs((tmp_path / "output").read_text()) == {"attention": "true", "exit_code": "4"}
        assert page in (tmp_path / "summary").read_text()
        assert (f"file={config},line=2" in ran.err) == (argv[0] == "drift")
