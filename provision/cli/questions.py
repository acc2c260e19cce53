"""Questions whose answers are checked at once, by the rules of a config."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from provision.config.rules import Fault
from provision.errors import ProvisionError, catalogue
from provision.report.escape import plain
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what is asked, the option that answers it, and the rule of the answer."""

    text: str
    option: str
    rule: Callable[[str], str]
    default: str | None = None
    example: str | None = None


def agreed(question: str) -> bool:
    """Ask whether to go on, and return the answer; where nobody can be asked, it is yes."""
    from provision.delivery.terminal import interruptible

    if not can_ask():
        return True
    with interruptible():
        said = click.prompt(f"{plain(question)} Type yes", default="no", show_default=False, err=True)
    return str(said).strip().lower() == "yes"


def can_ask() -> bool:
    """Say whether there is a terminal to ask on."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def answer(question: Question, *, sure: bool = False) -> str:
    """Return the answer as the rule gives it back; it is asked again until it is one.

    ``sure``: where nobody can be asked, the default is the answer. Raises ``ProvisionError`` otherwise.
    """
    from provision.delivery.terminal import interruptible

    if not can_ask():
        if sure and question.default is not None:
            return question.rule(question.default)
        raise ProvisionError(
            catalogue.USAGE,
            f"{question.text[0].lower()}{question.text[1:]}: nobody can be asked",
            fix=f"Add {question.option}"
            + (f", for example {question.example}." if question.example else "."),
        )
    example = f" (for example {question.example})" if question.example else ""
    while True:
        with interruptible():
            said = click.prompt(
                plain(question.text) + example,
                default=question.default or "",
                show_default=question.default is not None,
                err=True,
            )
        try:
            return question.rule(str(said).strip())
        except Fault as fault:
            click.echo(f"{plain(fault.why)}. {plain(fault.fix or '')}".rstrip(), err=True)
