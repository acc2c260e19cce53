"""``quota=graph``: https://learn.microsoft.com/graph/throttling-limits, identity and access."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from provision.sandbox import Weather
from provision.sandbox.errors import GraphError
from provision.sandbox.faults.quota import Quota, Who

from ..world import ADMIN, OWNED, READER, TENANT, World
from .asserting import ADMINISTRATOR, new_app

NOW = datetime(2026, 11, 29, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}
SMALL, MEDIUM, LARGE = (Who("app", "tenant", users) for users in (49, 500, 501))


def spend(quota: Quota, who: Who, method: str, path: str, times: int, now: datetime = NOW) -> None:
    for _ in range(times):
        quota.charge(method, f"/v1.0/{path}", "", who, now)


def refused(
    quota: Quota, who: Who, method: str, path: str, now: datetime = NOW, query: str = ""
) -> GraphError:
    with pytest.raises(GraphError) as found:
        quota.charge(method, f"/v1.0/{path}", query, who, now)
    return found.value


@pytest.fixture
def throttled(world: World) -> World:
    """A world with the quota, and a clock that stands still."""
    for who in (ADMIN, OWNED, ADMINISTRATOR):
        world.token(who)
    stopped = datetime.now(UTC)
    world.sandbox.clock._now = lambda: stopped
    world.sandbox.weather = Weather.parse("quota=graph")
    return world


@pytest.mark.parametrize(("who", "units"), [(SMALL, 3_500), (MEDIUM, 5_000), (LARGE, 8_000)])
def test_units_in_ten_seconds_go_by_the_size_of_the_tenant(who: Who, units: int) -> None:
    """S under 50 users, M from 50 to 500, L above; all of it is there again after ten seconds."""
    quota = Quota()
    spend(quota, who, "GET", "organization", units)
    refusal = refused(quota, who, "GET", "organization")
    assert refusal.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert refusal.headers["x-ms-throttle-scope"] == "Tenant_Application/ReadWrite/app/tenant"
    size = {49: "small", 500: "medium", 501: "large"}[who.users]
    assert refusal.message == (
        f"Too many requests from Identifier:app under category:aadgraph.app.tenant_{size}."
        " Please try again later."
    )
    spend(quota, who, "GET", "organization", units, NOW + timedelta(seconds=11))


def test_three_thousand_writes_in_150_seconds() -> None:
    """As a bucket: what it holds at once, and then 20 a second."""
    quota = Quota()
    for method in ("POST", "PATCH", "DELETE"):
        spend(quota, LARGE, method, "applications/x", 1_000)
    refusal = refused(quota, LARGE, "POST", "applications")
    assert refusal.status == 429
    assert refusal.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert refusal.headers["x-ms-throttle-scope"] == "Tenant_Application/Write/app/tenant"
    later = NOW + timedelta(seconds=int(refusal.headers["Retry-After"]))
    assert later == NOW + timedelta(seconds=1)
    spend(quota, LARGE, "POST", "applications", 19, later)  # the one that was refused counted, too
    refused(quota, LARGE, "POST", "applications", later)
    spend(quota, LARGE, "GET", "applications/x", 100)  # reads go on


def test_reads_by_post_are_no_writes() -> None:
    """``getByIds`` and ``getMemberGroups`` cost 5 and 2, and write nothing."""
    quota = Quota()
    spend(quota, LARGE, "POST", "applications", 3_000)
    spend(quota, LARGE, "POST", "directoryObjects/getByIds", 3)
    spend(quota, LARGE, "POST", "me/getMemberGroups", 3)


def test_every_tenant_and_every_application_has_its_own() -> None:
    """The pair counts; a tenant's 18,000 writes in five minutes are all applications' together."""
    quota = Quota()
    for number in range(6):
        spend(quota, Who(f"app{number}", "tenant", 9), "POST", "applications", 3_000)
    spend(quota, Who("app0", "another", 9), "POST", "applications", 1)
    refusal = refused(quota, Who("app9", "tenant", 9), "POST", "applications")
    assert refusal.headers["x-ms-throttle-scope"] == "Tenant/Write/app9/tenant"


def test_what_is_refused_counts_as_used() -> None:
    """graph/throttling: usage is logged while a client is throttled, so hammering makes it later."""
    quota = Quota()
    spend(quota, LARGE, "POST", "applications", 3_000)
    first = int(refused(quota, LARGE, "POST", "applications").headers["Retry-After"])
    for _ in range(400):
        last = int(refused(quota, LARGE, "POST", "applications").headers["Retry-After"])
    assert first == 1
    assert last == 21


def test_the_share_is_told_from_four_fifths_on() -> None:
    """``x-ms-throttle-limit-percentage``, 0.8 to 1.8."""
    quota = Quota()
    spend(quota, LARGE, "POST", "applications", 2_399)
    assert quota.charge("GET", "/v1.0/organization", "", LARGE, NOW) == {}
    spend(quota, LARGE, "POST", "applications", 150)
    assert quota.charge("PATCH", "/v1.0/applications/x", "", LARGE, NOW) == {
        "x-ms-throttle-limit-percentage": "0.85"
    }
    spend(quota, LARGE, "POST", "applications", 450)
    assert refused(quota, LARGE, "POST", "applications").headers["x-ms-throttle-limit-percentage"] == "1"


def test_exchange_has_limits_of_its_own() -> None:
    quota = Quota()
    spend(quota, LARGE, "POST", "applications", 3_000)
    spend(quota, LARGE, "POST", "users/noreply@contoso.example/sendMail", 1)
    spend(quota, LARGE, "GET", "users/noreply@contoso.example/mailFolders/inbox", 1)


def test_a_clock_that_goes_back_gives_nothing_back() -> None:
    quota = Quota()
    spend(quota, LARGE, "POST", "applications", 3_000)
    refused(quota, LARGE, "POST", "applications", NOW - timedelta(days=1))


def _spent(world: World, who: str, writes: int) -> None:
    moment = world.sandbox.clock.now()
    spend(world.sandbox.weather._quota, Who(who, TENANT, 10), "POST", "applications", writes, moment)


def _exhaust(world: World, who: str) -> httpx.Response:
    _spent(world, who, 3_000)
    return world.graph(who, "POST", "/applications", {"displayName": "x"})


def test_on_the_wire_and_by_the_sandboxs_clock(throttled: World) -> None:
    """429 with the body, the headers and the wait; the clock alone decides when it is over."""
    answer = _exhaust(throttled, ADMIN)
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert (
        f"Identifier:{ADMIN} under category:aadgraph.app.tenant_small." in answer.json()["error"]["message"]
    )
    assert answer.headers["x-ms-throttle-scope"] == f"Tenant_Application/Write/{ADMIN}/{TENANT}"
    assert answer.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert throttled.graph(ADMIN, "GET", "/organization").status_code == 200
    assert throttled.graph(OWNED, "POST", "/applications", {"displayName": "x"}).status_code == 201
    throttled.sandbox.set_clock(advance=timedelta(seconds=int(answer.headers["Retry-After"])))
    assert throttled.graph(ADMIN, "POST", "/applications", {"displayName": "x"}).status_code == 201


def test_in_a_batch_each_request_counts_for_itself(throttled: World) -> None:
    """json-batching: those over the limit are answered 429, each with its wait; the batch is 200 and free."""
    app = new_app(throttled)
    _spent(throttled, ADMIN, 2_998)
    requests = [
        {
            "id": str(n),
            "method": "PATCH",
            "url": f"/applications/{app['id']}",
            "headers": JSON,
            "body": {"notes": "n"},
        }
        for n in range(4)
    ]
    look = {"id": "look", "method": "GET", "url": f"/applications/{app['id']}"}
    answer = throttled.graph(ADMIN, "POST", "/$batch", {"requests": [*requests, look]})
    assert answer.status_code == 200
    found = {item["id"]: item for item in answer.json()["responses"]}
    assert [found[str(n)]["status"] for n in range(4)] == [204, 204, 429, 429]
    assert found["2"]["headers"]["Retry-After"] == "1"
    assert found["2"]["body"]["error"]["code"] == "TooManyRequests"
    assert found["look"]["status"] == 200


def test_without_the_word_nothing_is_counted(world: World) -> None:
    world.sandbox.weather._quota.charge("GET", "/v1.0/organization", "", Who(READER, TENANT, 1), NOW)
    spend(world.sandbox.weather._quota, Who(READER, TENANT, 1), "GET", "organization", 3_499, NOW)
    assert world.graph(READER, "GET", "/applications").status_code == 200
