"""Where a secret may go: one module a sink, listed in ``SINKS``.

A sink is probed before a secret is minted, is handed the value once, and may be asked later which key
it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from provision import likeness
from provision.delivery import azure_devops, command, file, github, interface, key_vault, terminal
from provision.delivery.interface import Handover, Opening, Retrieving, Sink, Undeliverable
from provision.delivery.ownership import Owner
from provision.delivery.place import Place
from provision.errors import ProvisionError, catalogue
from provision.values import dataclass

__all__ = [
    "SINKS",
    "Handover",
    "Kind",
    "Opening",
    "Owner",
    "Place",
    "Retrieving",
    "Sink",
    "Spec",
    "Undeliverable",
    "meant",
    "one_of",
    "open_sink",
    "parse_option",
]
one_of = interface.one_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sink: its options (None: it has none), and how it is opened with them."""

    options: type[interface.Options] | None
    open: Callable[[Any, Opening], Sink]
    argument: str  # how it is written behind --deliver
    in_config: str  # how it is written in a config
    whole: str = ""  # the first with all that may follow, what may be left out in brackets; "": it is whole

    @property
    def form(self) -> str:
        """How it is written behind ``--deliver``, with all that may follow."""
        return self.whole or self.argument


SINKS: dict[str, Kind] = {
    "terminal": Kind(None, lambda _, opening: terminal.Terminal(opening.owner), "terminal", "terminal"),
    "file": Kind(
        file.Options,
        lambda options, opening: file.File(options, opening.owner),
        "file:PATH",
        "{file: {path: PATH}}",
    ),
    "command": Kind(
        command.Options,
        lambda options, opening: command.Command(options, opening.owner),
        "command:ARGV",
        "{command: {argv: [PROGRAM]}}",
    ),
    "key_vault": Kind(
        key_vault.Options,
        key_vault.KeyVault,
        "key_vault:URL",
        "{key_vault: {vault: NAME}}",
        "key_vault:https://NAME.vault.azure.net[/secrets/SECRET]",
    ),
    "github": Kind(
        github.Options,
        github.GitHub,
        "github:OWNER/NAME",
        "{github: {repository: OWNER/NAME}}",
        "github:OWNER/NAME[?environment=NAME&secret=NAME]",
    ),
    "azure_devops": Kind(
        azure_devops.Options,
        azure_devops.AzureDevOps,
        "azure_devops:URL?group=NAME",
        "{azure_devops: {organization: NAME, project: NAME, group: NAME}}",
        "azure_devops:https://dev.azure.com/ORGANIZATION/PROJECT?group=NAME&variable=NAME",
    ),
}


# What people call the sinks; none is meant where the word is another service's, or could be any of them.
_CALLED: likeness.Meanings = {
    "vault": ("key_vault",),
    "akv": ("key_vault",),
    "azurekeyvault": ("key_vault",),
    "kv": ("key_vault",),
    "gh": ("github",),
    "githubactions": ("github",),
    "githubsecret": ("github",),
    "githubsecrets": ("github",),
    "ado": ("azure_devops",),
    "devops": ("azure_devops",),
    "azurepipelines": ("azure_devops",),
    "azure": (),
    "variablegroup": ("azure_devops",),
    "gitlab": (),
    "git": (),
    "hashicorp": (),
    "hashicorpvault": (),
    "keychain": (),
    "keyring": (),
    "path": ("file",),
    "disk": ("file",),
    "folder": ("file",),
    "cmd": ("command",),
    "exec": ("command",),
    "script": ("command",),
    "pipe": ("command",),
    "screen": ("terminal",),
    "console": ("terminal",),
    "tty": ("terminal",),
    "stdout": (),
    "stderr": (),  # it would end up in a log
    "mail": (),
    "email": (),
    "env": (),
    "none": (),
}


def meant(text: str) -> tuple[str, ...]:
    """Return the names of the sinks that somebody probably means by a word, an address or a path."""
    if text.lower().startswith(("https://", "http://")):
        hosts = {
            "vault.": "key_vault",
            "github.": "github",
            "dev.azure.": "azure_devops",
            "visualstudio.": "azure_devops",
        }
        return next(((name,) for part, name in hosts.items() if part in text.lower()), ())
    if "/" in text or "\\" in text or text.endswith((".secret", ".txt", ".key", ".pem", ".env")):
        return ("file",)
    return likeness.nearest(text, tuple(SINKS), _CALLED)


@dataclass(frozen=True, slots=True)
class Spec:
    """A sink as a config or ``--deliver`` names it: its kind, one of ``SINKS``, and its options."""

    kind: str
    options: Any = None

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return what would be written for a config of that name in that cloud; empty: it cannot be told."""
        found: tuple[Place, ...] = self.options.places(name, cloud) if self.options else ()
        return found

    def within(self, folder: str) -> Spec:
        """Return the same sink, with its paths meant from a folder."""
        return Spec(self.kind, self.options.within(folder)) if self.options else self

    def reaches(self, cloud: str) -> str:
        """Return the address of the service that is asked; empty if none is."""
        return str(self.options.reaches(cloud)) if self.options else ""


def open_sink(spec: Spec, opening: Opening) -> Sink:
    """Return the sink for a config. Nothing is touched yet, nobody signed in."""
    return SINKS[spec.kind].open(spec.options, opening)


def parse_option(text: str, option: str = "--deliver") -> Spec:
    """Read ``--deliver``, or another option that names a sink; ``ProvisionError`` (usage) if it is none."""
    word, colon, rest = text.partition(":")
    kind = SINKS.get(word)
    fix = f"Write {interface.one_of([kind.argument for kind in SINKS.values()])}."
    if kind is None:
        whole = (
            not colon or rest.startswith("//") or (len(word) == 1 and "\\" in rest)
        )  # no sink's name at all
        near = meant(text if whole else word)
        raise ProvisionError(
            catalogue.USAGE,
            f"{option}: there is no sink '{word}'",
            fix=_asked(near, text, None if whole else rest) or fix,
        )
    if kind.options is None:
        if colon:
            raise ProvisionError(catalogue.USAGE, f"{option}: '{word}' takes nothing behind it", fix=fix)
        return Spec(word)
    try:
        return Spec(word, kind.options.from_argument(rest))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        words = fault.get("ctx", {}).get("error") or fault["msg"]
        raise ProvisionError(catalogue.USAGE, f"{option}: {words}", fix=fix) from None
    except ValueError as error:
        raise ProvisionError(catalogue.USAGE, f"{option}: {error}", fix=fix) from None


def _asked(near: tuple[str, ...], text: str, rest: str | None) -> str | None:
    """Ask whether a sink is meant, written out whole; ``rest`` None: the text has no sink's name."""
    if len(near) != 1 or SINKS[near[0]].options is None:
        return likeness.question(near)
    (name,) = near
    if rest is None:
        rest = _rest(name, text)
        rest = rest if _in_order(name, rest) else ""
    return likeness.question((f"{name}:{rest}" if rest else SINKS[name].argument,))


# Nobody delivers a secret there, and what is there must not be lost.
_SYSTEM = re.compile(
    r"/(?:bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr)(?:/|\Z)|[a-z]:\\(?:windows|program)", re.IGNORECASE
)
_A_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/", re.IGNORECASE)  # an address that lost its https://


def _rest(name: str, text: str) -> str:
    """Return what stands behind the sink's name for an address or a path; empty if that is not sure."""
    if "://" not in text:
        known = likeness.plainly(text) in _CALLED or _SYSTEM.match(text) or _A_HOST.match(text)
        return text if name == "file" and not known else ""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if name == "github":  # on a server of one's own the same name is another repository
        owner_and_name = parts.path.strip("/").split("/")[:2]  # behind them stand pages of the repository
        ours = host in {"github.com", "www.github.com"}
        return "/".join(owner_and_name).removesuffix(".git") if ours else ""
    if name == "key_vault":
        return text if host.endswith(tuple(f".{suffix}" for suffix in key_vault.SUFFIXES.values())) else ""
    return text


def _in_order(name: str, rest: str) -> bool:
    """Say whether a proposal can be read as it stands."""
    kind = SINKS[name].options
    try:
        return bool(rest) and kind is not None and kind.from_argument(rest) is not None
    except ValueError:  # pydantic's errors are some, too
        return False
