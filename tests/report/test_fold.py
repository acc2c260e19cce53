"""Lines for a terminal: broken at words, what follows hangs below the text; commands stay whole."""

from __future__ import annotations

import re

import pytest

from provision.report.fold import cells, fold, hung, pad, table
from tests.support import Program, Ran, write_config

RED, END = "\x1b[31m", "\x1b[0m"
COMMAND = "'provision rotate configs/a long path.yaml --confirm --sandbox --deliver file:out.secret'"


@pytest.mark.parametrize(
    ("line", "folded"),
    [
        ("short", ["short"]),
        (
            "one two three four five six seven eight nine",
            ["one two three four five six seven eight", "    nine"],
        ),
        (
            "Note:   one two three four five six seven eight nine",
            ["Note:   one two three four five six", "        seven eight nine"],
        ),
        (
            "  ok  one two three four five six seven eight nine",
            ["  ok  one two three four five six seven", "      eight nine"],
        ),
        (
            f"{RED}error{END}: one two three four five six seven eight",
            [f"{RED}error{END}: one two three four five six seven", "    eight"],
        ),
        (f"then run {COMMAND} soon", ["then run", f"    {COMMAND}", "    soon"]),
        ("https://host.example/" + "x" * 60, ["https://host.example/" + "x" * 60]),
        ("a's and b's " * 4, ["a's and b's a's and b's a's and b's a's", "    and b's"]),
    ],
)
def test_a_line(line: str, folded: list[str]) -> None:
    """At 40 columns."""
    assert [text.rstrip() for text in fold(line, 40).split("\n")] == folded
    assert fold(line, None) == line


def test_words_beside_a_label_or_below_it() -> None:
    """Below, where less than thirty columns are left beside it."""
    words = "one two three four five six seven eight nine ten"
    assert hung("  label  ", words, 9, 48) == [
        "  label  one two three four five six seven eight",
        "         nine ten",
    ]
    assert hung("  label" + " " * 33, words, 40, 60) == ["  label", f"      {words}"]


def test_a_table_puts_its_last_columns_below() -> None:
    """Where it is too wide; ideographs take two cells."""
    rows = [("a", "名", "key"), ("bbb", "c", "k")]
    assert table(rows, None, below=1) == [("a    名  key",), ("bbb  c   k",)]
    assert table(rows, 8, below=1) == [("a    名", "    key"), ("bbb  c", "    k")]
    assert cells("名") == 2


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("verb", ["doctor", "expiry", "plan", "show"])
def test_every_table_fits_a_terminal(
    provision: Program, applied: Ran, monkeypatch: pytest.MonkeyPatch, verb: str, width: int
) -> None:
    """No line is wider, but for a command to be pasted, a URL, or a digest."""
    config = write_config(more="consent: handoff\nsecret:\n  lifetime: 1y\n")
    for module in ("emit", "verbs.doctor", "verbs.expiry"):
        monkeypatch.setattr(f"provision.cli.{module}.columns", lambda _: width, raising=False)
    monkeypatch.setattr("provision.cli.console.columns", lambda _: width)
    ran = provision(verb, config, "--sandbox")
    assert ran.code in (0, 4), ran.err
    head = ran.out.split("Message to send")[0]
    wide = [line for line in head.splitlines() if cells(line) > width]
    assert not [line for line in wide if not re.fullmatch(r"\s*('provision [^']*'|\S+)[.,]?.{0,3}", line)], (
        wide
    )


def test_labels_are_padded_as_a_terminal_shows_them() -> None:
    """An ideograph takes two cells and an accent none, so that what stands behind them is in one column."""
    assert [pad(text, 6) for text in ("abc", "\u90f5\u4ef6", "e\u0301")] == [
        "abc   ",
        "\u90f5\u4ef6  ",
        "e\u0301     ",
    ]
    assert {cells(pad(text, 6)) for text in ("", "abc", "\u90f5\u4ef6", "e\u0301")} == {6}
