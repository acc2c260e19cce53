"""``provision show``: the values to enter, again."""

from __future__ import annotations

import asyncio
from functools import partial

import click

from provision.cli.options import LOOKS, Common, common
from provision.cli.verb import Verb


@click.command(
    cls=Verb,
    examples=(
        "provision show configs/prod.yaml",
        "provision show configs/prod.yaml -o html > values.html",
    ),
)
@partial(common, outcome="results", deliver=LOOKS)
def show(options: Common) -> int:
    """Print the values to enter in System Settings for each CONFIG again.

    Never the secret: Microsoft Graph does not tell it twice. But where it was delivered to, its first
    three characters, and when it ends.
    """
    return asyncio.run(_show(options))


async def _show(options: Common) -> int:
    from provision.cli import emit
    from provision.cli.session import open_session
    from provision.engine import run
    from provision.engine.fleet import run_each
    from provision.outcomes.results import Results

    async with open_session(options, writes=False) as session:
        session.progress("looking at the tenant ...")
        with session.progress.over("looking", len(session.entries)) as watch:
            items = await run_each(session.entries, run.show, parallel=options.parallel, watch=watch)
    return emit.finish(Results(tuple(items), session.search), options)
