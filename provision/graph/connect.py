"""Make the client of one tenant's Graph: over the network, or for an ASGI application in this process."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from provision.clouds import Cloud, ca_bundle, ca_variable, trusting
from provision.errors import ProvisionError, catalogue
from provision.graph.client import PATIENCE, Graph, Notify
from provision.graph.credentials import Tokens, application, credential, given, presented
from provision.graph.ways import GIVEN, WAYS, Auth

_TIMEOUT = httpx.Timeout(60.0, connect=15.0)


@dataclass(frozen=True)
class Administrator:
    """Who a served sandbox lets do everything, and the authority that signed its certificate."""

    client_id: str
    client_secret: str
    ca: str

    def __repr__(self) -> str:
        return f"Administrator({self.client_id})"


def over_the_network(
    cloud: Cloud,
    tenant: str,
    auth: Auth,
    *,
    notify: Notify,
    administrator: Administrator | None = None,
    authority: str | None = None,
    trace: Callable[[str], None] | None = None,
    budget: float = PATIENCE,
) -> Graph:
    """Return a client of the cloud's own hosts that signs in as ``auth`` says. Nothing is sent yet.

    ``administrator`` signs in instead, where the cloud is a served sandbox. ``budget`` is how many seconds
    one request may wait for what passes. ``authority``: the file of the CA of a sandbox that others sign in
    to; without it, the one that the environment names.
    """
    ca = administrator.ca if administrator else authority or ca_bundle()
    trust = _trust(ca) if ca else True
    http = httpx.AsyncClient(
        http2=True,
        timeout=_TIMEOUT,
        verify=trust,
        event_hooks=_hooks(trace),
    )
    if administrator:
        found = application(cloud, tenant, administrator.client_id, administrator.client_secret, ca=ca)
        tokens = Tokens(found, GIVEN, tenant, cloud)
    else:
        found = credential(auth, tenant, cloud, prompt=notify, ca=ca, patience=budget)
        tokens = Tokens(
            found, WAYS[auth], tenant, cloud, partial(presented, auth, cloud, ca), patience=budget
        )
    return Graph(cloud, tokens, http, sleep=asyncio.sleep, notify=notify, budget=budget)


def _trust(ca: str) -> ssl.SSLContext:
    """Read the file of a CA before anybody is asked for anything; ``ProvisionError`` if it is none."""
    try:
        return trusting(ca)
    except (OSError, ValueError) as error:
        reason = (error.strerror or "it cannot be read") if isinstance(error, OSError) else str(error)
        named = f"{ca_variable()} names {ca}" if ca == ca_bundle() else ca
        raise ProvisionError(catalogue.CA_FILE, f"{named}: {reason}") from error


def in_process(
    app: Any,
    token: str,
    cloud: Cloud,
    tenant: str,
    *,
    notify: Notify,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    trace: Callable[[str], None] | None = None,
    budget: float = PATIENCE,
) -> Graph:
    """Return a client whose requests go to an ASGI application in place of the cloud's hosts."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), event_hooks=_hooks(trace))
    return Graph(cloud, given(token, tenant, cloud), http, sleep=sleep, notify=notify, budget=budget)


def _hooks(trace: Callable[[str], None] | None) -> dict[str, list[Callable[..., Awaitable[None]]]]:
    """Tell of each exchange in a line: method, address, status, request id. Never a header or a body."""
    if trace is None:
        return {}

    async def told(response: httpx.Response) -> None:
        request = response.request
        trace(
            f"{request.method} {request.url} -> {response.status_code} "
            f"(request id {response.headers.get('request-id', '-')})"
        )

    return {"response": [told]}
