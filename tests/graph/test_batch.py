"""Many configs of one tenant go in batches, and each answer is dealt with as if it had come alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from kiota_abstractions.method import Method

from provision.graph.batch import AT_ONCE, MOST, Batches, Inner
from provision.graph.request import Request
from provision.sandbox import Sandbox, Weather
from tests.support import Program, Tenant, write_config

ROOT = "https://graph.microsoft.com/v1.0"
APPLY = ("--sandbox", "--yes", "--deliver", "file:{name}.secret", "--allow", "many-changes", "-o", "json")
NAMES = tuple(f"app-{number:02d}" for number in range(30))


@pytest.fixture
def fleet() -> None:
    """Thirty configs of one tenant."""
    Path("fleet").mkdir()
    for name in NAMES:
        write_config(f"fleet/{name}.yaml", name=name)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Sandbox]:
    """Each sandbox that a run opens, so that its weather can be set and its requests be counted."""
    found: list[Sandbox] = []
    original = Sandbox.open

    def opened(path: Path | None, **named: Any) -> Sandbox:
        found.append(original(path, **named))
        for prepare in PREPARED:
            prepare(found[-1].weather)
        return found[-1]

    monkeypatch.setattr(Sandbox, "open", opened)
    PREPARED.clear()
    return found


PREPARED: list[Callable[[Weather], Any]] = []


def paths(sandbox: Sandbox) -> list[str]:
    return [f"{one.method} {one.path.partition('?')[0]}" for one in sandbox.requests]


@pytest.mark.usefixtures("fleet")
def test_a_fleet_goes_in_batches(provision: Program, served: list[Sandbox]) -> None:
    """From nothing and again; what they share is asked once, and each is told in its place."""
    ran = provision("apply", "fleet", *APPLY)
    assert ran.code == 0, ran.err
    assert [item["name"] for item in ran.json["results"]] == list(NAMES)
    first = paths(served[0])
    assert len(first) - len([p for p in first if p.endswith("/$batch")]) <= 8 * len(NAMES) + 8
    again = provision("apply", "fleet", *APPLY)
    assert {change["status"] for item in again.json["results"] for change in item["changes"]} == {"unchanged"}
    asked = paths(served[1])
    batches = [path for path in asked if path == "POST /v1.0/$batch"]
    assert len(asked) - len(batches) <= 3 * len(NAMES) + 9
    assert len(batches) <= 10
    for shared in ("/mailFolders/", "deletedItems", "defaultAppManagementPolicy", "appManagementPolicies"):
        assert len([path for path in asked if shared in path]) == 1, shared


def test_one_config_asks_side_by_side(provision: Program, config: str, served: list[Sandbox]) -> None:
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0
    assert not [path for path in paths(served[0]) if "$batch" in path]


@pytest.mark.usefixtures("fleet")
def test_drift_asks_for_no_more_than_it_must(provision: Program, served: list[Sandbox]) -> None:
    assert provision("apply", "fleet", *APPLY).code == 0
    assert provision("drift", "fleet", "--sandbox").code == 0
    asked = [path for path in paths(served[1]) if not path.endswith("/$batch")]
    assert len(asked) <= 9 * len(NAMES) + 9


FAULTS: dict[str, Callable[[Weather], Any]] = {
    "one part is throttled": lambda w: w.fail(
        "PATCH", "*/applications/*", 429, nth=3, times=2, headers={"Retry-After": "7"}
    ),
    "one part is a dependent of what failed": lambda w: w.fail("POST", "*/addPassword", 424, nth=4),
    "one part meets a fault": lambda w: w.fail("POST", "*/addPassword", 503, nth=2, times=2),
    "a whole batch is throttled": lambda w: w.fail(
        "POST", "*/$batch", 429, nth=4, times=3, headers={"Retry-After": "9"}
    ),
    "a whole batch meets a fault": lambda w: w.fail("POST", "*/$batch", 504, nth=4, times=3),
    "batches are lost before": lambda w: w.cut("POST", "*/$batch", "before", nth=3, times=4),
    "batches are lost after": lambda w: w.cut("POST", "*/$batch", "after", nth=3, times=6),
    "a password's answer is lost": lambda w: w.cut("POST", "*/addPassword", "after", nth=5, times=2),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("fleet")
def test_nothing_is_lost_or_made_twice(provision: Program, served: list[Sandbox], fault: str) -> None:
    """Each part has its own answer; a password whose answer is lost is looked for, and removed."""
    PREPARED.append(FAULTS[fault])
    ran = provision("apply", "fleet", *APPLY)
    PREPARED.clear()
    assert all(one.seen >= one.nth for one in served[0].weather._faults), "it was never met"
    for _ in range(2):
        if ran.code:  # what could not be done is told, and the next run does it
            ran = provision("apply", "fleet", *APPLY)
    assert ran.code == 0, ran.err
    tenant = Tenant()
    apps = {app["uniqueName"]: app for app in tenant.get("/applications?$top=999")["value"]}
    assert sorted(apps) == sorted(NAMES)
    for name, app in apps.items():
        (secret,) = app["passwordCredentials"]
        assert f"provision:delivered:{secret['keyId']}" in app["tags"]
        value = Path(f"{name}.secret").read_text()
        assert value.startswith(secret["hint"])
        assert value not in ran.out + ran.err


# -- the gathering itself ------------------------------------------------------------------


class Wire:
    """Answers batches as told, and notes how many requests each had and how many were under way."""

    def __init__(self, answer: Callable[[dict[str, Any]], Any] | None = None) -> None:
        self.sizes: list[int] = []
        self.most = self.now = 0
        self._answer = answer or (lambda step: {"status": 200, "body": {"url": step["url"]}})

    async def send(self, request: Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.005)
        self.now -= 1
        if not request.url.endswith("/$batch"):
            self.sizes.append(1)
            return httpx.Response(200, json={"url": request.url.removeprefix(ROOT)})
        steps = json.loads(request.content or b"")["requests"]
        self.sizes.append(len(steps))
        answers = [{"id": step["id"], **found} for step in steps if (found := self._answer(step)) is not None]
        return httpx.Response(200, json={"responses": answers[::-1]}, headers={"request-id": "outer"})


def get(number: int) -> Request:
    return Request(
        Method.GET, f"{ROOT}/things/{number}?%24select=id", (("accept", "application/json"),), None
    )


def gather(wire: Wire, count: int) -> list[Any]:
    async def run() -> list[Any]:
        batches = Batches(ROOT, wire.send)
        asked = (batches.answer(get(number)) for number in range(count))
        found = await asyncio.gather(*asked, return_exceptions=True)
        await batches.close()
        return list(found)

    return asyncio.run(run())


@pytest.mark.parametrize("count", [1, 2, 20, 21, 39, 200])
def test_each_gets_its_own_answer(count: int) -> None:
    """Whatever the order of the answers; twenty in one, and four at a time."""
    wire = Wire()
    found = gather(wire, count)
    told = [one.json() if isinstance(one, httpx.Response) else one.body for one in found]
    select = "%24select" if count == 1 or wire.sizes[-1] == 1 else "$select"
    assert [body["url"].partition("?")[0] for body in told] == [f"/things/{n}" for n in range(count)]
    assert told[-1]["url"].endswith(f"?{select}=id")
    assert (sum(wire.sizes), max(wire.sizes) <= MOST, wire.most <= AT_ONCE) == (count, True, True)
    assert len(wire.sizes) == -(-count // MOST)


def test_a_part_that_is_missing_is_lost() -> None:
    """It may have been done; the others have their answers."""
    wire = Wire(lambda step: None if step["id"] == "1" else {"status": 204})
    first, second, third = gather(wire, 3)
    assert isinstance(second, httpx.RemoteProtocolError)
    assert first == third == Inner(204, {"request-id": "outer"}, None)


@pytest.mark.parametrize("answer", [{"status": "many"}, {"headers": {}}, {"status": 200, "headers": [1]}])
def test_an_answer_that_cannot_be_read_is_lost(answer: Any) -> None:
    found = gather(Wire(lambda _: answer), 3)
    assert [type(one) for one in found] == [httpx.RemoteProtocolError] * 3


def test_who_is_cancelled_takes_nobody_along() -> None:
    """A config that ends while its request is under way leaves the others theirs."""

    async def run() -> list[Any]:
        batches = Batches(ROOT, Wire().send)
        tasks = [asyncio.create_task(batches.answer(get(number))) for number in range(5)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0.006)
        tasks[1].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        await batches.close()
        return list(found)

    found = asyncio.run(run())
    assert [type(one) for one in found] == [asyncio.CancelledError] * 2 + [Inner] * 3


def test_what_follows_upon_a_batch_goes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is under way, the next is waited for longer: its answers bring more to ask."""
    monkeypatch.setattr("provision.graph.batch._LONGER", 0.3)
    wire = Wire()

    async def run() -> None:
        batches = Batches(ROOT, wire.send)
        first = [asyncio.create_task(batches.answer(get(number))) for number in range(MOST)]
        await asyncio.sleep(0)
        second = asyncio.create_task(batches.answer(get(MOST)))
        await asyncio.gather(*first)
        third = asyncio.create_task(batches.answer(get(MOST + 1)))
        await asyncio.gather(second, third)
        await batches.close()

    asyncio.run(run())
    assert wire.sizes == [MOST, 2]
