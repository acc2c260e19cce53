"""What is in the way of a host is told apart: its name, the network, its certificate, a proxy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest

from provision.clouds import Cloud
from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.graph.client import Graph
from provision.graph.obstacle import obstacle
from provision.graph.reach import reach
from provision.graph.tokens import fixed_token
from tests.sandbox.served import Served
from tests.support import TENANT, Program, write_config


def told(url: str) -> str:
    """What is said of a host that cannot be reached, over a real connection."""
    cloud = Cloud("test", graph=url, login=url, portal=url)

    async def ask() -> None:
        transport, tokens = httpx.AsyncHTTPTransport(), fixed_token("x", TENANT, cloud)
        http = httpx.AsyncClient(transport=transport, timeout=5.0)
        graph = Graph(cloud, tokens, http, transport, sleep=asyncio.sleep, notify=lambda _: None)
        try:
            await reach(graph, url)
        finally:
            await graph.close()

    with pytest.raises(ProvisionError) as caught:
        asyncio.run(ask())
    assert caught.value.entry is catalogue.UNREACHABLE
    return caught.value.message


@pytest.fixture
def served() -> Iterator[Served]:
    """A host with a certificate that nobody here trusts."""
    server = Served()
    yield server
    server.close()


def test_a_certificate_that_is_not_trusted(served: Served) -> None:
    """TLS, not the network."""
    assert "cannot be reached: TLS: " in told(served.endpoint.url)


def test_nobody_listens() -> None:
    """The connection; the name and the certificate are not to blame."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert "cannot be reached: connection: " in told(f"https://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("cause", "what"),
    [
        (socket.gaierror(-2, "Name or service not known"), "DNS"),
        (httpx.ProxyError("407 Proxy Authentication Required"), "proxy"),
        (httpx.ConnectTimeout("timed out"), "no answer in time"),
        (httpx.ReadTimeout("timed out"), "no answer in time"),
        (ConnectionRefusedError(111, "refused"), "connection"),
    ],
)
def test_by_the_error_below(cause: Exception, what: str) -> None:
    """However deep it lies."""
    middle = httpx.ConnectError("all attempts failed")
    middle.__cause__ = cause
    lost = Lost(middle, host="graph.microsoft.com", sent=False)
    lost.__cause__ = middle
    assert obstacle(lost)[0] == what


def test_a_proxys_password_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, its value is not."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cret@proxy.example:3128")
    lost = Lost(Exception(), host="h", sent=False)
    lost.__cause__ = httpx.ProxyError("refused")
    _, fix = obstacle(lost)
    assert "HTTPS_PROXY" in fix
    assert "s3cret" not in fix


def test_doctor_says_so_at_once(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """69, no token asked for, no second try, and the sink is looked at all the same."""
    config = write_config()
    asked: list[str] = []

    async def cut(_: Graph, url: str) -> httpx.Response:
        asked.append(url)
        raise Lost(httpx.ConnectError("no route"), host=httpx.URL(url).host, sent=False)

    monkeypatch.setattr(Graph, "fetch_once", cut)
    ran = provision("doctor", config, "--sandbox", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 69
    assert len(asked) == 2
    states = {check["check"]: check["state"] for check in ran.json["checks"]}
    assert states == {"login host": "failed", "Graph": "failed", "delivery": "ok"}
    assert ran.json["rights"] == []
    assert ran.json["identity"]["kind"] == "unknown"


def test_verify_says_so_in_the_same_words(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the way, and what to do about that, rather than that something is."""
    config = write_config()
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0

    async def cut(_: Graph, url: str) -> httpx.Response:
        lost = Lost(httpx.ConnectError("no such name"), host=httpx.URL(url).host, sent=False)
        lost.__cause__ = socket.gaierror(-2, "Name or service not known")
        raise lost

    monkeypatch.setattr(Graph, "fetch_once", cut)
    ran = provision("verify", config, "--sandbox", "--secret-from", "file:out.secret", "-o", "json")
    (rung,) = ran.json["rungs"]
    assert (ran.code, rung["rung"], rung["verdict"]) == (69, "reach", "fail")
    assert "cannot be reached: DNS: " in rung["message"]
    assert "look up public names" in rung["fix"]


def test_a_login_host_that_is_out_of_order_is_no_unknown_tenant(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 says nothing of the tenant."""

    async def busy(_: Graph, url: str) -> httpx.Response:
        return httpx.Response(503, request=httpx.Request("GET", url))

    monkeypatch.setattr(Graph, "fetch_once", busy)
    ran = provision("doctor", write_config(), "--sandbox", "-o", "json")
    checks = {check["check"]: check for check in ran.json["checks"]}
    assert ran.code == 69
    assert "cloud" not in checks
    assert checks["login host"]["message"].endswith(" answers 503")
