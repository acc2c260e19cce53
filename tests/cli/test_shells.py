"""``provision completion``: the scripts, and what a shell is offered by them.

Source: https://click.palletsprojects.com/en/stable/shell-completion/
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_powershell
from click.shell_completion import CompletionItem
from tree_sitter import Language, Parser

from provision.cli import completion, shells
from provision.cli.main import cli
from provision.config import select
from tests import warm
from tests.support import Program, write_config


@pytest.mark.parametrize("shell", shells.NAMES)
def test_each_shell_has_a_script(provision: Program, shell: str) -> None:
    """It names the program and the way back to it; stderr is silent."""
    ran = provision("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert "_PROVISION_COMPLETE" in ran.out
    assert f"{shell}_complete" in ran.out


def test_powershell_understands_its_script(provision: Program) -> None:
    """By its grammar, for no PowerShell is here; plain ASCII, whatever code page a profile is read in."""
    script = provision("completion", "powershell").out.encode("ascii")
    assert not Parser(Language(tree_sitter_powershell.language())).parse(script).root_node.has_error


def offered(shell: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    """What a shell's script is answered, one value a completion."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    kind = {"bash": shells.Bash, "powershell": shells.PowerShell}[shell]
    made = kind(cli, {}, "provision", "_PROVISION_COMPLETE")
    args, begun = made.get_completion_args()
    lines = [made.format_completion(item) for item in made.get_completions(args, begun)]
    return [line.split("," if shell == "bash" else "\n")[1] for line in lines]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("provision pl", ["plan"]),
        ("provision plan x.yaml --deliver file:o", ["out/", "out.secret"]),
        ("provision plan x.yaml --deliver=file:o", ["out/", "out.secret"]),
        ("provision plan x.yaml --deliver git", ["github:"]),
        ("provision plan x.yaml --deliver github:", []),
        ("provision plan . --select name=collab", ["collab-prod"]),
        ("provision plan . --select=product=", ["collaboration"]),
        ("provision plan . --select tenant=3", ["3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"]),
        ("provision plan . --select other=", []),
        ("provision apply 'a b.yaml' --allow mailbox", ["mailbox-missing"]),
        ("provision completion p", ["powershell"]),
        ("provision explain prv305", ["PRV305"]),
    ],
)
def test_bash_is_offered_what_is_behind_the_last_colon(
    monkeypatch: pytest.MonkeyPatch, line: str, found: list[str]
) -> None:
    """It parts words there, and would write what stands before it twice."""
    write_config()
    Path("out").mkdir()
    Path("out.secret").touch()
    breaks = " \t\n\"'><=;|&(:"
    assert offered("bash", monkeypatch, COMP_LINE=line, COMP_WORDBREAKS=breaks) == found


@pytest.mark.parametrize(
    ("line", "at", "found"),
    [
        ("provision pl", "1", ["plan"]),
        ("provision plan x.yaml --deliver file:o", "4", ["'file:out 1.secret'", "file:out.secret"]),
        ("provision plan .\\x.yaml --select name=", "4", ["name=collab-prod"]),
    ],
)
def test_powershell_is_offered_whole_words(
    monkeypatch: pytest.MonkeyPatch, line: str, at: str, found: list[str]
) -> None:
    """A backslash is a part of a path; what is no plain word is quoted."""
    write_config()
    Path("out.secret").touch()
    Path("out 1.secret").touch()
    assert offered("powershell", monkeypatch, COMP_WORDS=line, COMP_CWORD=at) == found


@pytest.mark.parametrize("name", ["x'; rm", "x$(touch pwned)", "a`b", "a;b"])
def test_powershell_runs_no_name_of_a_file(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It is quoted as PowerShell quotes."""
    Path(name).touch()
    line = f"provision plan x.yaml --deliver file:{name[0]}"
    quoted = "'file:" + name.replace("'", "''") + "'"
    assert offered("powershell", monkeypatch, COMP_WORDS=line, COMP_CWORD="4") == [quoted]


HOSTILE = ("$(touch pwned)", "`touch pwned`", "a;touch pwned", "a\x1b[2Jb", "x y'", "UPPER")


@pytest.mark.parametrize("value", HOSTILE)
def test_no_text_of_a_config_reaches_a_shell(value: str) -> None:
    """Names are plain words; what is none is not offered."""
    Path("hostile.yaml").write_text(f'name: "{value}"\nproduct: "{value}"\ntenant:\n  id: "{value}"\n')
    for key in ("name", "product", "tenant"):
        values = [item.value for item in selected(f"{key}=")]
        assert all(shells._PLAIN.fullmatch(one) for one in values)
        assert not [one for one in values if "touch" in one or "\x1b" in one]


def selected(begun: str) -> list[CompletionItem]:
    """What is offered behind ``provision plan . --select``."""
    with cli.make_context("provision", ["plan", "."], resilient_parsing=True) as root:
        command = cli.get_command(root, "plan")
        assert command is not None
        with command.make_context("plan", ["."], parent=root, resilient_parsing=True) as context:
            option = next(one for one in command.params if one.name == "select")
            return completion.selectors(context, option, begun)


def test_every_key_of_select_is_completed() -> None:
    """They are written down twice, so that no reader of configs is imported for a TAB."""
    assert set(completion.SELECTED) == set(select.KEYS)


def test_a_name_that_steers_a_terminal_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell would print it in its list."""
    Path("out\x1b]0;x\x07.secret").touch()
    Path("out.secret").touch()
    line = "provision plan x.yaml --deliver file:o"
    assert offered("bash", monkeypatch, COMP_LINE=line) == ["out.secret"]


HEAVY = {"pydantic", "azure", "msgraph", "kiota_abstractions", "yaml"}


@pytest.mark.parametrize(
    "line",
    ["provision pl", "provision plan --s", "provision plan . --select name=", "provision apply --allow m"],
)
def test_a_tab_imports_no_sdk(line: str) -> None:
    """A shell waits for it."""
    write_config()
    code = (
        "import sys, os; from provision.cli.main import run\n"
        "try: run([])\n"
        f"finally: print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "_PROVISION_COMPLETE": "bash_complete", "COMP_LINE": line},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == "[]\n"
    assert ran.stdout


def test_bash_itself_completes(provision: Program) -> None:
    """By its script, as at a TAB; a file's name is quoted, so that nothing in it is run."""
    Path("bin").mkdir()
    Path("bin/provision").write_text(f'#!/bin/sh\nexec {warm.python()} -m provision "$@"\n')
    Path("bin/provision").chmod(0o755)
    Path("x$(touch pwned).secret").touch()
    Path("tab.sh").write_text(
        provision("completion", "bash").out
        + 'compopt() { :; }\nCOMP_LINE="provision plan c.yaml --deliver file:x"; COMP_POINT=${#COMP_LINE}\n'
        + "_provision_completion provision; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    path = f"{Path('bin').resolve()}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "tab.sh"], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "x\\$\\(touch\\ pwned\\).secret\n"
    assert not Path("pwned").exists()
