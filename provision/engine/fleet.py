"""Many configs at once: a limited number of each tenant side by side, and one that fails stops no other.

A tenant that is slow, or throttles, takes no place from another's configs; one that nobody reaches is not
waited for again by each of its configs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Broken:
    """A config that no job can be made of, and why; name and tenant where the file tells them."""

    path: str
    error: ProvisionError
    name: str | None = None
    tenant: str | None = None


Entry = Job | Broken


async def each(
    entries: Sequence[Entry], call: Callable[[Job], Awaitable[R]], *, parallel: int
) -> list[R | ProvisionError]:
    """Call once per job, ``parallel`` of a tenant at a time; return each result or its error, in order.

    A ``ProvisionError`` says which config it is of; what is broken comes to its own. Any other exception is a
    defect, and is raised.
    """
    limits: dict[int, asyncio.Semaphore] = {}
    lost: dict[int, ProvisionError] = {}  # by tenant: why nobody reaches it

    async def one(entry: Entry) -> R | ProvisionError:
        if isinstance(entry, Broken):
            return entry.error.met_with(entry.path, entry.name)
        tenant = id(entry.tenant)
        async with limits.setdefault(tenant, asyncio.Semaphore(parallel)):
            try:
                if tenant in lost:
                    raise lost[tenant]
                return await call(entry)
            except ProvisionError as error:
                if error.entry is catalogue.UNREACHABLE:
                    lost[tenant] = error
                return error.met_with(entry.path, entry.desired.name).worded(entry.again.worded)

    return list(await asyncio.gather(*(one(entry) for entry in entries)))
