"""Many configs at once: a limited number of each tenant side by side, and one that fails stops no other.

A tenant that is slow, or throttles, takes no place from another's configs; one that nobody reaches is not
waited for again by each of its configs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue
from provision.values import dataclass

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Broken:
    """A config that no job can be made of, and why; name and tenant where the file tells them."""

    path: str
    error: ProvisionError
    name: str | None = None
    tenant: str | None = None


Entry = Job | Broken


class Watch(Protocol):
    """Is told as configs begin and end."""

    def began(self, name: str) -> None:
        """Take note that a config is worked on."""

    def ended(self, name: str, *, failed: bool) -> None:
        """Take note of what came of it."""


async def run_each(
    entries: Sequence[Entry],
    call: Callable[[Job], Awaitable[R]],
    *,
    parallel: int,
    watch: Watch | None = None,
) -> list[R | ProvisionError]:
    """Call once per job, ``parallel`` of a tenant at a time; return each result or its error, in order.

    A ``ProvisionError`` says which config it is of; what is broken comes to its own. Any other exception is a
    defect, and is raised.
    """
    limits: dict[int, asyncio.Semaphore] = {}
    lost: dict[int, ProvisionError] = {}  # by tenant: why nobody reaches it

    async def one(entry: Entry) -> R | ProvisionError:
        name = _name(entry)
        if isinstance(entry, Broken):
            found: R | ProvisionError = entry.error.met_with(entry.path, entry.name)
        else:
            async with limits.setdefault(id(entry.tenant), asyncio.Semaphore(parallel)):
                if watch is not None:
                    watch.began(name)
                found = await tried(entry)
        if watch is not None:
            watch.ended(name, failed=isinstance(found, ProvisionError) or bool(getattr(found, "errors", ())))
        return found

    async def tried(entry: Job) -> R | ProvisionError:
        tenant = id(entry.tenant)
        try:
            if tenant in lost:
                raise lost[tenant]
            return await call(entry)
        except ProvisionError as error:
            if error.entry is catalogue.UNREACHABLE:
                lost[tenant] = error
            return error.met_with(entry.path, entry.desired.name).worded(entry.again.worded)

    return list(await asyncio.gather(*(one(entry) for entry in entries)))


def _name(entry: Entry) -> str:
    return entry.name or entry.path if isinstance(entry, Broken) else entry.desired.name
