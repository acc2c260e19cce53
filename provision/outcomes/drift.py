"""Result types of ``drift``: differing properties and undeclared objects.

What is there is observed in ``graph/``, judged in ``checks/drift.py`` and shown in ``report/drift.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from provision.errors import FindingEntry, Severity
from provision.plan.model import Plan
from provision.resources import (
    certificate,
    client_secret,
    delegated_grant,
    federated_credential,
    owner,
    publisher,
    registration_settings,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything else on the application, which a plan does not read. ``None``: not there, or not read."""

    settings: registration_settings.Observed | None = None
    certificates: tuple[certificate.Observed, ...] = ()
    federated: tuple[federated_credential.Observed, ...] = ()
    owners: tuple[owner.Observed, ...] = ()
    assignment_required: bool = False  # of whoever signs in to the principal
    principal_secrets: tuple[client_secret.Observed, ...] = ()
    principal_certificates: tuple[certificate.Observed, ...] = ()
    principal_owners: tuple[owner.Observed, ...] = ()
    delegated: tuple[delegated_grant.Observed, ...] = ()
    publishers: tuple[publisher.Observed, ...] = ()
    not_checked: tuple[str, ...] = ()  # what could not be read, and the right that lacks


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
