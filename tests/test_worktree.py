"""In the user's own repository: git never takes our folder, nor a secret's file without a word."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from provision.cli.worktree import exposed
from tests.support import Program, Tenant, write_config


def git(*argv: str, cwd: str | Path = ".") -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    ran = subprocess.run(["git", *who, *argv], cwd=cwd, env=clean, capture_output=True, text=True, check=True)
    return ran.stdout


@pytest.fixture
def tree() -> Path:
    git("init", "-q", "-b", "main")
    return Path.cwd()


def lines(paths: list[Path]) -> dict[Path, str]:
    """What git would take, and the line that keeps it out."""
    return {path: found.line for path, found in exposed(paths).items()}


def taken(path: str) -> bool:
    """Whether git itself would take the file."""
    Path(path).touch()
    return bool(git("status", "--porcelain", "-uall", "--", path))


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("ignore", "path", "line"),
    [
        ({}, "mail.secret", "/mail.secret"),
        ({}, "a/b/mail.secret", "/a/b/mail.secret"),
        ({}, "odd[1]*.secret", "/odd\\[1]\\*.secret"),
        ({".gitignore": "*.secret\n"}, "mail.secret", None),
        ({".gitignore": "*.secret\n!mail.secret\n"}, "mail.secret", "/mail.secret"),
        ({".gitignore": "/mail.secret\n"}, "a/mail.secret", "/a/mail.secret"),
        ({".gitignore": "a/\n"}, "a/b/mail.secret", None),
        ({".gitignore": "**/b/*\n"}, "a/b/mail.secret", None),
        ({"a/.gitignore": "mail.*\n"}, "a/mail.secret", None),
        ({"a/.gitignore": "mail.*\n"}, "mail.secret", "/mail.secret"),
        ({".git/info/exclude": "mail.secret\n"}, "mail.secret", None),
        ({".gitignore": "# mail.secret\n"}, "mail.secret", "/mail.secret"),
    ],
)
def test_what_git_would_take(ignore: dict[str, str], path: str, line: str | None) -> None:
    """As git itself has it, and the line keeps the file out."""
    Path("a/b").mkdir(parents=True)
    for name, text in ignore.items():
        Path(name).write_text(text)
    assert lines([Path(path)]) == ({} if line is None else {Path(path): line})
    assert taken(path) is (line is not None)
    if line is not None:
        with Path(".gitignore").open("a") as file:
            file.write(f"{line}\n")
        assert exposed([Path(path)]) == {}
        assert not taken(path)


def test_outside_of_a_work_tree() -> None:
    """Nothing to say."""
    assert exposed([Path("mail.secret")]) == {}


def test_a_linked_work_tree(tree: Path) -> None:
    """There .git is a file, and the exclude file is the repository's."""
    git("commit", "-q", "--allow-empty", "-m", "x")
    git("worktree", "add", "-q", "linked")
    assert lines([Path("linked/mail.secret")]) == {Path("linked/mail.secret"): "/mail.secret"}
    (tree / ".git/info/exclude").write_text("*.secret\n")
    assert exposed([Path("linked/mail.secret")]) == {}


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("name", ["mail.secret", "odd [1]*.secret"])
def test_what_git_has_already_is_taken_though_it_is_ignored(name: str) -> None:
    """A pattern keeps out only what is not tracked; the word is another, then."""
    Path(".gitignore").write_text("*.secret\n")
    Path(name).write_text("old")
    git("add", "-f", "--", name)
    found = exposed([Path(name), Path("other.secret")])
    assert list(found) == [Path(name)]
    assert "rm --cached" in found[Path(name)].first
    git("commit", "-q", "-m", "x")
    git("worktree", "add", "-q", "linked")
    assert "rm --cached" in exposed([Path("linked") / name])[Path("linked") / name].first


def test_nothing_of_the_repository_is_run_or_trusted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a monitor nor a hook, and a configuration that ignores everything does not count."""
    trap = tree / "trap"
    trap.write_text("#!/bin/sh\ntouch ran\n")
    trap.chmod(0o755)
    (tree / "everything").write_text("*\n")
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor"):
        git("config", name, str(trap))
    git("config", "core.hooksPath", str(tree))
    git("config", "core.excludesFile", str(tree / "everything"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tree / ".git/config"))
    monkeypatch.setenv("GIT_DIR", "nowhere")
    assert lines([Path("mail.secret")]) == {Path("mail.secret"): "/mail.secret"}
    assert not Path("ran").exists()


def test_without_git_a_file_counts_as_taken(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell, so it is said."""
    (tree / ".gitignore").write_text("*\n")
    monkeypatch.setenv("PATH", "")
    assert "could not tell" in exposed([Path("mail.secret")])[Path("mail.secret")].why


def test_a_file_that_is_ignored_and_tracked_all_the_same(tree: Path) -> None:
    """No .gitignore keeps it out; the command that is named does, also in a linked work tree."""
    (tree / "a").mkdir()
    git("commit", "-q", "--allow-empty", "-m", "x")
    git("worktree", "add", "-q", "linked")
    for top in (Path(), Path("linked")):
        (top / "a").mkdir(exist_ok=True)
        path = top / "a/mail [1].secret"
        path.write_text("old")
        git("add", "a/mail [1].secret", cwd=top)
        (top / ".gitignore").write_text("*.secret\n")
        found = exposed([path])[path]
        assert "tracked" in found.why
        subprocess.run(found.first, shell=True, check=True, cwd=Path.cwd())
        assert exposed([path]) == {}


def test_an_index_that_cannot_be_read_counts_as_one_that_has_it(tree: Path) -> None:
    """It is said, for nobody can tell."""
    (tree / ".gitignore").write_text("*\n")
    (tree / ".git/index").write_text("damaged")
    assert "could not tell" in exposed([Path("mail.secret")])[Path("mail.secret")].why


@pytest.mark.usefixtures("tree")
def test_a_rehearsal_warns(provision: Program) -> None:
    """In plan and apply, where a secret is to be made; our own folder is ignored, and was never staged."""
    config = write_config()
    for verb in ("plan", "apply"):
        argv = (verb, config, "--sandbox", "--deliver", "file:mail.secret", "-o", "json")
        ran = provision(*argv, *(["--yes"] if verb == "apply" else []))
        assert ran.code == 0, ran.err
        findings = ran.json["findings"] if verb == "plan" else ran.json.get("findings", ran.json)
        if verb == "plan":
            (found,) = [each for each in findings if each["name"] == "secret-in-worktree"]
            assert found["severity"] == "warning"
            assert "/mail.secret" in found["fix"]
    assert provision("plan", config, "--sandbox").code == 0
    git("add", "-A")
    staged = git("diff", "--cached", "--name-only").split()
    assert not [name for name in staged if name.startswith(".provision")]
    assert Path(".provision/.gitignore").read_text() == "*\n"


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("pipeline", [False, True])
def test_a_real_run_stops(
    provision: Program, real: Tenant, monkeypatch: pytest.MonkeyPatch, pipeline: bool
) -> None:
    """Before anything is written, at a desk and in a pipeline; with the line, or with leave, it goes on."""
    if pipeline:
        monkeypatch.setenv("CI", "true")
    config = write_config()
    argv = ("apply", config, "--yes", "--deliver", "file:mail.secret", "-o", "json")
    planned = provision("plan", *argv[1:2], *argv[3:], "--fail-on", "error")
    assert planned.code == 5
    assert "secret-in-worktree" in {found["name"] for found in planned.json["findings"]}
    writes = real.writes
    ran = provision(*argv)
    assert (ran.code, ran.json["error"]) == (5, "secret-in-worktree"), ran.err + ran.out
    assert ran.json["fix"].startswith("Add this line to the .gitignore of the work tree: /mail.secret")
    assert real.writes == writes
    assert not Path("mail.secret").exists()
    Path(".gitignore").write_text("/mail.secret\n")
    assert provision(*argv).code == 0
    assert Path("mail.secret").read_text()[:3] == real.application()["passwordCredentials"][0]["hint"]
    git("add", "-f", "mail.secret")
    renewal = ("rotate", config, "--yes", "--deliver", "file:mail.secret", "-o", "json")
    ran = provision(*renewal)
    assert (ran.code, ran.json["error"]) == (5, "secret-in-worktree")
    assert "git rm --cached -- mail.secret" in ran.json["fix"]
    assert len(real.application()["passwordCredentials"]) == 1
    assert provision(*renewal, "--allow", "secret-in-worktree").code == 0
