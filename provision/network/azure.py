"""azure-core's transport, with the ways and the trust of :class:`provision.network.Network`."""

from __future__ import annotations

from typing import Any

import requests
from azure.core import __version__ as azure_core
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from provision.network import Network

# What the libraries tell of this machine and of earlier sign-ins, as User-Agent does of the kernel's version.
# Source: ``msal/application.py``, ``msal/telemetry.py`` and ``azure/core/pipeline/policies/_universal.py``
_TELLTALE = frozenset(
    {
        "x-client-sku",
        "x-client-ver",
        "x-client-os",
        "x-client-cpu",
        "x-client-current-telemetry",
        "x-client-last-telemetry",
        "x-app-name",
        "x-app-ver",
    }
)


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
        for name in [name for name in request.headers if name.lower() in _TELLTALE]:
            del request.headers[name]
        request.headers["User-Agent"] = f"azsdk-python azure-core/{azure_core}"
        proxy = self._network.route(request.url).proxy
        ways = {"http": proxy.url(), "https": proxy.url()} if proxy else {}
        return super().send(request, **{**more, "proxies": ways, "connection_verify": True})
