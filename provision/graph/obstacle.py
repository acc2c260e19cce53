"""What kept a connection from being made: DNS, network, TLS or proxy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.network import current


def cannot_be_reached(lost: Lost, doing: str = "") -> ProvisionError:
    """Return the error for a connection that was not made; ``doing`` begins its message."""
    what, fix = obstacle(lost)
    return ProvisionError(
        catalogue.UNREACHABLE, f"{doing}{lost.host} cannot be reached: {what}: {lost}", fix=fix
    )


def obstacle(lost: Lost) -> tuple[str, str]:
    """Return what kept a connection from being made, as far as its error tells, and what to do."""
    causes = list(_causes(lost))
    by = _by(lost)
    if any(isinstance(cause, httpx.ProxyError) for cause in causes):
        return "proxy", f"The proxy of {by or 'this machine'} refused: see that it lets this host through."
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "TLS", "Where a company's proxy opens connections, set SSL_CERT_FILE to its authority's file."
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        behind = f"; {by} is set, and it may be the proxy's name" if by else ""
        return "DNS", f"The name was not found: see that this machine can look up public names{behind}."
    if by and not any(isinstance(cause, httpx.ReadTimeout) for cause in causes):
        return "proxy", f"The proxy of {by} does not answer: see that it runs, and that its port is right."
    if any(isinstance(cause, httpx.TimeoutException) for cause in causes):
        return "no answer in time", "A firewall may drop the packets; behind a proxy set HTTPS_PROXY."
    return "connection", "See that a firewall lets this host through; behind a proxy set HTTPS_PROXY."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _by(lost: Lost) -> str | None:
    """Return the variable by which the host is reached, and the proxy without its password."""
    try:
        route = current().route(f"https://{lost.host}")
    except ProvisionError:
        return None
    return f"{route.why} ({route.proxy.shown})" if route.proxy else None
