"""What ``doctor`` found: the checks, the rights, and who is calling."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from provision.errors import Entry, Exit, catalogue, worst
from provision.outcomes.outcome import Fleet
from provision.outcomes.rights import Presence, Right, Step
from provision.plan.model import Target
from provision.resources.caller import Caller
from provision.values import dataclass


class State(StrEnum):
    """What a check came to."""

    OK = "ok"
    FAILED = "failed"
    NOTE = "note"  # worth knowing; nothing fails for it
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; a failed one has the entry that it would fail with, and a fix."""

    name: str
    state: State
    message: str
    entry: Entry | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was looked at for one config."""

    name: str
    target: Target
    cloud: str
    tenant: str  # as the config calls it
    tenant_id: str | None  # None: not known, for it could not be reached
    time: datetime  # the service's, if it was reached
    caller: Caller
    roles: tuple[str, ...]  # what the caller's directory roles are called
    checks: tuple[Check, ...]
    rights: tuple[Right, ...]  # empty: nobody signed in

    def exit(self, allowed: Collection[str]) -> Exit:
        """Return the exit code: 77 for a missing right, 3 for a consent that somebody else must give."""
        codes = [c.entry.exit for c in self.checks if c.state is State.FAILED and c.entry is not None]
        for right in self.rights:
            if right.presence is not Presence.MISSING:
                continue
            if right.step is not Step.GRANT:
                codes.append(Exit.NO_PERMISSION)
            elif catalogue.CONSENT_PENDING.name not in allowed:
                codes.append(Exit.CONSENT)
        return worst(codes)


@dataclass(frozen=True, slots=True)
class Diagnoses(Fleet[Diagnosis]):
    """What ``doctor`` comes to: a diagnosis a config."""

    kind: ClassVar[str] = "diagnoses"
    allowed: Collection[str] = ()

    @property
    def exit(self) -> Exit:
        """The worst of what failed and what each found."""
        return worst([*(error.exit for error in self.errors), *(one.exit(self.allowed) for one in self.made)])
