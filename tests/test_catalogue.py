"""The catalogue: its entries are told apart by three names each, and none may hide another."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from provision.errors import catalogue

SOURCES = sorted(Path(catalogue.__file__).parent.glob("prv*.py"))


def test_no_entry_hides_another() -> None:
    """A constant that is assigned twice would take the first entry out of the table without a word."""
    written = [
        (node.targets[0].id, *(ast.literal_eval(argument) for argument in node.value.args[:2]))
        for source in SOURCES
        for node in ast.parse(source.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "entry"
    ]
    assert len(written) > 50
    for column in zip(*written, strict=True):
        assert [value for value, count in Counter(column).items() if count > 1] == []
    assert {name for _, _, name in written} == set(catalogue.ENTRIES)


def test_an_entry_stands_where_its_code_says() -> None:
    """In the module of its first digit, and one module a digit."""
    for source in SOURCES:
        codes = re.findall(r'"(PRV\d{3})"', source.read_text())
        assert codes
        assert {code[:4].lower() for code in codes} == {source.name[:4]}
    assert len({source.name[:4] for source in SOURCES}) == len(SOURCES)
