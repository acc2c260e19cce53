"""``provision sandbox``: look at the local Microsoft Graph, or empty it."""

from __future__ import annotations

import json

import click

from provision.cli.options import STATE, output


@click.group()
def sandbox() -> None:
    """Look at the local Microsoft Graph that --sandbox rehearses on, or empty it."""


_state = click.option(
    "--state", default=STATE, show_default=True, metavar="PATH", help="The sandbox's state file."
)


@sandbox.command()
@_state
@output
def show(state: str, output: str) -> int:
    """Print what is in the sandbox: tenants, applications, mailboxes. No secret is kept in it."""
    from provision.cli.session import open_sandbox

    summary = open_sandbox(state).summary()
    if output == "json":
        click.echo(json.dumps(summary, indent=2))
    else:
        import yaml

        text = yaml.safe_dump(summary, sort_keys=False, allow_unicode=False).rstrip()
        click.echo(f"```yaml\n{text}\n```" if output == "markdown" else text)
    return 0


@sandbox.command()
@_state
def reset(state: str) -> int:
    """Empty the sandbox. A state that cannot be used is moved aside, not lost."""
    from pathlib import Path

    from provision.cli.console import talk
    from provision.cli.session import open_sandbox
    from provision.errors import ProvisionError

    path = Path(state)
    if not path.exists():
        talk(f"there was no {state}")
        return 0
    try:
        open_sandbox(state).reset()
    except ProvisionError:
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        talk(f"{state} could not be used; it was moved to {aside}")
    else:
        talk(f"emptied {state}")
    return 0
