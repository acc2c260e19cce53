"""The commands that this program tells people to run: whole, with the config and the options of this run.

Texts name a command as `` 'provision rotate --confirm' ``. What is printed must be pasteable: without the
config it ends in an error, and without ``--sandbox`` a rehearsal's next step would be real.
"""

from __future__ import annotations

import re

from provision.quoting import within_quotes
from provision.values import dataclass

# The verbs that take a config, and of these the one that never signs in and takes no option about it.
_OF_CONFIGS = frozenset(
    {
        "validate",
        "doctor",
        "plan",
        "apply",
        "show",
        "consent",
        "verify",
        "rotate",
        "exchange",
        "drift",
        "expiry",
        "destroy",
        "restore",
    }
)
_OFFLINE = "validate"
# Those that neither deliver a secret nor look where one lies.
_WITHOUT_SINK = frozenset({"consent", "verify", "exchange", "restore"})
_NAMED = re.compile(r"(['`])provision ([a-z]+)((?: [^'`]+)?)\1")
PLACEHOLDER = "CONFIG"


@dataclass(frozen=True, slots=True)
class Again:
    """How the commands of one run are called again: its configs, and the options that count for others."""

    configs: tuple[str, ...] = (PLACEHOLDER,)
    options: tuple[str, ...] = ()  # as they are typed: --sandbox, --auth, cli
    variables: tuple[str, ...] = ()  # --var, NAME=VALUE

    def of(self, config: str) -> Again:
        """Return the same for one config."""
        return Again((config,), self.options, self.variables)

    def without(self, option: str) -> Again:
        """Return the same without an option that takes a value: what one command was allowed no other is."""
        kept = list(self.options)
        while option in kept:
            at = kept.index(option)
            del kept[at : at + 2]
        return Again(self.configs, tuple(kept), self.variables)

    def command(self, verb: str, *words: str) -> str:
        """Return a command that can be pasted, without quotes around it."""
        options = () if verb == _OFFLINE else self.options
        if verb in _WITHOUT_SINK and "--deliver" in options:
            at = options.index("--deliver")
            options = (*options[:at], *options[at + 2 :])
        return " ".join(
            ["provision", verb, *map(within_quotes, (*self.configs, *words, *options, *self.variables))]
        )

    def worded(self, text: str) -> str:
        """Return a text with every command in it whole; one that takes no config stays as it is."""
        return _NAMED.sub(self._whole, text)

    def _whole(self, found: re.Match[str]) -> str:
        quote, verb, rest = found[1], found[2], found[3].split()
        named = " ".join(map(within_quotes, self.configs))
        if verb not in _OF_CONFIGS or f" {named} " in f"{found[3]} ":  # the second: it is whole already
            return found[0]
        words = [word for word in rest if word != PLACEHOLDER]
        whole = self.command(verb, *words)
        return f"`{whole}`" if quote in whole else f"{quote}{whole}{quote}"


UNKNOWN = Again()
