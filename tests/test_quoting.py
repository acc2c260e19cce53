"""Commands that are printed can be pasted: into a POSIX shell, and on Windows into PowerShell."""

from __future__ import annotations

import shlex
import signal
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import quoting
from provision.again import Again
from provision.cli import main
from provision.outcomes.begun import Begun
from provision.report.begun import begun_text
from provision.report.formats import PLAIN
from tests.support import TENANT


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("prod.yaml", "prod.yaml"),
        (r"C:\Users\jane\prod.yaml", r"C:\Users\jane\prod.yaml"),
        (r"\\server\share\prod.yaml", r"\\server\share\prod.yaml"),
        ("--var", "--var"),
        ("A=b", "A=b"),
        ("", "''"),
        ("two words", "'two words'"),
        ("it's", "'it''s'"),
        ("it\u2019s", "'it\u2019\u2019s'"),  # a typographic quote ends a text there, too
        ("file:{name}.secret", "'file:{name}.secret'"),
        ("a,b", "'a,b'"),  # else two words
        ("@args", "'@args'"),
        ("$HOME", "'$HOME'"),
        ("github:a/b?environment=c&d", "'github:a/b?environment=c&d'"),
    ],
)
def test_a_word_for_powershell(monkeypatch: pytest.MonkeyPatch, word: str, there: str) -> None:
    """As its rules of quoting say; on POSIX a shell's."""
    assert shlex.split(quoting.quoted(word)) == [word]
    monkeypatch.setattr(quoting, "WINDOWS", True)
    assert quoting.quoted(word) == there


def test_a_whole_command_for_powershell(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a text, whose own quotes are single ones; with a drive, a share, blanks and a placeholder."""
    monkeypatch.setattr(quoting, "WINDOWS", True)
    again = Again((r"C:\my configs\prod.yaml",), ("--deliver", "file:{name}.secret"))
    assert (
        again.command("apply") == r'provision apply "C:\my configs\prod.yaml" --deliver "file:{name}.secret"'
    )
    assert again.worded("run 'provision apply'") == rf"run '{again.command('apply')}'"
    dollar = Again((r"C:\$new\prod.yaml",))
    assert dollar.worded("run 'provision plan'") == r"run `provision plan 'C:\$new\prod.yaml'`"


def test_the_command_after_init_for_powershell(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the one that imports instead: each report's command goes by the reader's shell."""
    monkeypatch.setattr(quoting, "WINDOWS", True)
    begun = Begun(r"C:\it's\a.yaml", "a", TENANT, "global", (), (), (), Again(("x",), ("--auth", "it's")))
    assert r"Next: provision doctor 'C:\it''s\a.yaml' --auth 'it''s'" in begun_text(begun, PLAIN)
    instead = replace(begun, path=None, found=("ID",))
    assert begun_text(instead, PLAIN).endswith("--auth 'it''s' --out a.yaml")


@given(st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30))
def test_any_word_is_one_literal(word: str) -> None:
    """Read back by PowerShell's own rule: between two single quotes, each quote twice."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(quoting, "WINDOWS", True)
        shown = quoting.quoted(word)
    if shown.startswith("'"):
        inner = shown[1:-1]
        for quote in "'\u2018\u2019\u201a\u201b":
            inner = inner.replace(quote * 2, quote)
        assert inner == word
    else:
        assert shown == word
        assert not set(word) & set(" ,;&|<>(){}@$`'\"#~*?")


def test_a_closed_console_ends_a_run_as_ctrl_c_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has SIGBREAK where POSIX has SIGHUP; here another signal bears its name."""
    number = signal.SIGUSR1
    monkeypatch.setattr(signal, "SIGBREAK", number, raising=False)
    before = {one: signal.getsignal(one) for one in (number, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        main._end_as_by_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
