"""The catalogue: every code stable, complete, in use, and explained."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from provision.errors import Entry, Exit, Severity, catalogue, codes, worst
from tests.support import Program

SOURCE = Path(catalogue.__file__).parents[2]
ENTRIES = {name: value for name, value in vars(catalogue).items() if isinstance(value, Entry)}

LATER = {"NOT_PROVEN_YET"}  # for the verb verify, which is being built


def used() -> set[str]:
    """Return the names that the program mentions outside of the catalogue, as ``catalogue.NAME``."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found |= {node.attr} if node.value.id == "catalogue" else set()
    return found


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_complete(name: str) -> None:
    """A code of its group, a name to allow it by, what it means, why it comes, what to do next."""
    entry = ENTRIES[name]
    assert re.fullmatch(r"PRV[1-9]\d\d", entry.code)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", entry.name)
    assert name.lower().replace("_", "-") in entry.name
    for text in (entry.title, entry.cause, entry.fix):
        assert text == text.strip()
        assert len(text) > 3
        assert "\n" not in text
    assert not entry.title.endswith(".")  # it stands in a sentence
    assert entry.cause.endswith(".")
    assert entry.fix.endswith((".", "'"))
    assert entry.source is None or re.fullmatch(r"https://\S+", entry.source)
    # What stops nothing is allowed only where that does something, which its advice then says.
    stops = entry.exit in (Exit.REFUSED, Exit.CONSENT)
    assert not entry.allowable or stops or entry.fix.startswith(f"--allow {entry.name} ")


def test_codes_and_names_are_unique() -> None:
    """Two entries of one code would make explain lie."""
    codes = [entry.code for entry in ENTRIES.values()]
    assert sorted(codes) == sorted(set(codes))
    assert len({entry.name for entry in ENTRIES.values()}) == len(ENTRIES)


def test_every_entry_is_raised_somewhere() -> None:
    """An entry that nothing raises is a page about nothing; some are found by a service's code or words."""
    by_code = {name for name, entry in ENTRIES.items() if codes.standing_for(entry.name)}
    by_words = {name for name, entry in ENTRIES.items() if entry.name in catalogue.WORDED.values()}
    assert set(ENTRIES) - used() - by_code - by_words - LATER == set()


def test_nothing_is_raised_that_has_no_entry() -> None:
    """Every ``catalogue.NAME`` in the program exists."""
    named = {name for name in used() if name.isupper()}
    assert named - set(ENTRIES) - {"ENTRIES"} == set()


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.code)
def test_explain_prints_it(provision: Program, entry: Entry) -> None:
    """By code in any case, and by name, in all three formats."""
    for asked in (entry.code, entry.code.lower(), entry.name, f" {entry.name.upper()} "):
        for output in ("text", "markdown", "json"):
            ran = provision("explain", asked, "-o", output)
            assert ran.code == 0
            parts = (entry.code, entry.name, entry.title, entry.cause, entry.fix)
            shown = json.loads(ran.out).values() if output == "json" else ran.out
            assert [part for part in parts if part not in shown] == []
            assert ("--allow" in ran.out) >= (entry.allowable and output != "json")


def test_explain_lists_them(provision: Program) -> None:
    """Alone it prints a line an entry, in order."""
    ran = provision("explain")
    codes = [line.split()[0] for line in ran.out.splitlines()]
    assert codes == sorted(entry.code for entry in ENTRIES.values())


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("PRV 305", "'PRV305'"),
        ("prv3O5", "'PRV305'"),
        ("PVR305", "'PRV305'"),
        ("soft-delete", "'soft-deleted'"),
        ("mailbox-mising", "'mailbox-missing'"),
        ("mailbox_missing", "'mailbox-missing'"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(provision: Program, asked: str, meant: str) -> None:
    """64, and the nearest code or name."""
    ran = provision("explain", asked)
    assert ran.code == 64
    assert f"Did you mean {meant}" in ran.err


@pytest.mark.parametrize("asked", [" ", "x" * 100_000, "nothing-like-it", "\x00", "🤷"])
def test_nonsense_is_answered_with_how_to_go_on(provision: Program, asked: str) -> None:
    """At once, however long it is."""
    ran = provision("explain", asked)
    assert ran.code == 64
    assert "PRV103" in ran.err


def test_findings_have_no_exit_code_of_a_failure_and_errors_have_one() -> None:
    """6xx only tell; all others end the program with a documented code."""
    for entry in ENTRIES.values():
        if entry.code[3] not in "68":
            assert entry.exit not in (Exit.DONE, Exit.PENDING), entry.code


def test_of_several_the_worst_counts() -> None:
    """The order that the docs promise."""
    order = [130, 77, 69, 65, 64, 5, 1, 4, 3, 2, 0]
    assert [int(code) for code in Exit] == sorted(order)
    for better in range(len(order)):
        for worse in range(better + 1):
            assert worst([Exit(order[better]), Exit(order[worse])]) == order[worse]
    assert worst([]) == Exit.DONE
    page = (Path(__file__).parents[1] / "docs" / "commands.md").read_text()
    assert ", ".join(map(str, order)) in page
    for code in order:
        assert re.search(rf"^\| {code} \|", page, re.MULTILINE), code


def test_severities_are_those_of_the_documents() -> None:
    """Whoever filters a plan's findings relies on these words."""
    assert [severity.value for severity in Severity] == ["info", "warning", "error"]
