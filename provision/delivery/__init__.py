"""Where a secret may go: one module a sink, listed in ``SINKS``.

A sink is probed before a secret is minted, is handed the value once, and may be asked later which key
it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from provision.delivery import azure_devops, command, file, github, interface, key_vault, terminal
from provision.delivery.interface import Handover, Opening, Retrieving, Sink, Undeliverable
from provision.delivery.ownership import Owner
from provision.delivery.place import Place
from provision.errors import ProvisionError, catalogue

__all__ = [
    "SINKS", "Handover", "Kind", "Opening", "Owner", "Place", "Retrieving", "Sink", "Spec",
    "Undeliverable", "open_sink", "parse_option",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sink: its options (None: it has none), and how it is opened with them."""

    options: type[interface.Options] | None
    open: Callable[[Any, Opening], Sink]
    argument: str  # how it is written behind --deliver


SINKS: dict[str, Kind] = {
    "terminal": Kind(None, lambda _, opening: terminal.Terminal(opening.owner), "terminal"),
    "file": Kind(file.Options, lambda options, opening: file.File(options, opening.owner), "file:PATH"),
    "command": Kind(
        command.Options, lambda options, opening: command.Command(options, opening.owner), "command:ARGV"
    ),
    "key_vault": Kind(key_vault.Options, key_vault.KeyVault, "key_vault:URL"),
    "github": Kind(github.Options, github.GitHub, "github:OWNER/NAME"),
    "azure_devops": Kind(azure_devops.Options, azure_devops.AzureDevOps, "azure_devops:URL?group=NAME"),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A sink as a config or ``--deliver`` names it: its kind, one of ``SINKS``, and its options."""

    kind: str
    options: Any = None

    def places(self, name: str, cloud: str) -> tuple[Place, ...]:
        """Return what would be written for a config of that name in that cloud; empty: it cannot be told."""
        found: tuple[Place, ...] = self.options.places(name, cloud) if self.options else ()
        return found


def open_sink(spec: Spec, opening: Opening) -> Sink:
    """Return the sink for a config. Nothing is touched yet, nobody signed in."""
    return SINKS[spec.kind].open(spec.options, opening)


def parse_option(text: str, option: str = "--deliver") -> Spec:
    """Read ``--deliver``, or another option that names a sink; ``ProvisionError`` (usage) if it is none."""
    word, colon, rest = text.partition(":")
    kind = SINKS.get(word)
    fix = f"Write {interface.one_of([kind.argument for kind in SINKS.values()])}."
    if kind is None:
        raise ProvisionError(catalogue.USAGE, f"{option}: there is no sink '{word}'", fix=fix)
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
