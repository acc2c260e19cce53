"""The two streams: data on stdout; talk and progress on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from typing import IO

import click

from provision.cli.streams import err


def colorful(stream: IO[str], *, plain: bool) -> bool:
    """Say whether a stream takes colour: a terminal, unless it is not wanted."""
    return (
        stream.isatty() and not plain and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def columns(stream: IO[str]) -> int | None:
    """Return how wide a stream is; ``None`` if it is no terminal: no line is broken for a program."""
    if not stream.isatty():
        return None
    return shutil.get_terminal_size().columns


def talk(text: str) -> None:
    """Say something that is not data; on a terminal no word of it is broken."""
    from provision.report.fold import fold

    err(fold(text, columns(sys.stderr)))


def ask(question: str, *, yes: bool) -> None:
    """Return once a person said yes, or ``yes`` did; ``ProvisionError`` if not, or if nobody is there."""
    if yes:
        return
    from provision.delivery.terminal import interruptible
    from provision.errors import ProvisionError, catalogue

    if not sys.stdin.isatty():
        raise ProvisionError(catalogue.NOT_INTERACTIVE)
    with interruptible():
        answer = click.prompt(f"{question} Type yes", default="no", show_default=False, err=True)
        if answer.strip().lower() == "y":  # meant, perhaps; one more letter is no reason to plan again
            answer = click.prompt("Type yes in full", default="no", show_default=False, err=True)
    if answer.strip().lower() != "yes":
        raise ProvisionError(catalogue.DECLINED)


def typed(question: str, wanted: str) -> None:
    """Return once a person typed this word; ``ProvisionError`` if another was, or if nobody is there."""
    from provision.delivery.terminal import interruptible
    from provision.errors import ProvisionError, catalogue

    if not sys.stdin.isatty():
        raise ProvisionError(catalogue.NOT_INTERACTIVE)
    with interruptible():
        answer = click.prompt(question, default="", show_default=False, err=True)
    if answer.strip() != wanted:
        raise ProvisionError(catalogue.DECLINED, f"nothing was done: what was typed is not '{wanted}'")
