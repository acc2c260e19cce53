"""Both libraries trust the same certificates and go the same ways, whatever else the environment says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from provision.errors import ProvisionError, catalogue
from provision.network import Network, current
from provision.network.clients import asynchronous, for_azure, synchronous
from tests.network.standin import HOST, authority, host, proxy

URL = f"https://{HOST}/v1.0/me"


def by_async(network: Network) -> int:
    """Ask as Graph is asked."""

    async def ask() -> int:
        async with httpx.AsyncClient(transport=asynchronous(network), timeout=10.0) as client:
            return (await client.get(URL)).status_code

    return asyncio.run(ask())


def by_sync(network: Network) -> int:
    """Ask as the sinks ask."""
    with synchronous(network, timeout=10.0) as client:
        return client.get(URL).status_code


def by_azure(network: Network) -> int:
    """Ask as azure-identity and Key Vault ask."""
    with for_azure(network) as transport:
        return int(transport.send(HttpRequest("GET", URL)).status_code)


WAYS = [by_async, by_sync, by_azure]
each_way = pytest.mark.parametrize("ask", WAYS)
Ask = Callable[[Network], int]


@each_way
@pytest.mark.parametrize("login", ["", "jane:p%40ss%3A%23%2F@", "CORP%5Cjane:pw@", "jane@"])
def test_through_a_proxy_with_a_companys_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask, login: str
) -> None:
    """The host's name is known to the proxy alone; its certificate to who was told of the authority."""
    ca, served = authority(tmp_path)
    with host(served) as port, proxy(port) as seen:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{login}127.0.0.1:{seen.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        assert ask(current()) == 200
    assert seen.hosts == [f"{HOST}:443"]
    expected = {"": None, "CORP%5Cjane:pw@": "CORP\\jane:pw", "jane@": "jane:"}.get(login, "jane:p@ss:#/")
    assert seen.logins == [expected]


@each_way
def test_the_libraries_read_nothing_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """What crashes them, what they would take for a password, and whom they would trust beside ours."""
    ca, served = authority(tmp_path)
    (tmp_path / ".netrc").write_text(f"machine {HOST} login me password mine\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with host(served) as port, proxy(port) as seen:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{seen.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
        monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "localhost,[::1],fd07:b51a:cc66:f0::/64,10.0.0.0/8,*.corp,:::")
        assert ask(current()) == 200
    assert seen.hosts == [f"{HOST}:443"]


@each_way
def test_an_authority_that_was_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """Nobody is trusted by accident: neither without a variable, nor with another authority's file."""
    _, served = authority(tmp_path)
    (tmp_path / "other").mkdir()
    other, _ = authority(tmp_path / "other")
    with host(served) as port, proxy(port) as seen:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{seen.port}")
        with pytest.raises((httpx.ConnectError, AzureError), match="CERTIFICATE_VERIFY_FAILED"):
            ask(current())
        monkeypatch.setenv("SSL_CERT_FILE", str(other))
        with pytest.raises((httpx.ConnectError, AzureError), match="CERTIFICATE_VERIFY_FAILED"):
            ask(current())


@each_way
def test_an_authority_that_pythons_newest_rules_would_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """Since 3.13 Python wants its constraints marked critical; curl, Go and OpenSSL do not."""
    ca, served = authority(tmp_path, critical=False)
    original = ssl.create_default_context

    def strict(*args: object, **more: object) -> ssl.SSLContext:
        made: ssl.SSLContext = original(*args, **more)  # type: ignore[arg-type]
        made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
        return made

    monkeypatch.setattr(ssl, "create_default_context", strict)
    with host(served) as port, proxy(port) as seen:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{seen.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        assert ask(current()) == 200


@each_way
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """A word of ours, not a library's."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(ProvisionError) as caught:
        ask(current())
    assert caught.value.entry is catalogue.PROXY


@each_way
def test_a_host_that_goes_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """It is asked directly, where nobody knows its name here; the proxy hears of nothing."""
    with proxy(1) as seen:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{seen.port}")
        monkeypatch.setenv("NO_PROXY", ".agency.example")
        with pytest.raises((httpx.ConnectError, AzureError)):
            ask(current())
    assert seen.hosts == []


def test_made_ready_before_anything_is_sent() -> None:
    """What connects is imported and the way chosen while the token is under way, and nothing is asked."""

    async def ready() -> list[str]:
        async with httpx.AsyncClient(transport=asynchronous(current()), timeout=10.0) as client:
            transport: Any = client._transport
            transport.make_ready(URL)
            return [type(way).__name__ for way in transport._ways.made.values()]

    assert asyncio.run(ready()) == ["AsyncHTTPTransport"]
