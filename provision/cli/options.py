"""The options that verbs share: the same words and the same meaning everywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provision.again import Again
from provision.cli import completion, option_values
from provision.report.formats import Format
from provision.report.table import formats
from provision.values import dataclass

if TYPE_CHECKING:
    from provision.cli.ci import Pipeline
    from provision.cli.identities import Identities
    from provision.config.select import Selector
    from provision.outcomes.search import Shard

AUTHS = (
    "default",
    "environment",
    "cli",
    "workload",
    "managed",
    "github",
    "azure-pipelines",
    "device-code",
    "browser",
)
# What --deliver is for: of verbs that make a secret, of the one that probes, and of those that look.
MINTS = "Where a new secret goes, in the place of secret.delivery."
PROBED = "Where a new secret would go; tried as far as nothing is written there."
LOOKS = "Where a delivered secret is looked for, as it was given to apply; nothing is delivered."
FOLDER = Path(".provision")  # what this program keeps beside the configs
STATE = ".provision/sandbox.json"


def configs(function: Callable[..., Any], *, one: bool = False, required: bool = True) -> Callable[..., Any]:
    """Take one or more configs: files, folders, globs, or ``-`` for one on standard input.

    ``one``: the verb refuses more than one. ``required``: false where it may do without any.
    """
    return click.argument(
        "paths",
        metavar="CONFIG" if one else "CONFIG...",
        nargs=-1,
        required=required,
        shell_complete=completion.files,
    )(function)


class FormatOf(click.Choice[str]):
    """The formats that a kind of outcome has, by the table of renderers.

    ``also`` names the kinds that the verb comes to with an option, by that option.
    """

    def __init__(self, outcome: str, also: Mapping[str, str] | None = None) -> None:
        super().__init__([one.value for one in formats(outcome)])
        self.outcome, self.also = outcome, also or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Format:
        """Return the format; one that this verb has not is refused with the list of those it has."""
        return Format(super().convert(value, param, ctx))


def output(
    function: Callable[..., Any], *, outcome: str, also: Mapping[str, str] | None = None
) -> Callable[..., Any]:
    """Take ``--output``: one of the formats that this kind of outcome has."""
    return click.option(
        "--output",
        "-o",
        type=FormatOf(outcome, also),
        default="text",
        show_default=True,
        help="Format of stdout.",
    )(function)


def no_color(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--no-color``; the variable NO_COLOR does the same."""
    return click.option("--no-color", is_flag=True, help="No colour, as with NO_COLOR set.")(function)


def assume_yes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask before writing.")(function)


def approved(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--plan`` and ``--expect-digest``: what was approved, and nothing else, is carried out."""
    by_digest = click.option(
        "--expect-digest",
        metavar="DIGEST",
        multiple=True,
        callback=option_values.digests,
        help="Carry out the plan of this digest, or nothing; once for each of several configs.",
    )
    by_file = click.option(
        "--plan",
        "plan_file",
        metavar="FILE",
        shell_complete=completion.files,
        help="Carry out this saved plan as approved, or nothing.",
    )
    return by_file(by_digest(function))


def keep_going(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--keep-going``, of verbs that write."""
    return click.option(
        "--keep-going",
        is_flag=True,
        help="Go on with the other configs where one cannot be read, or is not what was approved.",
    )(function)


def variables(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--var NAME=VALUE``."""
    return click.option(
        "--var",
        "variables",
        metavar="NAME=VALUE",
        multiple=True,
        callback=option_values.pairs,
        help="Value of ${NAME} in the configs; takes precedence over the environment.",
    )(function)


def pipeline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--ci``, as a :class:`Pipeline` named ``ci``; read first, so that any error is told there."""
    return click.option(
        "--ci",
        type=click.Choice(("github", "azure", "none")),
        default=None,
        is_eager=True,
        callback=_pipeline,
        help="Annotations, outputs, summary and masks for this pipeline; found by its variables by default.",
    )(function)


def _pipeline(ctx: click.Context, param: click.Parameter, value: str | None) -> Pipeline:
    from provision.cli import ci

    return ci.option(ctx, param, value)


def fail_on(default: str | None, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Take ``--fail-on``: from which severity on a finding counts for the exit code; ``text`` says how."""
    return click.option(
        "--fail-on",
        type=click.Choice(("warning", "error")),
        default=default,
        show_default=default is not None,
        callback=option_values.severity,
        help=text,
    )


@dataclass(frozen=True)
class Embedded:
    """The sandbox inside this process, on a state file."""

    state: str

    def __str__(self) -> str:
        return self.state


@dataclass(frozen=True)
class Served:
    """A sandbox that another process serves."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class Common:
    """The options of every verb that talks to Graph."""

    paths: tuple[str, ...]
    output: Format
    no_color: bool
    variables: dict[str, str]
    sandbox: Embedded | Served | None  # None: the real Graph
    auth: str
    identities: Identities | None  # who signs in to which tenant; None: as auth says
    deliver: str | None
    allow: frozenset[str]
    parallel: int
    verbose: bool
    log_file: str | None
    ci: Pipeline
    timeout: float  # seconds to keep retrying one request
    select: tuple[Selector, ...] = ()
    changed: str | None = None  # a file that lists what changed, or - for stdin
    shard: Shard | None = None  # one part of the configs, on one of several machines
    secret_from: str | None = None  # a sink to read a value back from
    full: bool = True  # of many configs each is shown

    @property
    def share(self) -> float:
        """The part of a tenant's quota that this run may use: the other shards have theirs."""
        return 1 / self.shard.count if self.shard else 1.0

    @property
    def again(self) -> Again:
        """How the commands that this run tells of are called, with its configs and options."""
        at = self.sandbox
        words = [] if at is None else ["--sandbox"] if at == Embedded(STATE) else ["--sandbox-at", str(at)]
        file = self.identities.file if self.identities else None
        given = {
            "--auth": self.auth,
            "--identities": file,
            "--deliver": self.deliver,
            "--log-file": self.log_file,
        }
        for name, value in given.items():
            words += [name, value] if value and value != "default" else []
        for name in sorted(self.allow):
            words += ["--allow", name]
        variables = [word for name, value in self.variables.items() for word in ("--var", f"{name}={value}")]
        return Again(self.paths, tuple(words), tuple(variables))


# Fields of Common that no option of that name fills.
_OWN = ("sandbox", "secret_from", "full")
_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
# Of every verb that talks to Graph: where it works, and who signs in.
_WHERE: tuple[_Decorator, ...] = (
    click.option(
        "--sandbox",
        is_flag=True,
        help="Rehearse on the local Microsoft Graph; touches nothing real, no sink either.",
    ),
    click.option(
        "--sandbox-at",
        metavar="STATE|URL",
        help=f"Which sandbox: a state file other than {STATE}, or a served one.",
    ),
    click.option(
        "--auth", type=click.Choice(AUTHS), default="default", show_default=True, help="How to sign in."
    ),
    click.option(
        "--identities",
        metavar="FILE",
        callback=option_values.identities,
        shell_complete=completion.files,
        help="Who signs in to which of many tenants: a map, without a secret in it, instead of --auth.",
    ),
)
# What it may do and tells, how long it tries, and which configs it takes.
_HOW: tuple[_Decorator, ...] = (
    click.option(
        "--log-file",
        metavar="FILE",
        envvar="PROVISION_LOG_FILE",
        shell_complete=completion.files,
        help="Append a JSON line for each write, delivery, script and refused run; or PROVISION_LOG_FILE.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS|5m",
        default="2m",
        show_default=True,
        callback=option_values.seconds,
        help="How long to keep retrying one request: throttling, faults, replication.",
    ),
    click.option(
        "--select",
        metavar="KEY=GLOB",
        multiple=True,
        callback=option_values.selectors,
        shell_complete=completion.selectors,
        help="Only these configs: name=GLOB, tenant=GLOB or product=GLOB; repeatable.",
    ),
    click.option(
        "--changed",
        metavar="FILE|-",
        shell_complete=completion.files,
        help="Only configs made of a file that is listed there, one a line: their own, or one they extend.",
    ),
)


def _of_graph(*, one: bool, deliver: str | None) -> tuple[_Decorator, ...]:
    """Return the options of :func:`common`, in the order of ``--help``."""
    return (
        *_WHERE,
        click.option(
            "--deliver",
            metavar="SINK",
            help=deliver,
            hidden=deliver is None,
            shell_complete=completion.sinks,
        ),
        click.option(
            "--allow",
            metavar="NAME",
            multiple=True,
            callback=option_values.allowed,
            shell_complete=completion.allowed,
            help="Let one named refusal pass; repeatable.",
        ),
        click.option(
            "--parallel",
            metavar="N",
            type=click.IntRange(1, 100),
            default=80,  # four batches of twenty
            show_default=True,
            hidden=one,
            help="How many configs of one tenant at once.",
        ),
        *_HOW,
        click.option(
            "--shard",
            metavar="K/N|auto",
            callback=option_values.shard,
            hidden=one,
            help="Only one of N parts of the configs, from 1; auto: as GitLab or an Indexed Job says.",
        ),
        click.option("--verbose", "-v", is_flag=True, help="Log every request on stderr."),
    )


def common(
    function: Callable[..., Any],
    *,
    outcome: str,
    also: Mapping[str, str] | None = None,
    one: bool = False,
    required: bool = True,
    deliver: str | None = None,
) -> Callable[..., Any]:
    """Take all that a verb needs which talks to Graph, as one :class:`Common` named ``options``.

    ``outcome`` is the kind of what it comes to, a row of ``report/table.py``; ``also``: see ``FormatOf``.
    ``one``: of a verb that takes one config; ``required``: false of one that may do without. ``deliver`` is
    what ``--deliver`` is for, if for anything: a verb that has no use for it takes it all the same, so that a
    command can be pasted with another verb.
    """

    @click.pass_context
    def wrapper(ctx: click.Context, /, **given: Any) -> Any:
        from provision.cli.ci import RunContext

        at = _which_sandbox(given.pop("sandbox"), given.pop("sandbox_at"))
        names = [field.name for field in fields(Common) if field.name not in _OWN]
        options = Common(
            sandbox=at, full=given.pop("full", True), **{name: given.pop(name) for name in names}
        )
        if isinstance(ctx.obj, RunContext):
            ctx.obj.again = options.again
        return ctx.invoke(function, options=options, **given)

    for decorate in reversed(_of_graph(one=one, deliver=deliver)):
        wrapper = decorate(wrapper)
    if deliver == MINTS and not one:
        wrapper = click.option(
            "--full", is_flag=True, help="Show each of many configs in full, not only what they come to."
        )(wrapper)
    wrapper.__name__, wrapper.__doc__ = function.__name__, function.__doc__
    wrapper.__dict__.update(function.__dict__)
    drawn = output(no_color(variables(pipeline(wrapper))), outcome=outcome, also=also)
    return configs(drawn, one=one, required=required)


def rehearses() -> bool:
    """Say whether this shell's variable turns every run into a rehearsal."""
    return _which_sandbox(False, None) is not None


def _which_sandbox(flag: bool, at: str | None) -> Embedded | Served | None:
    """``--sandbox-at`` goes before PROVISION_SANDBOX, which says 1 or 0, or which one as the option does."""
    variable = os.environ.get("PROVISION_SANDBOX", "")
    if not at and variable:
        try:
            flag = click.BOOL.convert(variable, None, None) or flag
        except click.BadParameter:
            at = variable
    if not at:
        return Embedded(STATE) if flag else None
    if re.fullmatch(r"[\w.-]+:\d+/?", at) and not Path(at).exists():
        raise click.BadParameter(f"'{at}' is no file; is https://{at} meant?", param_hint="--sandbox-at")
    return Served(at.rstrip("/")) if at.lower().startswith(("https://", "http://")) else Embedded(at)
