"""A sink and a pipeline: a value is masked there, if there is one, before anybody else gets it."""

from __future__ import annotations

from collections.abc import Collection

from provision.cli.ci import Pipeline
from provision.cli.forwarding import Forwarding
from provision.delivery import Retrieving
from provision.delivery.interface import Handover, Recalling, failed
from provision.secret import Secret
from provision.values import dataclass


@dataclass(frozen=True)
class Masked(Forwarding):
    """Does as the sink does; what it cannot mask it does not deliver, and so it is revoked."""

    pipeline: Pipeline

    def probe(self, known: Collection[str] = ()) -> str:
        """Try out both: that a mask arrives, and the sink."""
        self.pipeline.check_masks()
        return self.sink.probe(known)

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Mask, then hand over."""
        _mask(self.pipeline, secret)
        self.sink.deliver(secret, handover)


@dataclass(frozen=True)
class MaskedSource:
    """Masks what it gives back."""

    source: Retrieving
    pipeline: Pipeline

    def retrieve(self) -> Secret:
        """Return the source's value, masked by now."""
        self.pipeline.check_masks()
        secret = self.source.retrieve()
        _mask(self.pipeline, secret)
        return secret

    def recall(self, known: Collection[str] = ()) -> frozenset[str]:
        """The source's, if it keeps a record."""
        return self.source.recall(known) if isinstance(self.source, Recalling) else frozenset()


def _mask(pipeline: Pipeline, secret: Secret) -> None:
    try:
        pipeline.mask(secret)
    except OSError as error:
        raise failed(f"the pipeline could not be told to mask the value: {error.strerror}") from None
