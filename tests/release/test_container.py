"""The image's steps as they are written, and the manifest for Kubernetes.

Source: https://docs.docker.com/reference/dockerfile/ and
https://kubernetes.io/docs/concepts/security/pod-security-standards/ (the profile "Restricted")
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from provision.cli.main import VERBS
from release import container

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile, each whole."""
    return container.instructions((ROOT / "Containerfile").read_text())


def test_the_stand_in_does_each_step_of_the_image() -> None:
    """In its order; `make dist-check` runs it, for minutes."""
    text = container.script((ROOT / "Containerfile").read_text(), ROOT)
    at = 0
    for name, rest in stages()[0][1:]:
        if name == "RUN":
            at = text.index(shlex.join(json.loads(rest)), at)
        elif name == "COPY":
            for source in rest.split()[:-1]:
                at = text.index(f"cp -r {ROOT / source} ", at)
        else:
            at = text.index(f"cd {rest}", at)
    last = text.splitlines()[-1]
    assert "--reuid=65532 --regid=65532" in last
    assert "/opt/provision/bin/python -I -m provision plan" in last
    assert "ro,bind /" in text[at:]
    with pytest.raises(ValueError, match="ADD"):
        container.script("FROM a\nADD x y\nFROM b\n" + "USER 1:1\nWORKDIR /w\nENV A=1\nENTRYPOINT []", ROOT)


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage."""
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, rest))
    return found


def test_no_tag_is_trusted_and_no_shell_is_needed() -> None:
    """The base has no default; each step and the entry point are lists, which no shell reads."""
    assert ("ARG", "BASE") in instructions()
    for name, rest in instructions():
        if name in ("RUN", "ENTRYPOINT", "CMD"):
            assert all(isinstance(word, str) for word in json.loads(rest)), rest


def test_what_is_installed_is_locked() -> None:
    """By the lock first, with hashes; then the package, which brings nothing."""
    pips = [json.loads(rest) for name, rest in stages()[0] if name == "RUN" and '"pip"' in rest]
    assert len(pips) == 2
    assert pips[0][-5:] == ["--require-hashes", "--only-binary", ":all:", "-r", "requirements-run.lock"]
    assert pips[1][-3:] == ["--no-deps", "--no-build-isolation", "."]


def test_every_file_that_is_copied_is_there_and_let_in() -> None:
    """And what the package needs is copied: what its build takes."""
    copied = [
        name for instruction, rest in stages()[0] if instruction == "COPY" for name in rest.split()[:-1]
    ]
    ignored = (ROOT / ".containerignore").read_text().splitlines()
    assert ignored[0] == "*"
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored
    project = (ROOT / "pyproject.toml").read_text()
    forced = re.findall(r'^"([\w.]+)" = "provision/shipped_files', project, re.MULTILINE)
    assert {"provision", "README.md", "LICENSE", "pyproject.toml", *forced} <= set(copied)


def test_it_runs_as_nobody() -> None:
    """A number, so that Kubernetes can tell that it is not root; the entry point is the program."""
    last = dict(stages()[1])
    assert last["USER"] == "65532:65532"
    assert json.loads(last["ENTRYPOINT"])[-3:] == ["-I", "-m", "provision"]
    names = [name for name, _ in stages()[1]]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names


def pod() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the spec of the pod, and of its one container."""
    _, job = yaml.safe_load_all((ROOT / "ci" / "cronjob.yaml").read_text())
    assert job["kind"] == "CronJob"
    spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return spec, container


def test_the_manifest_keeps_to_the_restricted_profile() -> None:
    """No right that it has no use for, no token of the cluster, nothing written but its own folder."""
    spec, container = pod()
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == int(dict(stages()[1])["USER"].split(":")[0])
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "@sha256:" in container["image"]
    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert writable == [dict(stages()[1])["WORKDIR"]]
    assert {mount["name"] for mount in container["volumeMounts"]} == {one["name"] for one in spec["volumes"]}


def test_the_manifest_calls_the_program_rightly() -> None:
    """A verb that only reads, with options that there are."""
    from provision.cli.main import cli

    _, container = pod()
    verb, *words = container["args"]
    assert verb in VERBS
    command = cli.get_command(None, verb)  # type: ignore[arg-type]
    assert command is not None
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options
    assert "--yes" not in words
