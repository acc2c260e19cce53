"""The replay of recordings finds what differs, whatever it is, and nothing else.

The recordings are made here: the sandbox answers, and the answers are changed by hand.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.__main__ import main
from conformance.comparing import Aspect
from conformance.recording import load
from conformance.replaying import Verdict, replay
from provision.sandbox import Sandbox

Json = dict[str, Any]
DOMAIN = "recorded.onmicrosoft.com"
SENT = "2030-01-31T00:00:00Z"
CREATE, PATCH, READ, LIST, SECRET, PRINCIPAL, OWNERS, MISSING, DELETE, GONE = range(10)


def _record() -> Json:
    """Ten exchanges with a sandbox that is gone afterwards, and its ids with it."""
    sandbox = Sandbox.open(None)
    tenant = sandbox.ensure_tenant(DOMAIN)
    exchanges: list[Json] = []

    async def run() -> None:
        headers = {"Authorization": f"Bearer {sandbox.administrator_token(tenant)}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(sandbox.app),
            base_url="https://graph.microsoft.com",
            headers=headers,
        ) as client:

            async def send(method: str, path: str, body: Any = None, query: str = "") -> Any:
                url = f"/v1.0{path}" + (f"?{query}" if query else "")
                answer = (
                    await client.request(method, url, json=body)
                    if body
                    else await client.request(method, url)
                )
                exchanges.append(
                    {
                        "method": method,
                        "path": f"/v1.0{path}",
                        "query": query,
                        "request_headers": {},
                        "request_body": body,
                        "status": answer.status_code,
                        "response_headers": {},
                        "response_body": answer.json() if answer.content else None,
                        "offset_s": 0,
                    }
                )
                return exchanges[-1]["response_body"]

            app = await send(
                "POST",
                "/applications",
                {"displayName": "mail", "signInAudience": "AzureADMyOrg", "tags": ["one", "two"]},
            )
            at = f"/applications/{app['id']}"
            await send("PATCH", at, {"notes": "changed", "web": {"redirectUris": ["https://a.example/"]}})
            await send("GET", at)
            await send("GET", "/applications", None, f"$filter=appId%20eq%20%27{app['appId']}%27")
            await send("POST", f"{at}/addPassword", {"passwordCredential": {"endDateTime": SENT}})
            await send("POST", "/servicePrincipals", {"appId": app["appId"]})
            await send("GET", f"{at}/owners")
            await send("GET", "/applications/5c3f2f0e-0000-4000-8000-000000000000")
            await send("DELETE", at)
            await send("GET", at)

    asyncio.run(run())
    return {
        "source": "made up",
        "recorded": "2025-06",
        "tenants": [tenant],
        "domains": [DOMAIN],
        "exchanges": exchanges,
    }


@pytest.fixture(scope="module")
def good() -> Json:
    return _record()


@pytest.fixture
def recorded(good: Json, tmp_path: Path) -> tuple[Json, Callable[[], list[Verdict]]]:
    """The good recording, to be spoiled, and its replay."""
    document = copy.deepcopy(good)

    def run() -> list[Verdict]:
        path = tmp_path / "a.json"
        path.write_text(json.dumps(document))
        return replay(load(path)[0])

    return document, run


def _differences(verdicts: list[Verdict]) -> list[tuple[int, Aspect, str]]:
    return [(n, d.aspect, d.place) for n, v in enumerate(verdicts) for d in v.differences]


Recorded = tuple[Json, Callable[[], list[Verdict]]]


def test_the_same_service_is_the_same(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids differ in every exchange, and are mapped: else no later request would find its object."""
    _, run = recorded
    verdicts = run()
    assert _differences(verdicts) == []
    assert [n for n, v in enumerate(verdicts) if v.skipped] == []
    assert main([str(tmp_path), "--status", "100", "--shape", "100", "--values", "100"]) == 0
    assert "100.00     10/10" in capsys.readouterr().out


def _body(exchange: int) -> Callable[[Json], Any]:
    return lambda d: d["exchanges"][exchange]["response_body"]


def _set(exchange: int, *path: Any, to: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        node = _body(exchange)(document)
        for step in path[:-1]:
            node = node[step]
        assert node[path[-1]] != to, "nothing planted"
        node[path[-1]] = to

    return change


def _without(exchange: int, *path: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        node = _body(exchange)(document)
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return change


def _status(exchange: int, status: int) -> Callable[[Json], None]:
    return lambda d: d["exchanges"][exchange].update(status=status)


def _another_owner(document: Json) -> None:
    _body(OWNERS)(document)["value"].append({**_body(READ)(document)})


PLANTED = {
    "status": (_status(PATCH, 200), (PATCH, Aspect.STATUS, "answer")),
    "error code": (_set(MISSING, "error", "code", to="NotFound"), (MISSING, Aspect.STATUS, "error.code")),
    "error text": (_set(MISSING, "error", "message", to="No."), (MISSING, Aspect.VALUES, "error.message")),
    "name absent there": (_without(READ, "notes"), (READ, Aspect.SHAPE, "notes")),
    "name absent here": (
        lambda d: _body(READ)(d).update(colour="red"),
        (READ, Aspect.SHAPE, "colour"),
    ),
    "type": (_set(READ, "description", to=""), (READ, Aspect.SHAPE, "description")),
    "text": (_set(READ, "notes", to="Changed"), (READ, Aspect.VALUES, "notes")),
    "text of an item": (_set(LIST, "value", 0, "notes", to="x"), (LIST, Aspect.VALUES, "value[0].notes")),
    "name of an item": (_without(LIST, "value", 0, "spa"), (LIST, Aspect.SHAPE, "value[0].spa")),
    "deep value": (
        _set(READ, "web", "implicitGrantSettings", "enableIdTokenIssuance", to=True),
        (READ, Aspect.VALUES, "web"),
    ),
    "deep name": (_without(READ, "web", "logoutUrl"), (READ, Aspect.VALUES, "web")),
    "order": (_set(READ, "tags", to=["two", "one"]), (READ, Aspect.VALUES, "tags")),
    "length": (_set(READ, "tags", to=["one"]), (READ, Aspect.VALUES, "tags")),
    "time that was sent": (
        _set(SECRET, "endDateTime", to="2030-01-31T00:00:01Z"),
        (SECRET, Aspect.VALUES, "endDateTime"),
    ),
    "id of another": (
        lambda d: _body(PRINCIPAL)(d).update(appId=_body(CREATE)(d)["id"]),
        (PRINCIPAL, Aspect.VALUES, "appId"),
    ),
    "item missing here": (_another_owner, (OWNERS, Aspect.VALUES, "value[1]")),
    "item missing there": (_set(LIST, "value", to=[]), (LIST, Aspect.VALUES, "value")),
    "context": (
        _set(LIST, "@odata.context", to="https://graph.microsoft.com/v1.0/$metadata#apps"),
        (LIST, Aspect.VALUES, "@odata.context"),
    ),
    "no body there": (
        lambda d: d["exchanges"][SECRET].update(response_body=None),
        (SECRET, Aspect.SHAPE, "body"),
    ),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_difference_is_found(kind: str, recorded: Recorded, tmp_path: Path) -> None:
    document, run = recorded
    plant, expected = PLANTED[kind]
    plant(document)
    assert expected in _differences(run())
    assert main([str(tmp_path), "--status", "100", "--shape", "100", "--values", "100"]) == 1


IGNORED = {
    "id": None,
    "time": _set(READ, "createdDateTime", to="2019-05-05T05:05:05Z"),
    "time with fractions": _set(SECRET, "startDateTime", to="2019-05-05T05:05:05.1234567Z"),
    "secret": _set(SECRET, "secretText", to="PLH8Q~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    "hint": _set(SECRET, "hint", to="PLH"),
    "domain": _set(READ, "publisherDomain", to=DOMAIN.upper()),
    "id in a message": _set(
        MISSING,
        "error",
        "message",
        to="Resource '00000000-0000-4000-8000-000000000000' does not exist or one of its queried"
        " reference-property objects are not present.",
    ),
    "request id": _set(MISSING, "error", "innerError", "request-id", to="anything"),
    "values of others' objects": _set(OWNERS, "value", 0, "displayName", to="Somebody"),
    "types of others' objects": _set(OWNERS, "value", 0, "mail", to="somebody@example.com"),
    "next link": lambda d: _body(LIST)(d).update({"@odata.nextLink": "https://x/?$skiptoken=abc"}),
}


@pytest.mark.parametrize("kind", IGNORED)
def test_what_no_two_services_share_is_no_difference(kind: str, recorded: Recorded) -> None:
    document, run = recorded
    plant = IGNORED[kind]
    if plant is None:
        text = json.dumps(document).replace(
            _body(CREATE)(document)["id"], "11111111-2222-4333-8444-555555555555"
        )
        document.clear()
        document.update(json.loads(text))
    else:
        plant(document)
    assert _differences(run()) == []


def test_an_older_recording_cannot_show_what_graph_gained_since(recorded: Recorded) -> None:
    document, run = recorded
    for exchange in (CREATE, READ):
        del _body(exchange)(document)["uniqueName"]
    assert (READ, Aspect.SHAPE, "uniqueName") in _differences(run())
    document["recorded"] = "2022-05"
    assert not [d for d in _differences(run()) if d[2] == "uniqueName"]


def test_the_default_audience_of_its_time_is_no_difference_but_a_chosen_one_is(recorded: Recorded) -> None:
    document, run = recorded
    document["recorded"] = "2022-05"
    _body(READ)(document)["signInAudience"] = "AzureADandPersonalMicrosoftAccount"
    assert (READ, Aspect.VALUES, "signInAudience") in _differences(run())
    del document["exchanges"][CREATE]["request_body"]["signInAudience"]
    assert (READ, Aspect.VALUES, "signInAudience") not in _differences(run())


def test_what_needs_a_seed_is_skipped(recorded: Recorded) -> None:
    document, run = recorded
    stranger = {
        **document["exchanges"][READ],
        "path": "/v1.0/applications/0f0f0f0f-0000-4000-8000-000000000000",
    }
    person = {**stranger, "path": "/v1.0/users/ann@elsewhere.example"}
    backing = {
        **document["exchanges"][PRINCIPAL],
        "request_body": {"appId": "0f0f0f0f-1111-4000-8000-000000000000"},
    }
    refused = {**document["exchanges"][MISSING], "path": "/v1.0/applications", "status": 403}
    document["exchanges"] += [stranger, person, backing, refused]
    verdicts = run()
    assert [bool(v.skipped) for v in verdicts] == [False] * 10 + [True] * 4
    assert _differences(verdicts) == []


def test_an_object_that_was_not_made_costs_all_that_follows_from_it(recorded: Recorded) -> None:
    """It is not skipped: the recording's service made it."""
    document, run = recorded
    document["exchanges"][CREATE]["request_body"] = {"displayName": None}
    verdicts = run()
    lost = {n for n, _, _ in _differences(verdicts)}
    assert lost == {CREATE, PATCH, READ, LIST, SECRET, PRINCIPAL, OWNERS, DELETE}
    assert not [v for v in verdicts if v.skipped]


def test_a_replica_that_was_behind_is_skipped(recorded: Recorded) -> None:
    """A recorded 404 of what was there; the one after the deletion counts."""
    document, run = recorded
    gone = document["exchanges"][GONE]
    document["exchanges"].insert(READ, {**gone})
    verdicts = run()
    assert [n for n, v in enumerate(verdicts) if v.skipped] == [READ]
    assert verdicts[-1].aspects
    document["exchanges"][-1] = {**document["exchanges"][READ + 1]}  # it says 200 after the deletion
    assert (GONE + 1, Aspect.STATUS, "answer") in _differences(run())


def test_trimmed_lists_may_be_shorter(recorded: Recorded) -> None:
    document, run = recorded
    _body(LIST)(document)["value"] = []
    document["exchanges"][LIST]["trimmed"] = True
    assert _differences(run()) == []


def test_thresholds_decide_the_exit_and_v_explains(
    good: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = copy.deepcopy(good)
    _body(READ)(document)["notes"] = "Changed"
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main([str(tmp_path)]) == 1  # six of seven values
    assert "notes" not in capsys.readouterr().out
    assert main([str(tmp_path), "--values", "80", "-v"]) == 0
    said = capsys.readouterr().out
    assert 'values: notes: recorded "Changed", here "changed"' in said
    assert main([str(tmp_path), "--skip", "GET /v1.0/applications/"]) == 0


@pytest.mark.parametrize("text", [None, "", "{}", '{"recorded": "2025-01", "exchanges": [{}]}', "[]"])
def test_no_recordings_is_wrong_use(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "a.json").write_text(text)
    assert main([str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
