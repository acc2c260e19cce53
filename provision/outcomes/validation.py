"""What ``validate`` comes to: which configs are in order."""

from __future__ import annotations

from typing import ClassVar

from provision.again import UNKNOWN
from provision.errors import Exit, ProvisionError, combined, worst
from provision.outcomes.outcome import Outcome
from provision.outcomes.search import ONE, Search
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Checked:
    """One config, and what is wrong with it; its name as far as the file tells it."""

    path: str
    name: str | None
    error: ProvisionError | None = None


@dataclass(frozen=True, slots=True)
class Validation(Outcome):
    """Every config in the order given; ``doubts`` are worth a warning, and fail nothing."""

    kind: ClassVar[str] = "validation"
    configs: tuple[Checked, ...]
    doubts: tuple[ProvisionError, ...] = ()
    search: Search = ONE

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """One with all faults, each once: a file that ten others extend is wrong once."""
        wrong = [one.error for one in self.configs if one.error is not None]
        return (combined(wrong).worded(UNKNOWN.worded),) if wrong else ()

    @property
    def exit(self) -> Exit:
        """The worst of what is wrong."""
        return worst(error.exit for error in self.errors)
