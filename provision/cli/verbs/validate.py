"""``provision validate``: everything that is wrong with configs, offline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import configs, no_color, output, pipeline, variables
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.cli.ci import Pipeline
    from provision.config import Config
    from provision.errors import ProvisionError
    from provision.report.formats import Format


@click.command(
    cls=Verb,
    examples=(
        "provision validate configs/prod.yaml",
        "provision validate configs --allow-unset",
    ),
)
@click.option("--allow-unset", is_flag=True, help="Let variables without a value pass; check the rest.")
@configs
@partial(output, outcome="validation")
@no_color
@variables
@pipeline
def validate(  # noqa: PLR0917 - click calls it by name
    paths: tuple[str, ...],
    output: Format,
    no_color: bool,
    variables: dict[str, str],
    ci: Pipeline,
    allow_unset: bool,
) -> int:
    """Check each CONFIG, a file, folder or glob, offline. Says everything that is wrong at once.

    Of several, one that is wrong hides no other. A folder is searched with its subfolders. What is no config
    there, or is there only to be extended, is passed over, and named.
    """
    from provision.cli import emit
    from provision.cli.ci import of_configs
    from provision.cli.configs import tell
    from provision.cli.console import talk
    from provision.config import Config, survey
    from provision.config.duplicates import perhaps_twice
    from provision.outcomes.validation import Checked, Validation
    from provision.report.escape import plain

    environment, withheld = of_configs(os.environ)
    loaded = survey(
        paths,
        variables=variables,
        environment=environment,
        allow_unset=allow_unset,
        withheld=withheld,
    )
    tell(loaded.search)
    doubts = [*perhaps_twice(loaded.configs), *_examples(loaded.configs)]
    for doubt in doubts:
        talk(f"warning: {plain(str(doubt.where))}: {plain(doubt.message)}. {plain(doubt.fix)}")
    checked = tuple(
        Checked(entry.path, entry.desired.name)
        if isinstance(entry, Config)
        else Checked(entry.path, entry.name, entry.error)
        for entry in loaded.entries
    )
    return emit.finish(
        Validation(checked, tuple(doubts), loaded.search), emit.Plainly(output, no_color=no_color, ci=ci)
    )


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
