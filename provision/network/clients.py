"""The clients that every connection is made with: httpx' for Graph and most sinks, azure-core's for sign-in.

Both trust the same certificates and go the same ways; neither reads the environment, nor ``.netrc``.
Sources: https://www.python-httpx.org/advanced/transports/ and
https://learn.microsoft.com/python/api/azure-core/azure.core.pipeline.transport.requeststransport
"""

from __future__ import annotations

from typing import Any

import httpx

from provision.network import Network, Proxy


class _Ways:
    """A transport of httpx for each proxy, made when it is first used."""

    def __init__(self, network: Network, kind: Any, **more: Any) -> None:
        self._network, self._kind, self._more = network, kind, more
        self.made: dict[tuple[str, Proxy | None], Any] = {}

    def to(self, url: httpx.URL) -> Any:
        route = self._network.route(str(url))
        way = (route.why, route.proxy)  # two variables may have two passwords for one proxy
        if way not in self.made:
            by = _proxy(route.proxy, self._network) if route.proxy else None
            self.made[way] = self._kind(verify=self._network.context, trust_env=False, proxy=by, **self._more)
        return self.made[way]


def _proxy(proxy: Proxy, network: Network) -> httpx.Proxy:
    password = proxy.password.reveal() if proxy.password else ""
    auth = (proxy.user, password) if proxy.user is not None else None
    tls = network.context if proxy.scheme == "https" else None
    return httpx.Proxy(proxy.address, auth=auth, ssl_context=tls)


class _Async(httpx.AsyncBaseTransport):
    def __init__(self, ways: _Ways) -> None:
        self._ways = ways

    def make_ready(self, url: str) -> None:
        """Import what a connection is made with, which takes a while, and choose the way; nothing is sent."""
        self._ways.to(httpx.URL(url))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._ways.to(request.url).handle_async_request(request)
        assert isinstance(response, httpx.Response)
        return response

    async def aclose(self) -> None:
        for each in self._ways.made.values():
            await each.aclose()


class _Sync(httpx.BaseTransport):
    def __init__(self, ways: _Ways) -> None:
        self._ways = ways

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._ways.to(request.url).handle_request(request)
        assert isinstance(response, httpx.Response)
        return response

    def close(self) -> None:
        for each in self._ways.made.values():
            each.close()


def asynchronous(network: Network) -> httpx.AsyncBaseTransport:
    """Return a transport for httpx' asynchronous client; it speaks HTTP/2 where the host does."""
    return _Async(_Ways(network, httpx.AsyncHTTPTransport, http2=True))


def synchronous(network: Network, **more: Any) -> httpx.Client:
    """Return httpx' synchronous client."""
    return httpx.Client(transport=_Sync(_Ways(network, httpx.HTTPTransport)), trust_env=False, **more)


def for_azure(network: Network, *, connect: float = 15.0, answer: float = 60.0) -> Any:
    """Return a transport for the credentials and clients of Azure's SDK; the times are those of one try."""
    from provision.network.azure import Transport

    return Transport(network, connect, answer)
