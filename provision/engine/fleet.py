"""Many configs at once: side by side up to a limit, and one failing never stops or hides another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from provision.engine.run import Job
from provision.errors import ProvisionError

R = TypeVar("R")


async def each(
    jobs: Sequence[Job], call: Callable[[Job], Awaitable[R]], *, parallel: int
) -> list[R | ProvisionError]:
    """Return one result or error for each job, in the jobs' order; an error says which config it is of."""
    limit = asyncio.Semaphore(parallel)

    async def one(job: Job) -> R | ProvisionError:
        async with limit:
            try:
                return await call(job)
            except ProvisionError as error:
                return error.met_with(job.path)

    return list(await asyncio.gather(*(one(job) for job in jobs)))
