"""One Graph request and its answer, as handlers see them: no HTTP library, no event loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.sandbox.clock import Clock
    from provision.sandbox.keeping.store import Store, Tenant
    from provision.sandbox.odata.path import Key
    from provision.sandbox.odata.query import Query
    from provision.sandbox.wire.caller import Caller
    from provision.sandbox.wire.http import RawAnswer, RawRequest

Json = dict[str, Any]


@dataclass(slots=True)
class Call:
    """A request to Graph, parsed and authenticated."""

    method: str
    version: str  # "v1.0" or "beta"
    path: str  # below the version, as sent
    root: str  # scheme://host of the request
    headers: dict[str, str]  # names in lower case
    query: Query
    body: Any  # parsed JSON; bytes of an image; None when the request had none
    caller: Caller
    tenant: Tenant
    store: Store
    clock: Clock
    send: Callable[[RawRequest], RawAnswer]  # another request by the same door: $batch
    keys: dict[str, Key] = field(default_factory=dict)  # path parameters of the matched endpoint
    request_id: str = ""
    exchange_lag: float = 0.0  # seconds, of the weather
    report_lag: float = 0.0

    @property
    def service(self) -> str:
        """``https://host/v1.0``: what contexts and links begin with."""
        return f"{self.root}/{self.version}"

    @property
    def eventual(self) -> bool:
        """Whether the caller accepts the search index (``ConsistencyLevel: eventual``)."""
        return self.headers.get("consistencylevel", "").strip().lower() == "eventual"

    @property
    def create_if_missing(self) -> bool:
        """Whether a PATCH by alternate key may create (``Prefer: create-if-missing``)."""
        prefer = self.headers.get("prefer", "").lower()
        return "create-if-missing" in (part.strip() for part in prefer.split(","))


@dataclass(slots=True)
class Answer:
    """What a handler returns; ``body`` None makes an empty answer, a str text/plain, bytes a stream."""

    status: int = 200
    body: Json | str | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def no_content() -> Answer:
    """204: done, nothing to say."""
    return Answer(204)
