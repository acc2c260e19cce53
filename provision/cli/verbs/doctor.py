"""``provision doctor``: whether it can be done, before anything is."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import PROBED, Common, common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.run import Job
    from provision.outcomes.doctor import Diagnosis


@click.command(
    cls=Verb,
    examples=(
        "provision doctor configs/prod.yaml",
        "provision doctor configs/prod.yaml --auth cli -o json",
    ),
)
@partial(common, outcome="diagnoses", deliver=PROBED)
def doctor(options: Common) -> int:
    """Tell whether this identity can apply each CONFIG, and what is missing. Writes nothing.

    Hosts, cloud, sign-in, each right that a coming step takes, secret policy, mailbox, delivery, clock.
    Exits 0 when all is there, 77 when a right is missing, 3 when only the right to consent is (0 with
    --allow consent-pending), else as 'apply' would.
    """
    return asyncio.run(_doctor(options))


async def _doctor(options: Common) -> int:
    from provision.cli import emit
    from provision.cli.places import stands_in
    from provision.cli.session import opened
    from provision.engine.doctor import examine
    from provision.engine.fleet import each
    from provision.outcomes.doctor import Diagnoses

    probes = not stands_in(options, options.deliver)

    async def one(job: Job) -> Diagnosis:
        return await examine(job, allowed=options.allow, probes=probes)

    async with opened(options, writes=False, lenient=True) as session:
        session.progress("looking at hosts, rights and policy ...")
        with session.progress.over("looking", len(session.entries)) as watch:
            items = await each(session.entries, one, parallel=options.parallel, watch=watch)
    return emit.finish(Diagnoses(tuple(items), session.search, options.allow), options)
