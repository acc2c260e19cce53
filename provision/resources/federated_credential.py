"""Federated identity credentials: whose tokens are taken in place of a secret. Seen by ``drift`` alone.

Source: https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """One credential: tokens that this issuer makes for this subject sign in as the application."""

    name: str
    issuer: str
    subject: str
