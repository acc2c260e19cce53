"""``provision verify``: proof, rung by rung, that the values which are entered send mail."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from functools import partial

import click

from provision.cli.completion import sinks
from provision.cli.options import Common, common
from provision.cli.verb import Verb


@click.command(
    cls=Verb,
    examples=(
        "provision verify configs/prod.yaml --send-to me@agency.example",
        "provision verify configs/prod.yaml --secret-from file:mail.secret",
    ),
)
@click.option(
    "--send-to", metavar="ADDR", help="Send one test mail there; without it, that mail flows is not proven."
)
@click.option("--client-id", metavar="ID", help="The OAuth Client ID that is entered; else it is looked up.")
@click.option(
    "--secret-from",
    metavar="SINK|-",
    shell_complete=sinks,
    help="Where the entered Secret Key is read: file:PATH, key_vault:URL, - for stdin; else it is asked for.",
)
@partial(common, outcome="verification", one=True)
def verify(options: Common, send_to: str | None, client_id: str | None, secret_from: str | None) -> int:
    """Prove that what is entered in the product sends mail: hosts, token, role, mailbox, test mail.

    Needs the four values of System Settings and no right in Entra; with rights, it sees more. A mail that
    Exchange took is accepted, not delivered. CONFIG is one file.
    """
    return asyncio.run(_verify(options, send_to, client_id, secret_from))


async def _verify(
    options: Common, send_to: str | None, client_id: str | None, secret_from: str | None
) -> int:
    from provision.cli import emit
    from provision.cli.secret_from import from_stdin, value
    from provision.cli.session import open_session
    from provision.config import rules
    from provision.engine import verify as engine
    from provision.engine.about import about
    from provision.errors import ProvisionError, catalogue
    from provision.secret import Secret

    for text, rule, name in ((send_to, rules.address, "--send-to"), (client_id, rules.guid, "--client-id")):
        try:
            _ = rule(text) if text is not None else None
        except rules.Fault as fault:
            raise ProvisionError(catalogue.USAGE, f"{name} '{text}': {fault.why}", fix=fault.fix) from None
    on_stdin = from_stdin(options, secret_from)
    options = replace(options, secret_from=None if on_stdin else secret_from)

    async with open_session(options, writes=False) as session:
        job = session.only_job("verify")
        session.progress("looking at the tenant ...")

        def entered() -> Secret:
            session.progress.done()
            found = value(
                job,
                from_stdin=on_stdin,
                as_it_is=True,
                question=f"Secret Key that is entered for '{job.desired.name}' (not shown)",
            )
            if found is None or not found.reveal():
                raise ProvisionError(
                    catalogue.USAGE,
                    "the Secret Key is not known",
                    fix="Pass --secret-from, or run it on a terminal, where it is asked for.",
                )
            return found

        with about(job.path, job.desired.name):
            verified = await engine.verify(
                job,
                entered,
                client_id=client_id,
                recipient=send_to,
                new_subject=lambda: f"provision verify {job.desired.name} {secrets.token_hex(4)}",
            )
    return emit.finish(verified, options)
