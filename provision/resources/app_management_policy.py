"""The tenant's app management policy: what it allows for secrets. Read, never changed.

Source: https://learn.microsoft.com/graph/api/resources/appmanagementpolicy
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from provision.values import dataclass

# A custom security attribute of a caller: its set and name, as "Set_Name", and its value.
Attribute = tuple[str, str]
ADDITION = "passwordAddition"
LIFETIME = "passwordLifetime"


@dataclass(frozen=True, slots=True)
class Restriction:
    """One entry of ``passwordCredentials`` in a policy."""

    type: str
    enabled: bool
    max_lifetime: timedelta | None
    created_after: datetime | None  # None: whatever the application's age
    exempts: tuple[Attribute, ...] = ()  # a caller with one of these is not restricted


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
    # The caller's attributes, where a restriction asks for them; None: not asked, or they cannot be read.
    caller: frozenset[Attribute] | None = None

    @property
    def in_force(self) -> Policy | None:
        """The policy that counts: the custom one instead of the default, while it is enabled.

        That a custom one which is not enabled leaves the default in force is not verified.
        Source: https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy
        """
        found = self.custom if self.custom is not None and self.custom.enabled else self.default
        return found if found is not None and found.enabled else None

    @property
    def exempts(self) -> bool:
        """Whether a restriction on secrets frees some callers, so that it matters who asks."""
        policy = self.in_force
        return policy is not None and any(item.enabled and item.exempts for item in policy.restrictions)


@dataclass(frozen=True, slots=True)
class Limits:
    """What policy allows for a new secret; its lifetime must be less than ``longest``.

    A restriction that exempts some callers, and it is not known whether this one, is a ``maybe``.
    """

    policy: str | None = None
    blocked: bool = False
    longest: timedelta | None = None
    maybe_blocked: bool = False
    maybe_longer: bool = False  # a caller that is exempt may have it longer than that
    otherwise: timedelta | None = (
        None  # that is tried, and this holds if the caller turns out not to be exempt
    )

    @property
    def strict(self) -> Limits:
        """What holds if the caller is not exempt."""
        return replace(self, longest=self.otherwise or self.longest, otherwise=None)


def limits(observed: Observed, *, created: datetime | None, now: datetime, over: bool = False) -> Limits:
    """Return what the policies allow this caller for an application created then (``None``: about to be).

    ``over``: where the caller may be exempt from a limit, it is tried without.
    """
    policy = observed.in_force
    if policy is None:
        return Limits()
    born, held = created or now, observed.caller
    binding = [
        item
        for item in policy.restrictions
        if item.enabled
        and (item.created_after is None or born >= item.created_after)
        and (held is None or held.isdisjoint(item.exempts))
    ]
    sure = [item for item in binding if not item.exempts or held is not None]
    blocked, surely = _forbid(sure), _longest(sure)
    maybe, longest = _forbid(binding) and not blocked, _longest(binding)
    if not (blocked or maybe or longest):
        return Limits()
    if longest == surely:
        return Limits(policy.name, blocked, longest, maybe)
    if over:
        return Limits(policy.name, blocked, surely, maybe, maybe_longer=True, otherwise=longest)
    return Limits(policy.name, blocked, longest, maybe, maybe_longer=True)


def _forbid(items: Iterable[Restriction]) -> bool:
    return any(item.type == ADDITION for item in items)


def _longest(items: Iterable[Restriction]) -> timedelta | None:
    return min(
        (item.max_lifetime for item in items if item.type == LIFETIME and item.max_lifetime), default=None
    )
