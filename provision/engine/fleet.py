"""Many configs at once: a limited number side by side, and one that fails does not stop the others."""

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
    """Call once per job, ``parallel`` at a time; return each result, or its ``ProvisionError``, in order.

    An error says which config it is of. Any other exception is a defect, and is raised.
    """
    limit = asyncio.Semaphore(parallel)

    async def one(job: Job) -> R | ProvisionError:
        async with limit:
            try:
                return await call(job)
            except ProvisionError as error:
                return error.met_with(job.path).worded(job.again.worded)

    return list(await asyncio.gather(*(one(job) for job in jobs)))
