"""Whether a host can be reached, and if not, what is in the way: name, network, certificate or proxy."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

import httpx

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.graph.client import Graph

_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


async def reach(graph: Graph, url: str) -> httpx.Response:
    """Return what the host answers, whatever it is; ``ProvisionError`` that names what is in the way."""
    try:
        return await graph.fetch_once(url)
    except Lost as lost:
        what, fix = obstacle(lost)
        raise ProvisionError(
            catalogue.UNREACHABLE, f"{lost.host} cannot be reached: {what}: {lost}", fix=fix
        ) from lost


def obstacle(lost: Lost) -> tuple[str, str]:
    """Return what kept a connection from being made, as far as its error tells, and what to do."""
    causes = list(_causes(lost))
    if any(isinstance(cause, httpx.ProxyError) for cause in causes):
        return (
            "proxy",
            f"The proxy of {_proxy() or 'this machine'} refused: see that it lets this host through.",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "TLS", "Where a company's proxy opens connections, set SSL_CERT_FILE to its authority's file."
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        behind = f"; with {_proxy()} set, it may be the proxy's name" if _proxy() else ""
        return "DNS", f"The name was not found: see that this machine can look up public names{behind}."
    if any(isinstance(cause, httpx.TimeoutException) for cause in causes):
        return "no answer in time", "A firewall may drop the packets; behind a proxy set HTTPS_PROXY."
    return "connection", "See that a firewall lets this host through; behind a proxy set HTTPS_PROXY."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _proxy() -> str | None:
    """The variable that names a proxy; never its value, which may hold a password."""
    return next((name for name in _PROXIES if os.environ.get(name)), None)
