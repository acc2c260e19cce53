"""``provision apply``: plan, ask, carry out, hand over."""

from __future__ import annotations

import asyncio
from functools import partial

import click

from provision.cli.options import (
    MINTS,
    Common,
    approved,
    assume_yes,
    common,
    keep_going,
)
from provision.cli.verb import Verb


@click.command(
    cls=Verb,
    examples=(
        "provision apply configs/prod.yaml --sandbox --yes",
        "provision apply configs/prod.yaml --deliver file:mail.secret",
    ),
)
@click.option("--dry-run", is_flag=True, help="Stop after showing the plan, as 'plan' does.")
@approved
@click.option("--verify", is_flag=True, help="Then sign in with the delivered secret, as 'verify' does.")
@keep_going
@assume_yes
@partial(common, outcome="results", deliver=MINTS)
def apply(
    options: Common,
    dry_run: bool,
    plan_file: str | None,
    expect_digest: tuple[str, ...],
    *,
    verify: bool,
    keep_going: bool,
    yes: bool,
) -> int:
    """Make each CONFIG so: show the plan, ask, carry it out, deliver the secret, print the values.

    A second run changes nothing. Exits 3 when all is done but an administrator's consent is still
    to be given (0 with --allow consent-pending).
    """
    if dry_run:
        from provision.cli.verbs.plan import look

        return asyncio.run(look(options, detailed_exitcode=False))
    from provision.cli.carry_out import carry_out
    from provision.cli.plan_file import read
    from provision.engine import run
    from provision.engine.carry_out import Applier, Way
    from provision.plan.approval import Approval

    applier: Applier = run.apply
    if verify:
        from provision.engine.verify import apply_and_verify as applier
    narrowed = bool(options.select) or options.changed is not None or options.shard is not None
    approval = Approval(read(plan_file) if plan_file else None, expect_digest, narrowed)
    way = Way(run.plan, applier=applier, approval=approval, keep_going=keep_going)
    return asyncio.run(carry_out(options, way, yes=yes))
