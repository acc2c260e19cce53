"""What a verb came to, told everywhere: stdout in the format that was asked for, stderr, the pipeline.

The one way out of every verb; which renderer draws what is a row of ``report/table.py``.
"""

from __future__ import annotations

import sys
from dataclasses import field
from typing import Protocol

from provision.cli.ci import Pipeline
from provision.cli.console import colorful, columns
from provision.cli.streams import err, out, out_bytes, out_html, out_json
from provision.errors import Exit, ProvisionError
from provision.outcomes.outcome import Fleet, Outcome
from provision.report import table
from provision.report.escape import json_text, plain
from provision.report.fleet_summary import is_fleet
from provision.report.formats import Format, Medium
from provision.report.pages import LIMIT, SUMMARY_LIMIT
from provision.report.text import error_text
from provision.values import dataclass


class Told(Protocol):
    """Of the options of a verb those that say how it is told what it came to."""

    @property
    def output(self) -> Format:
        """The format of stdout."""

    @property
    def no_color(self) -> bool:
        """Whether no colour is wanted."""

    @property
    def full(self) -> bool:
        """Whether of many configs each is shown, not only what they come to."""

    @property
    def ci(self) -> Pipeline:
        """The pipeline around this run."""


@dataclass(frozen=True)
class Plainly:
    """How a verb is told that takes no other option about it."""

    output: Format
    no_color: bool = False
    full: bool = True
    ci: Pipeline = field(default_factory=Pipeline)


def finish(outcome: Outcome, options: Told) -> Exit:
    """Print what a verb came to, tell the pipeline, and return the exit code."""
    medium = _medium(options)
    _print(table.draw(outcome, options.output, medium), options.output)
    told = options.output is Format.TEXT and isinstance(outcome, Fleet) and is_fleet(outcome, medium)
    if options.output is not Format.JSON and not told:  # whose document, or summary, says it
        for failed in outcome.errors:
            error(failed, options)
    _tell(outcome, options.ci)
    return outcome.exit


def then(command: str, options: Told) -> None:
    """Name the command that comes next, to whoever reads the text."""
    if options.output is Format.TEXT:
        err(f"Next: {plain(command)}")


def _medium(options: Told) -> Medium:
    """A page may become a comment in a pipeline, which has a limit; elsewhere nothing of it is lost."""
    return Medium(
        color=colorful(sys.stdout, plain=options.no_color),
        width=columns(sys.stdout),
        limit=LIMIT if options.ci.posts else None,
        full=options.full,
        fold=options.ci.folded,
    )


def _print(drawn: table.Drawn, output: Format) -> None:
    if isinstance(drawn, bytes):
        out_bytes(drawn)
    elif isinstance(drawn, dict):
        out_json(json_text(drawn))
    elif output is Format.JSON:
        out_json(drawn)
    elif output is Format.HTML:
        out_html(drawn)
    elif drawn:
        out(drawn)


def _tell(outcome: Outcome, pipeline: Pipeline) -> None:
    if not pipeline.posts:  # nobody is told anything: then nothing is drawn for it either
        return
    for finding, desired in outcome.findings:
        pipeline.finding(finding, desired)
    for failed in outcome.errors:
        pipeline.error(failed)
    page = table.summary(outcome, Medium(limit=SUMMARY_LIMIT))
    if page:
        pipeline.summary(page)
    if outputs := table.step_outputs(outcome):
        pipeline.outputs(outputs)


def error(item: ProvisionError, options: Told) -> None:
    """Print an error to stderr."""
    color = colorful(sys.stderr, plain=options.no_color)
    err(error_text(item, color=color, width=columns(sys.stderr)))
