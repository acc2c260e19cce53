"""What a person finds out on the command line itself: ``--help``, and what the shell completes."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, ShellComplete

from provision.cli.main import cli
from provision.cli.verb import Verb
from provision.delivery import SINKS
from provision.errors import catalogue
from tests import warm
from tests.support import Program
from tools.docs.program import commands

WORDS = sorted(commands())


@pytest.mark.parametrize("words", WORDS)
def test_each_verb_shows_how_it_is_called(provision: Program, words: str) -> None:
    """One or two examples of itself, whole on their lines, which the program takes."""
    command = commands()[words]
    assert isinstance(command, Verb)
    assert 1 <= len(command.examples) <= 2
    shown = provision(*words.split(), "--help").out.splitlines()
    for example in command.examples:
        assert f"  {example}" in shown
        program, *argv = shlex.split(example.partition(" > ")[0])
        assert (program, argv[: len(words.split())]) == ("provision", words.split())
        command.make_context(words, argv[len(words.split()) :])  # a wrong one raises


@pytest.mark.parametrize("words", WORDS)
def test_no_word_of_a_help_is_cut(provision: Program, words: str) -> None:
    """Names and forms stand whole, and no sentence ends in dots."""
    shown = provision(*words.split(), "--help").out
    usage, told, rest = shown.partition("\n\n")
    assert usage.startswith("Usage: provision ")  # its dots mean that there may be several
    assert told
    assert "...\n" not in rest
    options = {option.name for option in commands()[words].params if not getattr(option, "hidden", False)}
    names = [entry.name for entry in catalogue.ENTRIES.values() if entry.allowable]
    if "allow" in options:
        assert all(f"  {name} " in shown for name in names)
    if "deliver" in options:
        assert all(f"  {kind.form}\n" in shown for kind in SINKS.values())


def test_the_list_of_the_sandbox_is_whole(provision: Program) -> None:
    """click cuts what a command is for at one line."""
    shown = " ".join(provision("sandbox", "--help").out.split())
    assert "Put the tenants, people and applications of a seed file into the sandbox." in shown


@pytest.mark.parametrize("verb", ["verify", "exchange"])
def test_what_takes_one_config_says_so(provision: Program, config: str, verb: str) -> None:
    """Nothing about several; the options that are for several are taken, for a command that is pasted."""
    shown = provision(verb, "--help").out
    assert f"Usage: provision {verb} [OPTIONS] CONFIG\n" in shown
    assert "--parallel" not in shown
    ran = provision(verb, config, "--sandbox", "--parallel", "2", "--deliver", "file:x")
    assert "PRV100" not in ran.err or "Secret Key is not known" in ran.err


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("apply", "Where a new secret goes"),
        ("rotate", "Where a new secret goes"),
        ("doctor", "Where a new secret would go"),
        ("show", "Where a delivered secret is looked for"),
        ("expiry", "Where a delivered secret is looked for"),
        ("drift", "Where a delivered secret is looked for"),
    ],
)
def test_deliver_says_what_it_is_for(provision: Program, verb: str, said: str) -> None:
    """A verb that looks delivers nothing."""
    assert f"--deliver SINK {said}" in " ".join(provision(verb, "--help").out.split())


def completed(*words: str) -> list[CompletionItem]:
    """What a shell is offered behind these words; the last is the one that is being typed."""
    return ShellComplete(cli, {}, "provision", "_PROVISION_COMPLETE").get_completions(
        list(words[:-1]), words[-1]
    )


@pytest.mark.parametrize(
    "words", [("plan", "conf"), ("verify", ""), ("apply", "--plan", "x"), ("sandbox", "seed", "s")]
)
def test_a_config_completes_to_files(words: tuple[str, ...]) -> None:
    """The shell does it, as it knows files best."""
    assert [item.type for item in completed(*words)] == ["file"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("apply", "x.yaml", "--allow", "mailbox"), ["mailbox-missing"]),
        (("explain", "prv305"), ["PRV305"]),
        (("explain", "mailbox-m"), ["mailbox-missing"]),
        (("plan", "x.yaml", "--deliver", "file:o"), ["file:out/", "file:out.secret"]),
        (("plan", "x.yaml", "--deliver", "git"), ["github:"]),
        (("plan", "x.yaml", "--select", "n"), ["name="]),
        (("pl",), ["plan"]),
    ],
)
def test_names_are_completed(words: tuple[str, ...], offered: list[str]) -> None:
    """Verbs, what can be allowed, codes, sinks and their files."""
    Path("out").mkdir()
    Path("out.secret").touch()
    assert [item.value for item in completed(*words)] == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_a_shell(shell: str) -> None:
    """As docs/commands.md says."""
    ran = subprocess.run(
        [warm.python(), "-m", "provision"],
        env={**os.environ, "_PROVISION_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_PROVISION_COMPLETE" in ran.stdout
