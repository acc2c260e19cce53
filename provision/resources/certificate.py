"""Certificates on an application or its service principal: seen by ``drift``, never made or changed here.

Source: https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Observed:
    """One key credential as Graph lists it, without the key."""

    key_id: str  # lower case
    display_name: str | None
    end: datetime
