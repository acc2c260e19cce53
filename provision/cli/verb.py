"""What a verb's ``--help`` says beside its options: the forms of a sink, names to allow, examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click


class Verb(click.Command):
    """A command that says how it is called: ``examples``, one command each."""

    def __init__(self, *args: Any, examples: Sequence[str], **given: Any) -> None:
        super().__init__(*args, **given)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write what the options' own lines have no room for; no word of it is broken."""
        shown = {
            option.name for option in self.params if isinstance(option, click.Option) if not option.hidden
        }
        if "deliver" in shown:
            from provision.delivery import SINKS

            with formatter.section("SINK is one of"):
                lines(formatter, *(kind.form for kind in SINKS.values()))
        if "allow" in shown:
            with formatter.section("--allow takes one of"):
                formatter.write_dl(allowable())
        with formatter.section("Examples"):
            lines(formatter, *self.examples)


def lines(formatter: click.HelpFormatter, *texts: str) -> None:
    """Write lines as they are: a command is copied."""
    for text in texts:
        formatter.write(f"{'':{formatter.current_indent}}{text}\n")


def allowable() -> list[tuple[str, str]]:
    """Return what ``--allow`` lets pass, and what each is."""
    from provision.errors import catalogue

    return sorted((entry.name, entry.title) for entry in catalogue.ENTRIES.values() if entry.allowable)
