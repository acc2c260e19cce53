"""``--secret-from SINK|-``: where a value is read back, or else who is asked for it."""

from __future__ import annotations

import sys

import click

from provision import bounded
from provision.cli.options import Common
from provision.config.search import STDIN
from provision.delivery import Retrieving
from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue
from provision.secret import Secret

_LONGEST = 64 * 1024  # bytes; Microsoft's values have 40


def from_stdin(options: Common, secret_from: str | None) -> bool:
    """Say whether the value comes on standard input; ``ProvisionError`` if a config does so already."""
    if secret_from != STDIN:
        return False
    if STDIN in options.paths:
        raise ProvisionError(
            catalogue.USAGE,
            "standard input cannot hold both the config and the Secret Key",
            fix="Save the config as a file, and name that.",
        )
    return True


def value(job: Job, *, from_stdin: bool, question: str | None, as_it_is: bool = False) -> Secret | None:
    """Return the value from the job's source, stdin, or a person; ``None`` if nobody can be asked.

    ``question`` None: nobody is to be asked. What is typed is not shown. ``as_it_is``: a byte order mark on
    stdin stays, for what was copied is to be judged as it is entered.
    """
    if job.source is not None:
        return _read_back(job.source)
    if from_stdin:
        try:
            return _readable(bounded.line_of_stdin(_LONGEST, as_it_is=as_it_is))
        except UnicodeDecodeError:
            raise _no_text() from None
        except OSError as error:
            raise ProvisionError(
                catalogue.USAGE,
                f"the Secret Key cannot be read from standard input: {error.strerror}",
                fix="Give the Value alone, with a line's end behind it.",
            ) from None
    if question is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from provision.delivery.terminal import interruptible

    with interruptible():
        text = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
    return _readable(text) if text else None


def _read_back(source: Retrieving) -> Secret:
    try:
        return source.retrieve()
    except ProvisionError as error:
        raise ProvisionError(
            error.entry, error.message, fix="Or give the value on standard input: --secret-from -"
        ) from None


def _readable(text: str) -> Secret:
    """No secret has bytes that are no text, and the login service could not be asked about them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _no_text() from None
    return Secret(text)


def _no_text() -> ProvisionError:
    return ProvisionError(
        catalogue.USAGE,
        "what was given as the Secret Key holds bytes that are not UTF-8 text",
        fix="Copy the Value once more; Microsoft makes it of ASCII letters, digits and signs.",
    )
