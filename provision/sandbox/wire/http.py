"""A request and its answer as the HTTP layer has them, whichever server is in front."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as the sandbox saw it; those inside a ``$batch`` are entries of their own."""

    method: str
    path: str  # with the query
    status: int
    tenant_id: str | None
    caller: str | None  # object id of the principal that called
    milliseconds: float


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What the HTTP layer hands over."""

    method: str
    path: str  # percent-encoded
    query: str
    headers: dict[str, str]
    body: bytes | None  # None: larger than any request may be
    root: str  # scheme://host


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What the HTTP layer sends."""

    status: int
    headers: dict[str, str]
    content: bytes
