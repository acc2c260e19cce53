"""What ``plan`` comes to: a plan a config."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import ClassVar, Protocol, TypeVar

from provision.errors import Exit, Finding, ProvisionError, Severity, catalogue, worst
from provision.outcomes.outcome import Fleet
from provision.plan.model import Plan
from provision.resources import Desired
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Plans(Fleet[Plan]):
    """The plans of a run; ``least`` is the severity from which on a finding makes it 5."""

    kind: ClassVar[str] = "plans"
    allowed: Collection[str] = ()
    detailed: bool = False  # whether pending changes make it 2
    least: Severity | None = None

    @property
    def exit(self) -> Exit:
        """The worst of what failed, what cannot wait, what is refused, and what is pending."""
        return worst([*(error.exit for error in self.errors), attention(self.made), *self._asked()])

    @property
    def findings(self) -> Iterator[tuple[Finding, Desired]]:
        """Those of every plan."""
        return findings_of(self.made)

    def _asked(self) -> Iterator[Exit]:
        """Yield what this run was asked to tell by its exit code."""
        waits = catalogue.CONSENT_PENDING.name not in self.allowed
        due = any(plan.pending or (waits and plan.handed_off) for plan in self.made)
        if self.detailed and due:
            yield Exit.PENDING
        least = self.least
        if least is not None and any(finding.severity.at_least(least) for finding, _ in self.findings):
            yield Exit.REFUSED


def attention(plans: Iterable[Plan]) -> Exit:
    """Return 4 if something of a secret cannot wait, although nothing failed; else ``DONE``."""
    found = [finding for finding, _ in findings_of(plans)]
    return worst(Exit.ATTENTION for finding in found if finding.entry.exit is Exit.ATTENTION)


def findings_of(plans: Iterable[Plan]) -> Iterator[tuple[Finding, Desired]]:
    """Return the findings of plans, each with the config that it is about."""
    return ((finding, plan.desired) for plan in plans for finding in plan.findings)


class CarriedOut(Protocol):
    """What came of one plan."""

    @property
    def plan(self) -> Plan:
        """The plan."""

    @property
    def errors(self) -> Sequence[ProvisionError]:
        """What failed of its changes."""


C = TypeVar("C", bound=CarriedOut)


@dataclass(frozen=True, slots=True)
class AllCarriedOut(Fleet[C]):
    """What came of the plan of each config."""

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """What failed: a config as a whole, or one of its changes."""
        return tuple(
            error
            for item in self.items
            for error in ((item,) if isinstance(item, ProvisionError) else item.errors)
        )

    @property
    def findings(self) -> Iterator[tuple[Finding, Desired]]:
        """Those of every plan."""
        return findings_of(one.plan for one in self.made)
