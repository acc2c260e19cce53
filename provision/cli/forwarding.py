"""The base of what stands before a sink: it does as the sink does, but for what its subclass does itself."""

from __future__ import annotations

from collections.abc import Collection

from provision.delivery import Handover, Sink
from provision.secret import Secret
from provision.values import dataclass


@dataclass(frozen=True)
class Forwarding:
    """Does as the sink does."""

    sink: Sink

    @property
    def label(self) -> str:
        """The sink's."""
        return self.sink.label

    @property
    def interactive(self) -> bool:
        """The sink's."""
        return self.sink.interactive

    def probe(self, known: Collection[str] = ()) -> str:
        """The sink's."""
        return self.sink.probe(known)

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """The sink's."""
        self.sink.deliver(secret, handover)

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """The sink's."""
        return self.sink.recall(known)
