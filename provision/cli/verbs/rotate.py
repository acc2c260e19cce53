"""``provision rotate``: a new secret beside the old, and the old one's end once the new one is entered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from provision.cli.completion import sinks
from provision.cli.option_values import seconds
from provision.cli.options import MINTS, Common, assume_yes, common, keep_going
from provision.cli.verb import Verb

if TYPE_CHECKING:
    from provision.engine.carry_out import Prover
    from provision.engine.job import Job
    from provision.plan.model import Plan


@click.command(
    cls=Verb,
    examples=(
        "provision rotate configs/prod.yaml --deliver file:new.secret",
        "provision rotate configs/prod.yaml --confirm --secret-from file:new.secret",
    ),
)
@click.option("--confirm", is_flag=True, help="The newest secret is entered: remove those before it.")
@click.option("--again", is_flag=True, help="Replace a new secret that was never entered.")
@click.option("--emergency", is_flag=True, help="The present secret leaked: make a new one, revoke the rest.")
@click.option("--revoke", metavar="KEYID", help="Remove a secret that nothing says was delivered.")
@click.option(
    "--secret-from",
    metavar="SINK|-",
    shell_complete=sinks,
    help="With --confirm: where the entered value is read, to prove that it works; - is stdin.",
)
@click.option(
    "--when-used",
    is_flag=True,
    help="With --confirm: once the report of sign-ins shows the new secret in use and the old ones quiet.",
)
@click.option("--wait", metavar="3d", callback=seconds, help="With --when-used: look again for so long.")
@click.option(
    "--report-lag",
    metavar="48h",
    callback=seconds,
    help="With --when-used: how much later than a sign-in the report may show it; by default 48h.",
)
@keep_going
@assume_yes
@partial(common, outcome="results", deliver=MINTS)
def rotate(  # noqa: PLR0917 - click calls it by name
    options: Common,
    confirm: bool,
    again: bool,
    emergency: bool,
    revoke: str | None,
    secret_from: str | None,
    when_used: bool,
    wait: float | None,
    report_lag: float | None,
    yes: bool,
    keep_going: bool,
) -> int:
    """Make a new secret for each CONFIG beside the old one, and deliver it. The old one stays.

    Enter the new one in the product, then run it again with --confirm: that removes the old one, after a
    proof that the new one signs in. While a new one waits to be confirmed, no third is made.
    """
    from provision.cli.carry_out import carry_out
    from provision.cli.secret_from import from_stdin
    from provision.engine import run
    from provision.engine.carry_out import Way
    from provision.errors import ProvisionError, catalogue
    from provision.plan.rotation import Mode

    flags = {"--confirm": confirm, "--again": again, "--emergency": emergency, "--revoke": revoke}
    chosen = [name for name, given in flags.items() if given]
    if len(chosen) > 1:
        raise ProvisionError(catalogue.USAGE, f"{' and '.join(chosen)} do not go together")
    if secret_from and not confirm:
        raise ProvisionError(catalogue.USAGE, "--secret-from goes with --confirm")
    if when_used and (not confirm or secret_from):
        raise ProvisionError(catalogue.USAGE, "--when-used goes with --confirm, and without --secret-from")
    if (wait is not None or report_lag is not None) and not when_used:
        raise ProvisionError(catalogue.USAGE, "--wait and --report-lag go with --when-used")
    on_stdin = from_stdin(options, secret_from)
    if on_stdin and not yes:
        raise ProvisionError(
            catalogue.USAGE,
            "with --secret-from - nobody can be asked: stdin holds the value",
            fix="Add --yes.",
        )
    mode = Mode(chosen[0].removeprefix("--")) if chosen and not revoke else Mode.ROTATE

    async def planner(job: Job) -> Plan:
        if revoke:
            return await run.plan_revocation(job, revoke)
        return await run.plan_rotation(job, mode)

    prover: Prover | None = _Prover(ask=not yes, from_stdin=on_stdin) if confirm else None
    if when_used:
        prover = _quiet(wait, report_lag)
    options = replace(options, secret_from=None if on_stdin else secret_from)
    return asyncio.run(carry_out(options, Way(planner, prover=prover, keep_going=keep_going), yes=yes))


def _quiet(wait: float | None, lag: float | None) -> Prover:
    """Return what lets the older secrets go by the report of sign-ins; times are seconds."""
    from provision.engine.quiet import seen_quiet
    from provision.resources.last_use import LAG

    return partial(
        seen_quiet, lag=LAG if lag is None else timedelta(seconds=lag), wait=timedelta(seconds=wait or 0)
    )


class _Prover:
    """Reads the value that is entered in the product, and has it proved."""

    def __init__(self, *, ask: bool, from_stdin: bool) -> None:
        self._ask = ask
        self._from_stdin = from_stdin
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, job: Job, plan: Plan) -> str:
        from provision.cli.secret_from import value
        from provision.engine.proof import prove
        from provision.errors import ProvisionError, catalogue

        question = f"Secret Key that is entered for '{job.desired.name}' (not shown; Enter skips the proof)"
        if plan.standing is None or plan.standing.current is None:
            return "none"  # there is nothing to confirm
        async with self._one_at_a_time:
            entered = value(job, from_stdin=self._from_stdin, question=question if self._ask else None)
        if entered is None:
            several = len(plan.standing.older) > 1
            if several and catalogue.PROOF_NEEDED.name not in job.allowed:
                raise ProvisionError(
                    catalogue.PROOF_NEEDED,
                    f"{len(plan.standing.delivered)} delivered secrets of '{job.desired.name}' are alive, "
                    "and the older would be removed: no value was given to tell which one is entered",
                )
            for finding in plan.findings:
                if finding.entry is catalogue.TWO_DELIVERED:  # which of the two is entered must be known
                    raise ProvisionError(finding.entry, finding.message)
            return "none"
        await prove(job, plan, entered)
        return "token"
