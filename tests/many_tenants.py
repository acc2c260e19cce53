"""Many tenants of several clouds in one sandbox, as the program meets them over the network.

Each request is noted with its host and the tenant of its token; each sign-in with whom it was for. A host
may be down, and a tenant may throttle all that is asked of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from provision.clouds import CLOUDS
from provision.graph.tokens import GivenToken, claims_of
from provision.sandbox import Sandbox
from provision.sandbox.seeding.seed import apply as seeded
from tests.support import write_config

FULL = [
    "Application.ReadWrite.OwnedBy",
    "AppRoleAssignment.ReadWrite.All",
    "User.Read.All",
    "Policy.Read.All",
]
# What an identity may do in each tenant, in turn: all of it; consent is for somebody else; only look.
RIGHTS = (FULL, ["Application.ReadWrite.OwnedBy", "User.Read.All"], ["Application.Read.All", "User.Read.All"])
_LONG = 60.0  # seconds that a silent host is waited for
IN_TURN = ("global", "gcc-high", "dod", "china")


@dataclass(frozen=True)
class Place:
    """One tenant: its id, its cloud, who signs in there and with what."""

    number: int

    @property
    def id(self) -> str:
        return f"{self.number:08d}-0000-4000-8000-0000000000ab"

    @property
    def client_id(self) -> str:
        return f"{self.number:08d}-1111-4111-8111-1111111111cd"

    @property
    def cloud(self) -> str:
        return IN_TURN[self.number % len(IN_TURN)]

    @property
    def secret(self) -> str:
        return f"secret-of-tenant-{self.number:04d}-canary"

    @property
    def roles(self) -> list[str]:
        return RIGHTS[self.number % len(RIGHTS)]

    @property
    def seed(self) -> dict[str, Any]:
        address = f"noreply@agency{self.number}.example"
        caller = {"client_id": self.client_id, "secret": self.secret, "roles": self.roles}
        return {
            "tenant": {"id": self.id, "domain": f"agency{self.number}.example"},
            "users": [{"user_principal_name": address, "mailbox": "shared"}],
            "callers": [caller],
        }


@dataclass
class Net:
    """What was sent where, and what is wrong with it."""

    sandbox: Sandbox
    places: list[Place]
    down: set[str] = field(default_factory=set)  # tenants that no login host answers for
    throttled: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)  # tenants down, whose sign-in ends after all others' alone
    last: threading.Event = field(default_factory=threading.Event)  # all others have signed in
    waited: list[bool] = field(default_factory=list)  # of each that is silent, whether that came to be
    sign_ins: list[tuple[str, str, str]] = field(default_factory=list)  # login host, tenant, client id
    sent: list[tuple[str, str | None, str, int]] = field(
        default_factory=list
    )  # host, token's tenant, method, status

    def written(self, tenant: str) -> int:
        """Return how many writes of a tenant succeeded."""
        return sum(
            one.tenant_id == tenant
            and one.method != "GET"
            and one.status < 300
            and not one.path.endswith(("/$batch", "/token"))
            for one in self.sandbox.requests
        )


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, net: Net) -> None:
        self._net = net
        self._inner = httpx.ASGITransport(app=net.sandbox.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        net = self._net
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        tenant = claims_of(bearer).get("tid") if bearer else None
        if tenant in net.throttled:
            net.sent.append((request.url.host, tenant, request.method, 429))
            return httpx.Response(
                429, headers={"Retry-After": "1"}, json={"error": {"code": "TooManyRequests"}}
            )
        answer = await self._inner.handle_async_request(request)
        net.sent.append((request.url.host, tenant, request.method, answer.status_code))
        return answer


def network(monkeypatch: pytest.MonkeyPatch, count: int) -> Net:
    """Make the tenants, and let the program meet them in the place of the network."""
    places = [Place(number) for number in range(1, count + 1)]
    sandbox = Sandbox.open(None)
    Path("seed.yaml").write_text(yaml.safe_dump_all(place.seed for place in places))
    seeded(sandbox, Path("seed.yaml"))
    net = Net(sandbox, places)
    secrets = {place.secret: place for place in places}

    class Signing:
        """In the place of azure-identity's: it takes the secret, and asks nobody."""

        def __init__(self, tenant: str, client_id: str, secret: str, *, authority: str, **_: Any) -> None:
            self.tenant, self.client_id, self.secret, self.authority = tenant, client_id, secret, authority

        def get_token(self, *_: str, **__: Any) -> Any:
            from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

            host = self.authority.removeprefix("https://")
            net.sign_ins.append((host, self.tenant, self.client_id))
            if self.tenant in net.silent:
                net.waited.append(net.last.wait(_LONG))
            elif len({one for _, one, _ in net.sign_ins} - net.silent) == len(net.places) - len(net.silent):
                net.last.set()
            if self.tenant in net.down | net.silent:
                raise ServiceRequestError(f"{host}: no route")
            place = secrets.get(self.secret)
            if place is None or (place.id, place.client_id) != (self.tenant, self.client_id):
                raise ClientAuthenticationError("AADSTS7000215: Invalid client secret provided.")
            return GivenToken(asyncio.run(self._asked())).get_token()

        async def _asked(self) -> str:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=net.sandbox.app)) as client:
                answer = await client.post(f"{self.authority}/{self.tenant}/oauth2/v2.0/token", data=form)
            assert answer.status_code == 200, answer.text
            return str(answer.json()["access_token"])

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr("azure.identity.ClientSecretCredential", Signing)
    monkeypatch.setattr("provision.graph.connect.asynchronous", lambda _: _Transport(net))
    return net


def fleet(net: Net, each: int, folder: str = "fleet") -> dict[str, Place]:
    """Write ``each`` configs a tenant; return whose each is, by its name."""
    whose: dict[str, Place] = {}
    Path(folder).mkdir()
    for place in net.places:
        for number in range(each):
            name = f"agency-{place.number:03d}-{number:02d}"
            text = Path(write_config(f"{folder}/{name}.yaml", name=name, tenant=place.id))
            text.write_text(
                text.read_text()
                .replace(f"id: {place.id}", f"id: {place.id}\n  cloud: {place.cloud}")
                .replace("noreply@agency.example", f"noreply@agency{place.number}.example")
            )
            whose[name] = place
    return whose


def identities(net: Net, monkeypatch: pytest.MonkeyPatch, file: str = "identities.yaml") -> str:
    """Write the map, and set the variables that it names; every other secret is in a file."""
    found = {}
    for place in net.places:
        held: dict[str, str] = {"variable": f"AGENCY_{place.number}"}
        if place.number % 2:
            Path(f"agency-{place.number}.key").write_text(place.secret + "\n")
            held = {"file": f"agency-{place.number}.key"}
        else:
            monkeypatch.setenv(held["variable"], place.secret)
        found[f"agency-{place.number}"] = {
            "tenant": place.id,
            "cloud": place.cloud,
            "auth": "environment",
            "client_id": place.client_id,
            "client_secret": held,
        }
    Path(file).write_text(yaml.safe_dump({"identities": found}))
    return file


def hosts(places: list[Place]) -> dict[str, set[str]]:
    """Return which tenants' tokens each host may see: those of its cloud."""
    allowed: dict[str, set[str]] = {}
    for place in places:
        allowed.setdefault(CLOUDS[place.cloud].graph.removeprefix("https://"), set()).add(place.id)
    return allowed


@contextmanager
def quick() -> Iterator[None]:
    """Let a wait between tries take no time."""
    real = asyncio.sleep

    async def sleep(_: float, result: Any = None) -> Any:
        return await real(0, result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("provision.graph.connect.asyncio.sleep", sleep)
        yield
