"""The table of renderers: each draws what it says, in the formats that help and docs name."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, get_args, get_origin, get_type_hints

import click
import pytest

import provision.outcomes
from provision.cli.options import FormatOf
from provision.outcomes.outcome import Outcome
from provision.report import table
from provision.report.formats import Format, Medium
from tests.support import Program
from tools.docs.program import commands, formats


def kinds() -> Iterator[type[Outcome]]:
    """Return every outcome that has a kind."""
    for module in pkgutil.iter_modules(provision.outcomes.__path__, "provision.outcomes."):
        for one in vars(import_module(module.name)).values():
            if inspect.isclass(one) and issubclass(one, Outcome) and isinstance(getattr(one, "kind", 0), str):
                yield one


OUTCOMES = {one.kind: one for one in kinds()}
RENDERERS = [
    (kind, output, name) for kind, row in table.TABLE.items() for output, name in row.renderers.items()
]


def test_every_outcome_has_a_row_and_every_row_an_outcome() -> None:
    """Or something could not be printed, or nothing comes to it."""
    assert OUTCOMES.keys() == table.TABLE.keys()


def test_every_kind_has_a_verb_that_comes_to_it() -> None:
    """The table in the docs names it, with the option if it takes one, which has the same formats."""
    rows = formats().splitlines()[2:]
    assert len(rows) == len(table.TABLE)
    assert all(line.startswith("| `") for line in rows), rows
    for command in commands().values():
        for kind in (k for p in command.params if isinstance(p.type, FormatOf) for k in p.type.also.values()):
            (own,) = [p.type.outcome for p in command.params if isinstance(p.type, FormatOf)]
            assert table.TABLE[kind].renderers.keys() == table.TABLE[own].renderers.keys()


@pytest.mark.parametrize(("kind", "output", "name"), RENDERERS)
def test_a_renderer_takes_its_outcome_and_gives_what_its_format_is(
    kind: str, output: Format, name: str
) -> None:
    """By its annotations, for the table names it by a string."""
    function = table.resolve(name)
    hints = get_type_hints(function)
    first, second = list(inspect.signature(function).parameters)
    takes = get_origin(hints[first]) or hints[first]
    assert issubclass(OUTCOMES[kind], takes)
    assert hints[second] is Medium
    made = hints["return"]
    if output is Format.JSON:
        assert made is str or get_args(made) == (str, Any)  # or one line, of what a program waits for
    elif output in (Format.ICAL, Format.PROMETHEUS):
        assert made is bytes
    else:
        assert made is str


@pytest.mark.parametrize("row", table.TABLE.values(), ids=table.TABLE)
def test_what_a_pipeline_is_told_is_made_by_functions_that_there_are(row: table.Row) -> None:
    """Of the summary as Markdown, of the outputs as texts."""
    if row.summary is not None:
        assert get_type_hints(table.resolve(row.summary))["return"] is str
    if row.outputs is not None:
        assert issubclass(get_origin(get_type_hints(table.resolve(row.outputs))["return"]) or object, Mapping)


def asked() -> Iterator[tuple[str, FormatOf]]:
    """Return the option of every verb that has one."""
    for words, command in commands().items():
        for one in command.params:
            if isinstance(one, click.Option) and isinstance(one.type, FormatOf):
                yield words, one.type


@pytest.mark.parametrize(("words", "taken"), list(asked()))
def test_a_format_that_a_verb_has_not_is_refused_with_those_it_has(
    provision: Program, words: str, taken: FormatOf
) -> None:
    """64, before anything else is looked at."""
    for missing in set(Format) - {Format(one) for one in taken.choices}:
        ran = provision(*words.split(), "-o", missing.value)
        assert ran.code == 64
        assert ran.out == ""
        assert all(f"'{one}'" in ran.err for one in taken.choices), ran.err
