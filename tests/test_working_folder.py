"""A config means the same from every working folder: its paths are those of the file that names them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import Program, write_config

FILE = "secret:\n  delivery:\n    file:\n      path: kept/mail.secret\n"


@pytest.fixture
def top(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a config in a folder, which delivers to a real file in a rehearsal."""
    here = Path.cwd()
    (here / "configs" / "kept").mkdir(parents=True, mode=0o700)
    monkeypatch.chdir(here / "configs")
    write_config(more=FILE)
    monkeypatch.chdir(here)
    return here


def options(path: str) -> Path:
    """Where a config's file is, as seen from here."""
    from provision.config import load

    (config,) = load([path])
    return Path(os.path.normpath(config.delivery.options.file.absolute()))


@pytest.mark.parametrize("folder", [".", "configs", "elsewhere", "/"])
def test_where_a_configs_file_is(top: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    """By a relative way, by an absolute one, and through a base in another folder."""
    (top / "elsewhere").mkdir()
    (top / ".git").mkdir()
    base = Path("configs/prod.yaml").read_text()
    Path("elsewhere/child.yaml").write_text("version: 1\nextends: ../configs/prod.yaml\nname: child-app\n")
    Path("elsewhere/own.yaml").write_text(
        f"version: 1\nextends: ../configs/prod.yaml\nname: own-app\n{FILE.replace('kept/', '')}"
    )
    monkeypatch.chdir(top / folder)
    assert base
    for name, place in (
        ("configs/prod.yaml", "configs/kept/mail.secret"),
        ("elsewhere/child.yaml", "configs/kept/mail.secret"),  # the base names it
        ("elsewhere/own.yaml", "elsewhere/mail.secret"),
    ):
        assert options(os.path.relpath(top / name)) == top / place
        assert options(str(top / name)) == top / place


def test_an_absolute_path_stays(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the command line names is meant from here."""
    monkeypatch.chdir(top / "configs")
    write_config(more=FILE.replace("kept/", "/var/lib/app/"))
    monkeypatch.chdir(top)
    assert options("configs/prod.yaml") == Path("/var/lib/app/mail.secret")


def test_a_plan_is_carried_out_from_another_folder(
    provision: Program, top: Path, real: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was approved is bound to the place as the config says it, not to where the planner stood."""
    Path("configs/.gitignore").write_text("*\n")
    assert provision("plan", "configs/prod.yaml", "--out", "p.json").code == 0
    monkeypatch.chdir(top / "configs")
    ran = provision("apply", "prod.yaml", "--plan", "../p.json", "--yes", "-o", "json")
    assert ran.code in {0, 3}, ran.out + ran.err
    assert (top / "configs" / "kept" / "mail.secret").exists()
    monkeypatch.chdir(top)
    assert provision("plan", "configs/prod.yaml", "-o", "json").json["summary"]["create"] == 0


@pytest.mark.parametrize("folder", [".", "configs"])
def test_a_command_is_run_in_its_folder(
    provision: Program, top: Path, real: object, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """A program beside the config is found, and so are its files; one in PATH stays what it is."""
    script = top / "configs" / "take.sh"
    script.write_text("#!/bin/sh\ncat > taken\n")
    script.chmod(0o755)
    monkeypatch.chdir(top / "configs")
    write_config(more="secret:\n  delivery:\n    command:\n      argv: [./take.sh]\n")
    write_config(
        "tee.yaml", name="with-tee", more="secret:\n  delivery:\n    command:\n      argv: [tee, t]\n"
    )
    monkeypatch.chdir(top / folder)
    for name in ("prod.yaml", "tee.yaml"):
        ran = provision("apply", os.path.relpath(top / "configs" / name), "--yes", "-o", "json")
        assert ran.code in {0, 3}, ran.out + ran.err
    assert (top / "configs" / "taken").exists()
    assert (top / "configs" / "t").exists()
