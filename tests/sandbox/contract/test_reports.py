"""/beta/reports/appCredentialSignInActivities: which credential signed in last.

https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from provision.sandbox import Weather
from provision.sandbox.clock import instant

from ..world import MAILER, READER, TENANT, World
from .asserting import ADMINISTRATOR, new_app, new_principal, refused

PATH = "/reports/appCredentialSignInActivities"


def rows(world: World, query: str = "") -> list[Any]:
    answer = world.graph(ADMINISTRATOR, "GET", f"{PATH}{query}", version="beta")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["value"]
    return found


def sign_in(world: World, app: Any, secret: Any) -> None:
    answer = world.token_answer(
        grant_type="client_credentials",
        client_id=app["appId"],
        client_secret=secret["secretText"],
        scope="https://graph.microsoft.com/.default",
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture
def app(world: World) -> Any:
    made = new_app(world)
    new_principal(world, made)
    return made


def secret(world: World, app: Any) -> Any:
    return world.make(ADMINISTRATOR, f"/applications/{app['id']}/addPassword", {})


def test_each_key_has_its_last_sign_in(world: World, app: Any) -> None:
    old, new = secret(world, app), secret(world, app)
    assert rows(world, f"?$filter=appId eq '{app['appId']}'") == []
    sign_in(world, app, old)
    sign_in(world, app, new)
    world.sandbox.set_clock(advance=timedelta(hours=5))
    sign_in(world, app, old)
    (found,) = rows(world, f"?$filter=keyId eq '{old['keyId']}'")
    when = instant(world.sandbox.clock.now())
    assert found["signInActivity"]["lastSignInDateTime"] == when
    assert base64.b64decode(found["id"]).decode() == f"{old['keyId']}|application"
    told = {n: found[n] for n in ("appId", "appObjectId", "credentialOrigin", "keyType", "keyUsage")}
    assert told == {
        "appId": app["appId"],
        "appObjectId": app["id"],
        "credentialOrigin": "application",
        "keyType": "secret",
        "keyUsage": "sign",
    }
    both = rows(world, f"?$filter=appId eq '{app['appId']}'")
    assert {r["keyId"] for r in both} == {old["keyId"], new["keyId"]}


def test_a_report_lags(world: World, app: Any) -> None:
    """A sign-in is shown once it is older than ``report-lag``; until then the one before it is."""
    used = secret(world, app)
    world.sandbox.weather = Weather.parse("report-lag=24h")
    first = instant(world.sandbox.clock.now())
    for hour in range(30):
        sign_in(world, app, used)
        found = rows(world, f"?$filter=keyId eq '{used['keyId']}'")
        assert len(found) == (hour >= 24)
        world.sandbox.set_clock(advance=timedelta(hours=1))
        if hour == 24:
            assert found[0]["signInActivity"]["lastSignInDateTime"] == first


def test_a_refused_sign_in_leaves_no_trace(world: World, app: Any) -> None:
    key = secret(world, app)
    before = world.sandbox.store.writes
    sign_in(world, app, key)
    wrong = world.token_answer(
        grant_type="client_credentials",
        client_id=app["appId"],
        client_secret=key["secretText"][:-1] + "x",
        scope="https://graph.microsoft.com/.default",
    )
    assert wrong.status_code == 401
    assert len(rows(world, f"?$filter=appId eq '{app['appId']}'")) == 1
    assert world.sandbox.store.writes == before  # no request to the directory


def test_who_may_read_and_where(world: World) -> None:
    for who in (READER, MAILER, "ann"):
        refused(world.graph(who, "GET", PATH, version="beta"), 403, "Authorization_RequestDenied")
    refused(world.graph(ADMINISTRATOR, "GET", PATH), 400, "BadRequest", "appCredentialSignInActivities")
    token = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}"}
    answer = world.send("GET", f"https://graph.microsoft.us/beta{PATH}", headers=token)
    refused(answer, 400, "BadRequest", "appCredentialSignInActivities")  # the global cloud alone
    assert TENANT
