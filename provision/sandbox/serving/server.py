"""The sandbox as an HTTPS server: certificates, hosts, administrators, and a clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from provision.sandbox import Sandbox
from provision.sandbox.app import ABORT, Application, Receive, Scope, Send
from provision.sandbox.faults.weather import Weather
from provision.sandbox.seeding import seed
from provision.sandbox.serving import administrators, announcement, tls
from provision.sandbox.serving.announcement import Announcement
from provision.sandbox.serving.control import Control

DEFAULT_TENANT = "contoso.onmicrosoft.com"
DEFAULT_MAILBOX = "noreply@contoso.onmicrosoft.com"
# Hosts that --impersonate answers for (https://learn.microsoft.com/graph/deployments,
# https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud).
CLOUD_HOSTS = (
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "login.microsoft.com",
    "management.azure.com",
    "main.iam.ad.ext.azure.com",  # tokens/portal.py
)
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_KEEP_ALIVE = 75  # seconds: longer than clients keep a connection, so that none is reused as it closes


class Server:
    """One served sandbox. ``run`` serves until ``stop`` or a signal; word of it is left while it runs."""

    def __init__(
        self,
        state: Path | None,
        host: str = "127.0.0.1",
        port: int = 8443,
        *,
        seed_file: Path | None = None,
        weather: Weather | None = None,
        tls_dir: Path | None = None,
        impersonate: bool = False,
    ) -> None:
        self.sandbox = Sandbox.open(state)
        self.sandbox.weather = weather or Weather()
        self._seed_file, self._tls_dir = seed_file, tls_dir
        self._credentials = administrators.credentials()
        self._control_key = secrets.token_urlsafe(24)
        self._first = self._furnish()
        self._socket = _listen(host, port)
        bound = int(self._socket.getsockname()[1])
        self._names = _names(host, impersonate=impersonate)
        self.url = address(_shown(host, self._names), bound)
        self._hosts = None if _is_loopback(host) else frozenset(name.lower() for name in self._names)
        self._server: _Uvicorn | None = None

    def run(self, ready: Callable[[Announcement], None]) -> None:
        """Serve; ``ready`` is told where once connections are accepted."""
        chain = tls.make(self._names)
        tenant_id, user = self._first
        left = announcement.leave(
            self.url,
            tenant_id=tenant_id,
            client_id=administrators.CLIENT_ID,
            secret=self._credentials.secret,
            user=user,
            password=self._credentials.password,
            ca=chain.ca,
            control_key=self._control_key,
            ca_folder=self._tls_dir,
        )
        try:
            self._server = _Uvicorn(self._config(chain), lambda: ready(left))
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            announcement.forget(left)

    def stop(self) -> None:
        """Finish what is being answered and return from ``run``."""
        if self._server is not None:
            self._server.should_exit = True

    def _config(self, chain: tls.Chain) -> uvicorn.Config:
        control = Control(self.sandbox, self._control_key, self._refurnish)
        app = _Front(Application(self.sandbox, control), self._hosts)
        with tempfile.TemporaryDirectory() as folder:  # 0700; the key is read and gone before we listen
            certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
            certificate.write_text(chain.certificate + chain.ca)
            announcement.write_private(key, chain.key.decode())
            config = uvicorn.Config(
                app,
                ssl_certfile=str(certificate),
                ssl_keyfile=str(key),
                http="h11",
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=5,
            )
            config.load()
        return config

    def _furnish(self) -> tuple[str, str]:
        """Fill the sandbox: the seed's tenants, else those it has, else one; the first one and its admin."""
        box = self.sandbox
        seeded = seed.apply(box, self._seed_file) if self._seed_file is not None else []
        if not box.store.tenants:
            box.ensure_mailbox(box.ensure_tenant(DEFAULT_TENANT), DEFAULT_MAILBOX)
        with box.writing():
            people = {
                tenant.id: administrators.appoint(tenant, box.clock, self._credentials)
                for tenant in list(box.store.tenants.values())
            }
        first = seeded[0] if seeded else next(iter(people))
        return first, str(people[first].props["userPrincipalName"])

    def _refurnish(self) -> None:
        self._furnish()


class _Front:
    """What only a server needs before the app: host names checked, and a way to cut connections."""

    def __init__(self, app: Application, hosts: frozenset[str] | None) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._hosts is not None and not self._is_ours(scope):
            body = b'{"error":{"code":"MisdirectedRequest","message":"This host is not served here."}}'
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        # Uvicorn offers no way to cut a connection; its ``send`` is a method of the cycle that has one.
        transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        given = next((v.decode("latin-1") for n, v in scope["headers"] if n == b"host"), "").lower()
        name = given[1:].partition("]")[0] if given.startswith("[") else given.partition(":")[0]
        own = scope.get("server")
        return name in (self._hosts or ()) or bool(own and name == str(own[0]).lower())


class _Uvicorn(uvicorn.Server):
    """Tells when it listens, and ends a signal with a return: stopping is what was asked for."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; a client that holds an idle connection open and does not answer TLS's farewell is cut."""
        self._cut(lambda connection: connection.cycle is None or connection.cycle.response_complete)
        await super().shutdown(sockets=sockets)
        self._cut(lambda _: True)
        await asyncio.sleep(0.05)  # the loop must see the connections go before it ends

    def _cut(self, which: Callable[[Any], bool]) -> None:
        for connection in list(self.server_state.connections):
            if which(connection) and connection.transport is not None:
                connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_: int, __: FrameType | None) -> None:
            self.should_exit = True

        before = {sig: signal.signal(sig, stop) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


def address(name: str, port: int) -> str:
    """``https://name:port``; the usual port is left out, as clients do before they compare hosts."""
    at = f"[{name}]" if ":" in name else name
    return f"https://{at}" if port == 443 else f"https://{at}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=512)
    # Only of a socket that says it is TCP does asyncio turn Nagle's delay off: 40 ms on every answer.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str, names: Sequence[str]) -> str:
    """Return the name that clients ask by; localhost may not lead to another address than 127.0.0.1."""
    if not _is_loopback(host):
        return names[0]
    return "localhost" if host in ("localhost", "127.0.0.1") else host


def _names(host: str, *, impersonate: bool) -> Sequence[str]:
    """Return every name that the certificate and the host check know."""
    own: list[str] = []
    if _is_loopback(host):
        own = [] if host in _LOOPBACK_NAMES else [host]
    else:
        name = socket.gethostname()
        with contextlib.suppress(OSError):
            own += socket.gethostbyname_ex(name)[2]
        own = [name, *own] if host in ("0.0.0.0", "::") else [host, name, *own]  # noqa: S104
    return list(dict.fromkeys((*own, *_LOOPBACK_NAMES, *(CLOUD_HOSTS if impersonate else ()))))
