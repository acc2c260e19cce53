"""Many configs at once: a limited number side by side, and one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from provision.engine.run import Job
from provision.errors import ProvisionError

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
    """Call once per job, ``parallel`` at a time; return each result, or its ``ProvisionError``, in order.

    An error says which config it is of; what is broken comes to its own. Any other exception is a defect, and
    is raised.
    """
    limit = asyncio.Semaphore(parallel)

    async def one(entry: Entry) -> R | ProvisionError:
        if isinstance(entry, Broken):
            return entry.error.met_with(entry.path, entry.name)
        async with limit:
            try:
                return await call(entry)
            except ProvisionError as error:
                return error.met_with(entry.path, entry.desired.name).worded(entry.again.worded)

    return list(await asyncio.gather(*(one(entry) for entry in entries)))
