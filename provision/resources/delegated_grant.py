"""Delegated permissions granted to the service principal: what it may do on behalf of who is signed in.

Source: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """One permission of one resource, for everybody in the tenant or for one person."""

    resource_id: str
    scope: str
    everybody: bool
