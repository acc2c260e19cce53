"""The tenant's app management policy: what it allows for secrets. Read, never changed.

Source: https://learn.microsoft.com/graph/api/resources/appmanagementpolicy
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

ADDITION = "passwordAddition"
LIFETIME = "passwordLifetime"


@dataclass(frozen=True, slots=True)
class Restriction:
    """One entry of ``passwordCredentials`` in a policy."""

    type: str
    enabled: bool
    max_lifetime: timedelta | None
    created_after: datetime | None  # None: whatever the application's age


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: the tenant's default, or the custom one assigned to an application."""

    name: str
    enabled: bool
    restrictions: tuple[Restriction, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """The policies that concern one application; ``needs`` is the missing right if they could not be read."""

    default: Policy | None = None
    custom: Policy | None = None
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What policy allows for a new secret; its lifetime must be less than ``longest``."""

    policy: str | None = None
    blocked: bool = False
    longest: timedelta | None = None


def limits(observed: Observed, *, created: datetime | None, now: datetime) -> Limits:
    """Return what the policies allow for an application created then (``None``: about to be).

    A custom policy replaces the tenant's default, it is not merged with it.
    Source: https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy
    """
    policy = observed.custom or observed.default
    if policy is None or not policy.enabled:
        return Limits()
    born = created or now
    binding = [
        item
        for item in policy.restrictions
        if item.enabled and (item.created_after is None or born >= item.created_after)
    ]
    spans = [item.max_lifetime for item in binding if item.type == LIFETIME and item.max_lifetime]
    blocked = any(item.type == ADDITION for item in binding)
    if not blocked and not spans:
        return Limits()
    return Limits(policy.name, blocked, min(spans, default=None))
