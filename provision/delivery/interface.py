"""What a sink is: probed before a secret is minted, handed the value once, asked later what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict

from provision.errors import ProvisionError, catalogue
from provision.secret import Secret


class Options(BaseModel):
    """The options of a sink, as they stand below its name in a config."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def from_argument(cls, text: str) -> Self:
        """Read what stands behind ``--deliver KIND:``; ``ValueError`` in words for a person."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Handover:
    """What goes with a value, and may be told to anybody."""

    name: str  # the config's
    key_id: str
    expires: datetime


class Sink(Protocol):
    """A place where a secret may go. Every method raises ``ProvisionError`` alone."""

    @property
    def label(self) -> str:
        """How the place is called in reports, such as ``file:out.secret``."""

    @property
    def interactive(self) -> bool:
        """Whether delivering needs a person's attention, and so the main thread."""

    def probe(self) -> str:
        """Try out as far as can be that a delivery would work, and return what that proves.

        ``SINK_UNUSABLE`` or ``TERMINAL_SINK`` if it would not.
        """

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Hand the value over; returns once it is safely there, else raises ``DELIVERY_FAILED``."""

    def recall(self) -> frozenset[str]:
        """Return the key ids that the sink can tell it holds; none where it keeps no record."""


def unusable(message: str, fix: str | None = None) -> ProvisionError:
    """Return the error of a probe that failed."""
    return ProvisionError(catalogue.SINK_UNUSABLE, message, fix=fix)


def failed(message: str) -> ProvisionError:
    """Return the error of a delivery that failed."""
    return ProvisionError(catalogue.DELIVERY_FAILED, message)


def one_of(names: Sequence[str]) -> str:
    """Return names as a person lists them."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
