"""What ``init`` came to: the config that was written, and what was noticed on the way."""

from __future__ import annotations

from typing import ClassVar

from provision.again import UNKNOWN, Again
from provision.errors import Exit
from provision.outcomes.outcome import Outcome
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Begun(Outcome):
    """One config; without a ``path`` a person chose to import a registration in its place."""

    kind: ClassVar[str] = "begun"
    path: str | None
    name: str
    tenant: str
    cloud: str
    ignored: tuple[str, ...]  # the lines that were put into .gitignore
    found: tuple[str, ...]  # client ids of registrations that may be the product's
    notes: tuple[str, ...]
    again: Again = UNKNOWN

    @property
    def exit(self) -> Exit:
        """It is written, or was not wanted."""
        return Exit.DONE
