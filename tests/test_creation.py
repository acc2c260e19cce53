"""A creation makes an application or leaves the one that is there as it is, whoever made it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import Program, Tenant

APPLY = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", "--timeout", "5")
THEIRS: dict[str, Any] = {
    "displayName": "FOIAXpress Collaboration Mail",
    "uniqueName": "collab-prod",
    "tags": ["provision", "theirs"],
    "web": {"redirectUris": ["https://collab.agency.example/connectors/SMTP.aspx", "https://theirs.example"]},
}
Meanwhile = Callable[[Callable[[Tenant], Any]], list[Any]]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let somebody do something in the tenant after this run has looked, right before it creates."""

    def arrange(act: Callable[[Tenant], Any]) -> list[Any]:
        send, came = httpx.ASGITransport.handle_async_request, list[Any]()

        async def struck(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            if (request.method, request.url.path) == ("POST", "/v1.0/applications") and not came:
                came.append(None)  # before the act, which may create by the same way
                with ThreadPoolExecutor(1) as another:
                    came[0] = another.submit(lambda: act(Tenant())).result()
            return await send(transport, request)

        monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", struck)
        return came

    return arrange


def delivered_by_another(tenant: Tenant) -> Any:
    """Another machine's whole first run: application, secret, records."""
    app = tenant.do("POST", "/applications", THEIRS)
    asked = {"displayName": "FOIAXpress Collaboration SMTP [provision:collab-prod]"}
    key = tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": asked})["keyId"]
    said = [f"provision:{what}:{key}" for what in ("delivered", "newest:collab-prod", "succeeds:none")]
    tenant.do("PATCH", f"/applications/{app['id']}", {"tags": [*THEIRS["tags"], *said]})
    return tenant.application()


def test_the_records_of_a_run_that_created_it_meanwhile_survive(
    provision: Program, config: str, meanwhile: Meanwhile
) -> None:
    """A run that slept over its creation finds another's secret delivered, and is done by that one."""
    came = meanwhile(delivered_by_another)
    ran = provision("apply", config, *APPLY)
    (theirs,) = came
    assert ran.code == 0, ran.out + ran.err
    app = Tenant().application()
    assert (app["tags"], app["web"], app["passwordCredentials"]) == (
        theirs["tags"],
        theirs["web"],
        theirs["passwordCredentials"],
    )
    (secret,) = theirs["passwordCredentials"]
    assert ran.json["outputs"]["secret_key"]["key_id"] == secret["keyId"]
    assert not Path("out.secret").exists()


def test_one_that_a_stranger_created_meanwhile_is_refused(
    provision: Program, config: str, meanwhile: Meanwhile
) -> None:
    """Without our tag it is somebody else's, and stays as it is."""
    came = meanwhile(lambda tenant: tenant.do("POST", "/applications", THEIRS | {"tags": ["theirs"]}))
    ran = provision("apply", config, *APPLY)
    assert (ran.code, ran.json["changes"][0]["error"]["error"]) == (5, "changed-meanwhile"), ran.out
    app = Tenant().application()
    assert app["tags"] == ["theirs"]
    assert sorted(app["web"]["redirectUris"]) == sorted(came[0]["web"]["redirectUris"])


def test_one_that_was_deleted_meanwhile_is_named(
    provision: Program, config: str, meanwhile: Meanwhile
) -> None:
    """Its name stays reserved for 30 days; said at once, and not as another's."""

    def delete(tenant: Tenant) -> None:
        tenant.do("DELETE", f"/applications/{tenant.do('POST', '/applications', THEIRS)['id']}")

    meanwhile(delete)
    ran = provision("apply", config, *APPLY)
    assert (ran.code, ran.json["changes"][0]["error"]["error"]) == (5, "soft-deleted"), ran.out
    assert "looking again" not in ran.err
    assert not Tenant().get("/applications")["value"]
