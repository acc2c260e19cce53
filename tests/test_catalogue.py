"""The catalogue: its entries are told apart by three names each, and none may hide another."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from provision.errors import catalogue

SOURCE = Path(catalogue.__file__)


def test_no_entry_hides_another() -> None:
    """A constant that is assigned twice would take the first entry out of the table without a word."""
    written = [
        (node.targets[0].id, *(ast.literal_eval(argument) for argument in node.value.args[:2]))
        for node in ast.parse(SOURCE.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "Entry"
    ]
    assert len(written) > 50
    for column in zip(*written, strict=True):
        assert [value for value, count in Counter(column).items() if count > 1] == []
    assert {name for _, _, name in written} == set(catalogue.ENTRIES)
