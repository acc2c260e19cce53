"""``provision drift``: what differs from the config, and what is there that nobody declared."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import LOOKS, Common, common, fail_on
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.session import Session
    from provision.errors import Severity
    from provision.outcomes.orphans import Orphans


@click.command(
    cls=Verb,
    examples=(
        "provision drift configs/prod.yaml",
        "provision drift configs --with-orphans -o markdown",
    ),
)
@fail_on("warning", "Which findings count for exit code 4: this severity, or worse.")
@click.option(
    "--with-orphans",
    is_flag=True,
    help="Also find what no config names, as 'orphans' does; of a folder, a glob or several configs.",
)
@partial(common, outcome="drifts", deliver=LOOKS)
def drift(options: Common, fail_on: Severity, with_orphans: bool) -> int:
    """Find what differs from each CONFIG, and what is on its application that nobody declared.

    Secrets, certificates, federated credentials, redirect URIs, permissions, grants, owners and settings.
    Writes nothing and repairs nothing. Exits 4 when something counts, else 0; drift.ignore in the config
    lets pass what is known.
    """
    return asyncio.run(_drift(options, fail_on, with_orphans=with_orphans))


async def _drift(options: Common, least: Severity, *, with_orphans: bool) -> int:
    from provision.cli import emit
    from provision.cli.session import open_session
    from provision.cli.verbs.orphans import refuse_part
    from provision.engine.drift import find_drift
    from provision.engine.fleet import run_each
    from provision.outcomes.drift import Drifts

    if with_orphans:
        refuse_part(options, "--with-orphans")
    async with open_session(options, writes=False) as session:
        session.progress("looking at the tenant ...")
        with session.progress.over("looking", len(session.entries)) as watch:
            items = await run_each(session.entries, find_drift, parallel=options.parallel, watch=watch)
        orphans = await _orphans(session, options) if with_orphans else None
    return emit.finish(Drifts(tuple(items), session.search, least, orphans), options)


async def _orphans(session: Session, options: Common) -> Orphans:
    from provision.engine.orphans import find_orphans
    from provision.errors import ProvisionError, catalogue

    if not session.search.listed:
        raise ProvisionError(
            catalogue.USAGE,
            "--with-orphans takes all the configs that there are: a folder, a glob or several files",
        )
    return await find_orphans(
        session.entries, session.declared, session.target, elsewhere=False, parallel=options.parallel
    )
