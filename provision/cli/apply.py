"""``provision apply``: plan, ask, carry out, hand over."""

from __future__ import annotations

import asyncio

import click

from provision.cli.options import Common, assume_yes, common


@click.command()
@click.option("--dry-run", is_flag=True, help="Stop after showing the plan, as 'plan' does.")
@assume_yes
@common
def apply(options: Common, dry_run: bool, yes: bool) -> int:
    """Make each CONFIG so: show the plan, ask, carry it out, deliver the secret, print the values.

    A second run changes nothing. Exits 3 when all is done but an administrator's consent is still
    to be given (0 with --allow consent-pending).
    """
    if dry_run:
        from provision.cli.plan import look

        return asyncio.run(look(options, detailed_exitcode=False))
    from provision.cli.carry_out import carry_out
    from provision.engine import run

    return asyncio.run(carry_out(options, run.plan, yes=yes))
