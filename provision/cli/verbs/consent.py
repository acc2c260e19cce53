"""``provision consent``: the administrator's own run of the grant, or waiting for it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.option_values import seconds
from provision.cli.options import Common, assume_yes, common, keep_going
from provision.cli.streams import err
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.fleet import Entry
    from provision.engine.run import Job
    from provision.errors import ProvisionError
    from provision.outcomes.result import Result


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
    help="Look for the grant until it is there, for so long at most: 90s, 15m, 1h.",
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
    from provision.cli.carry_out import confirm
    from provision.cli.console import columns
    from provision.cli.log_file import about
    from provision.cli.session import opened
    from provision.engine import consent as engine
    from provision.engine.fleet import each
    from provision.engine.run import Job
    from provision.errors import ProvisionError
    from provision.outcomes.result import ConsentState, Result
    from provision.outcomes.results import Consents
    from provision.report.consent import consent_text
    from provision.report.formats import Format
    from provision.resources.consent import Mode

    async def given(job: Job) -> Result:
        plan = planned[job.path]
        if isinstance(plan, ProvisionError):
            raise plan
        if looks(job):
            return engine.seen(job, plan)
        with about(job.path, plan.name, plan.digest):
            return await engine.give(job, plan)

    def looks(entry: Entry) -> bool:
        if look_only:
            return True
        handed_over = isinstance(entry, Job) and entry.desired.consent.mode is Mode.HANDOFF
        return handed_over and wait is not None and not yes

    async with opened(options, writes=not look_only, keep_going=keep_going) as session:
        session.progress("looking at the tenant ...")
        plans = await each(session.entries, engine.plan, parallel=options.parallel)
        session.progress.done()
        meant = [p for entry, p in zip(session.entries, plans, strict=True) if not looks(entry)]
        confirm([p for p in meant if not isinstance(p, ProvisionError) and p.pending], options, yes=yes)
        planned = {entry.path: plan for entry, plan in zip(session.entries, plans, strict=True)}
        items = await each(session.entries, given, parallel=options.parallel)

    def waiting(item: Result | ProvisionError) -> bool:
        return isinstance(item, Result) and item.consent.state is ConsentState.REQUIRED

    told = False
    if wait is not None and any(map(waiting, items)):
        if options.output is not Format.JSON:
            told = options.output is Format.TEXT  # a page holds the message all the same, to be kept
            for item in items:  # whoever gives it must be told before it is waited for
                if isinstance(item, Result) and waiting(item):
                    err(consent_text(item, width=columns(sys.stderr)))
        items = await _waited(options, items, [waiting(item) for item in items], wait)
    return emit.finish(Consents(tuple(items), session.search, options.allow, told), options)


async def _waited(
    options: Common, items: Sequence[Result | ProvisionError], waiting: Sequence[bool], patience: float
) -> list[Result | ProvisionError]:
    """Wait in a session that writes nothing: it keeps no other run on this machine from working meanwhile."""
    from provision.cli.session import opened
    from provision.engine import consent as engine
    from provision.engine.fleet import each

    async def one(job: Job) -> Result:
        return await engine.wait(job, patience)

    async with opened(options, writes=False) as session:
        due = [entry for entry, wanted in zip(session.entries, waiting, strict=True) if wanted]
        found = iter(await each(due, one, parallel=len(due)))
    return [next(found) if wanted else item for item, wanted in zip(items, waiting, strict=True)]
