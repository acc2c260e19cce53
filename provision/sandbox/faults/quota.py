"""The identity service's documented limits: units and writes for an application, a tenant, and both.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits: token buckets of
what requests cost. A refused request is logged as used, too, while a client is throttled
(https://learn.microsoft.com/graph/throttling#best-practices-to-handle-throttling), as far as
1.8 times the limit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from provision.sandbox.errors import GraphError
from provision.sandbox.faults import resource_units

WARNED_FROM = 0.8  # of a limit, from which on each answer says how much of it is used
_MOST = 1.8  # of a limit: the highest share that the page knows
_SMALL, _MEDIUM = 50, 500  # users: below the one a tenant is small, up to the other medium
_UNITS = {"small": 3_500, "medium": 5_000, "large": 8_000}  # in 10 s, for an application in a tenant
_HEADER = "x-ms-throttle-limit-percentage"
# Answered by Exchange, which has limits of its own; a batch is what is in it.
_NOT_IDENTITY = re.compile(
    r"\$batch|(?:me|users/[^/]+)/(?:sendmail|mailfolders|messages|mailboxsettings)(?:/.*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Limit:
    """So much in so many seconds; ``scope`` and ``what`` as the headers of a refusal name them."""

    scope: str  # Tenant_Application, Application or Tenant
    writes: bool  # counts writes; else units
    amount: int
    seconds: float

    @property
    def what(self) -> str:
        """Which requests it is about, as the scope's second part says it."""
        return "Write" if self.writes else "ReadWrite"

    @property
    def reason(self) -> str:
        """The word of ``x-ms-throttle-information``."""
        return "WriteLimitExceeded" if self.writes else "ResourceUnitLimitExceeded"


@dataclass(slots=True)
class _Bucket:
    used: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Who:
    """Whose quota a request is of: the application, the tenant, and how many users that has."""

    app_id: str
    tenant_id: str
    users: int

    @property
    def size(self) -> str:
        """small, medium or large, as the page divides tenants."""
        return "small" if self.users < _SMALL else "medium" if self.users <= _MEDIUM else "large"


class Quota:
    """What each application and tenant has used of its limits. Times come from the sandbox's clock."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def charge(self, method: str, path: str, query: str, who: Who, now: datetime) -> dict[str, str]:
        """Count one request; return the headers of its answer. ``GraphError`` (429) if it is one too many."""
        if _NOT_IDENTITY.fullmatch(path.strip("/").partition("/")[2]):
            return {}
        units, write = (
            resource_units.of(method, path, query),
            resource_units.writes(method, path),
        )
        highest, over = 0.0, None
        for limit in _limits(who):
            cost = write if limit.writes else units
            if not cost:
                continue
            bucket = self._bucket(limit, who, now)
            refused = bucket.used + cost > limit.amount
            bucket.used = min(bucket.used + cost, limit.amount * _MOST)
            highest = max(highest, bucket.used / limit.amount)
            if refused and over is None:
                over = _refusal(limit, who, bucket.used, highest)
        if over is not None:
            raise over
        return {_HEADER: _percentage(highest)} if highest > WARNED_FROM else {}

    def _bucket(self, limit: Limit, who: Who, now: datetime) -> _Bucket:
        whose = {"Application": (who.app_id,), "Tenant": (who.tenant_id,)}.get(
            limit.scope, (who.app_id, who.tenant_id)
        )
        bucket = self._buckets.setdefault((limit.scope, limit.what, *whose), _Bucket(0.0, now))
        passed = max((now - bucket.at).total_seconds(), 0.0)  # a clock that was set back gives nothing
        bucket.used = max(bucket.used - passed * limit.amount / limit.seconds, 0.0)
        bucket.at = now
        return bucket


def _limits(who: Who) -> tuple[Limit, ...]:
    return (
        Limit("Tenant_Application", False, _UNITS[who.size], 10),
        Limit("Tenant_Application", True, 3_000, 150),
        Limit("Application", False, 150_000, 20),
        Limit("Application", True, 35_000, 300),
        Limit("Tenant", True, 18_000, 300),
    )


def _refusal(limit: Limit, who: Who, used: float, share: float) -> GraphError:
    """429, its text as quoted in jsa2/AADAppAudit issue 9; the wait until the next request fits."""
    wait = math.ceil((used - limit.amount + 1) * limit.seconds / limit.amount)
    return GraphError(
        429,
        "TooManyRequests",
        f"Too many requests from Identifier:{who.app_id} under category:aadgraph.app.tenant_{who.size}."
        " Please try again later.",
        headers={
            "Retry-After": str(max(wait, 1)),
            "x-ms-throttle-scope": f"{limit.scope}/{limit.what}/{who.app_id}/{who.tenant_id}",
            "x-ms-throttle-information": limit.reason,
            _HEADER: _percentage(share),
        },
    )


def _percentage(share: float) -> str:
    return f"{min(share, _MOST):.2f}".rstrip("0").rstrip(".")
