"""The service principal: the application's presence in its tenant, which grants and sign-ins need.

Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from provision.change import Action, Change
from provision.errors import Finding, Severity, catalogue
from provision.values import dataclass

ADDRESS = "service_principal"
# Without this tag the portal's list of enterprise applications hides a principal made through Graph.
PORTAL_TAG = "WindowsAzureActiveDirectoryIntegratedApp"


@dataclass(frozen=True, slots=True)
class Observed:
    """A service principal as Graph shows it."""

    id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Create:
    """``PATCH /servicePrincipals(appId='…')`` with ``Prefer: create-if-missing``."""

    tags: tuple[str, ...] = (PORTAL_TAG,)


@dataclass(frozen=True, slots=True)
class Restore:
    """``POST /directory/deletedItems/{id}/restore``: it does not come back by itself with its application."""

    id: str


@dataclass(frozen=True, slots=True)
class Purge:
    """``DELETE /directory/deletedItems/{id}``: for good."""

    id: str


def diff(observed: Observed | None) -> Change:
    """Return the one change after which the application has a service principal."""
    if observed is not None:
        return Change(ADDRESS, Action.NO_OP, "as declared")
    return Change(
        ADDRESS,
        Action.CREATE,
        "the application has no service principal in the tenant",
        None,
        {"accountEnabled": True, "tags": [PORTAL_TAG]},
        Create(),
    )


def check(observed: Observed | None) -> tuple[Finding, ...]:
    """Return a finding when somebody switched the principal off: no token is issued then."""
    if observed is None or observed.enabled:
        return ()
    return (Finding(catalogue.PRINCIPAL_DISABLED, Severity.WARNING, catalogue.PRINCIPAL_DISABLED.title),)
