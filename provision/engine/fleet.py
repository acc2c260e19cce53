"""Many configs at once: side by side up to a limit, and one failing never stops or hides another."""

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
    """Return one result or error for each item, in the items' order."""
    limit = asyncio.Semaphore(parallel)

    async def one(item: T) -> R | ProvisionError:
        async with limit:
            try:
                return await call(item)
            except ProvisionError as error:
                return error

    return list(await asyncio.gather(*(one(item) for item in items)))
