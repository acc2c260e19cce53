"""What ``orphans`` found: registrations that carry our tag, and that none of the given configs names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from provision.errors import Exit, ProvisionError, worst
from provision.outcomes.outcome import Outcome
from provision.outcomes.search import Search
from provision.plan.model import Target
from provision.resources.client_secret import Observed as Secret
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Orphan:
    """One registration that is named by none of these configs. Whether somebody uses it nobody can tell."""

    object_id: str
    client_id: str
    unique_name: str | None
    display_name: str
    created: datetime | None
    secrets: tuple[Secret, ...]
    granted: tuple[str, ...]  # permissions that a product may ask for, of the application itself
    other_grants: int  # app roles beside it


@dataclass(frozen=True, slots=True)
class Searched:
    """One tenant that was looked through."""

    tenant: str  # as the configs call it, or --tenant
    tenant_id: str
    cloud: str
    tagged: int  # registrations that carry our tag
    orphans: tuple[Orphan, ...]
    now: datetime  # the service's time
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsearched:
    """One tenant that could not be looked through, and why."""

    tenant: str
    error: ProvisionError


@dataclass(frozen=True, slots=True)
class Orphans(Outcome):
    """Every tenant that was asked; none while ``unreadable`` is not empty, for what names it is not known."""

    kind: ClassVar[str] = "orphans"
    target: Target
    tenants: tuple[Searched | Unsearched, ...]
    unreadable: tuple[ProvisionError, ...] = ()
    search: Search | None = None  # None: drift's, which says it itself

    @property
    def found(self) -> Iterator[Orphan]:
        """Those of every tenant."""
        return (one for item in self.tenants if isinstance(item, Searched) for one in item.orphans)

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """Why a config could not be read, or a tenant."""
        return (*self.unreadable, *(item.error for item in self.tenants if isinstance(item, Unsearched)))

    @property
    def exit(self) -> Exit:
        """4 if there is one, or worse if something could not be read."""
        attention = Exit.ATTENTION if any(True for _ in self.found) else Exit.DONE
        return worst([*(error.exit for error in self.errors), attention])
