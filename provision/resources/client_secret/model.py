"""The client secret as values: desired, observed, what is known of deliveries, and the steps."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime

from provision.resources.app_management_policy import Limits
from provision.resources.client_secret.span import UNNOTICED, Span, end_date
from provision.values import dataclass

ADDRESS = "client_secret"
# https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation
MOST_WITH_PERSONAL_ACCOUNTS = 2


@dataclass(frozen=True, slots=True)
class Desired:
    """The secret that the configuration asks for."""

    name: str  # the config's name, which the mark carries
    description: str
    lifetime: Span
    renew_before: Span
    adopt: str | None = None  # the key id of one made by hand, which counts as delivered

    @property
    def mark(self) -> str:
        """The ending by which a secret is known as ours."""
        return f" [provision:{self.name}]"

    @property
    def display_name(self) -> str:
        """The name that a new secret gets."""
        return self.description + self.mark

    def marks(self, secret: Observed) -> bool:
        """Say whether a secret carries the mark."""
        return (secret.display_name or "").endswith(self.mark)


@dataclass(frozen=True, slots=True)
class Observed:
    """One password credential as Graph lists it."""

    key_id: str  # lower case
    display_name: str | None
    start: datetime
    end: datetime
    hint: str | None


@dataclass(frozen=True, slots=True)
class Records:
    """What is known of deliveries: the tenant's tags, the sink's own record, the journal's intents."""

    tenant: frozenset[str] = frozenset()
    sink: frozenset[str] = frozenset()
    journal: frozenset[str] = frozenset()  # minted or about to be, by this machine
    newest: frozenset[str] = frozenset()  # which was delivered last, whether or not it is still there
    retired: frozenset[str] = frozenset()  # to be removed, for another was delivered in its place
    leaked: frozenset[str] = frozenset()  # to be removed, for an emergency was declared
    adopted: frozenset[str] = frozenset()  # adopted ones that a secret of ours was made beside
    # In pairs: a secret, and what is to be removed once that is delivered, which may be unknown here.
    replaced: frozenset[tuple[str, str]] = frozenset()

    def without(self, keys: frozenset[str]) -> Records:
        """Return what is known without these key ids, and without what was to go for their sake."""
        left = {kind.name: getattr(self, kind.name) - keys for kind in fields(self)}
        left["replaced"] = frozenset(pair for pair in self.replaced if pair[0] not in keys)
        return Records(**left)


@dataclass(frozen=True, slots=True)
class Mint:
    """``POST /applications/{id}/addPassword``, then the delivery, then its record."""

    display_name: str
    lifetime: Span
    limits: Limits
    at_least: datetime | None = None  # the end of what it replaces
    retires: tuple[str, ...] = ()  # recorded before the delivery: these are to be removed after it
    leaked: tuple[str, ...] = ()  # recorded before it is made: these are to be removed, whoever goes on

    def end(self, start: datetime) -> datetime:
        """Return the ``endDateTime`` for a secret that starts then."""
        return end_date(self.lifetime, self.limits, start, at_least=self.at_least)

    def within_policy(self, start: datetime) -> Mint | None:
        """Return the step that asks for no more than the policy says, after Entra refused to give more.

        ``None`` if this one did not, or if the secret would end before the one that it replaces.
        """
        strict = replace(self, limits=self.limits.strict)
        if strict == self or (self.at_least and strict.end(start) <= self.at_least - UNNOTICED):
            return None
        return strict


@dataclass(frozen=True, slots=True)
class Record:
    """Write the tenant's record of a delivery that only the sink remembers."""

    key_id: str
    newest: bool = True  # none was delivered after it


@dataclass(frozen=True, slots=True)
class Remove:
    """``POST /applications/{id}/removePassword``: a secret of ours, which is not to be used any more."""

    key_id: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop the tenant's record of the delivery of a secret that is not there any more."""

    key_id: str
