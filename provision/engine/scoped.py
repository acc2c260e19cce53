"""What ``verify`` says of Exchange's limit, by what was read of it."""

from __future__ import annotations

from provision.outcomes.verify import Rung, Verdict
from provision.resources.mailbox_scope import Reach, Standing


def by_exchange(reach: Standing | None) -> Rung:
    """Return what was read of Exchange's limit; whether it is in force yet, only the test mail shows."""
    if reach is None or reach.reach is Reach.UNKNOWN:
        more = f": {reach.words}" if reach else ""
        why = f"mail.scope is mailbox: Exchange decides, and a token does not show it{more}"
        return Rung("role", Verdict.SKIPPED, why)
    if reach.reach is Reach.THIS:
        return Rung("role", Verdict.PASS, reach.words)
    if reach.reach is Reach.NOTHING:
        return Rung("role", Verdict.SKIPPED, f"{reach.words}, as far as it was read; the test mail decides")
    return Rung("role", Verdict.SKIPPED, f"wider than mail.scope asks for: {reach.words}")
