"""Many configs at once: a limited number side by side, and one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from provision.errors import ProvisionError

T = TypeVar("T")
R = TypeVar("R")


async def each(
    items: Sequence[T], call: Callable[[T], Awaitable[R]], *, parallel: int
) -> list[R | ProvisionError]:
    """Call once per item, ``parallel`` at a time; return each result, or its ``ProvisionError``, in order.

    Any other exception is a defect, and is raised.
    """
    limit = asyncio.Semaphore(parallel)

    async def one(item: T) -> R | ProvisionError:
        async with limit:
            try:
                return await call(item)
            except ProvisionError as error:
                return error

    return list(await asyncio.gather(*(one(item) for item in items)))
