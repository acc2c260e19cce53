"""The catalogue: its entries are told apart by three names each, and none may hide another."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from provision.config.models import Document
from provision.errors import FindingEntry, catalogue

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
        and getattr(node.value.func, "id", "") in ("entry", "finding")
    ]
    assert len(written) > 50
    for column in zip(*written, strict=True):
        twice = [value for value, count in Counter(column).items() if count > 1]
        assert not twice, f"taken already, so another is needed for the new one: {twice}"
    assert {name for _, _, name in written} == set(catalogue.ENTRIES)


def test_an_entry_stands_where_its_code_says() -> None:
    """In a module of its first digit; what drift alone sees has one beside that of the plan's findings."""
    for source in SOURCES:
        codes = re.findall(r'"(PRV\d{3})"', source.read_text())
        assert codes
        assert {code[:4].lower() for code in codes} == {source.name[:4]}
    of_two = {source.name for source in SOURCES if source.name[:4] in ("prv3", "prv6")}
    assert of_two == {
        "prv3_refusals.py",
        "prv3_registration.py",
        "prv6_drift.py",
        "prv6_findings.py",
        "prv6_scope.py",
    }
    assert len({source.name[:4] for source in SOURCES}) == len(SOURCES) - 3


def test_a_finding_points_into_the_config() -> None:
    """Its key is one that a config has, so that an annotation stands at the line to change."""
    keys = set(_keys(Document, ""))
    found = {entry.name: entry.key for entry in catalogue.ENTRIES.values() if isinstance(entry, FindingEntry)}
    assert len(found) > 40
    assert {name: key for name, key in found.items() if key not in keys} == {}


def _keys(model: type[BaseModel], above: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield above + name
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _keys(kind, f"{above}{name}.")
