"""The mail permissions that a product may ask for: a closed list, whatever a product's file says.

Sources: https://learn.microsoft.com/graph/permissions-reference (Entra's names), and
https://learn.microsoft.com/exchange/permissions-exo/application-rbac (Exchange's roles of the same reach)
"""

from __future__ import annotations

from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One application permission of Microsoft Graph, and what it is called elsewhere."""

    name: str  # in Entra, as an application permission
    exchange_role: str  # the role of RBAC for Applications that is limited to a mailbox
    delegated: str  # the scope of the same reach that people grant on their own behalf
    sends: bool  # what verify proves: that a message is taken; else that the mailbox can be read

    @property
    def verb(self) -> str:
        """What it lets an application do with mail, in one word."""
        return "send" if self.sends else "read"


SEND = Permission("Mail.Send", "Application Mail.Send", "Mail.Send", sends=True)
PERMISSIONS = {
    item.name: item
    for item in (
        SEND,
        Permission("Mail.Read", "Application Mail.Read", "Mail.Read", sends=False),
        Permission("Mail.ReadBasic.All", "Application Mail.ReadBasic", "Mail.ReadBasic", sends=False),
        Permission("Mail.ReadWrite", "Application Mail.ReadWrite", "Mail.ReadWrite", sends=False),
    )
}
