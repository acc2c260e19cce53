"""``--secret-from SINK|-``: where a value is read back, or else who is asked for it."""

from __future__ import annotations

import sys

import click

from provision.engine.run import Job
from provision.secret import Secret


def value(job: Job, *, from_stdin: bool, question: str | None) -> Secret | None:
    """Return the value from the job's source, stdin, or a person; ``None`` if nobody can be asked.

    ``question`` None: nobody is to be asked. What is typed is not shown.
    """
    if job.source is not None:
        return job.source.retrieve()
    if from_stdin:
        return Secret(sys.stdin.readline().rstrip("\r\n"))
    if question is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from provision.delivery.terminal import interruptible

    with interruptible():
        text = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
    return Secret(text) if text else None
