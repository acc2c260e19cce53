"""``make dist``: the same bytes wherever it is built, and a bill of materials that is the lock."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
import yaml
from cyclonedx.model.bom import Bom

from release import NAME, dist, lock, notes, sbom, tree

ROOT = Path(__file__).parents[2]
PINS = lock.read(ROOT / "requirements-run.lock")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of one commit, with the files of this one as they lie in the work tree."""
    folder = tmp_path_factory.mktemp("checkout")
    files = ("LICENSE", "pyproject.toml", "requirements-run.lock", ".gitignore")
    pages = ("README.md", "CHANGELOG.md", "SECURITY.md")
    kept = ("provision", "configs", "docs", *pages, *files)
    for name in kept:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    who = ["-c", "user.name=x", "-c", "user.email=x@agency.example", "-c", "commit.gpgsign=false"]
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["commit", "-q", "-m", "one", "--date", "2026-11-01T00:00:00Z"],
    ):
        subprocess.run(["git", "-C", str(folder), *who, *words], check=True)
    return folder


@pytest.fixture(scope="module")
def made(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is built of it."""
    folder = tmp_path_factory.mktemp("made")
    dist.build(checkout, folder)
    return folder


def test_two_builds_have_the_same_bytes(
    checkout: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another folder, at another time, in another zone, with another mask and more files."""
    other = tmp_path / "elsewhere" / "deeper"
    shutil.copytree(checkout, other)
    (other / "notes.txt").write_text("not committed")
    (other / "configs" / "mine.yaml").write_text("not committed")
    for path in other.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C")
    before = os.umask(0o077)
    try:
        dist.build(other, tmp_path / "again")
    finally:
        os.umask(before)
    names = sorted(path.name for path in made.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    assert len(names) == 6
    for name in names:
        assert (made / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    assert "not committed" not in (made / "SHA256SUMS").read_text()


def test_the_checksums_are_of_every_file(made: Path) -> None:
    """In the form that sha256sum reads, but of itself."""
    lines = (made / dist.SUMS).read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.iterdir()}
    assert listed == {name: digest for name, digest in there.items() if name != dist.SUMS}


def test_the_package_brings_examples_and_pages(made: Path) -> None:
    """Under the name that is ours, with the command's."""
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        names = set(files.namelist())
        (about,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        meta = HeaderParser().parsestr(files.read(about).decode())
        entry = files.read(about.replace("METADATA", "entry_points.txt")).decode()
    assert meta["Name"] == NAME
    assert "provision = provision.cli.main:main" in entry
    for folder in ("configs", "docs"):
        there = {f"provision/shipped_files/{folder}/{path.name}" for path in (ROOT / folder).iterdir()}
        assert there <= names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_requirements_pin_the_package_too(made: Path) -> None:
    """All of the lock, and this very wheel by its hash: a stranger's of that name is no match."""
    (path,) = made.glob("*-requirements.txt")
    pins = lock.read(path)
    assert pins[:-1] == PINS
    ours = pins[-1]
    assert (ours.name, ours.version) == (NAME, tree.version(ROOT))
    assert set(ours.hashes) == {
        hashlib.sha256(each.read_bytes()).hexdigest()
        for each in (*made.glob("*.whl"), *made.glob("*.tar.gz"))
    }


def test_the_bill_is_the_lock(made: Path) -> None:
    """In both directions; and each library with where its licence is said."""
    (path,) = made.glob("*.cdx.json")
    bill = json.loads(path.read_text())
    assert sbom.differences(bill, PINS) == []
    assert [part["name"] for part in bill["components"]] == [pin.name for pin in PINS]
    assert sbom.differences(bill, PINS[1:]) == [f"only in the bill: {PINS[0].name} {PINS[0].version}"]
    more = lock.Pin("stranger", "1.0", None, ("0" * 64,))
    assert sbom.differences(bill, [*PINS, more]) == ["only in the lock: stranger 1.0"]
    changed = [lock.Pin(PINS[0].name, PINS[0].version, None, ("0" * 64,)), *PINS[1:]]
    assert len(sbom.differences(bill, changed)) == 2
    assert all(part["licenses"] for part in bill["components"] if "MIT" in str(part))


def test_another_tool_reads_the_bill(made: Path) -> None:
    """CycloneDX's own library for Python: the same libraries, and who needs whom among them."""
    (path,) = made.glob("*.cdx.json")
    bill = Bom.from_json(json.loads(path.read_text()))  # type: ignore[attr-defined]
    assert {(part.name, part.version) for part in bill.components} == {
        (pin.name, pin.version) for pin in PINS
    }
    assert bill.metadata.component.name == NAME
    assert bill.validate()
    refs = {str(part.bom_ref) for part in bill.components}
    edges = {str(one.ref): {str(each.ref) for each in one.dependencies} for one in bill.dependencies}
    assert set().union(*edges.values()) <= refs
    assert {f"pkg:pypi/{name}" for name in ("msgraph-sdk", "azure-keyvault-secrets", "pynacl")} <= {
        ref.partition("@")[0] for ref in edges[f"pkg:pypi/{NAME}@{tree.version(ROOT)}"]
    }


@pytest.mark.parametrize("line", ["requests>=2", "requests==2.0", "https://index.example/x.whl"])
def test_what_is_not_pinned_by_hash_is_no_lock(tmp_path: Path, line: str) -> None:
    """Nothing of it is released."""
    path = tmp_path / "some.lock"
    path.write_text(f"{line}\n")
    with pytest.raises(ValueError, match="no version and hash"):
        lock.read(path)


def test_the_notes_are_the_changelogs() -> None:
    """Those of the version that is released; a version that nothing is said of is no release."""
    text = (ROOT / "CHANGELOG.md").read_text()
    assert notes.of(text, tree.version(ROOT)).startswith(f"# {tree.version(ROOT)}")
    assert "## " not in notes.of("## 2.0\n\n- two\n\n## 1.0\n\n- one\n", "2.0")
    assert notes.of("## 2.0\n\n- two\n\n## 1.0\n\n- one\n", "1.0") == "# 1.0\n\n- one\n"
    with pytest.raises(ValueError, match=r"nothing of 3\.0"):
        notes.of(text, "3.0")


def test_the_name_is_said_once() -> None:
    """By pyproject.toml as by the release; what is installed here has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == NAME
    assert project["scripts"] == {"provision": "provision.cli.main:main"}
    ran = subprocess.run(
        [sys.executable, "-m", "provision", "--version"], capture_output=True, text=True, check=True
    )
    assert tree.version(ROOT) in ran.stdout


def test_the_workflow_holds_no_token_and_pins_what_it_uses() -> None:
    """Each action by its commit, each job with the rights that it needs, no secret of the repository's."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    flow = yaml.safe_load(text)
    assert "secrets." not in text
    assert flow["permissions"] == {}
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, said in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v[\d.]+", said), action
    rights = {name: job["permissions"] for name, job in flow["jobs"].items()}
    assert rights == {
        "build": {"contents": "read"},
        "attest": {"id-token": "write", "attestations": "write"},
        "publish": {"id-token": "write"},
        "page": {"contents": "write"},
    }
    assert flow["jobs"]["publish"]["environment"] == "release"
    for job in flow["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
