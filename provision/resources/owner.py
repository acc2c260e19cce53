"""Owners of an application or its service principal: each may add a secret to it.

Source: https://learn.microsoft.com/graph/api/application-list-owners
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provision.errors import Finding, Severity, catalogue
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """One owner. Names lack where this identity may not read them."""

    id: str  # lower case
    kind: str  # "user", "servicePrincipal", or what else Graph calls it
    name: str | None
    address: str | None  # of a user: the sign-in name


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an id is that is to become an owner; ``kind`` ``None``: nothing in the tenant has that object
    id.
    """

    id: str
    kind: str | None
    name: str = ""
    instead: str | None = None  # the object id that was meant, if one is known


_MAY_OWN = ("user", "servicePrincipal")
_WORDS = {"application": "an application registration", "group": "a group", "device": "a device"}


def check(candidates: Sequence[Candidate]) -> Iterator[Finding]:
    """Yield a finding for each id that cannot be an owner: Graph takes users and service principals.

    Source: https://learn.microsoft.com/graph/api/application-post-owners
    """
    for item in candidates:
        if item.kind in _MAY_OWN:
            continue
        if item.kind is None:
            told = f"application.owners names {item.id}, and the tenant has nobody of that object id"
        else:
            what = _WORDS.get(item.kind, f"a {item.kind}")
            told = (
                f"application.owners names {item.id}, which is {what} ('{item.name}') and cannot be an owner"
            )
        fix = "Name the object id of a user or of a service principal."
        if item.instead:
            fix = f"Its service principal's object id is {item.instead}: name that, if it is meant."
        yield Finding(catalogue.OWNER_NOT_FOUND, Severity.ERROR, told, fix, value=item.id)
