"""What the stand-ins share: an HTTPS server in a thread, a clock, a log, and weather on demand.

A stand-in answers for the service's real host names: the test's resolver leads them to it, and its
certificate is signed by an authority that only the test trusts.
"""

from __future__ import annotations

import json
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from provision.sandbox.serving import tls

HOSTS = (
    "agency.vault.azure.net",
    "agency.vault.usgovcloudapi.net",
    "vault.agency.example",
    "api.github.com",
    "github.agency.example",
    "dev.azure.com",
    "devops.agency.example",
)
NULL = object()  # a body that is JSON's null, not none at all
LOSE_BEFORE, LOSE_AFTER = "lose before", "lose after"


@dataclass(frozen=True)
class Request:
    """One request, as a stand-in sees it."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Response:
    """What a stand-in answers; a body that is text is sent as HTML."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Weather:
    """What befalls the next requests of a method whose path holds a text."""

    method: str
    path: str
    what: str | Response
    times: int = 1


class StandIn(ABC):
    """A service: ``answer`` is its behaviour; ``requests`` is what came."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.requests: list[Request] = []
        self.weather: list[Weather] = []
        self._left: int | None = None
        self._last_counts = False

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """What this service says to it."""

    def tick(self) -> datetime:
        """Every write takes a second, by this service's own clock."""
        self.now += timedelta(seconds=1)
        return self.now

    def befall(self, method: str, path: str, what: str | Response, times: int = 1) -> None:
        self.weather.append(Weather(method, path, what, times))

    def count(self, method: str, path: str = "") -> int:
        return sum(r.method == method and path in r.path for r in self.requests)

    @property
    def writes(self) -> int:
        return sum(r.method != "GET" for r in self.requests)

    def killed_at(self, number: int, *, after: bool) -> None:
        """Nothing of the caller arrives any more from its request of that number on, which still counts
        if ``after``: what a service sees of a caller that is killed."""
        self._left, self._last_counts = number, after

    def lives(self) -> bool:
        """The next run; returns whether the one before was killed at all."""
        killed, self._left = self._left == 0, None
        return killed

    def meet(self, request: Request) -> Response | None:
        """Return the answer, or ``None`` where the connection breaks."""
        if self._left is not None:
            self._left -= self._left > 0
            if self._left == 0:
                if self._last_counts:
                    self.answer(request)
                    self._last_counts = False
                return None
        self.requests.append(request)
        for weather in self.weather:
            if weather.times and weather.method == request.method and weather.path in request.path:
                weather.times -= 1
                if isinstance(weather.what, Response):
                    return weather.what
                if weather.what == LOSE_AFTER:
                    self.answer(request)
                return None
        return self.answer(request)


class Hosting:
    """One server for all stand-ins, told apart by the name that was asked for."""

    def __init__(self, folder: Path) -> None:
        chain = tls.make(HOSTS)
        self.ca = folder / "ca.pem"
        self.ca.write_text(chain.ca)
        certificate = folder / "server.pem"
        certificate.write_bytes(chain.certificate.encode() + chain.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.services: dict[str, StandIn] = {}
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        services = self.services

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet: two would wait for an acknowledgement

            def handle_any(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                host = self.headers["Host"].partition(":")[0]
                service = services[host]
                request = Request(
                    self.command,
                    host,
                    unquote(parts.path),
                    dict(parse_qsl(parts.query)),
                    {k.lower(): v for k, v in self.headers.items()},
                    json.loads(raw) if raw else None,
                )
                response = service.meet(request)
                if response is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._send(service, response)

            do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = handle_any

            def _send(self, service: StandIn, response: Response) -> None:
                page = isinstance(response.body, str)
                text = response.body if page else json.dumps(None if response.body is NULL else response.body)
                data = b"" if response.body is None else text.encode()
                self.send_response_only(response.status)
                self.send_header("Date", format_datetime(service.now, usegmt=True))
                self.send_header("Content-Type", "text/html" if page else "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is what tests are about."""


Resolver = Callable[..., Any]


def resolver(real: Resolver, port: int) -> Resolver:
    """Lead the services' host names to the stand-in, and every other name nowhere."""

    def look_up(host: Any, *more: Any, **options: Any) -> Any:
        if host in HOSTS:
            return real("127.0.0.1", port, *more[1:], **options)
        if host in ("127.0.0.1", "localhost"):
            return real(host, *more, **options)
        raise OSError(f"a test must not reach {host}; a stand-in's host is in HOSTS")

    return look_up
