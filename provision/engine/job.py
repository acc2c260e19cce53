"""One config, and what a run works with for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import field
from uuid import uuid4

from provision.again import UNKNOWN, Again
from provision.delivery import Retrieving, Sink
from provision.engine.began import Began
from provision.engine.journal import Journal
from provision.engine.observe import Tenant
from provision.errors import Finding
from provision.plan.model import Context, Target
from provision.resources import Desired
from provision.values import dataclass


def _new_key_id() -> str:
    return str(uuid4())


@dataclass(frozen=True)
class Job:
    """One config, and what a run works with: the tenant, the sink and the journal."""

    path: str  # the config's file, as the user gave it
    desired: Desired
    target: Target
    tenant: Tenant
    sink: Sink
    journal: Callable[[str], Journal]  # by tenant id
    again: Again = UNKNOWN  # how this run's commands are called again
    address_at: str = "the config"  # where mail.address stands: file, line and column
    source: Retrieving | None = None  # where a value is read back from
    delivering: asyncio.Lock = field(default_factory=asyncio.Lock)  # shared by the jobs of one run
    new_key_id: Callable[[], str] = _new_key_id
    allowed: frozenset[str] = frozenset()  # the names of what is let pass
    made_up: frozenset[str] = frozenset()  # what a rehearsal invented: "tenant", "mailbox", "rights"
    of_delivery: tuple[Finding, ...] = ()  # what is to be said of the sink where a secret is to be made
    began: Began | None = None  # when this run was started; None: when it looks
    reaches: tuple[str, ...] = ()  # the addresses that are asked over the network; none in a rehearsal here
    dice: Callable[[], float] = random.random  # for pauses, so that two runs do not keep step

    @property
    def context(self) -> Context:
        """The run, as its plans know it."""
        return Context(self.target, self.sink.label, self.again, self.made_up)
