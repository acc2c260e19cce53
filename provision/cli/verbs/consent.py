"""``provision consent``: the administrator's own run of the grant, or waiting for it."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.option_values import seconds
from provision.cli.options import Common, assume_yes, common, keep_going
from provision.cli.streams import err
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.fleet import Entry


@click.command(
    cls=Verb,
    examples=(
        "provision consent configs/prod.yaml",
        "provision consent configs/prod.yaml --look-only --wait 1h",
    ),
)
@click.option(
    "--wait",
    metavar="1h",
    callback=seconds,
    help="Wait for the grant, at most this long: 90s, 15m, 1h.",
)
@click.option("--look-only", is_flag=True, help="Look whether it is granted; never offer to grant it.")
@assume_yes
@keep_going
@partial(common, outcome="consents")
def consent(options: Common, wait: float | None, look_only: bool, yes: bool, keep_going: bool) -> int:
    """Grant Mail.Send to the application of each CONFIG, and nothing else; asks first.

    Where this identity may not, prints the link, the role it takes and a message to an administrator, and
    exits 3 (0 with --allow consent-pending). The grant itself is looked at, never the button.
    With --look-only, and with --wait where the config says consent: handoff, it only looks (unless --yes).
    """
    return asyncio.run(_consent(options, wait, look_only=look_only, yes=yes, keep_going=keep_going))


async def _consent(
    options: Common, wait: float | None, *, look_only: bool, yes: bool, keep_going: bool
) -> int:
    from provision.cli import emit
    from provision.cli.asking import Asking
    from provision.cli.console import columns
    from provision.cli.session import open_session
    from provision.engine import consent as engine
    from provision.engine.job import Job
    from provision.outcomes.results import Consents
    from provision.report.consent import consent_text
    from provision.report.formats import Format
    from provision.resources.consent import Mode

    def looks(entry: Entry) -> bool:
        if look_only:
            return True
        handed_over = isinstance(entry, Job) and entry.desired.consent.mode is Mode.HANDOFF
        return handed_over and wait is not None and not yes

    async with open_session(options, writes=not look_only, keep_going=keep_going) as session:
        items = await engine.carry_out(session, Asking(options, yes), looks=looks)
    told = False
    if wait is not None and any(map(engine.waits, items)):
        if options.output is not Format.JSON:
            told = options.output is Format.TEXT  # a page holds the message all the same, to be kept
            for item in filter(engine.waits, items):  # whoever gives it is told before it is waited for
                err(consent_text(item, width=columns(sys.stderr)))
        # In a session of its own, which keeps no other run on this machine from working meanwhile.
        async with open_session(options, writes=False) as session:
            items = await engine.wait_for(session, items, wait)
    return emit.finish(Consents(tuple(items), session.search, options.allow, told), options)
