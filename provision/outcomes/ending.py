"""What ``destroy`` and ``restore`` came to: a registration that ended, or is back, a config."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from provision.errors import Exit, ProvisionError, catalogue, worst
from provision.outcomes.plans import AllCarriedOut
from provision.outcomes.result import Outcome, Status
from provision.plan.model import Plan
from provision.values import dataclass


class Act(StrEnum):
    """What was asked for."""

    DESTROY = "destroy"
    PURGE = "purge"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Ending:
    """One registration; ``until`` is when Entra removes a deleted one for good."""

    plan: Plan
    act: Act
    outcomes: tuple[Outcome, ...]
    client_id: str | None
    object_id: str | None
    until: datetime | None = None
    at: datetime | None = None  # the service's time at the end of the run

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """What failed."""
        return tuple(o.error for o in self.outcomes if o.error is not None and o.status is Status.FAILED)

    @property
    def handed_over(self) -> bool:
        """Whether something is left to somebody with other rights."""
        return any(outcome.status is Status.HANDOFF for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Endings(AllCarriedOut[Ending]):
    """One a config; what is not over while a grant is left to an administrator."""

    kind: ClassVar[str] = "endings"
    allowed: Collection[str] = ()

    @property
    def exit(self) -> Exit:
        """The worst of what failed; 3 if a grant is left to an administrator."""
        waits = (
            any(one.handed_over for one in self.made) and catalogue.CONSENT_PENDING.name not in self.allowed
        )
        return worst([*(error.exit for error in self.errors), Exit.CONSENT if waits else Exit.DONE])
