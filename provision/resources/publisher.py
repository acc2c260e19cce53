"""Who publishes permissions: a resource's service principal, for the names that stand behind ids.

Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """One resource: its name, and the names of its permissions by their ids."""

    id: str
    app_id: str  # lower case
    name: str
    roles: Mapping[str, str]
    scopes: Mapping[str, str]
