"""What Exchange lets the application do where: its role assignments, as Graph's beta shows and sets them.

Permissions add up, so the widest assignment counts, and a grant of Entra's beside them counts alone.
Sources: https://learn.microsoft.com/exchange/permissions-exo/application-rbac and
https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments (beta, provider Exchange Online)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from provision.errors import Finding, Severity, catalogue
from provision.products.permissions import Permission
from provision.values import dataclass

ADDRESS = "mailbox_scope"
# Beside the role of a permission itself, those that let as much be done, by the page above.
_ALL = frozenset({"Application Mail Full Access", "Application Exchange Full Access"})
_ALSO = {
    "Mail.Read": frozenset({"Application Mail.ReadWrite"}),
    "Mail.ReadBasic.All": frozenset({"Application Mail.Read", "Application Mail.ReadWrite"}),
}
READ = "RoleManagement.Read.Exchange"
WRITE = "RoleManagement.ReadWrite.Exchange"
WAIT = timedelta(hours=2)  # until all of Exchange goes by a change, by the page above
SCOPED_TAG = "provision:scoped:"  # by the id of an assignment that we made, a colon and when
SCOPING_TAG = "provision:scoping:"  # by when we were about to make one
_TIME = "%Y%m%dT%H%M%SZ"
_RUN = timedelta(minutes=10)  # longer than a run takes between its tag and the record
_EVERYWHERE = "/"
_FILTER = re.compile(r"\(?\s*(\w+)\s+-eq\s+'((?:[^']|'')*)'\s*\)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One role that Exchange gives the application's service principal, and how far it reaches."""

    id: str
    role: str  # its name; its id where Exchange tells no name
    place: str  # "/", "/users/{id}", "/groups/{id}", "/administrativeunits/{id}"; "" with a custom scope
    scope: str = ""  # the name of a custom scope
    filter: str = ""  # and what it lets through

    @property
    def reaches(self) -> str:
        """Where the role holds, in words."""
        if not self.place:
            inner = f" ({self.filter})" if self.filter else ""
            return f"the management scope '{self.scope}'{inner}"
        if self.place == _EVERYWHERE:
            return "the whole organization"
        kind, _, key = self.place.strip("/").partition("/")
        words = {
            "users": "the mailbox of the user",
            "groups": "the direct members of the group",
            "administrativeunits": "the administrative unit",
        }
        return f"{words.get(kind, kind)} {key}"


@dataclass(frozen=True, slots=True)
class Create:
    """``POST /beta/roleManagement/exchange/roleAssignments``: the permission's role on the one mailbox."""

    role: str
    role_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Put an assignment on record that a run of ours made, and was ended before it could say so."""

    assignment_id: str
    instead: Create  # if it is gone by then


@dataclass(frozen=True, slots=True)
class Remove:
    """``DELETE /beta/roleManagement/exchange/roleAssignments/{id}``, of one that we made."""

    assignment_id: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The principal's assignments; ``unread`` says why they are not known, where they could not be read."""

    assignments: tuple[Assignment, ...] = ()
    role_id: str | None = None  # of the permission's role in this tenant
    unread: str = ""  # "needs ..." or what Graph answered instead


class Reach(StrEnum):
    """How far the application may send, or read."""

    THIS = "this-mailbox"
    OTHERS = "others"  # other mailboxes, groups or units, with this one or without
    ORGANIZATION = "organization"  # by Exchange
    GRANT = "grant"  # by Entra, which makes a limit void
    NOTHING = "nothing"
    UNKNOWN = "not-known"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the application reaches as far as it was read, in a sentence, and by which assignments."""

    reach: Reach
    words: str
    here: bool | None  # whether this mailbox is among what Exchange lets it use; None: not known
    assignments: tuple[Assignment, ...] = ()


def roles_of(permission: Permission) -> frozenset[str]:
    """Return every role of Exchange that lets an application do what the permission does."""
    return frozenset({permission.exchange_role}) | _ALSO.get(permission.name, frozenset()) | _ALL


def standing(
    observed: Observed, address: str, user_id: str | None, permission: Permission, *, granted: bool
) -> Standing:
    """Return how far mail may be sent, or read. ``granted``: Entra grants the permission."""
    enough, verb = roles_of(permission), permission.verb
    sending = tuple(item for item in observed.assignments if item.role in enough)
    holds = [_holds(item, address, user_id) for item in sending]
    here = True if True in holds else None if None in holds or observed.unread else False
    if granted:
        words = f"Entra grants {permission.name} for every mailbox, whatever Exchange limits"
        return Standing(Reach.GRANT, words, here, sending)
    if observed.unread:
        words = f"whether Exchange lets the application {verb} mail was not read: {observed.unread}"
        return Standing(Reach.UNKNOWN, words, None)
    wide = [item for item in sending if item.place == _EVERYWHERE]
    if wide:
        words = f"Exchange lets it {verb} mail of every mailbox of the organization (assignment {_ids(wide)})"
        return Standing(Reach.ORGANIZATION, words, True, sending)
    others = [item for item, held in zip(sending, holds, strict=True) if held is False]
    others += [item for item in sending if _of_many(item)]
    unsure = [item for item, held in zip(sending, holds, strict=True) if held is None]
    if others:
        where = "; ".join(dict.fromkeys(item.reaches for item in others))
        also = "this mailbox, and of others, too" if here else "other mailboxes"
        return Standing(Reach.OTHERS, f"Exchange lets it {verb} mail of {also}: {where}", here, sending)
    if unsure:
        where = "; ".join(dict.fromkeys(item.reaches for item in unsure))
        words = f"Exchange limits it to {where}; whether that is {address} alone, Graph does not tell"
        return Standing(Reach.UNKNOWN, words, here, sending)
    if sending:
        return Standing(
            Reach.THIS, f"Exchange limits it to {address} (assignment {_ids(sending)})", True, sending
        )
    return Standing(Reach.NOTHING, f"Exchange lets it {verb} mail of no mailbox, {address} included", False)


def _ids(items: Iterable[Assignment]) -> str:
    return ", ".join(item.id for item in items)


def _of_many(item: Assignment) -> bool:
    return item.place.startswith(("/groups/", "/administrativeunits/"))


def _holds(item: Assignment, address: str, user_id: str | None) -> bool | None:
    """Say whether an assignment reaches the mailbox; ``None`` where Graph does not tell."""
    if item.place == _EVERYWHERE:
        return True
    if item.place.startswith("/users/"):
        return None if user_id is None else item.place == f"/users/{user_id.lower()}"
    found = _FILTER.fullmatch(item.filter.strip()) if not item.place else None
    if found is None:
        return None
    name, value = found[1].lower(), found[2].replace("''", "'").lower()
    if name == "primarysmtpaddress":
        return value == address.lower()
    if name == "externaldirectoryobjectid" and user_id is not None:
        return value == user_id.lower()
    return None


def findings(found: Standing, *, making: bool) -> tuple[Finding, ...]:
    """Return what is to be said where ``mail.scope`` is ``mailbox``; ``making``: the plan sets it itself."""
    match found.reach:
        case Reach.THIS:
            return (Finding(catalogue.SCOPE_LIMITED, Severity.INFO, found.words),)
        case Reach.OTHERS:
            return (Finding(catalogue.SCOPE_WIDER, Severity.WARNING, found.words),)
        case Reach.ORGANIZATION:
            return (Finding(catalogue.SCOPE_EVERYWHERE, Severity.WARNING, found.words),)
        case Reach.UNKNOWN:
            return (Finding(catalogue.SCOPE_UNKNOWN, Severity.WARNING, found.words),)
        case Reach.NOTHING if not making:
            return (Finding(catalogue.SCOPE_NOTHING, Severity.WARNING, found.words),)
        case _:  # unscoped-grant is said with the consent
            return ()


# What we made: tags of the application, for Graph keeps no mark of its own.


def made(tags: Iterable[str]) -> Mapping[str, datetime]:
    """Return, by their ids, the assignments that these tags say we made, and when."""
    found: dict[str, datetime] = {}
    for tag in tags:
        key, _, when = tag.removeprefix(SCOPED_TAG).partition(":")
        moment = _moment(when) if tag.startswith(SCOPED_TAG) else None
        if moment is not None:
            found[key.lower()] = moment
    return found


def begun(tags: Iterable[str]) -> bool:
    """Say whether a run was about to make an assignment and did not record that it did."""
    return any(tag.startswith(SCOPING_TAG) for tag in tags)


def left_begun(tags: Iterable[str], now: datetime) -> bool:
    """Say the same of runs that are surely over."""
    times = [_moment(tag.removeprefix(SCOPING_TAG)) for tag in tags if tag.startswith(SCOPING_TAG)]
    return bool(times) and all(at is None or now - at > _RUN for at in times)


def scoped_tag(assignment_id: str, when: datetime) -> str:
    """Return the tag that records an assignment of ours."""
    return f"{SCOPED_TAG}{assignment_id.lower()}:{when.astimezone(UTC):{_TIME}}"


def scoping_tag(when: datetime) -> str:
    """Return the tag that says that one is about to be made."""
    return f"{SCOPING_TAG}{when.astimezone(UTC):{_TIME}}"


def without(tags: Iterable[str], assignment_id: str) -> frozenset[str]:
    """Return the tags that do not tell of an assignment, nor that one was about to be made."""
    mine = f"{SCOPED_TAG}{assignment_id.lower()}:"
    return frozenset(tag for tag in tags if not tag.lower().startswith((mine, SCOPING_TAG)))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
