"""The program: which verbs there are, and the one way out of it.

Every verb's module is imported when it is run, so ``--help`` stays fast.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

import click

# verb -> what the list of verbs says of it
VERBS = {
    "init": "Begin a config by questions; writes one new file.",
    "import": "Find registrations made by hand, and write their configs; changes nothing in the tenant.",
    "validate": "Check configs offline; says everything that is wrong at once.",
    "doctor": "Tell whether this identity can do it, and what is missing; writes nothing.",
    "plan": "Show what apply would do; writes nothing.",
    "apply": "Carry the plan out, deliver the secret, print the values to enter.",
    "show": "Print the values to enter in System Settings again.",
    "consent": "Grant Mail.Send, and nothing else; or wait until somebody did.",
    "verify": "Prove that what is entered sends mail: token, role, mailbox, test mail.",
    "rotate": "Make a new secret beside the old one; --confirm removes the old one.",
    "destroy": "End the registration: soft delete, with the way back; --purge removes it for good.",
    "restore": "Bring a destroyed registration back, with its ids, secrets and grant.",
    "exchange": "Print the Exchange Online script for mail.scope: mailbox.",
    "drift": "Find what differs from the config, and what nobody declared.",
    "expiry": "Tell when each secret ends; as a calendar or for Prometheus, too.",
    "orphans": "Find what carries the tag of provision and no config names.",
    "combine": "Merge the JSON of the shards of a fleet to one document.",
    "example": "Print an example config to begin from.",
    "docs": "Print a page of the documentation.",
    "completion": "Print what has a shell complete this program's words.",
    "schema": "Print the JSON Schema of a config.",
    "explain": "Explain an error code.",
    "sandbox": "The local Microsoft Graph: serve it, seed it, look at it, empty it.",
}

# New objects between two looks for garbage in cycles. By default it is looked for at every 700, which took a
# tenth of the time in which a thousand modules are imported, and there is hardly any.
_FEW_COLLECTIONS = 10_000
_MODULES = {"import": "importing"}  # what Python has as a word of its own


class _Verbs(click.Group):
    """A group that imports a verb's module only when the verb is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        name = _MODULES.get(cmd_name, cmd_name)
        command = getattr(import_module(f"provision.cli.verbs.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def _tell_versions(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from provision.cli import streams, versions

        streams.out(versions.shown())
        ctx.exit()


@click.command(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_versions,
    help="Show the version on the first line, below it those of what it runs on.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Microsoft Entra app registrations for sending mail, as code.

    Describe the registration in YAML; provision makes it so through Microsoft Graph and prints
    the values to enter in System Settings. Add --sandbox to rehearse on a local Microsoft Graph.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(argv: Sequence[str]) -> int:
    """Run the program on these arguments and return its exit code; nothing is raised."""
    from provision.cli import ci, exits, streams

    holder = ci.RunContext()
    _open_missing_streams()
    streams.take_every_text()
    try:
        _refuse_empty(argv)
        if "_PROVISION_COMPLETE" in os.environ:
            from provision.cli import shells

            shells.register()
        code = cli.main(args=list(argv), prog_name="provision", standalone_mode=False, obj=holder)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the one border: each way out has a code and a line
        code = exits.after(error, argv, holder)
    code = code if isinstance(code, int) else 0
    ci.ended(holder.pipeline, code)
    return code


def _refuse_empty(argv: Sequence[str]) -> None:
    """An unset variable of a shell must not drop ``--plan`` or ``--sandbox-at`` without a word."""
    for before, word in zip(("", *argv), argv, strict=False):
        name, equals, value = word.partition("=")
        if not word or (name.startswith("--") and equals and not value):
            where = name or (before if before.startswith("-") else "an argument")
            raise click.UsageError(f"{where} is empty; is a variable of the shell not set?")


def _open_missing_streams() -> None:
    """Give a stream that the caller closed somewhere to lead: code below asks each what it is."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays


def _end_as_by_ctrl_c() -> None:
    """Have SIGTERM and SIGHUP undo what is half done: a pipeline that is cancelled sends no Ctrl-C."""

    def end(_: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)  # asyncio has one of its own while it runs
        (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)

    # A shell without job control starts what runs in the background with SIGINT ignored, and asyncio then has
    # no handler that lets a delivery under way come to its end.
    # https://docs.python.org/3/library/asyncio-runner.html#handling-keyboard-interruption
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in (
        "SIGTERM",
        "SIGHUP",
        "SIGBREAK",
    ):  # Windows has no SIGHUP; a closed console is SIGBREAK there
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one
            signal.signal(number, end)


def main() -> None:
    """Run the program on the command line's arguments."""
    # PYTHONWARNINGS=error is for who develops; a library's warning of itself must end nobody's run.
    warnings.simplefilter("ignore")
    gc.set_threshold(_FEW_COLLECTIONS)
    _end_as_by_ctrl_c()
    code = run(sys.argv[1:])
    # As Python ends it looks for garbage in all that was imported, several times: a quarter of a short run.
    gc.freeze()
    sys.exit(code)
