"""Every verb that writes: open the configs and tenants, let ``engine/`` carry out, print what it came to."""

from __future__ import annotations

from provision.cli import emit
from provision.cli.asking import Asking
from provision.cli.options import Common
from provision.cli.session import open_session
from provision.engine import carry_out as sequence


async def carry_out(options: Common, way: sequence.Way, *, yes: bool, named: bool = False) -> int:
    """Carry out what is planned for each config; returns the exit code. ``named``: its name is typed."""
    async with open_session(options, writes=True, keep_going=way.keep_going) as session:
        done = await sequence.carry_out(session, way, Asking(options, yes, named))
    return emit.finish(done, options)
