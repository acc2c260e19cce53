"""When secrets end: one row a secret, for one config and for a fleet. Values alone; judged in ``checks/``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from provision.again import UNKNOWN, Again
from provision.errors import Exit, ProvisionError, worst
from provision.outcomes.outcome import Outcome
from provision.outcomes.search import ONE, Search
from provision.plan.model import Target
from provision.resources.client_secret import Observed, Span
from provision.resources.last_use import Observed as LastUse
from provision.resources.undeclared import FederatedCredential as Federated
from provision.values import dataclass


class State(StrEnum):
    """What a secret's dates mean to whoever watches them."""

    EXPIRED = "expired"
    EXPIRING = "expiring"  # ends within the window, and nothing delivered outlives it
    AWAITS_CONFIRMATION = "awaits-confirmation"  # delivered beside an older one that is alive
    RENEWAL_DUE = "renewal-due"  # outside the window, but ``apply`` would mint its successor
    LEAKED = "leaked"  # an emergency was declared for it, and it is alive
    REMOVED = "removed"  # one that was delivered is not there any more
    UNPROVEN = "unproven"  # carries our mark, and nothing says that anybody received it
    REPLACED = "replaced"  # alive beside its successor, which waits to be confirmed
    FINE = "fine"
    NONE = "none"  # no secret: none that was delivered is on the application


@dataclass(frozen=True, slots=True)
class Row:
    """One secret at one moment; with ``secret`` ``None``, an application that has no delivered one."""

    config: str
    tenant_id: str
    client_id: str | None  # None: there is no application yet
    now: datetime  # the service's time
    state: State
    attention: bool  # whether somebody must attend to it within the window
    ours: bool = True
    adopted: bool = False  # ours, and made by hand
    secret: Observed | None = None
    renew: datetime | None = None  # from when on ``apply`` mints its successor
    confirm_by: datetime | None = None  # the last day: the first end of one that may be in use
    kind: str = "secret"  # or "certificate", which is somebody else's
    last_used: datetime | None = None  # as the report of sign-ins tells; None: it does not tell
    holder: str = "application"  # or "service principal": what is on either signs in

    @property
    def deadline(self) -> datetime | None:
        """The moment at which something stops working."""
        if self.secret is None:
            return None
        return min(self.secret.end, self.confirm_by or self.secret.end)

    @property
    def left(self) -> timedelta | None:
        """How long it still lives; negative once it has ended."""
        return None if self.secret is None else self.secret.end - self.now

    @property
    def days_left(self) -> int | None:
        """Whole days until its end, or, negative, since."""
        return None if self.left is None else int(self.left / timedelta(days=1))

    @property
    def share_left(self) -> float:
        """How much of its life is left, from 0 to 1."""
        if self.secret is None or self.secret.end <= self.now:
            return 0.0
        life = self.secret.end - max(self.secret.start, _EPOCH)
        return min(1.0, (self.secret.end - self.now) / life) if life > timedelta(0) else 0.0


_NOT_DELIVERED = (State.NONE, State.REMOVED, State.LEAKED, State.EXPIRED, State.UNPROVEN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # what Graph shows without a start would have lived since year 1


@dataclass(frozen=True, slots=True)
class Watched:
    """One config that could be read."""

    name: str
    tenant: str  # as the config calls it
    tenant_id: str
    client_id: str | None
    application: str | None  # its display name
    now: datetime
    rows: tuple[Row, ...]
    federated: tuple[Federated, ...] = ()  # whose tokens sign in, too, without an end
    last_use: LastUse | None = None  # the report of sign-ins; None: there is no application

    @property
    def delivered(self) -> int:
        """How many secrets of ours are alive that somebody received."""
        return sum(row.ours and row.state not in _NOT_DELIVERED for row in self.rows)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One config of which nothing is known, and why."""

    path: str  # the config's file, as the user gave it
    name: str | None  # None: the file does not tell
    tenant: str | None  # as the config calls it; None: the file does not tell
    error: ProvisionError

    @property
    def subject(self) -> str:
        """What a person calls it: its name, else its file."""
        return self.name or self.path


@dataclass(frozen=True, slots=True)
class Expiry(Outcome):
    """A fleet: every config in the order given, and the rows of all, the most urgent first."""

    kind: ClassVar[str] = "expiry"
    target: Target
    within: Span
    configs: tuple[Watched | Unreadable, ...]
    rows: tuple[Row, ...]
    now: datetime  # the service's time, where one was reached
    again: Again = UNKNOWN  # how this run's commands are called again
    search: Search = ONE

    @property
    def exit(self) -> Exit:
        """4 if somebody must attend to a secret, or worse if a config could not be read."""
        attention = Exit.ATTENTION if self.counting else Exit.DONE
        return worst([*(error.exit for error in self.errors), attention])

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """Why a config could not be read."""
        return tuple(item.error for item in self.unreadable)

    @property
    def watched(self) -> tuple[Watched, ...]:
        """The configs that could be read."""
        return tuple(item for item in self.configs if isinstance(item, Watched))

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """The configs that could not."""
        return tuple(item for item in self.configs if isinstance(item, Unreadable))

    @property
    def counting(self) -> tuple[Row, ...]:
        """The rows that somebody must attend to."""
        return tuple(row for row in self.rows if row.attention)

    @property
    def secrets(self) -> tuple[Row, ...]:
        """The rows that are a secret."""
        return tuple(row for row in self.rows if row.secret is not None)
