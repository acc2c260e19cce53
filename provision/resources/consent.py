"""Admin consent: the assignment of ``Mail.Send``, or what the product needs, to the service principal.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from provision.change import Action, Change
from provision.errors import Finding, Severity, catalogue
from provision.products.permissions import SEND, Permission
from provision.values import dataclass

ADDRESS = "consent"
RESOURCE = "Microsoft Graph"
ROLE_NEEDED = "Privileged Role Administrator"


class Mode(StrEnum):
    """Who gives consent; ``NONE`` where Exchange limits the application to one mailbox."""

    GRANT = "grant"
    HANDOFF = "handoff"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Desired:
    """Which permission is to be granted, and how that is to come about."""

    mode: Mode
    permission: Permission = SEND


@dataclass(frozen=True, slots=True)
class Role:
    """The product's permission as this tenant's Microsoft Graph principal publishes it."""

    resource_id: str
    role_id: str


@dataclass(frozen=True, slots=True)
class Given:
    """One grant of ``Mail.Send`` to the principal: what a ``DELETE`` names, and since when it is there."""

    id: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Revoke:
    """``DELETE /servicePrincipals/{client}/appRoleAssignments/{id}``, of each; a limit must be in force."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """``POST /servicePrincipals/{resource}/appRoleAssignedTo``."""

    role: Role


class Detail(StrEnum):
    """What is known of the consent; all but the first and the last are ways of its not being there."""

    GRANTED = "granted"
    REQUIRED = "required"
    REVOKED = "revoked"  # it was there once, and is gone
    PARTIAL = "partial"  # others of the application's permissions are granted
    DELEGATED_ONLY = "delegated-only"  # granted on behalf of people, which a service cannot use
    NOT_NEEDED = "not-needed"


def granted(role: Role, assignments: Sequence[Role]) -> bool:
    """Say whether the role is among the principal's assignments."""
    return role in assignments


def diff(desired: Desired, role: Role, assignments: Sequence[Role]) -> Change:
    """Return the one change after which consent is there, or a person's part of it."""
    after = {"permission": f"{RESOURCE}: {desired.permission.name}", "kind": "application"}
    if desired.mode is Mode.NONE:
        return Change(ADDRESS, Action.NO_OP, "mail.scope is mailbox: Exchange grants it, not Entra")
    if granted(role, assignments):
        return Change(ADDRESS, Action.NO_OP, "already granted")
    if desired.mode is Mode.HANDOFF:
        return Change(
            ADDRESS, Action.HANDOFF, f"consent is handed over: a {ROLE_NEEDED} grants it", None, after
        )
    return Change(ADDRESS, Action.CREATE, "not granted yet", None, after, Grant(role))


def detail(
    desired: Desired, role: Role, assignments: Sequence[Role], *, delegated: bool, seen: bool
) -> Detail:
    """Return whether consent is granted, and if not, why.

    ``delegated``: it is granted on behalf of people. ``seen``: an earlier run found it granted.
    """
    if desired.mode is Mode.NONE:
        return Detail.NOT_NEEDED
    if granted(role, assignments):
        return Detail.GRANTED
    if seen:
        return Detail.REVOKED
    if delegated:
        return Detail.DELEGATED_ONLY
    return Detail.PARTIAL if assignments else Detail.REQUIRED


def explain(desired: Desired, found: Detail) -> tuple[Finding, ...]:
    """Return the finding that explains why consent is missing, where there is more to say than that it is."""
    name = desired.permission.name
    entry, text = {
        Detail.REVOKED: (catalogue.CONSENT_REVOKED, f"{name} was granted once, and is not any more"),
        Detail.PARTIAL: (
            catalogue.CONSENT_PARTIAL,
            f"other permissions of the application are granted, {name} is not",
        ),
        Detail.DELEGATED_ONLY: (
            catalogue.CONSENT_DELEGATED_ONLY,
            f"{name} is granted as a delegated permission, which the product cannot use",
        ),
    }.get(found, (None, ""))
    return (Finding(entry, Severity.WARNING, text),) if entry else ()


def check(
    desired: Desired, role: Role, assignments: Sequence[Role], *, guided: bool = False
) -> tuple[Finding, ...]:
    """Return the finding that a grant makes the limit of ``mail.scope`` void.

    ``guided``: the plan says when the grant goes, so that is no reason to stop.
    """
    if desired.mode is not Mode.NONE or not granted(role, assignments):
        return ()
    name = desired.permission.name
    text = f"the config limits mail to one mailbox, but Entra grants {name} for all of them"
    if guided:
        fix = "Run 'provision apply' now and then; what is next, and why it waits, the plan says at consent."
        return (Finding(catalogue.UNSCOPED_GRANT, Severity.WARNING, text, fix=fix),)
    return (Finding(catalogue.UNSCOPED_GRANT, Severity.ERROR, text),)
