"""Fault injection, off by default; seeded, so that runs are reproducible.

Replication as clients meet it (hashicorp/terraform-provider-azuread,
``applications/application_resource.go``; microsoftgraph/microsoft-graph-docs, PR 13118: writes go
to a primary, reads to a replica): for a while some replicas have not heard of a new object, and a
request that meets one gets 404, ``NoBackingApplicationObject`` or ``Not a valid reference update``,
the token endpoint's AADSTS700016 and 7000215. Here a request meets such a replica by the seed's dice.
"""

from __future__ import annotations

import fnmatch
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from provision.sandbox.errors import GraphError
from provision.sandbox.faults.quota import Quota, Who

if TYPE_CHECKING:
    from provision.sandbox.keeping.store import Record, Store
    from provision.sandbox.wire.call import Call

_BEHIND = 0.6  # share of requests that meet a replica which is behind, while there is one
_LONGEST = 3600.0  # seconds that an option may say
_LONGEST_LAG = 30 * 86400.0  # and a lag of Exchange or of the reports, which goes by the sandbox's clock
_SERVER_ERRORS = (500, 502, 503, 504)
_REFERENCES = ("principalId", "resourceId", "clientId", "appId")


class ConnectionCut(Exception):
    """The connection ended without an answer; the app turns it into what the transport has for that."""


class WeatherError(ValueError):
    """A weather specification that means nothing; the message says which part."""


@dataclass(slots=True)
class Fault:
    """One thing that will happen to the ``nth`` matching request (and ``times - 1`` after it)."""

    method: str
    path: str  # a glob over the path without query, such as ``*/addPassword``
    nth: int
    times: int
    outcome: GraphError | Literal["before", "after"]
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count a request; whether it is one of those meant."""
        if self.method not in ("*", method) or not fnmatch.fnmatchcase(path.lower(), self.path.lower()):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass(slots=True)
class _Young:
    since: float
    before: Record | None  # what a replica that is behind still answers


@dataclass
class Weather:
    """Rates are shares of requests (0 to 1), times are seconds.

    ``Sandbox.weather = Weather(...)`` sets it; ``fail`` and ``cut`` hit one exact request.
    """

    latency: float = 0.0
    replication: float = 0.0
    throttle: float = 0.0
    error: float = 0.0
    reset: float = 0.0
    lost_reply: float = 0.0
    exchange_lag: float = 0.0  # until Exchange goes by an assignment that was made or removed
    report_lag: float = 0.0  # until a sign-in is in the report
    retry_after: float = 1.0
    quota: str = ""  # "graph": the documented limits of the identity service
    seed: int = 0
    now: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 (repeatable on purpose)
        self._faults: list[Fault] = []
        self._young: dict[tuple[str, str], _Young] = {}
        self._young_secrets: dict[str, float] = {}
        self._quota = Quota()

    @classmethod
    def parse(cls, text: str) -> Weather:
        """Read ``latency=60ms,replication=5s,lost-reply=2%,seed=7``; ``WeatherError`` if it is wrong."""
        known = {f.name.replace("_", "-"): f.name for f in fields(cls) if f.name != "now"}
        values: dict[str, Any] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name not in known or not equals:
                raise WeatherError(f"'{part}' is no weather: write NAME=VALUE with {', '.join(known)}.")
            if known[name] in values:
                raise WeatherError(f"'{name}' is given twice.")
            values[known[name]] = _value(name, value)
        return cls(**values)

    def __str__(self) -> str:
        shown = ((f.name, getattr(self, f.name), f.default) for f in fields(self) if f.name != "now")
        return ",".join(
            f"{name.replace('_', '-')}={value if isinstance(value, str) else f'{value:g}'}"
            for name, value, usual in shown
            if value != usual
        )

    # -- exact injection, for tests --------------------------------------------------------

    def fail(
        self,
        method: str,
        path: str,
        status: int,
        code: str = "UnknownError",
        message: str = "",
        *,
        nth: int = 1,
        times: int = 1,
        headers: dict[str, str] | None = None,
    ) -> Fault:
        """Answer the ``nth`` matching request with this refusal, without its effect."""
        return self._add(method, path, nth, times, GraphError(status, code, message, headers=headers or {}))

    def cut(
        self, method: str, path: str, when: Literal["before", "after"], *, nth: int = 1, times: int = 1
    ) -> Fault:
        """Cut the connection of the ``nth`` matching request, before its effect or after (a lost reply)."""
        return self._add(method, path, nth, times, when)

    def _add(
        self, method: str, path: str, nth: int, times: int, outcome: GraphError | Literal["before", "after"]
    ) -> Fault:
        fault = Fault(method.upper(), path, nth, times, outcome)
        self._faults.append(fault)
        return fault

    # -- what a request meets --------------------------------------------------------------

    def meet(self, method: str, path: str) -> GraphError | Literal["before", "after"] | None:
        """Return what happens to a request that arrives now: a refusal, a cut, or nothing."""
        struck = [fault for fault in self._faults if fault.strikes(method, path)]
        if struck:
            return struck[0].outcome
        # A fixed number of throws for each request: one rate does not move what another hits.
        throttled, broken, cut, lost, which = (self._dice.random() for _ in range(5))
        if throttled < self.throttle:
            return self._throttled()
        if broken < self.error:
            return GraphError(_SERVER_ERRORS[int(which * len(_SERVER_ERRORS))], "UnknownError", "")
        if cut < self.reset:
            return "before"
        return "after" if lost < self.lost_reply else None

    def charge(
        self, method: str, path: str, query: str, who: Callable[[], Who], moment: datetime
    ) -> dict[str, str]:
        """Count a request against its quota; the headers that tell of it. ``GraphError`` (429) past it."""
        return self._quota.charge(method, path, query, who(), moment) if self.quota else {}

    def _throttled(self) -> GraphError:
        """429, as https://learn.microsoft.com/graph/throttling has it; body of jsa2/AADAppAudit#9."""
        return GraphError(
            429,
            "TooManyRequests",
            "Too many requests from Identifier:sandbox under category:aadgraph.app.tenant_large."
            " Please try again later.",
            headers={
                "Retry-After": f"{self.retry_after:g}",
                "x-ms-throttle-scope": "Tenant_Application/ReadWrite",
                "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            },
        )

    # -- replication -----------------------------------------------------------------------

    def note(self, store: Store) -> None:
        """Remember what a request's transaction changed: replicas hear of it only in a while."""
        if not self.replication:
            return
        moment = self.now()
        self._forget(moment)
        for (tenant_id, record_id), before, after in store.touched():
            known = self._young.get((tenant_id, record_id))
            self._young[tenant_id, record_id] = _Young(moment, known.before if known else before)
            new = _key_ids(after) - _key_ids(before)
            self._young_secrets.update(dict.fromkeys(new, moment))

    def behind(self, call: Call) -> dict[str, Record | None]:
        """Return what this request sees instead of some records: an older version, or None for nothing.

        A read sees them all as they were. A write goes to the primary, which checks the objects
        that it names against a replica: only those that are new may be missing.
        """
        if not self.replication:
            return {}
        self._forget(self.now())
        young = {r: y for (t, r), y in self._young.items() if t == call.tenant.id}
        if not young or self._dice.random() >= _BEHIND:
            return {}
        if call.method == "GET":
            return {record_id: y.before for record_id, y in young.items()}
        if call.create_if_missing:
            return {}
        seen: dict[str, Record | None] = {
            i: None for i in _named(call) if i in young and young[i].before is None
        }
        return seen | self._without_young_secret(call)

    def _without_young_secret(self, call: Call) -> dict[str, Record | None]:
        """Return, for ``removePassword``, the object as it was before it got the secret that is to go."""
        key_id = call.body.get("keyId") if isinstance(call.body, dict) else None
        if not isinstance(key_id, str) or key_id.lower() not in self._young_secrets:
            return {}
        for record_id in _named(call):
            record = call.tenant.any(record_id, ("application", "servicePrincipal"))
            if record is not None:
                left = [c for c in record.props["passwordCredentials"] if c["keyId"] != key_id.lower()]
                return {record_id: record.with_props(passwordCredentials=left)}
        return {}

    def hides(self, tenant_id: str, record_id: str) -> bool:
        """Return whether the login service's replica has not heard of this object yet."""
        self._forget(self.now())
        young = self._young.get((tenant_id, record_id.lower()))
        return young is not None and young.before is None and self._dice.random() < _BEHIND

    def hides_secret(self, key_id: str) -> bool:
        """Return whether the login service has not heard of this secret yet: for seconds, none has."""
        self._forget(self.now())
        return key_id.lower() in self._young_secrets

    def _forget(self, moment: float) -> None:
        limit = moment - self.replication
        self._young = {k: y for k, y in self._young.items() if y.since > limit}
        self._young_secrets = {k: since for k, since in self._young_secrets.items() if since > limit}


def transport_error() -> Exception:
    """Return what an in-process client sees of a cut: httpx's own error, for httpx sends in-process."""
    httpx = sys.modules.get("httpx")
    if httpx is not None:
        error: Exception = httpx.ReadError("The connection was reset (sandbox weather).")
        return error
    return ConnectionResetError("The connection was reset (sandbox weather).")


def _named(call: Call) -> list[str]:
    """Ids of the objects that a request speaks of: in its path and in its body's references."""
    ids: list[str] = []
    for key in call.keys.values():
        found = call.tenant.any(key.value, ("application", "servicePrincipal"))
        for kind in ("application", "servicePrincipal"):
            for name in ("appId", "uniqueName") if kind == "application" else ("appId",):
                if key.name is not None and key.name.lower() == name.lower():
                    found = found or call.tenant.one(kind, name, key.value)
        if found is not None:
            ids.append(found.id)
    body = call.body if isinstance(call.body, dict) else {}
    for name in _REFERENCES:
        value = body.get(name)
        if not isinstance(value, str):
            continue
        home = call.tenant.one("application", "appId", value) if name == "appId" else None
        ids.append(home.id if home else value.rpartition("/")[2].lower())
    return ids


def _key_ids(record: Record | None) -> set[str]:
    return {c["keyId"] for c in record.props.get("passwordCredentials", ())} if record is not None else set()


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _value(name: str, text: str) -> float | int | str:
    if name == "quota":
        if text != "graph":
            raise WeatherError(f"'{name}={text}': write quota=graph.")
        return text
    if name == "seed":
        if not text.isdecimal():
            raise WeatherError(f"'{name}={text}': a whole number is meant.")
        return int(text)
    if name in ("exchange-lag", "report-lag"):
        factor, digits = _UNITS.get(text[-1:], 1.0), text.rstrip("smhd")
        example, most = "90m or 2h", _LONGEST_LAG
    elif name in ("latency", "replication", "retry-after"):
        factor, digits = (0.001, text[:-2]) if text.endswith("ms") else (1.0, text.removesuffix("s"))
        example, most = "60ms or 5s", _LONGEST
    else:
        factor, digits = (0.01, text[:-1]) if text.endswith("%") else (1.0, text)
        example, most = "10% or 0.1", 1.0
    try:
        number = float(digits) * factor
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise WeatherError(f"'{name}={text}': write it like {example}.")
    return number
