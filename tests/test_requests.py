"""What the requests themselves hold, where the tenant's state would not tell whether it was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import Program, Tenant, write_config

DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret")


@dataclass(frozen=True)
class Sent:
    """A request that writes, as it left the program."""

    method: str
    path: str
    body: Any


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Every request that is not a GET, from now on."""
    found: list[Sent] = []
    original = httpx.ASGITransport.handle_async_request

    async def noted(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        if request.method != "GET" and request.headers.get("content-type", "").startswith("application/json"):
            body = json.loads(await request.aread() or b"null")
            found.append(Sent(request.method, request.url.path, body))
        return await original(self, request)

    monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", noted)
    return found


def test_what_must_be_sent_is_and_what_must_not_is_not(provision: Program, sent: list[Sent]) -> None:
    """Every creation names the audience, every secret its end, and no PATCH holds credentials.

    Graph's defaults would be the same audience and two years, so the tenant's state does not show it; and a
    PATCH of ``passwordCredentials`` replaces everybody's.
    """
    config = write_config()
    assert provision("apply", config, *DELIVER).code == 0
    modes: tuple[tuple[str, ...], ...] = ((), ("--again",), ("--confirm",), ("--emergency",))
    for mode in modes:
        assert provision("rotate", config, *mode, *DELIVER, "--allow", "proof-needed").code == 0, mode
    assert provision("apply", write_config(display_name="Another name"), *DELIVER).code == 0
    creations = [
        one.body
        for one in sent
        if (one.method, one.path.rpartition("/")[2]) == ("POST", "applications")
        or (one.method == "PATCH" and "/applications(uniqueName=" in one.path)
    ]
    secrets = [one.body for one in sent if one.path.endswith("/addPassword")]
    assert len(secrets) == 4
    assert all("endDateTime" in one["passwordCredential"] for one in secrets)
    assert creations
    assert all("signInAudience" in one for one in creations if one)
    patches = [one.body for one in sent if one.method == "PATCH" and "/applications" in one.path]
    assert [one for one in patches if {"passwordCredentials", "keyCredentials"} & set(one)] == []
    assert {"displayName": "Another name"} in patches


def test_a_display_name_is_nobodys_identity(provision: Program, config: str) -> None:
    """A registration by the same display name is left as it is, and another one is made."""
    tenant = Tenant()
    made = tenant.do("POST", "/applications", {"displayName": "FOIAXpress Collaboration Mail"})
    by_hand = tenant.get(f"/applications/{made['id']}")
    assert provision("apply", config, *DELIVER).code == 0
    tenant = Tenant()
    assert tenant.application()["displayName"] == by_hand["displayName"]
    assert tenant.application()["id"] != by_hand["id"]
    assert tenant.get(f"/applications/{by_hand['id']}") == by_hand


def test_an_adopted_one_keeps_its_unique_name(provision: Program) -> None:
    """Another tool knows it by that; ours is only stamped where there is none."""
    path = "/applications(uniqueName='bicep-mail')"
    tenant = Tenant()
    tenant.do("PATCH", path, {"displayName": "Bicep's"}, {"Prefer": "create-if-missing"})
    made = tenant.application("bicep-mail")
    config = write_config()
    text = Path(config).read_text().replace("application:\n", f"application:\n  client_id: {made['appId']}\n")
    Path(config).write_text(text)
    for _ in range(2):
        assert provision("apply", config, *DELIVER).code == 0
        app = Tenant().application("bicep-mail")
        assert (app["id"], app["uniqueName"]) == (made["id"], "bicep-mail")
        assert "provision" in app["tags"]
