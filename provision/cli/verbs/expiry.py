"""``provision expiry``: when each secret ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import LOOKS, Common, common
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.fleet import Entry
    from provision.engine.job import Job
    from provision.outcomes.expiry import Watched
    from provision.resources.client_secret import Span

_YEARS = 100  # the calendar in which the end is counted has an end itself


def _window(_: click.Context, __: click.Parameter, value: str) -> Span:
    from provision.resources.client_secret import Span

    try:
        span = Span.parse(value)
    except ValueError:
        span = Span(longest=True)
    if span.longest:
        raise click.BadParameter(f"'{value}' is not a length of time: write 30d, 4w, 2mo or 1y")
    if span.months > 12 * _YEARS or span.days > 366 * _YEARS:
        raise click.BadParameter(f"'{value}' is more than {_YEARS} years")
    return span


@click.command(
    cls=Verb,
    examples=(
        "provision expiry configs --within 60d",
        "provision expiry configs -o ical > secrets.ics",
    ),
)
@click.option(
    "--within",
    metavar="SPAN",
    default="30d",
    show_default=True,
    callback=_window,
    help="How long before its end a secret needs attention: 30d, 4w, 2mo, 1y.",
)
@partial(common, outcome="expiry", deliver=LOOKS)
def expiry(options: Common, within: Span) -> int:
    """Tell when each secret of each CONFIG's application ends, the most urgent first. Writes nothing.

    Secrets that somebody else made on the same application are shown too, and marked so. Exits 4 when
    a secret needs attention within the window, else 0.
    """
    return asyncio.run(_expiry(options, within))


async def _expiry(options: Common, within: Span) -> int:
    from provision.checks.expiry import gather
    from provision.cli import emit
    from provision.cli.session import open_session
    from provision.engine.expiry import read_dates
    from provision.engine.fleet import run_each
    from provision.errors import ProvisionError
    from provision.outcomes.expiry import Unreadable

    async def one(job: Job) -> Watched:
        return await read_dates(job, within)

    async with open_session(options, writes=False) as session:
        session.progress("looking at the tenant ...")
        with session.progress.over("looking", len(session.entries)) as watch:
            items = await run_each(session.entries, one, parallel=options.parallel, watch=watch)
        now = session.now()
    found = gather(
        session.target,
        within,
        (
            Unreadable(*_known(entry), item) if isinstance(item, ProvisionError) else item
            for entry, item in zip(session.entries, items, strict=True)
        ),
        now=now,
    )
    return emit.finish(replace(found, again=options.again, search=session.search), options)


def _known(entry: Entry) -> tuple[str, str | None, str | None]:
    """Return the file, and the name and the tenant as far as they are known."""
    from provision.engine.fleet import Broken

    if isinstance(entry, Broken):
        return entry.path, entry.name, entry.tenant
    return entry.path, entry.desired.name, entry.desired.tenant
