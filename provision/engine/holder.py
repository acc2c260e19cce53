"""The application that holds the secrets, as one run knows it; and what the making of secrets works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from provision.delivery import Sink
from provision.engine.journal import Journal
from provision.graph.client import Graph
from provision.graph.client_secret import Seen
from provision.plan import generation
from provision.plan.generation import Basis, Others
from provision.resources import delivery_tags
from provision.resources.client_secret import Desired, Observed
from provision.secret import Secret
from provision.values import dataclass


@dataclass
class SecretHolder:
    """The application that holds the secrets, as this run knows it by now; updated with every step."""

    object_id: str
    tags: tuple[str, ...]
    keys: frozenset[str]  # the key ids of all its secrets
    fresh: bool  # made moments ago, so replicas may lag
    newest: datetime | None = None  # when the last of our secrets began
    made_here: bool = False  # created by this run for sure
    met: Others | None = None  # what the plan saw of other runs; None: it did not see this application
    seen: Seen | None = None  # the last look
    wrote_from: Seen | None = None  # the look from which tags were written last
    mine: frozenset[str] = frozenset()  # every key id that this run chose or was given
    unseen: frozenset[str] = frozenset()  # asked for by this run, and the answer was lost
    gone: frozenset[str] = frozenset()  # removed by this run, or by one whose record it wrote again
    delivered: Observed | None = None  # handed over by this run
    proven: frozenset[str] = frozenset()  # delivered by another run, whose record this run wrote again
    mixed_up: bool = False  # an answer, to whichever step, was about another object: nothing more is made

    @property
    def tags_left(self) -> tuple[str, ...]:
        """The tags as the run leaves them: not those that another run took away with their secret.

        ``tags`` keeps these, for a write may be based on what a server shows that is behind.
        """
        there = ids(self.seen) if self.seen else self.keys
        seen = self.seen.tags if self.seen else self.tags
        return tuple(t for t in self.tags if t in seen or delivery_tags.noted_key(t) in {None, *there})


@dataclass(frozen=True)
class SecretTools:
    """What making, delivering and removing secrets works with; the same for all steps of one plan."""

    graph: Graph
    sink: Sink
    journal: Journal
    new_key_id: Callable[[], str]
    dice: Callable[[], float]  # from 0 to 1, for pauses
    desired: Desired
    basis: Basis  # what the plan knew
    delivering: asyncio.Lock  # one secret at a time is shown or handed over
    keep: Callable[[Secret], None]  # is given the value of a secret that was delivered


def others(tools: SecretTools, holder: SecretHolder, seen: Seen) -> Others:
    """Return what a look shows of other runs."""
    recorded = delivery_tags.delivered(seen.tags) | holder.proven
    return generation.others(tools.basis, seen.secrets, recorded, holder.mine, now=tools.graph.now())


def ids(seen: Seen) -> frozenset[str]:
    """Return the key ids of all secrets that a look shows."""
    return frozenset(item.key_id for item in seen.secrets)
