"""``provision completion``: what has a shell complete this program's words."""

from __future__ import annotations

import click

from provision.cli import shells
from provision.cli.streams import out
from provision.cli.verb import Verb


@click.command(cls=Verb, examples=("provision completion bash", "provision completion powershell"))
@click.argument("shell", type=click.Choice(shells.NAMES), metavar="SHELL")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the script that has SHELL complete commands, options, configs, findings and sinks.

    SHELL is bash, zsh, fish or powershell. Put a line that reads it into the shell's start-up file;
    'provision docs commands' has the line for each.
    """
    program = ctx.find_root().command
    out(shells.script(shell, program), nl=False)
    return 0
