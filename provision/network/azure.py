"""azure-core's transport, with the ways and the trust of :class:`provision.network.Network`."""

from __future__ import annotations

from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from provision.network import Network


class _Adapter(HTTPAdapter):
    """Connections that trust one context alone: requests would add certifi's list to it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(max_retries=Retry(total=False, redirect=False, raise_on_status=False))

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._network.context, **more)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        trust = self._network.context
        return super().proxy_manager_for(proxy, ssl_context=trust, proxy_ssl_context=trust, **more)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        del url, verify, cert
        conn.cert_reqs, conn.ca_certs, conn.ca_cert_dir = "CERT_REQUIRED", None, None


class Transport(RequestsTransport):  # type: ignore[misc]  # the library has no types here
    """Sends each request the way that its host is reached, whatever the environment says to requests."""

    def __init__(self, network: Network, connect: float, answer: float) -> None:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _Adapter(network))
        session.mount("http://", _Adapter(network))
        self._network = network
        super().__init__(session=session, connection_timeout=connect, read_timeout=answer)

    def send(self, request: Any, **more: Any) -> Any:
        """Send a request; ``ProvisionError`` if its proxy cannot be used, else azure-core's errors."""
        proxy = self._network.route(request.url).proxy
        ways = {"http": proxy.url(), "https": proxy.url()} if proxy else {}
        return super().send(request, **{**more, "proxies": ways, "connection_verify": True})
