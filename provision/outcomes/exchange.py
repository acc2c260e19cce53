"""The values of the script that limits an application to one mailbox in Exchange Online.

Graph can neither show nor set it, so a person with rights in Exchange does it by a script, which
``report/exchange.py`` writes from these values.

Source: https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from provision.errors import Exit
from provision.outcomes.outcome import Outcome
from provision.plan.model import Target
from provision.products.permissions import SEND, Permission
from provision.values import dataclass

_MARK = "provision-"
_LONGEST = 64  # characters of the name of a management scope, and of a role assignment
_OF_PRINCIPAL = 8  # characters of the principal's id in an assignment's name
_OF_DIGEST = 8


@dataclass(frozen=True, slots=True)
class MailboxLimit:
    """One application, limited to one mailbox."""

    name: str  # the config's
    target: Target
    tenant_id: str
    environment: str | None  # what Connect-ExchangeOnline calls the cloud; None: not known
    client_id: str
    object_id: str  # of the service principal, which the portal calls enterprise application
    address: str
    permission: Permission = SEND
    granted: tuple[str, ...] = ()  # grants of it in Entra, as addresses that a DELETE removes

    @property
    def scope(self) -> str:
        """The name of the management scope, which says whose it is."""
        return mark(self.name)

    @property
    def assignment(self) -> str:
        """The name of the role assignment: a principal that is made anew gets one of its own."""
        return f"{self.scope}-{self.object_id[:_OF_PRINCIPAL].lower()}"

    @property
    def filter(self) -> str:
        """The filter that finds the mailbox, quoted as OPATH has it; it finds aliases and groups, too.

        So the script compares what it found, and makes a scope of the mailbox's Guid.
        Source: https://learn.microsoft.com/powershell/exchange/filter-properties
        """
        quoted = self.address.replace("'", "''")
        return f"PrimarySmtpAddress -eq '{quoted}'"


@dataclass(frozen=True, slots=True)
class Script(Outcome):
    """What ``exchange`` comes to: the script for one application; ``saved`` if a file has it already."""

    kind: ClassVar[str] = "exchange"
    limit: MailboxLimit
    saved: bool = False

    @property
    def exit(self) -> Exit:
        """There is one, or there would have been an error."""
        return Exit.DONE


def mark(name: str) -> str:
    """Return the name that all that the script makes for this config begins with; 55 characters at most."""
    longest = _LONGEST - 1 - _OF_PRINCIPAL
    whole = _MARK + name
    if len(whole) <= longest:
        return whole
    digest = hashlib.sha256(name.encode()).hexdigest()[:_OF_DIGEST]
    return f"{whole[: longest - 1 - _OF_DIGEST]}-{digest}"
