"""Result types of ``drift``: differing properties and undeclared objects.

What is there is observed in ``graph/``, judged in ``checks/drift.py`` and shown in ``report/drift.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from provision.errors import Exit, Finding, FindingEntry, Severity, worst
from provision.outcomes.orphans import Orphans
from provision.outcomes.outcome import Fleet
from provision.plan.model import Plan
from provision.resources import Desired
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as declared: where it is, what is there, and what to do about it."""

    entry: FindingEntry
    severity: Severity
    address: str  # the kind and property, such as ``application.web.redirectUris``
    value: str  # names where the tenant tells them; what an ignore list is compared with
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A deviation that the config lets pass, and why."""

    deviation: Deviation
    reason: str


@dataclass(frozen=True, slots=True)
class Drift:
    """One config against one tenant, at one moment."""

    plan: Plan
    deviations: tuple[Deviation, ...]  # the worst first
    ignored: tuple[Ignored, ...]
    not_checked: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is worse than worth knowing."""
        return not self.counting(Severity.WARNING)

    def counting(self, least: Severity) -> tuple[Deviation, ...]:
        """Return the deviations of that severity, or a worse one."""
        return tuple(item for item in self.deviations if item.severity.at_least(least))


@dataclass(frozen=True, slots=True)
class Drifts(Fleet[Drift]):
    """What ``drift`` comes to: one a config, and with ``--with-orphans`` what no config names."""

    kind: ClassVar[str] = "drifts"
    least: Severity = Severity.WARNING  # from which on a deviation counts
    orphans: Orphans | None = None

    @property
    def found(self) -> bool:
        """Whether something counts, or is named by no config."""
        beside = self.orphans is not None and any(True for _ in self.orphans.found)
        return beside or any(one.counting(self.least) for one in self.made)

    @property
    def exit(self) -> Exit:
        """4 if something counts, or worse if something could not be looked at."""
        beside = self.orphans.exit if self.orphans is not None else Exit.DONE
        attention = Exit.ATTENTION if self.found else Exit.DONE
        return worst([*(error.exit for error in self.errors), beside, attention])

    @property
    def findings(self) -> Iterator[tuple[Finding, Desired]]:
        """Every deviation."""
        return (
            (Finding(item.entry, item.severity, item.message, item.fix), one.plan.desired)
            for one in self.made
            for item in one.deviations
        )
