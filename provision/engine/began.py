"""When a run was started, by the service's clock: what another run handed over since is none of its concern.

A run may wait long before it looks: for another run on this machine, for a sign-in. What was made and handed
over meanwhile by a run beside it is what was asked of this one, too. It did not leak before that, it is not
the one that was never entered, and not the one that ``--confirm`` is about. So a rotation is planned without
it, and meets it as it meets every delivery that came since its plan: done by another run.
"""

from __future__ import annotations

from datetime import timedelta

from provision.graph.client import Graph
from provision.resources import Observed, client_secret, delivery_tags
from provision.resources.client_secret import Desired
from provision.values import dataclass

# Both the service's clock and a secret's start are known to the second, each rounded down, and the clock as
# late as an answer was under way.
_UNSURE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Began:
    """The moment at which a run was started, before it waited for anything."""

    at: float  # by graph.clock.moment()
    waited: bool = False  # for another run of this machine, which made what cannot be told by time

    def came_since(self, graph: Graph, desired: Desired, observed: Observed) -> frozenset[str]:
        """Return the key ids of ours that other runs made and recorded since, and that are to stay.

        Where the clocks leave a doubt, it was there before, so that an emergency spares nothing that may have
        leaked; but a run that waited for another one has that one's before it.
        """
        tags = observed.application.tags if observed.application else ()
        delivered = delivery_tags.delivered(tags) - delivery_tags.leaked(tags) - delivery_tags.retired(tags)
        now, began = graph.now(), graph.time_at(self.at)
        since = began - _UNSURE if self.waited else began + _UNSURE
        return frozenset(
            item.key_id
            for item in client_secret.marked(desired, observed.secrets)
            if item.key_id in delivered and since <= item.start <= now + _UNSURE
        )
