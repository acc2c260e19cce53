"""Owners of an application or its service principal: each may add a secret to it.

Source: https://learn.microsoft.com/graph/api/application-list-owners
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """One owner. Names lack where this identity may not read them."""

    id: str  # lower case
    kind: str  # "user", "servicePrincipal", or what else Graph calls it
    name: str | None
    address: str | None  # of a user: the sign-in name
