"""A request is a value: the same at each try, nothing of it another's, and its token goes to Graph alone."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from provision.clouds import CLOUDS
from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Failure
from provision.graph.client import Graph, Query, configuration
from provision.graph.credentials import Credential
from provision.graph.sign_in import sign_in
from provision.graph.tokens import Tokens
from provision.graph.ways import GIVEN
from provision.secret import Secret

TENANT, OTHER_TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690", "11111111-2222-4333-8444-555555555555"
CLIENT = "686d736f-a077-4654-8e47-f71f608a9dd2"
ROOT, LOGIN = "https://graph.microsoft.com/v1.0", "https://login.microsoftonline.com"
Handler = Callable[[httpx.Request], httpx.Response]


class Signing:
    """A credential whose tokens are for these tenants, one after the other."""

    def __init__(self, *tenants: str, lifetime: float = 3600.0) -> None:
        self._tenants, self._lifetime = list(tenants), lifetime

    def get_token(self, *_: str, **__: Any) -> Any:
        """Return the next."""
        tenant = self._tenants.pop(0) if len(self._tenants) > 1 else self._tenants[0]

        class Token:
            token = jwt(tid=tenant)
            expires_on = int(datetime.now(UTC).timestamp() + self._lifetime)

        return Token


def jwt(**claims: str) -> str:
    """A token with these claims; nobody checks its signature here."""
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.sig"


def graph(handler: Handler, credential: Credential | None = None) -> Graph:
    """A client whose requests this handler answers."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    cloud = CLOUDS["global"]
    tokens = Tokens(credential or Signing(TENANT), GIVEN, TENANT, cloud)
    transport = httpx.MockTransport(handler)
    http = httpx.AsyncClient(transport=transport)
    return Graph(cloud, tokens, http, transport, sleep=sleep, notify=lambda _: None)


def run(client: Graph, work: Callable[[Graph], Awaitable[Any]]) -> Any:
    """Do some work with a client, and close it."""

    async def main() -> Any:
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(main())


def ok(body: Any = None, **headers: str) -> httpx.Response:
    """A success."""
    return httpx.Response(200, json={"value": []} if body is None else body, headers=headers)


def read(client: Graph, name: str) -> Any:
    """Ask for the application of a name."""
    builder = client.sdk.applications_with_unique_name(name)
    return client.send(builder.to_get_request_information(configuration(Query(select=("id",)))))


def test_an_address_is_the_same_at_each_try() -> None:
    """Twenty requests at once, each refused twice before it is answered."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        name = unquote(request.url.path)
        asked.append(name)
        return httpx.Response(503) if asked.count(name) < 3 else ok({"name": name})

    names = [f"app-{number}" for number in range(20)]

    async def work(client: Graph) -> list[Any]:
        return await asyncio.gather(*(read(client, name) for name in names))

    answers = run(graph(answer), work)
    assert [answer.body["name"] for answer in answers] == [
        f"/v1.0/applications(uniqueName='{name}')" for name in names
    ]
    assert sorted(asked) == sorted(f"/v1.0/applications(uniqueName='{name}')" for name in names * 3)


def test_a_builder_keeps_its_own_key() -> None:
    """However many are made before the first is used, and in whichever order they are awaited."""

    async def work(client: Graph) -> list[str]:
        one = client.sdk.applications_with_unique_name("one")
        two = client.sdk.service_principals_with_app_id(CLIENT)
        three = client.sdk.applications_with_unique_name("three")
        calls = [client.send(b.to_get_request_information()) for b in (one, two, three)]
        found = [await call for call in reversed(calls)]
        return [answer.body["path"] for answer in reversed(found)]

    paths = run(graph(lambda request: ok({"path": unquote(request.url.path)})), work)
    assert paths == [
        "/v1.0/applications(uniqueName='one')",
        f"/v1.0/servicePrincipals(appId='{CLIENT}')",
        "/v1.0/applications(uniqueName='three')",
    ]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/applications?$skiptoken=x",
        "http://graph.microsoft.com/v1.0/applications?$skiptoken=x",
        "https://graph.microsoft.com:8443/v1.0/applications?$skiptoken=x",
        "https://graph.microsoft.com@evil.example/v1.0/applications",
        "https://user@graph.microsoft.com/v1.0/applications",
        "https://graph.microsoft.com.evil.example/v1.0/applications",
        "/v1.0/applications?$skiptoken=x",
        "//evil.example/",
        "https://[",
    ],
)
def test_a_page_that_leads_away_is_not_asked_for(link: str) -> None:
    """Neither with a token nor without."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return ok({"value": [{"id": "1"}], "@odata.nextLink": link})

    with pytest.raises(ProvisionError) as error:
        run(graph(answer), lambda client: client.collect(client.sdk.applications))
    assert error.value.entry is catalogue.GRAPH_ANSWER
    assert len(asked) == 1


def test_pages_are_asked_for_as_the_first_was_and_never_twice() -> None:
    """The headers again, the link as it is; a link that leads back ends it."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        link = f"{ROOT}/applications?$skiptoken={min(len(asked), 2)}"
        return ok({"value": [{"id": str(len(asked))}], "@odata.nextLink": link})

    headers = configuration(headers={"ConsistencyLevel": "eventual"})
    with pytest.raises(ProvisionError, match="lead back"):
        run(graph(answer), lambda client: client.collect(client.sdk.applications, headers))
    assert [request.headers["ConsistencyLevel"] for request in asked] == ["eventual"] * 3
    assert [str(request.url.query) for request in asked[1:]] == ["b'$skiptoken=1'", "b'$skiptoken=2'"]


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"value": ["x"]}])
def test_a_list_that_is_none_is_not_an_empty_one(body: Any) -> None:
    """No list of grants is not the same as no grant."""
    with pytest.raises(ProvisionError) as error:
        run(graph(lambda _: ok(body)), lambda client: client.collect(client.sdk.applications))
    assert error.value.entry is catalogue.GRAPH_ANSWER


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["evil.example", "graph.microsoft.com"])
def test_a_redirect_is_not_followed(status: int, host: str) -> None:
    """Of a read, a page without a token, and a form that holds a secret."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, headers={"Location": f"https://{host}/elsewhere"})

    ways: list[Callable[[Graph], Awaitable[Any]]] = [
        lambda client: read(client, "one"),
        lambda client: client.fetch("https://login.microsoftonline.com/x"),
        lambda client: sign_in(client, TENANT, CLIENT, Secret("not to be sent on")),
    ]
    for way in ways:
        with pytest.raises((ProvisionError, Failure), match="is not followed"):
            run(graph(answer), way)
    assert len(asked) == len(ways)


@pytest.mark.parametrize(
    ("error", "reached", "waits"),
    [
        (httpx.ConnectError("[Errno -2] Name or service not known"), False, False),
        (httpx.ConnectError("certificate verify failed"), False, False),
        (httpx.ConnectTimeout("timed out"), False, False),
        (httpx.ProxyError("407 Proxy Authentication Required"), False, False),
        (httpx.ConnectError("Connection refused"), True, True),  # it was there a moment ago
        (httpx.ReadError("reset"), False, True),  # it is there
    ],
)
def test_a_host_that_was_never_reached_is_soon_given_up(
    error: httpx.TransportError, reached: bool, waits: bool
) -> None:
    """Ten seconds help a network that comes up; two minutes help nobody whose proxy is wrong."""
    answers, waited, told = [ok()] if reached else [], list[float](), list[str]()

    def notify(text: str) -> None:
        told.append(text)

    def answer(_: httpx.Request) -> httpx.Response:
        if answers:
            return answers.pop()
        raise error

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def work(client: Graph) -> None:
        if reached:
            await read(client, "there")
        client.sleep, client.notify = sleep, notify
        with pytest.raises(Failure):
            await read(client, "there")

    run(graph(answer), work)
    assert len(waited) > 1
    assert (sum(waited) > 60) is waits
    assert sum(waited) <= (120 if waits else 10)
    assert told[0].endswith("of 120 s)") is waits


def test_an_answer_leaves_no_cookie_behind() -> None:
    """What one identity was given, a request of the next does not carry."""
    carried: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        carried.append(request.headers.get("Cookie"))
        return ok({}, **{"Set-Cookie": "who=me; Path=/; Secure"})

    async def work(client: Graph) -> None:
        await read(client, "one")
        await client.fetch(f"{ROOT}/me")
        await read(client, "two")

    run(graph(answer), work)
    assert carried == [None, None, None]


def test_the_time_of_the_service_never_goes_back() -> None:
    """A late answer, a proxy's and the login service's clock are no news; a later one of Graph's is."""
    now = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    hours, minute = timedelta(hours=2), timedelta(minutes=1)
    answers = iter(
        [
            (now, "one"),
            (now - hours, "two"),
            (now + hours, "three"),
            (now + hours, None),
            (now + minute, "four"),
        ]
    )

    def answer(_: httpx.Request) -> httpx.Response:
        date, request_id = next(answers)
        return ok(
            {}, Date=format_datetime(date, usegmt=True), **({"request-id": request_id} if request_id else {})
        )

    async def work(client: Graph) -> list[datetime]:
        seen = []
        for url in (f"{ROOT}/me", f"{ROOT}/me", f"{LOGIN}/x", f"{ROOT}/me", f"{ROOT}/me"):
            await client.fetch(url)
            seen.append(client.now())
        return seen

    seen = run(graph(answer), work)
    assert [(moment - now) // minute for moment in seen] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("known_first", [False, True])
def test_a_token_of_another_tenant_is_refused(known_first: bool) -> None:
    """Whichever comes first, the token or the tenant's id; and no request is sent with it."""
    asked: list[str] = []

    async def work(client: Graph) -> None:
        if known_first:
            client.tokens.hold_to(TENANT)
        await client.tokens.get_authorization_token(ROOT)
        client.tokens.hold_to(TENANT)
        await read(client, "one")

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return ok({})

    with pytest.raises(ProvisionError, match=f"tenant {OTHER_TENANT}, but the config means") as error:
        run(graph(answer, Signing(OTHER_TENANT)), work)
    assert error.value.entry is catalogue.SIGN_IN
    assert not asked


def test_a_renewed_token_is_for_the_same_tenant() -> None:
    """Somebody who signs in elsewhere meanwhile does not move the run there."""
    asked: list[str] = []

    async def work(client: Graph) -> None:
        await client.tokens.get_authorization_token(ROOT)
        client.tokens.hold_to(TENANT)
        await read(client, "one")  # the token ends at once, so this one needs another

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return ok({})

    with pytest.raises(ProvisionError) as error:
        run(graph(answer, Signing(TENANT, OTHER_TENANT, lifetime=0.0)), work)
    assert error.value.entry is catalogue.SIGN_IN
    assert not asked


@pytest.mark.parametrize(
    ("claims", "tenant", "refused"),
    [
        ({"appid": CLIENT.upper(), "tid": TENANT}, TENANT, False),
        ({"azp": CLIENT, "tid": TENANT}, TENANT, False),
        ({"appid": OTHER_TENANT, "tid": TENANT}, TENANT, True),
        ({"azp": OTHER_TENANT}, TENANT, True),
        ({"appid": CLIENT, "tid": OTHER_TENANT}, TENANT, True),
        ({"appid": CLIENT, "tid": OTHER_TENANT}, "agency.example", False),
        ({}, TENANT, False),
    ],
)
def test_a_token_is_that_of_the_application(claims: dict[str, str], tenant: str, refused: bool) -> None:
    """As far as it can be read."""
    token = jwt(**claims)

    def way(client: Graph) -> Awaitable[str]:
        return sign_in(client, tenant, CLIENT, Secret("value"))

    client = graph(lambda _: ok({"access_token": token}))
    if not refused:
        assert run(client, way) == token
        return
    with pytest.raises(ProvisionError) as error:
        run(client, way)
    assert error.value.entry is catalogue.OTHER_OBJECT
