"""``provision doctor``: whether it can be done, before anything is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.options import PROBED, Common, common
from provision.cli.streams import out, out_json
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.run import Job
    from provision.errors import ProvisionError
    from provision.outcomes.doctor import Diagnosis
    from provision.outcomes.search import Search


@click.command(
    cls=Verb,
    examples=(
        "provision doctor configs/prod.yaml",
        "provision doctor configs/prod.yaml --auth cli -o json",
    ),
)
@partial(common, deliver=PROBED)
def doctor(options: Common) -> int:
    """Tell whether this identity can apply each CONFIG, and what is missing. Writes nothing.

    Hosts, cloud, sign-in, each right that a coming step takes, secret policy, mailbox, delivery, clock.
    Exits 0 when all is there, 77 when a right is missing, 3 when only the right to consent is (0 with
    --allow consent-pending), else as 'apply' would.
    """
    return asyncio.run(_doctor(options))


async def _doctor(options: Common) -> int:
    from provision.cli.places import stands_in
    from provision.cli.session import opened
    from provision.engine.doctor import examine
    from provision.engine.fleet import each
    from provision.errors import ProvisionError, worst

    probes = not stands_in(options, options.deliver)

    async def one(job: Job) -> Diagnosis:
        return await examine(job, allowed=options.allow, probes=probes)

    async with opened(options, writes=False, lenient=True) as session:
        session.progress("looking at hosts, rights and policy ...")
        items = await each(session.entries, one, parallel=options.parallel)
    _print(items, options, session.search)
    return worst([i.exit if isinstance(i, ProvisionError) else i.exit(options.allow) for i in items])


def _print(items: Sequence[Diagnosis | ProvisionError], options: Common, search: Search) -> None:
    """Print what was found to stdout; what failed goes to stderr, or into the JSON document."""
    from provision import report
    from provision.cli import emit
    from provision.cli.console import colorful, columns
    from provision.errors import ProvisionError

    if options.output == "json":
        if search.listed:
            out_json(report.document(report.doctors_json(items, search, options.allow)))
            return
        (first,) = items
        if isinstance(first, ProvisionError):
            out_json(report.document(report.error_json(first)))
        else:
            out_json(report.document(report.doctor_json(first, options.allow)))
        return
    color = colorful(sys.stdout, plain=options.no_color)
    for number, item in enumerate(items):
        if isinstance(item, ProvisionError):
            emit.error(item, options)
            continue
        if number:
            out()
        markdown = options.output == "markdown"
        text = (
            report.doctor_markdown(item)
            if markdown
            else report.doctor_text(item, color=color, columns=columns(sys.stdout))
        )
        out(text)
    if options.output == "markdown":
        for line in report.summary_markdown(items, search):
            out(f"\n{line}")
    else:
        emit.failed_text(items)
