"""The mailbox that mail is sent from: checked, never changed.

Source: https://learn.microsoft.com/graph/api/mailfolder-get
"""

from __future__ import annotations

from enum import StrEnum

from provision.errors import Finding, Severity, catalogue
from provision.values import dataclass

# What an application needs to see whether the mailbox is there, and what tells the user's licence instead.
# User.ReadBasic.All does not: licences and further addresses are no part of a basic profile.
# Sources: the page above, https://learn.microsoft.com/graph/api/user-get and
# https://learn.microsoft.com/graph/permissions-reference
RIGHT = "Mail.ReadBasic.All"
RIGHT_OF_USER = "User.Read.All"


class State(StrEnum):
    """What can be said of the mailbox."""

    PRESENT = "present"
    NO_USER = "no user"
    NO_MAILBOX = "no mailbox"
    NOT_CHECKED = "not checked"


class Scope(StrEnum):
    """How far the application may reach, as ``mail.scope`` says."""

    ORGANIZATION = "organization"  # any mailbox: Entra grants it
    MAILBOX = "mailbox"  # this one alone: Exchange limits it


@dataclass(frozen=True, slots=True)
class Desired:
    """The address that the product sends from, and how far the application may reach."""

    address: str
    scope: Scope
    by_graph: bool = False  # ``mail.scope_by``: Exchange's assignment is a change of the plan


@dataclass(frozen=True, slots=True)
class Observed:
    """What Graph answered about the address; ``detail`` is its own code, or the right that lacks."""

    state: State
    detail: str = ""
    group: str | None = None  # the name of the group, or list, whose address it is
    user_id: str | None = None  # the object id of whose mailbox it is, where that may be read


def check(desired: Desired, observed: Observed) -> tuple[Finding, ...]:
    """Return the finding about a mailbox that is missing or was not checked; nothing if it is there."""
    match observed.state:
        case State.PRESENT:
            return ()
        case State.NOT_CHECKED:
            return (
                Finding(
                    catalogue.MAILBOX_NOT_CHECKED,
                    Severity.WARNING,
                    f"mailbox {desired.address}: not checked: needs {observed.detail}",
                    value=f"mailbox {desired.address}: needs {observed.detail}",
                ),
            )
        case State.NO_USER:
            what = "no user of this tenant has that address"
            if observed.group is not None:
                what = (
                    f"it is the address of the group '{observed.group}', and a group has no mailbox to "
                    "send from; name a user's or a shared mailbox"
                )
        case State.NO_MAILBOX:
            what = f"the user is there, an Exchange Online mailbox is not ({observed.detail})"
    return (Finding(catalogue.MAILBOX_MISSING, Severity.ERROR, f"mailbox {desired.address}: {what}"),)
