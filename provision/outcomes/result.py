"""What came of a plan: the changes with their outcome, and the values to hand over."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from provision.change import Change
from provision.errors import ProvisionError
from provision.outcomes.verify import Verified
from provision.plan.model import Plan
from provision.resources.consent import Detail
from provision.resources.last_use import Observed as LastUse
from provision.values import dataclass


class Status(StrEnum):
    """The outcome of one change."""

    DONE = "done"
    BY_ANOTHER = "done-by-another"  # another run did it at the same time
    UNCHANGED = "unchanged"
    HANDOFF = "handoff"  # a person's part, or one that this identity may not do
    FAILED = "failed"
    NOT_TRIED = "not-tried"  # something that it depends on failed


@dataclass(frozen=True, slots=True)
class Outcome:
    """One change of the plan and what came of it; ``error`` says why it failed or was handed over."""

    change: Change
    status: Status
    error: ProvisionError | None = None


@dataclass(frozen=True, slots=True)
class SecretKey:
    """What may be said of the secret: all but its value."""

    key_id: str
    hint: str | None
    expires: datetime
    renew: datetime  # from when on ``apply`` mints its successor
    renew_due: bool  # whether that has come
    delivered_to: str | None  # None: by an earlier run, not known where to
    held: bool = True  # the place says that it holds it; else it was delivered there once
    fresh: bool = False  # made by this run
    adopted: bool = False  # made by hand, and entered before provision knew of it
    confirm_by: datetime | None = None  # while a rotation waits: the first end of one that may be in use


@dataclass(frozen=True, slots=True)
class Outputs:
    """The values to enter, as far as they are known."""

    oauth_client_id: str | None
    tenant_id: str
    email_address: str
    secret_key: SecretKey | None


@dataclass(frozen=True, slots=True)
class Setting:
    """One box of the product: the screen it stands on, its label, and what to enter."""

    screen: str
    label: str
    value: str
    typed: bool = True  # the value itself, to be copied; else words about where it is


class ConsentState(StrEnum):
    """Whether the administrator's consent is there: what a pipeline goes by."""

    GRANTED = "granted"
    REQUIRED = "required"
    NOT_NEEDED = "not-needed"  # mail.scope is mailbox


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to an administrator, ready to be sent."""

    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """How the consent stands, and where it is given."""

    detail: Detail
    url: str | None
    role_needed: str
    letter: Letter | None = None  # to whoever gives it, while it is required

    @property
    def state(self) -> ConsentState:
        """The detail, reduced to whether the consent is there."""
        match self.detail:
            case Detail.GRANTED:
                return ConsentState.GRANTED
            case Detail.NOT_NEEDED:
                return ConsentState.NOT_NEEDED
            case _:  # whatever the reason for its not being there
                return ConsentState.REQUIRED


@dataclass(frozen=True, slots=True)
class Result:
    """What ``apply`` did for one configuration, or what ``show`` found."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    outputs: Outputs
    title: str  # the product's name
    settings: tuple[Setting, ...]
    notes: tuple[str, ...]  # what else to know of the product's screens
    consent: Consent
    proof: str | None = None  # of a confirmation: "token" (the value signed in) or "none" (it was not seen)
    of_the_place: str | None = None  # where --deliver names a place that has not the secret to enter
    at: datetime | None = None  # the service's time at the end of the run
    by: str | None = None  # who was signed in, as far as the token tells
    portal_url: str | None = None  # the registration's page, for a person to look at
    verified: Verified | None = None  # with apply --verify: what became of the values
    last_use: LastUse | None = None  # of ``show``: the report of sign-ins
    unverified: str | None = None  # why not, although it was asked for

    @property
    def errors(self) -> tuple[ProvisionError, ...]:
        """What failed."""
        return tuple(o.error for o in self.outcomes if o.error is not None and o.status is Status.FAILED)
