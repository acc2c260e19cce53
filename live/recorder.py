"""Every exchange with Graph, as it goes over the wire, kept in memory until it is sanitised.

The product has no place for this: what it sends is watched below it, at httpx's transport. Tokens are
asked for by azure-identity, over another library, and at another host; they are not among these.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

# What names the caller in a token: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
_PERSONAL = (
    "tid",
    "appid",
    "azp",
    "oid",
    "upn",
    "unique_name",
    "preferred_username",
    "email",
    "name",
    "given_name",
    "family_name",
    "app_displayname",
)


@dataclass(slots=True)
class Raw:
    """One exchange as it was, secrets and all: never written anywhere."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any
    at: datetime


@dataclass
class Recorder:
    """The exchanges with one host, and what must not be found in a recording of them."""

    host: str
    exchanges: list[Raw] = field(default_factory=list)
    callers: set[str] = field(default_factory=set)  # tokens, and what they say of who called

    @contextmanager
    def listening(self) -> Iterator[Recorder]:
        """Listen to all that goes through httpx's transport."""
        original = httpx.AsyncHTTPTransport.handle_async_request

        async def heard(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            response = await original(transport, request)
            ours = request.url.netloc.decode() == self.host and request.url.path.startswith("/v1.0/")
            if ours and "Authorization" in request.headers:  # without a token it only asks who answers
                content = await response.aread()
                await response.aclose()
                self._keep(request, response, content)
                left_out = ("content-encoding", "content-length", "transfer-encoding")
                return httpx.Response(
                    response.status_code,
                    headers=[(k, v) for k, v in response.headers.multi_items() if k.lower() not in left_out],
                    content=content,  # decoded already
                    extensions={k: v for k, v in response.extensions.items() if k != "network_stream"},
                )
            return response

        httpx.AsyncHTTPTransport.handle_async_request = heard  # type: ignore[method-assign, assignment]
        try:
            yield self
        finally:
            httpx.AsyncHTTPTransport.handle_async_request = original  # type: ignore[method-assign]

    def _keep(self, request: httpx.Request, response: httpx.Response, content: bytes) -> None:
        self._note_caller(request.headers.get("Authorization", ""))
        date = response.headers.get("Date")
        self.exchanges.append(
            Raw(
                request.method,
                request.url.raw_path.partition(b"?")[0].decode(),
                request.url.query.decode(),
                dict(request.headers),
                _json(request.content),
                response.status_code,
                dict(response.headers),
                _json(content),
                parsedate_to_datetime(date) if date else datetime.now(UTC),
            )
        )

    def _note_caller(self, authorization: str) -> None:
        token = authorization.removeprefix("Bearer ").strip()
        if not token:
            return
        self.callers.add(token)
        try:
            payload = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (IndexError, ValueError):
            return  # an opaque token says nothing
        self.callers.update(value for name in _PERSONAL if isinstance(value := claims.get(name), str))


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
