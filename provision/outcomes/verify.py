"""What a verification came to: its rungs, and what they prove."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from provision.again import UNKNOWN, Again
from provision.errors import Entry, Exit
from provision.outcomes.outcome import Outcome
from provision.plan.model import Target
from provision.values import dataclass


class Verdict(StrEnum):
    """What a rung came to."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the proof: what it came to, in words, and where it failed why and what to do."""

    name: str
    verdict: Verdict
    message: str
    entry: Entry | None = None
    fix: str | None = None
    service_code: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """Every rung that was climbed; ``proven`` if a message was accepted, or the inbox read."""

    rungs: tuple[Rung, ...]

    @property
    def failed(self) -> Rung | None:
        """The rung that ended the run."""
        return next((rung for rung in self.rungs if rung.verdict is Verdict.FAIL), None)

    @property
    def proven(self) -> bool:
        """Whether Exchange took a message from the application, or let it read."""
        return any(rung.name in ("send", "read") and rung.verdict is Verdict.PASS for rung in self.rungs)

    @property
    def exit(self) -> Exit:
        """The exit code of the rung that failed."""
        failed = self.failed
        return failed.entry.exit if failed and failed.entry else Exit.FAILED if failed else Exit.DONE


@dataclass(frozen=True, slots=True)
class Verified(Outcome):
    """One config's verification, and the values that it was for; never the secret."""

    kind: ClassVar[str] = "verification"
    name: str
    target: Target
    client_id: str
    tenant_id: str
    address: str
    verification: Verification
    again: Again = UNKNOWN  # how this run's commands are called again
    not_looked: str | None = None  # why whoever ran this could not look into the tenant

    @property
    def exit(self) -> Exit:
        """That of the rung that failed."""
        return self.verification.exit
