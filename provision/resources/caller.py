"""Who is calling: what the token in hand says of this identity, and what the tenant was asked about it.

A token's content is Microsoft's own affair and may change without notice
(https://learn.microsoft.com/entra/identity-platform/access-tokens), so everything here may be unknown.
"""

from __future__ import annotations

from enum import StrEnum

from provision.values import dataclass


class Kind(StrEnum):
    """What signed in."""

    PERSON = "user"
    APPLICATION = "application"
    UNKNOWN = "unknown"  # the token cannot be read


@dataclass(frozen=True, slots=True)
class Caller:
    """One identity. In every field ``None`` means unknown; an empty set means none.

    ``directory_roles`` are template ids, of the whole tenant or of the application in question;
    ``complete`` says whether roles that are limited to that application would be among them.
    """

    kind: Kind = Kind.UNKNOWN
    id: str | None = None  # of the user, or of the application's service principal
    name: str | None = None
    app_id: str | None = None  # the application that signed in, or that the person uses
    permissions: frozenset[str] | None = None  # application permissions, or delegated ones
    directory_roles: frozenset[str] | None = None
    complete: bool = False
    owns: bool | None = None  # the application in question
