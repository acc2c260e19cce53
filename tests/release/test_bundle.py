"""``make bundle``: what each machine wants of the lock, and scripts that install nothing that was altered.

``make dist-check`` installs the real bundle where there is no network.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from release import NAME, bundle, dist, lock, targets, tree
from release.lock import Pin
from release.targets import Machine, wanted

ROOT = Path(__file__).parents[2]
NATIVE = ("cffi", "cryptography")
SCRIPTS = ROOT / "release"


@pytest.mark.parametrize("machine", targets.MACHINES, ids=lambda machine: machine.name)
def test_each_machine_gets_what_its_conditions_say(machine: Machine) -> None:
    """What is only for Windows, or only for older Pythons, is for those."""
    pins = [
        Pin("all", "1", None, ("0",)),
        Pin("windows", "1", "sys_platform == 'win32'", ("0",)),
        Pin("posix", "1", "os_name != 'nt' and platform_system != 'Windows'", ("0",)),
        Pin("arm", "1", "platform_machine == 'aarch64' or platform_machine == 'arm64'", ("0",)),
        Pin("old", "1", "python_full_version < '3.13'", ("0",)),
        Pin("pypy", "1", "platform_python_implementation == 'PyPy'", ("0",)),
    ]
    given = {pin.name for pin in wanted(pins, machine, "3.12")}
    expected = {"all", "old", "windows" if "Windows" in machine.name else "posix"}
    if machine.name.endswith(("aarch64", "arm64")):
        expected.add("arm")
    assert given == expected
    assert {pin.name for pin in wanted(pins, machine, "3.14")} == expected - {"old"}


def test_the_machines_are_those_that_the_page_names() -> None:
    """Every processor and Python of it."""
    page = (ROOT / "docs" / "install.md").read_text()
    assert {machine.name for machine in targets.MACHINES} == {
        "Linux x86_64",
        "Linux aarch64",
        "Windows amd64",
        "macOS arm64",
    }
    assert "Python 3.11 to 3.14" in page
    assert (targets.PYTHONS[0], targets.PYTHONS[-1]) == ("3.11", "3.14")
    assert "manylinux_2_28_x86_64" in targets.MACHINES[0].tags
    assert "manylinux_2_29_x86_64" not in targets.MACHINES[0].tags


class Index:
    """An index whose wheels are empty; it remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []

    def __call__(self, machine: Machine, python: str, pins: Sequence[Pin], folder: Path) -> None:
        self.asked.append((machine.name, python, len(pins)))
        for pin in pins:
            tag = f"cp{python.replace('.', '')}-cp{python.replace('.', '')}-{machine.tags[0]}"
            name = pin.name.replace("-", "_")
            (folder / f"{name}-{pin.version}-{tag if pin.name in NATIVE else 'py3-none-any'}.whl").touch()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of one commit, with a small package and what a bundle takes."""
    folder = tmp_path_factory.mktemp("checkout")
    files = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "pyproject.toml", "requirements-run.lock"]
    for name in (
        *files,
        "release/install.sh",
        "release/install.ps1",
        "configs/prod.yaml",
        "docs/install.md",
        "provision/__init__.py",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    who = ["-c", "user.name=x", "-c", "user.email=x@agency.example", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", str(folder), *who, *words], check=True)
    return folder


@pytest.fixture(scope="module")
def unpacked(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a bundle unpacks to."""
    folder = tmp_path_factory.mktemp("bundle")
    made = bundle.build(checkout, folder / "out", Index())
    with tarfile.open(made) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"{NAME}-{tree.version(ROOT)}"


def test_a_bundle_has_everything_once(unpacked: Path) -> None:
    """A wheel for every machine where there must be one, one for all where that is enough; and the sums."""
    wheels = [path.name for path in (unpacked / "wheels").iterdir()]
    pins = lock.read(ROOT / "requirements-run.lock")
    many = len(targets.MACHINES) * len(targets.PYTHONS)
    assert len(wheels) == len(pins) - len(NATIVE) + len(NATIVE) * many + 1
    lines = (unpacked / dist.SUMS).read_text().splitlines()
    sums = {name for _, name in (line.split("  ", 1) for line in lines)}
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert sums == there - {dist.SUMS}
    assert {"docs/install.md", "configs/prod.yaml", "install.sh", "install.ps1"} <= there
    assert [pin.name for pin in lock.read(unpacked / "requirements.txt")] == [*(p.name for p in pins), NAME]


def test_what_is_for_every_machine_is_asked_for_once(tmp_path: Path) -> None:
    """The first machine brings it."""
    index = Index()
    pins = lock.read(ROOT / "requirements-run.lock")
    bundle._bring(pins, tmp_path, index)
    assert index.asked[0][2] >= len(pins) - 5
    assert all(count <= len(NATIVE) + 5 for _, _, count in index.asked[1:])
    assert len(index.asked) == len(targets.MACHINES) * len(targets.PYTHONS)


def test_an_archive_depends_on_nothing_but_its_contents(unpacked: Path, tmp_path: Path) -> None:
    """Not on times, rights, or the order of a disk."""
    other = tmp_path / unpacked.name
    shutil.copytree(unpacked, other)
    for path in other.rglob("*"):
        os.utime(path, (5, 5))
        if path.is_file():
            path.chmod(0o600)
    assert bundle.packed(unpacked, 1) == bundle.packed(other, 1)
    assert bundle.packed(unpacked, 1) != bundle.packed(unpacked, 2)


PYTHON = """#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in
  *"-m venv"*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; cp "$0" "$4/bin/provision" ;;
  *sys.version_info*) exit "${TOO_OLD:-0}" ;;
esac
"""


def install(unpacked: Path, tmp_path: Path, **environment: str) -> tuple[int, str, list[str]]:
    """Run install.sh with a Python that writes down what it is called with."""
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    log = tmp_path / "log"
    log.unlink(missing_ok=True)
    ran = subprocess.run(
        ["sh", str(unpacked / "install.sh"), str(tmp_path / "venv")],
        env={"PATH": os.environ["PATH"], "PYTHON": str(python), "LOG": str(log), **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    return ran.returncode, ran.stderr, log.read_text().splitlines() if log.exists() else []


def test_the_script_installs_by_hash_and_from_the_folder_alone(unpacked: Path, tmp_path: Path) -> None:
    """No index is asked, whatever pip is set up for: --no-index, isolated, hashes required."""
    code, said, called = install(unpacked, tmp_path)
    assert code == 0, said
    (pip,) = [line for line in called if "-m pip" in line]
    assert pip.startswith("-I -m pip install")
    for word in ("--no-index", f"--find-links {unpacked}/wheels", "--require-hashes", "--only-binary :all:"):
        assert word in pip
    assert called[-1] == "--version"
    again, said, called = install(unpacked, tmp_path)
    assert (again, "is there already" in said) == (1, True)
    assert not [line for line in called if "-m pip" in line]


@pytest.mark.parametrize("name", ["requirements.txt", "install.ps1", "docs/install.md", "wheels"])
@pytest.mark.parametrize("how", ["altered", "missing"])
def test_the_script_refuses_what_was_altered(unpacked: Path, tmp_path: Path, name: str, how: str) -> None:
    """Before any Python is called."""
    copy = tmp_path / "bundle"
    shutil.copytree(unpacked, copy)
    path = min((copy / "wheels").iterdir()) if name == "wheels" else copy / name
    if how == "altered":
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        path.unlink()
    code, said, called = install(copy, tmp_path)
    assert code == 1
    assert "nothing was installed" in said
    assert called == []
    assert not (tmp_path / "venv").exists()


def test_the_script_wants_a_python_that_the_bundle_has_wheels_for(unpacked: Path, tmp_path: Path) -> None:
    """It says which, and how to name another."""
    code, said, called = install(unpacked, tmp_path, TOO_OLD="1")
    assert code == 1
    assert "Python 3.11 to 3.14" in said
    assert len(called) == 1


def test_the_script_for_windows_does_the_same() -> None:
    """PowerShell understands it; it looks at every sum first, and calls pip with the same options."""
    text = (SCRIPTS / "install.ps1").read_text()
    text.encode("ascii")  # Windows PowerShell 5.1 reads a file without a mark in the system's code page
    parsed = Parser(Language(tree_sitter_powershell.language())).parse(text.encode())
    assert not parsed.root_node.has_error
    sums, rest = text.split("& $Python", 1)
    assert "Get-FileHash" in sums
    assert "SHA256SUMS" in sums
    assert "nothing was installed" in sums
    shell = (SCRIPTS / "install.sh").read_text()
    for word in ("-I -m pip install", "--no-index", "--find-links", "--require-hashes", "--only-binary"):
        assert word in rest
        assert word in shell
    looked, _ = rest.split("-m venv", 1)
    assert "LongPathsEnabled" in sums + looked  # without it no venv can hold Microsoft's SDK
    line = f"{hashlib.sha256(b'').hexdigest()}  wheels/some.whl"
    assert (line[:64], line[66:]) == (hashlib.sha256(b"").hexdigest(), "wheels/some.whl")
    assert re.findall(r"Substring\((.*?)\)", sums) == ["66", "0, 64"]
