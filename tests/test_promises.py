"""Each promise of the pages about security names the test that would fail: that test is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {"SECURITY.md": 34, "docs/ci.md": 15, "docs/servers.md": 10}  # the least number of promises on each
_ID = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises(page: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the rows of the tables whose columns are Promise and Test: what is said, and its tests."""
    inside = False
    for line in (ROOT / page).read_text().splitlines():
        if line.startswith("| Promise | Test |"):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            said, tests = line.strip("| ").rsplit(" | ", 1)
            yield said, _ID.findall(tests)


def functions(path: str) -> set[str]:
    """Return the names of a module's tests."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_tests_that_are_there(page: str) -> None:
    """A test that was renamed or removed leaves a promise that nothing holds."""
    rows = list(promises(page))
    assert len(rows) >= PAGES[page]
    for said, tests in rows:
        assert tests, f"{page}: no test is named for: {said}"
        for path, name in tests:
            assert name.startswith("test_")
            assert (ROOT / path).is_file(), f"{page}: {path}"
            assert name in functions(path), f"{page}: {path} has no {name}"


WORDS = re.compile(r"\b(?:never|always|cannot|whatever|no other way|nothing else)\b", re.IGNORECASE)


def test_what_security_says_strongly_stands_in_its_table() -> None:
    """A sentence outside of it that promises in such words would have no test."""
    page = (ROOT / "SECURITY.md").read_text()
    prose = [line for line in page.splitlines() if not line.startswith(("|", "#"))]
    assert [line for line in prose if WORDS.search(line)] == []
