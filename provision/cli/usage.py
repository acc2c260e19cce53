"""A wrong command line in words: what was typed, what was probably meant, where to read on.

click's own suggestions go by likeness alone: for ``create`` it asks whether ``rotate`` was meant.
"""

from __future__ import annotations

import click

from provision import likeness
from provision.errors import ProvisionError, catalogue
from provision.quoting import quoted

# How other tools, and people, call what this program does; none where it does no such thing.
VERBS: likeness.Meanings = {
    "create": ("apply",), "deploy": ("apply",), "up": ("apply",), "run": ("apply",), "install": ("apply",),
    "sync": ("apply",), "update": ("apply",), "set": ("apply",), "provision": ("apply",),
    "converge": ("apply",),
    "preview": ("plan",), "whatif": ("plan",), "diff": ("plan", "drift"), "dryrun": ("plan",),
    "changes": ("plan",),
    "check": ("validate", "doctor"), "lint": ("validate",), "preflight": ("doctor",), "diagnose": ("doctor",),
    "test": ("verify",), "prove": ("verify",), "send": ("verify",), "sendmail": ("verify",),
    "output": ("show",), "outputs": ("show",), "get": ("show",), "print": ("show",), "display": ("show",),
    "status": ("show", "expiry"), "list": ("show", "expiry"), "ls": ("show", "expiry"), "values": ("show",),
    "renew": ("rotate",), "roll": ("rotate",), "regenerate": ("rotate",), "newsecret": ("rotate",),
    "confirm": ("rotate",), "revoke": ("rotate",), "grant": ("consent",), "approve": ("consent",),
    "adminconsent": ("consent",), "expire": ("expiry",), "expires": ("expiry",), "expiration": ("expiry",),
    "calendar": ("expiry",), "audit": ("drift",), "compare": ("drift",), "error": ("explain",),
    "codes": ("explain",),
    "powershell": ("exchange",), "mailbox": (), "serve": ("sandbox",), "seed": ("sandbox",),
    "mock": ("sandbox",),
    "config": (), "login": (), "logout": (), "signin": (), "help": (), "version": (), "secret": (),
    # Never the nearest word for what cannot be undone, nor for what may mean any of several things.
    "delete": ("destroy",), "remove": ("destroy",), "rm": ("destroy",), "uninstall": ("destroy",), "undo": (),
    "retire": ("destroy",), "rollback": (), "clean": (), "reset": (), "move": (), "rename": (), "export": (),
    "new": ("init",), "example": ("init",), "template": ("init",), "discover": ("import",),
    "adopt": ("import",),
    "undelete": ("restore",), "stop": (), "start": (), "client": (), "clear": (), "empty": ("reset",),
}  # fmt: skip
OPTIONS: likeness.Meanings = {
    "autoapprove": ("--yes",), "force": (), "noprompt": ("--yes",), "noninteractive": ("--yes",),
    "assumeyes": ("--yes",),
    "y": ("--yes",), "confirmed": ("--yes",), "quiet": (), "q": (), "f": (), "n": ("--dry-run",),
    "check": ("--dry-run",), "whatif": ("--dry-run",), "planonly": ("--dry-run",), "format": ("--output",),
    "json": ("--output",), "out": (), "outfile": ("--out",), "file": (), "save": ("--out",), "write": (),
    "destination": ("--deliver",), "sink": ("--deliver",), "to": ("--send-to",), "recipient": ("--send-to",),
    "sendto": ("--send-to",), "mailto": ("--send-to",), "from": (), "secret": ("--secret-from",),
    "value": ("--secret-from",),
    "clientsecret": ("--secret-from",), "secretkey": ("--secret-from",), "appid": ("--client-id",),
    "tenant": (), "tenantid": (),
    "cloud": (), "environment": (), "ignore": ("--allow",), "skip": ("--allow",), "variable": ("--var",),
    "set": ("--var",),
    "define": ("--var",), "jobs": ("--parallel",), "j": ("--parallel",), "concurrency": ("--parallel",),
    "parallelism": ("--parallel",), "login": ("--auth",), "debug": ("--verbose",), "log": ("--log-file",),
    "days": ("--within",),
    "before": ("--within",), "digest": ("--expect-digest",), "expectedigest": ("--expect-digest",),
    "local": ("--sandbox",),
    "rehearse": ("--sandbox",), "rehearsal": ("--sandbox",), "mock": ("--sandbox",),
    "offline": ("--sandbox",),
    "simulate": ("--sandbox",), "remove": (), "delete": (), "all": (), "revokeall": ("--emergency",),
    "leaked": ("--emergency",),
    "nocolour": ("--no-color",), "color": (), "colour": (), "wait": ("--wait",), "new": ("--again",),
    "replace": ("--again",),
    "forcenew": ("--again",),
}  # fmt: skip
ALLOWED: likeness.Meanings = {
    "mailbox": ("mailbox-missing",), "nomailbox": ("mailbox-missing",), "consent": ("consent-pending",),
    "noconsent": ("consent-pending",), "cloud": ("custom-cloud",), "host": ("sink-host",), "sink": (),
    "customsink": ("command-sink", "sink-host"), "customhost": ("custom-cloud", "sink-host"),
    "command": ("command-sink",),
    "audience": ("audience-widened",), "unscoped": ("unscoped-grant",), "grant": (), "all": (),
    "changes": ("many-changes",),
    "delivery": (), "consentmissing": ("consent-pending",), "custom": (), "everything": (),
}  # fmt: skip
_VALUES: dict[str, likeness.Meanings] = {
    "--output": {
        "yml": (), "yaml": (), "md": ("markdown",), "htm": ("html",), "table": ("text",), "plain": ("text",),
        "txt": ("text",), "ics": ("ical",), "icalendar": ("ical",), "calendar": ("ical",),
        "prom": ("prometheus",), "metrics": ("prometheus",), "csv": (), "xml": (), "pdf": ("html",),
    },
    "--auth": {
        "az": ("cli",), "azcli": ("cli",), "azurecli": ("cli",), "azlogin": ("cli",),
        "env": ("environment",), "spn": ("environment",),
        "serviceprincipal": ("environment",), "interactive": ("browser", "device-code"),
        "device": ("device-code",),
        "devicelogin": ("device-code",), "msi": ("managed",), "managedidentity": ("managed",),
        "identity": ("managed",),
        "oidc": ("github", "azure-pipelines", "workload"),
        "federated": ("github", "azure-pipelines", "workload"),
        "workloadidentity": ("workload",), "azure": (), "devops": ("azure-pipelines",),
        "ado": ("azure-pipelines",),
        "gh": ("github",), "githubactions": ("github",), "powershell": ("default",),
        "certificate": ("environment",),
    },
    "--ci": {
        "gh": ("github",), "githubactions": ("github",), "azurepipelines": ("azure",), "ado": ("azure",),
        "azuredevops": ("azure",), "off": ("none",), "no": ("none",), "false": ("none",), "jenkins": (),
    },
    "--fail-on": {
        "warn": ("warning",), "warnings": ("warning",), "errors": ("error",), "any": ("warning",), "info": (),
    },
}  # fmt: skip
_INSTEAD = {
    "help": "Run 'provision --help'.",
    "version": "Run 'provision --version'.",
    "login": "Sign in with 'az login', or choose another way with --auth.",
    "signin": "Sign in with 'az login', or choose another way with --auth.",
    "confirm": "Run 'provision rotate CONFIG --confirm'.",
    "serve": "Run 'provision sandbox serve'.",
    "seed": "Run 'provision sandbox seed FILE'.",
}


def error_of(error: click.ClickException) -> ProvisionError:
    """Return click's error as one of ours: what is wrong once, and once what was probably meant."""
    message = (error.message if isinstance(error, _NOT_KNOWN) else error.format_message()).rstrip(".")
    if isinstance(error, click.MissingParameter):
        message = " ".join(message.split())  # click lists what may be written a line each
    return ProvisionError(catalogue.USAGE, message, fix=_fix(error))


_NOT_KNOWN = (click.NoSuchOption, click.exceptions.NoSuchCommand)


def _fix(error: click.ClickException) -> str | None:
    ctx: click.Context | None = getattr(error, "ctx", None)
    if ctx is None:
        return None
    hint = None
    if isinstance(error, click.exceptions.NoSuchCommand) and isinstance(ctx.command, click.Group):
        hint = _command(error.command_name, ctx)
    elif isinstance(error, click.NoSuchOption):
        hint = _option(error.option_name, ctx)
    elif isinstance(error, click.BadParameter):
        hint = _value(error)
    read_on = f"Run '{ctx.command_path} --help'."
    return f"{hint} {read_on}" if hint else read_on


def _command(said: str, ctx: click.Context) -> str | None:
    assert isinstance(ctx.command, click.Group)
    if ctx.parent is None and said.lower() in _INSTEAD:
        return _INSTEAD[said.lower()]
    if ctx.parent is None and said.endswith((".yaml", ".yml")):
        return f"A verb comes first, for example 'provision plan {quoted(said)}'."
    return likeness.question(likeness.nearest(said, ctx.command.list_commands(ctx), VERBS))


def _option(said: str, ctx: click.Context) -> str | None:
    options = [param for param in ctx.command.get_params(ctx) if isinstance(param, click.Option)]
    names = [name for option in options for name in option.opts if name.startswith("--")]
    return likeness.question(likeness.nearest(said, names, OPTIONS))


def _value(error: click.BadParameter) -> str | None:
    """Suggest one of the words that an option takes."""
    param = error.param
    if not isinstance(param, click.Option) or not isinstance(param.type, click.Choice):
        return None
    if " is not one of " not in error.message:
        return None
    said = error.message.split(" is not one of ", 1)[0].strip("'\"")
    choices = [str(choice) for choice in param.type.choices]
    return likeness.question(likeness.nearest(said, choices, _VALUES.get(param.opts[0], {})))
