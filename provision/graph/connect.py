"""Make the client of one tenant's Graph: over the network, or for an ASGI application in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx

from provision.clouds import Cloud
from provision.errors import ProvisionError
from provision.graph.client import BUDGET, Audit, Graph, Notify
from provision.graph.credentials import application, credential, presented
from provision.graph.identities import Identity, credential_of
from provision.graph.tokens import Tokens, fixed_token
from provision.graph.ways import GIVEN, WAYS, Auth
from provision.network import Network, current, of_file
from provision.network.clients import asynchronous
from provision.values import dataclass

_TIMEOUT = httpx.Timeout(60.0, connect=15.0)


@dataclass(frozen=True)
class Administrator:
    """Who a served sandbox lets do everything."""

    client_id: str
    client_secret: str

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
    budget: float = BUDGET,
    lenient: bool = False,
    identity: Identity | None = None,
    prompt: Notify | None = None,
    audit: Audit | None = None,
    share: float = 1.0,
) -> Graph:
    """Return a client of the cloud's own hosts that signs in as ``auth`` says. Nothing is sent yet.

    ``administrator`` signs in instead, where the cloud is a served sandbox; ``authority`` is the file of its
    CA, and without it, what the environment names counts. ``budget`` is for how many seconds one request is
    tried again. Raises ``ProvisionError`` if the environment names certificates or a proxy that cannot be
    used; with ``lenient``, each request does. ``identity`` signs in instead of ``auth``; what keeps it from
    that is told at each request, for the other tenants have theirs. ``prompt`` tells what a person must do.
    """
    network = of_file(authority) if authority else current()
    try:
        network.check(*(() if lenient else (cloud.login, cloud.graph)))
    except ProvisionError as error:
        if not lenient:
            raise
        return _unusable(error, cloud, tenant, notify)
    transport = asynchronous(network)
    http = httpx.AsyncClient(
        transport=transport, trust_env=False, timeout=_TIMEOUT, event_hooks=_hooks(trace)
    )
    if administrator:
        own = (administrator.client_id, administrator.client_secret)
        tokens = Tokens(application(cloud, tenant, *own, network=network), GIVEN, tenant, cloud)
    else:
        try:
            tokens = _tokens(
                cloud, tenant, auth, identity, prompt=prompt or notify, network=network, timeout=budget
            )
        except ProvisionError as error:
            if identity is None:
                raise
            return _unusable(error, cloud, tenant, notify)
    return Graph(
        cloud,
        tokens,
        http,
        transport,
        sleep=asyncio.sleep,
        notify=notify,
        budget=budget,
        audit=audit,
        share=share,
    )


def _tokens(
    cloud: Cloud,
    tenant: str,
    auth: Auth,
    identity: Identity | None,
    *,
    prompt: Notify,
    network: Network,
    timeout: float,
) -> Tokens:
    """Return the tokens of an identity, or of the way that ``auth`` is."""
    if identity is None:
        found, way = (
            credential(auth, tenant, cloud, prompt=prompt, network=network, timeout=timeout),
            WAYS[auth],
        )
    else:
        found = credential_of(identity, tenant, cloud, prompt=prompt, network=network, timeout=timeout)
        auth, way = identity.auth, identity.way
    host = partial(presented, auth, cloud, network, timeout=timeout)
    return Tokens(found, way, tenant, cloud, host, timeout=timeout)


class _Refusing(httpx.AsyncBaseTransport):
    """Answers each request with what keeps all of them from being sent."""

    def __init__(self, error: ProvisionError) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        del request
        raise self._error


def _unusable(error: ProvisionError, cloud: Cloud, tenant: str, notify: Notify) -> Graph:
    """Return a client that tells at each request why none can be sent."""
    transport, tokens = _Refusing(error), fixed_token("", tenant, cloud)
    http = httpx.AsyncClient(transport=transport, trust_env=False)
    return Graph(cloud, tokens, http, transport, sleep=asyncio.sleep, notify=notify)


def in_process(
    app: Any,
    token: str,
    cloud: Cloud,
    tenant: str,
    *,
    notify: Notify,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    trace: Callable[[str], None] | None = None,
    budget: float = BUDGET,
    audit: Audit | None = None,
    share: float = 1.0,
) -> Graph:
    """Return a client whose requests go to an ASGI application in place of the cloud's hosts."""
    transport, tokens = httpx.ASGITransport(app=app), fixed_token(token, tenant, cloud)
    http = httpx.AsyncClient(transport=transport, event_hooks=_hooks(trace))
    return Graph(
        cloud, tokens, http, transport, sleep=sleep, notify=notify, budget=budget, audit=audit, share=share
    )


def _hooks(trace: Callable[[str], None] | None) -> dict[str, list[Callable[..., Awaitable[None]]]]:
    """Tell of each exchange in a line: method, address, status, request id. Never a header or a body."""
    if trace is None:
        return {}

    async def trace_answer(response: httpx.Response) -> None:
        request = response.request
        trace(
            f"{request.method} {request.url} -> {response.status_code} "
            f"(request id {response.headers.get('request-id', '-')})"
        )

    return {"response": [trace_answer]}
