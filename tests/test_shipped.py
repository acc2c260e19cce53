"""``provision example`` and ``provision docs``: what comes with the program, wherever it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provision import shipped
from tests.support import Program

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


@pytest.fixture(params=["in a checkout", "installed"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program in its checkout, and as a wheel has it."""
    if request.param == "installed":
        package = tmp_path / "site-packages" / "provision"
        for name in ("configs", "docs"):
            shutil.copytree(ROOT / name, package / "shipped_files" / name)
        for name in ("CHANGELOG.md", "SECURITY.md"):
            shutil.copy(ROOT / name, package / "shipped_files" / name)
        monkeypatch.setattr(shipped, "_PACKAGE", package)


def test_examples_are_listed_and_printed_as_they_are(provision: Program, place: None) -> None:
    """Each with what it is for; no byte is another."""
    listed = provision("example").out.splitlines()
    assert [line.split()[0] for line in listed] == NAMES
    assert all(len(line.split()) > 1 for line in listed)
    for name in NAMES:
        assert provision("example", name).out == (ROOT / "configs" / f"{name}.yaml").read_text()


def test_an_example_is_written_and_right(provision: Program, place: None) -> None:
    """Without a checkout; with the one that it extends, which it names."""
    for name in NAMES:
        ran = provision("example", name, "--out", f"{name}.yaml")
        assert ran.code == 0
        assert ("provision example base" in ran.err) == (name == "staging")
    assert provision("validate", ".").code == 0
    assert provision("plan", "prod.yaml", "--sandbox").code == 0


def test_nothing_is_written_over(provision: Program) -> None:
    """A config that somebody has begun is kept; nor into a folder that is not there."""
    Path("prod.yaml").write_text("mine")
    ran = provision("example", "prod", "--out", "prod.yaml")
    assert (ran.code, Path("prod.yaml").read_text()) == (64, "mine")
    assert "is there already" in ran.err
    assert provision("example", "prod", "--out", "nowhere/prod.yaml").code == 1
    assert provision("example", "--out", "x.yaml").code == 64


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("example", "prd"), "prod"),
        (("example", "zzzzzz"), "There are: "),
        (("docs", "firstrun"), "first-run"),
        (("docs", "../README"), "There are: "),
    ],
)
def test_a_name_that_is_not_there(provision: Program, argv: tuple[str, ...], said: str) -> None:
    """What was probably meant; no path leads out of the folder."""
    ran = provision(*argv)
    assert ran.code == 64
    assert said in ran.err


def test_every_page_is_there(provision: Program, place: None) -> None:
    """Each by its name, as it is written."""
    names = {path.stem: path for path in (ROOT / "docs").glob("*.md")}
    names |= {"changelog": ROOT / "CHANGELOG.md", "security": ROOT / "SECURITY.md"}
    listed = provision("docs").out.splitlines()
    assert {line.split()[0] for line in listed} == set(names)
    for name, path in names.items():
        assert provision("docs", name).out == path.read_text()
    assert provision("docs", "first-run.md").out == names["first-run"].read_text()
