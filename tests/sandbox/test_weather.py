"""What goes wrong on the way: graph/throttling, and the replication that clients meet."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.sandbox import Weather
from provision.sandbox.faults.weather import WeatherError

from .world import ADMIN, GRAPH_APP, MAIL_SEND, OWNED, SECRET, World

SCOPE = "https://graph.microsoft.com/.default"


class Watch:
    """A clock for replication that a test moves."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


def code(answer: httpx.Response) -> str | None:
    return None if answer.is_success else str(answer.json()["error"]["code"])


def outcomes(
    world: World, times: int, method: str, path: str, body: Any = None, who: str = ADMIN
) -> set[Any]:
    """What several tries of one request meet: statuses and messages."""
    out = set()
    for _ in range(times):
        answer = world.graph(who, method, path, body)
        out.add((answer.status_code, None if answer.is_success else answer.json()["error"]["message"]))
    return out


@pytest.mark.parametrize(
    ("text", "weather"),
    [
        ("", Weather()),
        (
            "latency=60ms,replication=5s,throttle=10%,error=5%,lost-reply=2%,seed=7",
            Weather(latency=0.06, replication=5, throttle=0.1, error=0.05, lost_reply=0.02, seed=7),
        ),
        (" reset = 0.5 , retry-after=3 ", Weather(reset=0.5, retry_after=3)),
    ],
)
def test_a_specification_is_read_and_printed_back(text: str, weather: Weather) -> None:
    """``--weather SPEC``: what is printed reads as the same weather."""
    assert Weather.parse(text) == weather
    assert Weather.parse(str(weather)) == weather


@pytest.mark.parametrize(
    "text",
    [
        "rain=5",
        "throttle",
        "throttle=200%",
        "throttle=-1%",
        "latency=fast",
        "seed=x",
        "error=nan",
        "latency=inf",
        "throttle=1%,throttle=2%",
        "latency=2h",
    ],
)
def test_a_wrong_specification_names_its_part(text: str) -> None:
    with pytest.raises(
        WeatherError, match=text.rsplit(",", maxsplit=1)[-1].split("=", maxsplit=1)[0].strip()
    ):
        Weather.parse(text)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(WeatherError):
        Weather.parse(text)


def test_it_is_fine_by_default(world: World) -> None:
    """None by default: 60 requests, 60 successes, and a new object is there at once."""
    for _ in range(20):
        app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
        assert world.graph(ADMIN, "GET", f"/applications/{app['id']}").status_code == 200
        assert world.graph(ADMIN, "DELETE", f"/applications/{app['id']}").status_code == 204


def test_the_same_seed_brings_the_same_weather(world: World) -> None:
    """Seeded and repeatable: the same requests meet the same again, and another seed brings others."""
    world.token(ADMIN)

    def run(seed: int) -> list[int]:
        world.sandbox.weather = Weather(throttle=0.3, error=0.3, seed=seed)
        return [world.graph(ADMIN, "GET", "/applications").status_code for _ in range(40)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert {200, 429} < set(run(1))


def test_throttling_says_when_to_come_back(world: World) -> None:
    """429 ``TooManyRequests`` with ``Retry-After`` in seconds and the limit's scope (graph/throttling)."""
    world.token(ADMIN)
    world.sandbox.weather = Weather(throttle=1, retry_after=7)
    answer = world.graph(ADMIN, "POST", "/applications", {"displayName": "x"})
    assert (answer.status_code, code(answer), answer.headers["Retry-After"]) == (429, "TooManyRequests", "7")
    assert answer.headers["x-ms-throttle-information"]
    world.sandbox.weather = Weather()
    assert world.graph(ADMIN, "GET", "/applications?$filter=displayName eq 'x'").json()["value"] == []


def test_the_login_service_has_weather_too(world: World) -> None:
    """AADSTS90033 is what a client repeats."""
    world.sandbox.weather = Weather(error=1)
    answer = world.token_answer(
        grant_type="client_credentials", client_id=ADMIN, client_secret=SECRET, scope=SCOPE
    )
    assert answer.status_code >= 500
    assert answer.json()["error_codes"] == [90033]


def test_a_requests_inside_a_batch_are_throttled_singly(world: World) -> None:
    """graph/json-batching: an item may be 429 with its own ``Retry-After`` while the batch is 200."""
    world.token(ADMIN)
    world.sandbox.weather.fail("GET", "*/organization", 429, "TooManyRequests", headers={"Retry-After": "3"})
    batch = {
        "requests": [
            {"id": "1", "method": "GET", "url": "/organization"},
            {"id": "2", "method": "GET", "url": "/applications"},
        ]
    }
    answer = world.graph(ADMIN, "POST", "/$batch", batch)
    found = {r["id"]: r for r in answer.json()["responses"]}
    assert (answer.status_code, found["1"]["status"], found["2"]["status"]) == (200, 429, 200)
    assert {k.lower(): v for k, v in found["1"]["headers"].items()}["retry-after"] == "3"


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_cut_before_the_effect_and_a_lost_reply_after_it(world: World, when: Any, made: int) -> None:
    """An in-process client sees a transport error either way; only the directory knows the difference."""
    world.token(ADMIN)
    world.sandbox.weather.cut("POST", "/v1.0/applications", when)
    with pytest.raises(httpx.TransportError):
        world.graph(ADMIN, "POST", "/applications", {"displayName": "lost"})
    found = world.graph(ADMIN, "GET", "/applications?$filter=displayName eq 'lost'").json()["value"]
    assert len(found) == made


def test_one_exact_request_can_be_hit(world: World) -> None:
    """``fail`` and ``cut`` count matching requests only: the second addPassword, not the first or third."""
    app = world.make(ADMIN, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})
    world.sandbox.weather.fail("POST", "*/addPassword", 403, "Authorization_RequestDenied", nth=2)
    path = f"/applications/{app['id']}/addPassword"
    assert [world.graph(ADMIN, "POST", path, {}).status_code for _ in range(3)] == [200, 403, 200]
    assert len(world.graph(ADMIN, "GET", f"/applications/{app['id']}").json()["passwordCredentials"]) == 2


# -- replication ---------------------------------------------------------------------------------


@pytest.fixture
def watch(world: World) -> Watch:
    """Replication of five seconds, by a clock that the test moves."""
    watch = Watch()
    for who in (ADMIN, OWNED):
        world.token(who)
    world.sandbox.weather = Weather(replication=5, seed=3, now=watch)
    return watch


def app_of(world: World, who: str = ADMIN) -> Any:
    return world.make(who, "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg"})


def test_a_new_object_is_missing_on_some_replicas_for_a_while(world: World, watch: Watch) -> None:
    """404 for a while, then never again (terraform-provider-azuread, application_resource.go)."""
    app = app_of(world)
    early = outcomes(world, 30, "GET", f"/applications/{app['id']}")
    assert {status for status, _ in early} == {200, 404}
    lists = {
        len(world.graph(ADMIN, "GET", f"/applications?$filter=appId eq '{app['appId']}'").json()["value"])
        for _ in range(30)
    }
    assert lists == {0, 1}
    watch.moment += 6
    assert {status for status, _ in outcomes(world, 30, "GET", f"/applications/{app['id']}")} == {200}


def test_a_change_is_read_late(world: World, watch: Watch) -> None:
    """A read may still answer what was before; it never answers a mixture."""
    app = app_of(world)
    watch.moment += 6
    assert world.graph(ADMIN, "PATCH", f"/applications/{app['id']}", {"displayName": "y"}).status_code in (
        204,
        404,
    )
    names = {world.graph(ADMIN, "GET", f"/applications/{app['id']}").json()["displayName"] for _ in range(30)}
    assert names == {"x", "y"}


def test_a_principal_of_an_application_that_is_not_known_yet(world: World, watch: Watch) -> None:
    """400 ``NoBackingApplicationObject``; for an OwnedBy caller a 403 (terraform-provider-azuread)."""
    seen = set()
    for _ in range(12):
        answer = world.graph(ADMIN, "POST", "/servicePrincipals", {"appId": app_of(world)["appId"]})
        if answer.status_code != 201:
            assert answer.json()["error"]["details"][0]["code"] == "NoBackingApplicationObject"
        seen.add(answer.status_code)
    assert seen == {201, 400}
    messages = set()
    for _ in range(12):
        answer = world.graph(OWNED, "POST", "/servicePrincipals", {"appId": app_of(world, OWNED)["appId"]})
        if answer.status_code != 201:
            messages.add((answer.status_code, answer.json()["error"]["message"][:46]))
    assert messages == {(403, "When using this permission, the backing applic")}


def test_a_grant_to_a_principal_that_is_not_known_yet(world: World, watch: Watch) -> None:
    """400 ``Not a valid reference update.`` (terraform-provider-azuread, approleassignments)."""
    graph = world.principal(GRAPH_APP)
    seen = set()
    for _ in range(12):
        app = app_of(world)
        watch.moment += 6
        principal = world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
        body = {"principalId": principal["id"], "resourceId": graph, "appRoleId": MAIL_SEND}
        answer = world.graph(ADMIN, "POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", body)
        seen.add((answer.status_code, None if answer.is_success else answer.json()["error"]["message"]))
    assert {status for status, _ in seen} == {201, 400}
    assert (400, "Not a valid reference update.") in seen


def test_a_new_secret_is_refused_until_it_is_replicated(world: World, watch: Watch) -> None:
    """AADSTS7000215 for seconds after addPassword (microsoft-graph-docs#17966); 700016."""
    app = app_of(world)
    watch.moment += 6
    world.make(ADMIN, "/servicePrincipals", {"appId": app["appId"]})
    watch.moment += 6
    made = world.make(ADMIN, f"/applications/{app['id']}/addPassword", {})
    form = {
        "grant_type": "client_credentials",
        "client_id": app["appId"],
        "client_secret": made["secretText"],
        "scope": SCOPE,
    }
    assert {tuple(world.token_answer(**form).json()["error_codes"]) for _ in range(5)} == {(7000215,)}
    watch.moment += 6
    assert world.token_answer(**form).status_code == 200
    young = app_of(world)
    form["client_id"] = young["appId"]
    codes = {world.token_answer(**form).json()["error_codes"][0] for _ in range(20)}
    assert 700016 in codes


def test_removing_a_secret_that_is_not_known_yet(world: World, watch: Watch) -> None:
    """400 ``No password credential found with keyId`` at first (vault-plugin-secrets-azure)."""
    app = app_of(world)
    watch.moment += 6
    path = f"/applications/{app['id']}"
    seen = set()
    for _ in range(12):
        made = world.make(ADMIN, f"{path}/addPassword", {})
        answer = world.graph(ADMIN, "POST", f"{path}/removePassword", {"keyId": made["keyId"]})
        if answer.status_code != 204:
            assert answer.json()["error"]["message"].startswith("No password credential found with keyId")
        seen.add(answer.status_code)
        watch.moment += 6
    assert seen == {204, 400}


def test_names_stay_unique_whatever_the_replicas_know(world: World, watch: Watch) -> None:
    """Writes are checked on the primary: two upserts of one uniqueName make one application."""
    for _ in range(10):
        answer = world.graph(
            ADMIN,
            "PATCH",
            "/applications(uniqueName='one')",
            {"displayName": "x"},
            Prefer="create-if-missing",
        )
        assert answer.status_code in (201, 204)
    watch.moment += 6
    assert len(world.graph(ADMIN, "GET", "/applications?$filter=uniqueName eq 'one'").json()["value"]) == 1
