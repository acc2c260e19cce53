"""What one run of the program works with: a job for each config, and whoever it is run for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

from provision.engine.about import Notes
from provision.engine.fleet import Entry, Watch
from provision.engine.job import Job
from provision.errors import ProvisionError, catalogue
from provision.outcomes.search import Search
from provision.plan.model import Plan, Target
from provision.resources import Desired
from provision.values import dataclass


class Progress(Protocol):
    """Tells what is going on; the last thing told may be taken away."""

    def __call__(self, text: str) -> None:
        """Tell one thing."""

    def done(self) -> None:
        """What follows starts on a clean line."""

    def over(self, what: str, count: int, *, writes: bool = False) -> AbstractContextManager[Watch | None]:
        """Count so many configs while ``what`` is done with each; of few each is told of by itself."""


class Person(Protocol):
    """Whoever runs a verb that writes: a person at a terminal, or a pipeline that was told to go on."""

    def confirm(self, due: Sequence[Plan]) -> None:
        """Show what is due and return once it may be done; ``ProvisionError`` if it may not."""

    def tell(self, text: str) -> None:
        """Say something that is no part of what the run comes to."""


@dataclass(frozen=True)
class Session:
    """One run of the program: a job for each config that is in order, and the line of progress."""

    entries: tuple[Entry, ...]  # every config, in the order given
    search: Search
    progress: Progress
    target: Target
    declared: tuple[Desired, ...]  # what the configs that are in order say
    allowed: frozenset[str]  # the names of what is let pass
    parallel: int  # how many configs at once
    log: Notes | None = None

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The entries that can be worked on."""
        return tuple(entry for entry in self.entries if isinstance(entry, Job))

    def only_job(self, verb: str) -> Job:
        """Return the one job of a verb that takes one config; ``ProvisionError`` if it is not just one."""
        if len(self.entries) != 1:
            raise ProvisionError(catalogue.USAGE, f"{verb} takes exactly one config, got {len(self.entries)}")
        (entry,) = self.entries
        if isinstance(entry, Job):
            return entry
        raise entry.error

    def now(self) -> datetime:
        """Return the service's time, where one was reached."""
        return max((job.tenant.graph.now() for job in self.jobs), default=datetime.now(UTC))
