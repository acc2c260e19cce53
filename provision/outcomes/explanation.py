"""What ``explain`` comes to: entries of the catalogue, and what other services call them."""

from __future__ import annotations

from typing import ClassVar

from provision.errors import Entry, Exit
from provision.errors.codes import ServiceCode
from provision.outcomes.outcome import Outcome
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Explanation(Outcome):
    """The entries that were asked for, with the service codes that led to them; ``whole``: all there are."""

    kind: ClassVar[str] = "explanation"
    entries: tuple[Entry, ...]
    codes: tuple[ServiceCode, ...] = ()
    whole: bool = False

    @property
    def exit(self) -> Exit:
        """Nothing fails that is explained."""
        return Exit.DONE
