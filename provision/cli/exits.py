"""The ways out of the program that are no success: each ends in a code, a line, and a next step."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import click

from provision import __version__
from provision.cli.ci import Pipeline, RunContext
from provision.cli.streams import err, out_json
from provision.errors import ProvisionError, catalogue
from provision.secret import redact

# A disk that is full or may not be written to, or something else in a path's place, wherever it was met: no
# defect of the program.
_OF_THE_DISK = (
    errno.ENOSPC,
    errno.EFBIG,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ELOOP,
    errno.ENAMETOOLONG,
)


def after(error: BaseException, argv: Sequence[str], holder: RunContext) -> int:
    """Tell of an error on the stream that fits, and return the exit code."""
    # The reader has seen enough. Where click writes, it makes a SystemExit of that, and of nothing else.
    if isinstance(error, (BrokenPipeError, SystemExit)):
        _mute(sys.stdout)
        return 0
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    known = (_known(error) or _unexpected(error, argv)).worded(holder.again.worded)
    _say(known, argv)
    _tell(known, holder.pipeline)
    return int(known.exit)


def _known(error: BaseException) -> ProvisionError | None:
    if isinstance(error, ProvisionError):
        return error
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return ProvisionError(catalogue.INTERRUPTED)
    if isinstance(error, click.ClickException):
        from provision.cli import usage

        return usage.error_of(error)
    state = sys.modules.get("provision.sandbox.keeping.state")  # imported where there is a sandbox at all
    if state is not None and isinstance(error, state.StateError):
        return ProvisionError(catalogue.SANDBOX_STATE, str(error), fix=error.fix)
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        if error.errno == errno.ENOENT and not error.filename:
            return ProvisionError(catalogue.DISK, "the working directory is gone")
        what = f"'{error.filename}'" if error.filename else "the output"
        return ProvisionError(catalogue.DISK, f"{what} cannot be used or written to: {error.strerror}")
    return None


def _unexpected(error: BaseException, argv: Sequence[str]) -> ProvisionError:
    """Write a report free of secrets: the traceback without locals, and the names of the options."""
    words = [word.split("=", 1)[0] for word in argv if word.startswith("-")]
    text = redact(
        "\n".join(
            (
                f"provision {__version__}, Python {platform.python_version()}, {platform.platform()}",
                f"time: {datetime.now(UTC).isoformat(timespec='seconds')}",
                f"verb: {argv[0] if argv else '-'}  options: {' '.join(words)}",
                "".join(traceback.format_exception(error)),
            )
        )
    )
    where = _write(text)
    return ProvisionError(catalogue.UNEXPECTED, f"{type(error).__name__}; a report was written to {where}")


def _write(text: str) -> str:
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for folder in (Path(".provision"), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            path = folder / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        except OSError:
            continue
        return str(path)
    return "nowhere: no folder could be written to"


def _say(error: ProvisionError, argv: Sequence[str]) -> None:
    from provision.cli.console import colorful, columns
    from provision.report.documents import error_json
    from provision.report.escape import json_text
    from provision.report.text import error_text

    if _wants_json(argv):
        try:
            out_json(json_text(error_json(error)))
        except OSError:  # stdout is full or gone, which may be just what the error tells
            _mute(sys.stdout)
        else:
            return
    color = colorful(sys.stderr, plain="--no-color" in argv)
    text = error_text(error, color=color, width=columns(sys.stderr))
    with suppress(OSError):
        err(text)


def _mute(stream: TextIO) -> None:
    """Have what is still to be written to a stream go nowhere, for Python writes it out at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(error: ProvisionError, pipeline: Pipeline) -> None:
    """Tell the pipeline, too; whether it could be told changes no exit code any more."""
    from provision.report.pages import error_markdown

    with suppress(ProvisionError, BrokenPipeError):
        pipeline.error(error)
        pipeline.summary(error_markdown(error))


def _wants_json(argv: Sequence[str]) -> bool:
    """Say whether JSON was asked for, even where the command line is too wrong to be parsed."""
    words = list(argv)
    joined = {"--output=json", "-ojson", "-o=json"}
    return any(word in joined for word in words) or any(
        first in ("-o", "--output") and second == "json" for first, second in pairwise(words)
    )
