"""The ASGI application: reads a request whole, hands it to the login service or to Graph, answers.

Plain ASGI: there is one route table already (``routes``), and a web framework's import alone
would cost the embedded sandbox more than all of its work.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults.weather import ConnectionCut, transport_error
from provision.sandbox.routes import ENDPOINTS
from provision.sandbox.wire.compression import MAX_BODY
from provision.sandbox.wire.http import RawAnswer, RawRequest
from provision.sandbox.wire.routing import Router

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.serving.control import Control
    from provision.sandbox.tokens.service import Login

_GRAPH = ("/v1.0/", "/beta/")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
_ROUTER = Router(ENDPOINTS)
ABORT = "provision.sandbox.abort"  # an ASGI extension: a server's way to cut the connection

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Application:
    """Graph and its login service over one sandbox."""

    def __init__(self, sandbox: Sandbox, control: Control | None = None) -> None:
        self._sandbox, self._control = sandbox, control
        self._dispatcher = Dispatcher(sandbox, _ROUTER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        raw = _raw(scope, await _body(receive))
        if self._control is not None and raw.path.startswith("/_sandbox/"):
            await _send(send, self._control.answer(raw))
            return
        if self._sandbox.weather.latency:
            await asyncio.sleep(self._sandbox.weather.latency)
        try:
            answer = self._answer(raw)
        except ConnectionCut:
            abort = scope.get("extensions", {}).get(ABORT)
            if abort is None:
                raise transport_error() from None
            abort()
            await receive()  # until the transport says that the client is gone
            return
        await _send(send, answer)

    def _answer(self, raw: RawRequest) -> RawAnswer:
        if raw.path.lower().startswith(_GRAPH):
            return self._dispatcher.handle(raw)
        return self._login.answer(raw) or self._dispatcher.handle(raw)

    @functools.cached_property
    def _login(self) -> Login:
        """Imported when somebody signs in: a rehearsal in this process never does."""
        from provision.sandbox.tokens.service import Login

        return Login(self._sandbox, self._dispatcher.lock)


def _raw(scope: Scope, body: bytes | None) -> RawRequest:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # A header that comes twice is one with both values (RFC 9110, 5.3).
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    server = scope.get("server") or ("localhost", None)
    host = headers.get("host", "")
    if not _is_host(host):  # it will stand in every link of the answer
        host = str(server[0])
    return RawRequest(
        method=scope["method"],
        path=path.split(b"?")[0].decode("ascii", "replace"),
        query=scope["query_string"].decode("ascii", "replace"),
        headers=headers,
        body=body,
        root=f"{scope['scheme']}://{host}",
    )


def _is_host(text: str) -> bool:
    try:
        return bool(_HOST.fullmatch(text) and urlsplit(f"https://{text}").hostname)
    except ValueError:
        return False


async def _body(receive: Receive) -> bytes | None:
    """Return the body, or None for one over the limit, which is read to its end and thrown away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
        if not message.get("more_body", False):
            break
    return b"".join(parts) if size <= MAX_BODY else None


async def _send(send: Send, answer: RawAnswer) -> None:
    headers = [
        (n.lower().encode("latin-1"), v.encode("latin-1", "replace")) for n, v in answer.headers.items()
    ]
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.content)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
