r"""The manual page, made from what ``--help`` says: ``docs/provision.1``.

It is written in the macros of man(7), which groff and mandoc both read; a wheel puts it where ``man``
looks for what is on the path.
Sources: https://man7.org/linux/man-pages/man7/man-pages.7.html and https://mandoc.bsd.lv/man/man.7.html
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

import click

from provision import __version__
from provision.cli.main import VERBS, cli
from provision.cli.verb import Verb, allowable
from provision.delivery import SINKS
from provision.errors import Exit

_EXITS = {
    Exit.DONE: "Done, or nothing to do.",
    Exit.FAILED: "Failed.",
    Exit.PENDING: "Changes are pending; with --detailed-exitcode alone.",
    Exit.CONSENT: "All is done but an administrator's consent.",
    Exit.ATTENTION: "Attention: drift, a secret that ends soon, a registration without a config.",
    Exit.REFUSED: "Refused: unsafe, or changed meanwhile.",
    Exit.USAGE: "Wrong command line, or nobody to ask.",
    Exit.CONFIG: "Wrong config.",
    Exit.UNREACHABLE: "Graph or the network cannot be reached.",
    Exit.NO_PERMISSION: "This identity lacks a right, or could not sign in.",
    Exit.INTERRUPTED: "Interrupted.",
}
_FILES = (
    (
        ".provision/",
        "Beside the configs: the journal of key ids and times, the sandbox's state, reports of "
        "crashes. It holds no secret but those of rehearsals.",
    ),
    ("~/.cache/provision", "Address, administrator and certificate of a served sandbox; locks."),
)
_VARIABLES = (
    ("PROVISION_SANDBOX", "1: every run is a rehearsal. A path or an URL says of which sandbox."),
    ("PROVISION_JOURNAL", "Folder of the journal."),
    ("PROVISION_LOG_FILE", "As --log-file."),
    ("PROVISION_ENV_ALLOW", "In a pipeline: the variables that a config may read."),
    (
        "AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, "
        "AZURE_FEDERATED_TOKEN_FILE",
        "Who signs in.",
    ),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "Proxies."),
    (
        "SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_DIR",
        "Whom to trust in place of the system's store.",
    ),
    ("NO_COLOR", "As --no-color."),
)


def page() -> str:
    """Return the manual page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    context = click.Context(cli, info_name="provision", **cli.context_settings)
    yield '.\\" Written by `make docs` from provision --help.'
    yield f'.TH PROVISION 1 "" "provision {__version__}" "User Commands"'
    yield from (".nh", ".ad l")
    yield from (".SH NAME", f"provision {_sign('-')} {_text((cli.help or '').partition('.')[0])}")
    yield from (".SH SYNOPSIS", ".B provision", ".I COMMAND", "[\\fIARGUMENTS\\fR]")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(inspect.cleandoc(cli.help or "").partition("\n\n")[2])
    yield ".SH OPTIONS"
    yield from _options(cli, context)
    yield ".SH COMMANDS"
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        inner = command.commands.items() if isinstance(command, click.Group) else ((None, command),)
        for name, one in inner:
            yield from _command(f"{verb} {name}" if name else verb, one, context)
    yield ".SH SINKS"
    for kind in SINKS.values():
        yield from (".PP", _bold(kind.form))
    yield from (".SH FINDINGS", "What \\fB" + _text("--allow") + "\\fR lets pass:")
    yield from _defined(allowable())
    yield ".SH EXIT STATUS"
    yield from _defined((str(code.value), _EXITS[code]) for code in Exit)
    yield from (".SH ENVIRONMENT", *_defined(_VARIABLES), ".SH FILES", *_defined(_FILES))
    yield from (".SH SEE ALSO", "The pages that come with the program:", _bold("provision docs"), ".")


def _command(words: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=words, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f".SS {_text(words)}", _bold(f"provision {words}"), _text(usage))
    yield from _paragraphs(inspect.cleandoc(command.help or ""))
    yield from _options(command, context)
    if isinstance(command, Verb):
        yield from (".PP", "Examples:", ".nf", *(_text(one) for one in command.examples), ".fi")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = (
        param.get_help_record(context)
        for param in command.get_params(context)
        if isinstance(param, click.Option)
    )
    yield from _defined(record for record in records if record)


def _defined(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, said in pairs:
        yield from (".TP", _bold(name), _text(said))


def _paragraphs(text: str) -> Iterator[str]:
    for one in re.split(r"\n{2,}", text):
        if one.strip():
            yield from (".PP", _text(" ".join(one.replace("\b", "").split())))


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fR"


def _text(text: str) -> str:
    """Return a text in which roff reads no request: a hyphen is one that can be copied."""
    return "".join(map(_sign, text.replace("\n", " ")))


_SIGNS = {
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    ".": "\\&.",
    "`": "\\(ga",
    "^": "\\(ha",
    "~": "\\(ti",
    '"': "\\(dq",
}


def _sign(sign: str) -> str:
    return _SIGNS.get(sign) or (sign if sign.isascii() else f"\\[u{ord(sign):04X}]")
