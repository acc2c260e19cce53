"""PRV7xx: the sandbox."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry

SANDBOX_STATE = entry(
    "PRV700",
    "sandbox-state",
    Exit.CONFIG,
    "the sandbox's state cannot be used",
    "The file is damaged, of a newer version, or not a sandbox's state at all. It was left as it is.",
    "Move it away, or run 'provision sandbox reset'.",
)
SANDBOX_SEED = entry(
    "PRV701",
    "sandbox-seed",
    Exit.CONFIG,
    "the sandbox's seed file cannot be used",
    "The file is not there, is not YAML, or says something that a seed cannot say. Nothing was changed.",
    'Correct the line that the message names; docs/sandbox.md, "Seed", has every key.',
)
SANDBOX_ADDRESS = entry(
    "PRV702",
    "sandbox-address",
    Exit.FAILED,
    "the sandbox cannot be served at this address",
    "Another program listens there, or the address is not this machine's.",
    "Choose another --port (0 takes any free one), or another --host.",
)

SANDBOX_NOT_SERVED = entry(
    "PRV703",
    "sandbox-not-served",
    Exit.UNREACHABLE,
    "no sandbox is served there, as far as this machine knows",
    "'sandbox serve' leaves word of its URL and administrator in the cache folder of the user who runs it.",
    "Start it with 'provision sandbox serve', or set the AZURE_… variables of a caller that it knows.",
)
