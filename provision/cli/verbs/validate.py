"""``provision validate``: everything that is wrong with configs, offline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from provision.cli.options import configs, no_color, output, pipeline, variables
from provision.cli.streams import out, out_json
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.cli.ci import Pipeline
    from provision.config import Config, Loaded, Unreadable
    from provision.errors import ProvisionError


@click.command(
    cls=Verb,
    examples=(
        "provision validate configs/prod.yaml",
        "provision validate configs --allow-unset",
    ),
)
@click.option("--allow-unset", is_flag=True, help="Let variables without a value pass; check the rest.")
@configs
@output
@no_color
@variables
@pipeline
def validate(  # noqa: PLR0917 - click calls it by name
    paths: tuple[str, ...],
    output: str,
    no_color: bool,  # noqa: ARG001 - read from the arguments where an error is printed
    variables: dict[str, str],
    ci: Pipeline,
    allow_unset: bool,
) -> int:
    """Check each CONFIG, a file, folder or glob, offline. Says everything that is wrong at once.

    Of several, one that is wrong hides no other. A folder is searched with its subfolders. What is no config
    there, or is there only to be extended, is passed over, and named.
    """
    from provision.cli.configs import tell
    from provision.cli.console import talk
    from provision.config import survey
    from provision.config.duplicates import perhaps_twice
    from provision.errors import combined
    from provision.report.escape import plain

    loaded = survey(paths, variables=variables, environment=os.environ, allow_unset=allow_unset)
    tell(loaded.search)
    wrong = combined([item.error for item in loaded.unreadable]) if loaded.unreadable else None
    if wrong is not None and not loaded.search.listed:
        raise wrong
    doubts = [*perhaps_twice(loaded.configs), *_examples(loaded.configs)]
    for doubt in doubts:
        talk(f"warning: {plain(str(doubt.where))}: {plain(doubt.message)}. {plain(doubt.fix)}")
    if output != "json":
        for entry in loaded.entries:
            out(_line(entry, in_markdown=output == "markdown"))
        if wrong is not None:
            raise wrong
        return 0
    _print_json(loaded, doubts)
    if wrong is None:
        return 0
    from provision import report

    ci.error(wrong)
    ci.summary(report.error_markdown(wrong))
    return int(wrong.exit)


def _line(entry: Config | Unreadable, *, in_markdown: bool) -> str:
    """Say of one config whether it is in order; what is wrong with it goes to stderr."""
    from provision.config import Config
    from provision.report import escape

    if isinstance(entry, Config):
        said, name = "in order", entry.desired.name
    else:
        said, name = "not in order", entry.name or ""
    if in_markdown:
        strong = said if isinstance(entry, Config) else f"**{said}**"
        return f"- {escape.code(entry.path)}: {strong}" + (f" ({escape.markdown(name)})" if name else "")
    return f"{escape.plain(entry.path)}: {said}" + (f" ({escape.plain(name)})" if name else "")


def _print_json(loaded: Loaded, doubts: Sequence[ProvisionError]) -> None:
    from provision import report
    from provision.config import Config
    from provision.report.documents import search_json

    items = [
        {"path": entry.path, "name": entry.desired.name}
        if isinstance(entry, Config)
        else report.error_json(entry.error)
        for entry in loaded.entries
    ]
    warnings = [report.error_json(doubt) for doubt in doubts]
    said = {"format": "provision.validation/1", "configs": items, "warnings": warnings}
    out_json(report.document({**said, **search_json(loaded.search)}))


def _examples(found: Sequence[Config]) -> Iterator[ProvisionError]:
    """Yield what is an example's, unless this shell rehearses anyway."""
    from provision.cli.options import rehearses
    from provision.errors import ProvisionError, catalogue
    from provision.plan.examples import left_in

    if rehearses():
        return
    for config in found:
        for keys, value in left_in(config.desired):
            said = f"'{value}' is an example's value"
            yield ProvisionError(catalogue.EXAMPLE_VALUE, said, where=config.place(*keys))
