"""Where a secret may go: one module a sink, listed in ``SINKS``.

A sink is probed before a secret is minted, is handed the value once, and may be asked later which key
it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provision.delivery import command, file, interface, terminal
from provision.delivery.interface import Handover, Sink
from provision.errors import ProvisionError, catalogue

__all__ = ["SINKS", "Handover", "Kind", "Sink", "Spec", "open_sink", "parse_option"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sink: its options (None: it has none), and how it is opened with them for a config."""

    options: type[interface.Options] | None
    open: Callable[[Any, str], Sink]
    argument: str  # how it is written behind --deliver


SINKS: dict[str, Kind] = {
    "terminal": Kind(None, lambda _, __: terminal.Terminal(), "terminal"),
    "file": Kind(file.Options, file.File, "file:PATH"),
    "command": Kind(command.Options, lambda options, _: command.Command(options), "command:ARGV"),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A sink as a config or ``--deliver`` names it: its kind, one of ``SINKS``, and its options."""

    kind: str
    options: Any = None


def open_sink(spec: Spec, *, name: str) -> Sink:
    """Return the sink for the config of that name. Nothing is touched yet."""
    return SINKS[spec.kind].open(spec.options, name)


def parse_option(text: str) -> Spec:
    """Read ``--deliver``; ``ProvisionError`` (usage) if it names no sink."""
    word, colon, rest = text.partition(":")
    kind = SINKS.get(word)
    fix = f"Write {interface.one_of([kind.argument for kind in SINKS.values()])}."
    if kind is None:
        raise ProvisionError(catalogue.USAGE, f"--deliver: there is no sink '{word}'", fix=fix)
    if kind.options is None:
        if colon:
            raise ProvisionError(catalogue.USAGE, f"--deliver: '{word}' takes nothing behind it", fix=fix)
        return Spec(word)
    try:
        return Spec(word, kind.options.from_argument(rest))
    except ValueError as error:
        raise ProvisionError(catalogue.USAGE, f"--deliver: {error}", fix=fix) from None
