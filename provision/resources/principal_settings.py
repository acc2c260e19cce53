"""Whom the service principal lets sign in, beside what ``apply`` reads of it.

Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """Settings of the principal that ``apply`` has no need of."""

    assignment_required: bool
