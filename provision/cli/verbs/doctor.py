"""``provision doctor``: whether it can be done, before anything is."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import PROBED, Common, common
from provision.cli.verb import Verb
from provision.errors import Exit
from provision.report.formats import Format

if TYPE_CHECKING:
    from provision.engine.job import Job
    from provision.outcomes.doctor import Diagnosis


@click.command(
    cls=Verb,
    examples=(
        "provision doctor configs/prod.yaml",
        "provision doctor configs/prod.yaml --support",
    ),
)
@click.option(
    "--support",
    is_flag=True,
    help="Print a report to paste into an issue instead, without anything confidential; asks no host.",
)
@partial(common, outcome="diagnoses", deliver=PROBED, required=False)
def doctor(options: Common, *, support: bool) -> int:
    """Tell whether this identity can apply each CONFIG, and what is missing. Writes nothing.

    Hosts, cloud, sign-in, each right that a coming step takes, secret policy, mailbox, delivery, clock.
    Exits 0 when all is there, 77 when a right is missing, 3 when only the right to consent is (0 with
    --allow consent-pending), else as 'apply' would. With --support it needs no CONFIG.
    """
    if support:
        return _support(options)
    if not options.paths:
        ctx = click.get_current_context()
        (argument,) = (one for one in ctx.command.params if one.name == "paths")
        raise click.MissingParameter(ctx=ctx, param=argument)
    return asyncio.run(_doctor(options))


def _support(options: Common) -> int:
    from provision.cli.streams import out
    from provision.cli.support import report

    if options.output is not Format.TEXT:
        raise click.UsageError("--support prints Markdown to be pasted, and takes no -o")
    out(report(options.paths, os.environ))
    return 0


async def _doctor(options: Common) -> int:
    from provision.cli import emit
    from provision.cli.places import stands_in
    from provision.cli.session import open_session
    from provision.engine.doctor import examine
    from provision.engine.fleet import run_each
    from provision.outcomes.doctor import Diagnoses

    probes = not stands_in(options, options.deliver)

    async def one(job: Job) -> Diagnosis:
        return await examine(job, allowed=options.allow, probes=probes)

    async with open_session(options, writes=False, lenient=True) as session:
        session.progress("looking at hosts, rights and policy ...")
        with session.progress.over("looking", len(session.entries)) as watch:
            items = await run_each(session.entries, one, parallel=options.parallel, watch=watch)
    code = emit.finish(Diagnoses(tuple(items), session.search, options.allow), options)
    if code is Exit.DONE:
        emit.then(options.again.command("plan"), options)
    return code
