"""The two streams: data on stdout; talk and progress on stderr."""

from __future__ import annotations

import os
import sys
from typing import IO

import click


def colorful(stream: IO[str], *, plain: bool) -> bool:
    """Say whether a stream takes colour: a terminal, unless it is not wanted."""
    return (
        stream.isatty() and not plain and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


class Progress:
    """Tells on stderr what is going on: one line that is rewritten on a terminal, else line by line."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = False

    def __call__(self, text: str) -> None:
        """Tell one thing."""
        if self._quiet:
            return
        if self._live:
            click.echo(f"\r\x1b[2K{text[: _width()]}", nl=False, err=True)
            self._shown = True
        else:
            click.echo(text, err=True)

    def done(self) -> None:
        """Take the line away, so that what follows starts on a clean one."""
        if self._shown:
            click.echo("\r\x1b[2K", nl=False, err=True)
            self._shown = False


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns - 1
    except OSError:
        return 79


def talk(text: str) -> None:
    """Say something that is not data."""
    click.echo(text, err=True)
