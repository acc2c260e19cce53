"""``provision exchange``: the PowerShell script that limits an application to its one mailbox."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.completion import files
from provision.cli.options import Common, assume_yes, common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.about import Notes
    from provision.outcomes.exchange import MailboxLimit


@click.command(
    cls=Verb,
    examples=(
        "provision exchange configs/prod.yaml --out limit.ps1",
        "provision exchange configs/prod.yaml --run",
    ),
)
@click.option("--out", metavar="FILE", shell_complete=files, help="Write the script there.")
@click.option(
    "--run", "run_it", is_flag=True, help="Run it here, after a question; needs pwsh and Exchange's module."
)
@click.option("--undo", is_flag=True, help="With --run: remove what the script made.")
@assume_yes
@partial(common, outcome="exchange", one=True)
def exchange(options: Common, out: str | None, run_it: bool, undo: bool, yes: bool) -> int:
    """Print the Exchange Online script for a CONFIG with mail.scope: mailbox, its ids filled in.

    An Exchange administrator runs it: service principal, scope, role, test. It may be run again; -WhatIf
    shows what it would do, -Undo takes it back. CONFIG is one file; Graph is only read.
    """
    return asyncio.run(_exchange(options, out, run_it=run_it, undo=undo, yes=yes))


async def _exchange(options: Common, out: str | None, *, run_it: bool, undo: bool, yes: bool) -> int:
    from provision.cli import emit, out_file, powershell
    from provision.cli.session import open_session
    from provision.engine import exchange as engine
    from provision.engine.about import about
    from provision.errors import Exit, ProvisionError, catalogue
    from provision.outcomes.exchange import Script
    from provision.report.exchange import exchange_script

    if undo and not run_it:
        raise ProvisionError(catalogue.USAGE, "--undo goes with --run; the script itself has -Undo")
    if run_it:
        powershell.refuse(options)
    async with open_session(options, writes=False) as session:
        job = session.only_job("exchange")
        session.progress("looking at the tenant ...")
        limit = await engine.limit(job)
        script = exchange_script(limit)
        if out is not None:
            out_file.write(out, script, sign="Written by provision", kind="script of ours")
        if run_it:
            session.progress.done()
            with about(job.path, job.desired.name):
                _run(script, limit, session.log, undo=undo, yes=yes)
    if run_it:
        return Exit.DONE
    return emit.finish(Script(limit, saved=out is not None), options)


def _run(script: str, limit: MailboxLimit, log: Notes | None, *, undo: bool, yes: bool) -> None:
    """Run the script after a question, and note what came of it."""
    from provision.cli import powershell
    from provision.errors import ProvisionError

    result = "interrupted"
    try:
        powershell.run(script, limit, undo=undo, yes=yes)
        result = "done"
    except ProvisionError as error:
        result = error.entry.name
        raise
    finally:
        if log is not None:
            log.note("exchange-script", result=result, undo=undo)
