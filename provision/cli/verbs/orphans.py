"""``provision orphans``: what carries our tag, and no config names."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import click

from provision.cli.options import Common, common
from provision.cli.verb import Verb


def _tenant(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    from provision.config import rules

    try:
        return None if value is None else rules.tenant(value)
    except rules.Fault as fault:
        raise click.BadParameter(f"'{value}': {fault.why}") from None


@click.command(
    cls=Verb,
    examples=(
        "provision orphans configs",
        "provision orphans configs --tenant agency.example",
    ),
)
@click.option(
    "--tenant",
    metavar="ID",
    callback=_tenant,
    help="Look there, and in no tenant that the configs name: an id or a domain.",
)
@partial(common, outcome="orphans")
def orphans(options: Common, tenant: str | None) -> int:
    """Find registrations that carry the tag of provision and that none of these CONFIGs names.

    In every tenant that the configs name, with secrets and consent. Give all the configs that there are.
    Writes nothing and repairs nothing. Exits 4 when there is one, else 0; no tenant is judged while a config
    cannot be read.
    """
    return asyncio.run(_orphans(options, tenant))


async def _orphans(options: Common, tenant: str | None) -> int:
    from provision.cli import emit
    from provision.cli.session import open_session
    from provision.engine.orphans import find_orphans

    refuse_part(options, "orphans")
    async with open_session(options, writes=False, tenant=tenant) as session:
        session.progress("looking through the tenants ...")
        found = await find_orphans(
            session.entries,
            session.declared,
            session.target,
            elsewhere=tenant is not None,
            parallel=options.parallel,
        )
    return emit.finish(replace(found, search=session.search), options)


def refuse_part(options: Common, what: str) -> None:
    """Raise ``ProvisionError`` if only some configs are asked for: what the others name would be found."""
    from provision.errors import ProvisionError, catalogue

    parts = {"--select": options.select, "--changed": options.changed, "--shard": options.shard}
    given = [name for name, value in parts.items() if value]
    if given:
        raise ProvisionError(
            catalogue.USAGE,
            f"{what} does not go with {' and '.join(given)}: what the other configs name would be taken for "
            "named by none",
            fix="Give all the configs.",
        )
