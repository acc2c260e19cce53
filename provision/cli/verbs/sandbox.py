"""``provision sandbox``: the local Microsoft Graph, served, seeded, looked at, emptied."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provision import bounded
from provision.cli.completion import files
from provision.cli.options import STATE, output
from provision.cli.verb import Verb, lines

if TYPE_CHECKING:
    from provision.report.formats import Format
    from provision.sandbox.serving.announcement import Announcement


class _Whole(click.Group):
    """A group whose list says of each command its whole first sentence; click cuts it at one line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.get_short_help_str(limit=500)) for name, one in sorted(self.commands.items())]
            )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Examples"):
            lines(formatter, "provision sandbox show", "provision sandbox serve --port 8443 --seed seed.yaml")


@click.group(
    cls=_Whole,
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.pass_context
def sandbox(ctx: click.Context) -> None:
    """The local Microsoft Graph that --sandbox rehearses on: serve it, seed it, look at it, empty it."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


_LARGEST_CA = 64 * 1024  # bytes of the one certificate of a sandbox's authority
_state = click.option(
    "--state",
    default=STATE,
    show_default=True,
    metavar="PATH",
    shell_complete=files,
    help="The sandbox's state file.",
)


@sandbox.command(cls=Verb, examples=("provision sandbox show", "provision sandbox show -o json"))
@_state
@partial(output, outcome="sandbox-contents")
def show(state: str, output: Format) -> int:
    """Print what is in the sandbox: tenants, applications, mailboxes. No secret is kept in it."""
    from provision.cli import emit
    from provision.cli.console import talk
    from provision.cli.session import open_sandbox
    from provision.outcomes.sandbox import Contents

    if not Path(state).exists():
        talk(f"there is no {state} yet: the sandbox is empty")
    return emit.finish(Contents(open_sandbox(state).summary()), emit.Plainly(output))


@sandbox.command(cls=Verb, examples=["provision sandbox reset"])
@_state
def reset(state: str) -> int:
    """Empty the sandbox. A state that cannot be used is moved aside, not lost."""
    from provision.cli.console import talk
    from provision.cli.session import open_sandbox
    from provision.errors import ProvisionError

    path = Path(state)
    if not _is_something(path):
        talk(f"there was no {state}")
        return 0
    try:
        open_sandbox(state).reset()
    except ProvisionError:
        if not _may_be_a_state(path):
            raise
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        talk(f"{state} could not be used; it was moved to {aside}")
    else:
        talk(f"emptied {state}")
    return 0


def _may_be_a_state(path: Path) -> bool:
    """A state is JSON, whole or cut off; a config or a folder is named by a slip, and stays where it is."""
    try:
        return bounded.head(path, 1) == b"{"
    except OSError:
        return False


def _is_something(path: Path) -> bool:
    """Links in a circle are; what they lead to is told with the state."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        pass
    return True


@sandbox.command(cls=Verb, examples=["provision sandbox seed seed.yaml"])
@click.argument("path", metavar="SEED", shell_complete=files)
@_state
def seed(path: str, state: str) -> int:
    """Put the tenants, people and applications of a seed file into the sandbox."""
    from provision.cli.console import talk
    from provision.cli.options import FOLDER
    from provision.cli.session import open_sandbox
    from provision.engine import folder
    from provision.errors import ProvisionError, catalogue
    from provision.sandbox.seeding.seed import SeedError, apply

    try:
        if Path(state).parent == FOLDER:
            folder.make(FOLDER)
        tenants = apply(open_sandbox(state), Path(path))
    except SeedError as error:
        raise ProvisionError(catalogue.SANDBOX_SEED, str(error)) from error
    talk(f"{state} holds {path}: tenant {', '.join(tenants)}")
    return 0


@sandbox.command(cls=Verb, examples=["provision sandbox coverage GET /v1.0/applications"])
@click.argument("method", metavar="METHOD")
@click.argument("path", metavar="PATH")
@partial(output, outcome="sandbox-coverage")
def coverage(method: str, path: str, output: Format) -> int:
    """Tell whether a request to Microsoft Graph is emulated, and which right it needs; 1 if it is not."""
    from dataclasses import asdict

    from provision.cli import emit
    from provision.outcomes.sandbox import Coverage
    from provision.sandbox.coverage import covered

    return emit.finish(Coverage(**asdict(covered.ask(method, path))), emit.Plainly(output))


def _span(_: click.Context, __: click.Parameter, value: str | None) -> timedelta | None:
    found = re.fullmatch(r"(\d{1,5})([dwh])", value) if value is not None else None
    if value is not None and found is None:
        raise click.BadParameter(f"'{value}' is no length of time: write 150d, 4w or 6h")
    return timedelta(hours=int(found[1]) * {"h": 1, "d": 24, "w": 168}[found[2]]) if found else None


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    try:
        moment = None if value is None else datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no time: write 2027-05-01 or 2027-05-01T12:00:00Z") from None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


@sandbox.command(
    cls=Verb,
    examples=("provision sandbox clock --advance 150d", "provision sandbox clock --set 2027-05-01"),
)
@click.option("--advance", metavar="150d", callback=_span, help="Let so much time pass: 150d, 4w, 6h.")
@click.option("--set", "moment", metavar="TIME", callback=_moment, help="Make it that time, in UTC.")
@click.option(
    "--at",
    "at",
    default=STATE,
    show_default=True,
    metavar="STATE|URL",
    shell_complete=files,
    help="Which sandbox: a state file, or the URL of a served one on this machine.",
)
@partial(output, outcome="sandbox-clock")
def clock(advance: timedelta | None, moment: datetime | None, at: str, output: Format) -> int:
    """Tell the sandbox's time, or move it: to rehearse a renewal. Only its own clock moves, never yours."""
    from provision.cli import emit, sandbox_clock
    from provision.errors import ProvisionError, catalogue
    from provision.outcomes.sandbox import Clock

    if advance is not None and moment is not None:
        raise ProvisionError(catalogue.USAGE, "--advance and --set do not go together")
    now = sandbox_clock.moved(at, advance, moment)
    return emit.finish(Clock(now), emit.Plainly(output))


def _weather(_: click.Context, __: click.Parameter, value: str) -> Any:
    from provision.sandbox.faults.weather import Weather, WeatherError

    try:
        return Weather.parse(value)
    except WeatherError as error:
        raise click.BadParameter(str(error)) from error


@sandbox.command(
    cls=Verb,
    examples=(
        "provision sandbox serve",
        "provision sandbox serve --port 0 --seed seed.yaml --weather replication=5s",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8443,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes any free one.",
)
@click.option("--state", metavar="FILE", help="Keep the state there; without it, it ends with the server.")
@click.option("--seed", "seed_file", metavar="FILE", help="Fill it from this seed file first.")
@click.option(
    "--weather",
    default="",
    metavar="SPEC",
    callback=_weather,
    help="What goes wrong: latency=60ms,replication=5s,throttle=10%,quota=graph,error=5%,reset=1%,"
    "lost-reply=2%,seed=7.",
)
@click.option("--tls-dir", metavar="DIR", help="Where to write ca.pem, the certificate to trust.")
@click.option("--impersonate", is_flag=True, help="Certify the clouds' own host names too, for a hosts file.")
@partial(output, outcome="sandbox-serving")
def serve(
    host: str,
    port: int,
    state: str | None,
    seed_file: str | None,
    *,
    weather: Any,
    tls_dir: str | None,
    impersonate: bool,
    output: Format,
) -> int:
    """Serve the sandbox over HTTPS until Ctrl-C or SIGTERM, and print how to sign in."""
    from provision.cli.console import talk
    from provision.errors import ProvisionError, catalogue
    from provision.sandbox.keeping.state import StateError
    from provision.sandbox.seeding.seed import SeedError
    from provision.sandbox.serving.server import Server

    if host not in ("127.0.0.1", "localhost", "::1"):
        talk(
            f"warning: other machines reach {host}: whoever connects may use this sandbox, and read "
            "what is put into it. Without --host only this machine can."
        )

    if tls_dir:
        _refuse_lost(Path(tls_dir))

    def path(text: str | None) -> Path | None:
        return Path(text) if text else None

    try:
        server = Server(
            path(state),
            host,
            port,
            seed_file=path(seed_file),
            weather=weather,
            tls_dir=path(tls_dir),
            impersonate=impersonate,
        )
    except StateError as error:
        raise ProvisionError(catalogue.SANDBOX_STATE, f"{state}: {error}", fix=error.fix) from error
    except SeedError as error:
        raise ProvisionError(catalogue.SANDBOX_SEED, str(error)) from error
    except OSError as error:
        raise ProvisionError(catalogue.SANDBOX_ADDRESS, f"{host}:{port}: {error.strerror}") from error
    server.run(lambda endpoint: _say(endpoint, output))
    return 0


def _refuse_lost(folder: Path) -> None:
    """``ProvisionError`` where no folder can be, or where a certificate of somebody else's would be lost."""
    from provision.errors import ProvisionError, catalogue
    from provision.sandbox.serving import tls

    said = f"--tls-dir: {folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = bounded.read(folder / "ca.pem", _LARGEST_CA)
    except FileNotFoundError:
        return
    except FileExistsError:
        raise ProvisionError(catalogue.USAGE, f"{said} is there, and is no folder") from None
    except OSError as error:
        raise ProvisionError(catalogue.USAGE, f"{said} cannot be used: {error.strerror}") from error
    if not tls.is_ours(there):
        raise ProvisionError(
            catalogue.USAGE,
            f"{said} holds a ca.pem that is no sandbox's, and would be lost",
            fix="Name another folder.",
        )


def _say(endpoint: Announcement, output: Format) -> None:
    """Say where it is served; stdout is flushed, for somebody waits for it."""
    from provision.cli import emit
    from provision.outcomes.sandbox import Serving

    emit.finish(Serving(endpoint.public()), emit.Plainly(output))
    sys.stdout.flush()
