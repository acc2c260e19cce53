"""What ``import --search`` found: registrations that may be the product's, and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from provision.again import UNKNOWN, Again
from provision.errors import Exit
from provision.outcomes.outcome import Outcome
from provision.plan.model import Target
from provision.resources.client_secret import Observed as Secret
from provision.resources.owner import Observed as Owner
from provision.values import dataclass


class Reason(StrEnum):
    """Why a registration may be the product's; the surest first."""

    REDIRECT_URI = "redirect-uri"  # one ends in the product's page
    GRANT = "mail-send"  # Mail.Send on Microsoft Graph is granted to it
    READS = "mail-read"  # of a product that reads: its permission is granted to it
    TAG = "tag"  # made or stamped by provision
    NAME = "name"  # called like the product


@dataclass(frozen=True, slots=True)
class Candidate:
    """One registration, with what a person goes by to tell whether it is meant."""

    client_id: str
    object_id: str
    display_name: str
    unique_name: str | None
    created: datetime | None
    redirect_uris: tuple[str, ...]
    reasons: tuple[Reason, ...]
    secrets: tuple[Secret, ...]
    owners: tuple[Owner, ...] | None  # None: they may not be read

    @property
    def granted(self) -> bool:
        """Whether consent to the product's permission was given."""
        return Reason.GRANT in self.reasons or Reason.READS in self.reasons


@dataclass(frozen=True, slots=True)
class Candidates(Outcome):
    """The candidates of one tenant, the likeliest first."""

    kind: ClassVar[str] = "candidates"
    target: Target
    tenant_id: str
    cloud: str
    registrations: int  # all that were looked at
    found: tuple[Candidate, ...]
    now: datetime  # the service's time
    not_checked: tuple[str, ...] = ()
    product: str | None = None  # as it was asked for
    permission: str = "Mail.Send"  # the product's
    redirect_path: str | None = "/connectors/SMTP.aspx"  # None: it has no redirect URI
    again: Again = UNKNOWN

    @property
    def exit(self) -> Exit:
        """A look, whatever it found."""
        return Exit.DONE
