"""Secrets of a repository and of an environment, sealed, with a record beside them."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from provision.delivery.interface import Forgetting, forgetting
from provision.errors import ProvisionError
from tests.delivery.github_standin import TOKEN, Hub
from tests.delivery.standin import LOSE_AFTER, LOSE_BEFORE, Hosting, Response
from tests.delivery.support import KEY, NAME, VALUE, Opened, deliver, refused

ARGUMENT = "github:agency/mail"
SECRET, RECORD = "COLLAB_PROD_CLIENT_SECRET", "COLLAB_PROD_CLIENT_SECRET_RECORD"
OTHER = "0d2b1c3a-5e6f-4a7b-8c9d-0e1f2a3b4c5d"
UNUSABLE, FAILED, TAKEN = "sink-unusable", "delivery-failed", "place-taken"


@pytest.fixture
def opened() -> Opened:
    return Opened(None)


def held(hub: Hub, name: str = SECRET) -> str:
    return hub.repository.secrets[name][0]


def test_a_repositorys_secret_arrives_sealed(hub: Hub, opened: Opened) -> None:
    """GitHub opens it with its private key; the record names key, end and hint, never the value."""
    sink = opened(ARGUMENT)
    assert sink.label == f"github:agency/mail/{SECRET}"
    assert sink.recall() == frozenset()
    assert "shows on delivery" in sink.probe()
    assert hub.writes == 0
    deliver(sink)
    assert held(hub) == VALUE
    record = json.loads(hub.repository.variables[RECORD])
    assert (record["format"], record["name"]) == ("provision.delivery/2", NAME)
    (key,) = record["keys"]
    assert (key["key_id"], key["hint"], key["expires"]) == (KEY, VALUE[:3], "2027-05-23T12:00:00+00:00")
    assert sink.recall() == {KEY}
    sink.probe()
    assert VALUE not in str(hub.requests)
    assert opened.signed_in == 0


def test_an_environments_secret(hub: Hub, opened: Opened) -> None:
    """Its name may have a slash in it; the repository's own secrets are left alone."""
    sink = opened(f"{ARGUMENT}?environment=production/eu&secret=smtp_key")
    sink.probe()
    deliver(sink)
    assert hub.environment.secrets["SMTP_KEY"][0] == VALUE
    assert "SMTP_KEY_RECORD" in hub.environment.variables
    assert hub.repository.secrets == {}
    assert sink.recall() == {KEY}


def test_an_enterprise_server_is_named_by_the_environment_alone(
    hub: Hub, internet: Hosting, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GITHUB_API_URL, as Actions itself sets it; the token goes nowhere else, and never without TLS."""
    server = internet.services["github.agency.example"] = Hub("/api/v3")
    monkeypatch.setenv("GITHUB_API_URL", "https://github.agency.example/api/v3")
    deliver(opened(ARGUMENT))
    assert held(server) == VALUE
    assert hub.requests == []
    monkeypatch.setenv("GITHUB_API_URL", "http://github.agency.example/api/v3")
    refused(opened(ARGUMENT).probe, UNUSABLE, "must begin with https://")


def test_a_rotation_moves_on(hub: Hub, opened: Opened) -> None:
    """The record is the new key's; the old one is claimed no more."""
    sink = opened(ARGUMENT)
    deliver(sink)
    deliver(sink, "new" + VALUE, OTHER)
    assert held(hub) == "new" + VALUE
    assert sink.recall() == {OTHER}
    assert KEY not in hub.repository.variables[RECORD]


def test_no_debug_log_tells_value_or_token(
    hub: Hub, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """httpx and httpcore log what they do."""
    with caplog.at_level(logging.DEBUG):
        deliver(opened(ARGUMENT))
    assert held(hub) == VALUE
    assert caplog.records
    assert VALUE not in caplog.text
    assert TOKEN not in caplog.text


def test_no_token(hub: Hub, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """GH_TOKEN goes before GITHUB_TOKEN; without either, what to set and what rights it needs."""
    monkeypatch.setenv("GITHUB_TOKEN", "something-else")
    opened(ARGUMENT).probe()
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    opened(ARGUMENT).probe()
    monkeypatch.setenv("GITHUB_TOKEN", "two words-canary")
    refused(opened(ARGUMENT).probe, UNUSABLE, "GITHUB_TOKEN holds no token")
    monkeypatch.delenv("GITHUB_TOKEN")
    seen = len(hub.requests)
    for call in (opened(ARGUMENT).probe, opened(ARGUMENT).recall):
        refused(call, UNUSABLE, "neither GH_TOKEN nor GITHUB_TOKEN", "Secrets and Variables")
    assert len(hub.requests) == seen


def test_a_token_that_is_not_accepted(hub: Hub, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """401, and the request's id for GitHub's support."""
    monkeypatch.setenv("GH_TOKEN", "ghp_expiredcanary")
    error = refused(opened(ARGUMENT).probe, UNUSABLE, "401 Bad credentials", "expired")
    assert error.request_id == "0AB1:2C3D"


def test_missing_rights(hub: Hub, opened: Opened) -> None:
    """What may not be seen is answered with 404; that writing is not allowed shows on delivery alone."""
    refused(opened("github:agency/hidden").probe, UNUSABLE, "404 Not Found", "Secrets and Variables")
    refused(opened(f"{ARGUMENT}?environment=nowhere").probe, UNUSABLE, "404", "Environments")
    hub.rights = {"read"}
    sink = opened(ARGUMENT)
    sink.probe()
    refused(partial(deliver, sink), FAILED, "403 Resource not accessible", "write access")
    assert hub.repository.secrets == {}
    hub.rights = set()
    refused(sink.probe, UNUSABLE, "403", "GITHUB_TOKEN cannot have it")
    refused(sink.recall, UNUSABLE, "403")


def test_somebody_elses_secret_is_refused(hub: Hub, opened: Opened) -> None:
    """One without a record, and one whose record is another config's."""
    hub.put(hub.repository, SECRET, "theirs")
    sink = opened(ARGUMENT)
    refused(sink.probe, UNUSABLE, "the secret is there, and provision did not write it")
    refused(partial(deliver, sink), FAILED, "provision did not write it")
    hub.repository.secrets.clear()
    deliver(Opened(None, name="other")(f"{ARGUMENT}?secret={SECRET}"), name="other")
    refused(sink.probe, TAKEN, "the secret of 'other'", f"that of '{NAME}'", f"the variable {RECORD}")
    refused(partial(deliver, sink), FAILED, "the secret of 'other'")
    assert sink.recall() == frozenset()
    assert held(hub) == VALUE


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", '{"format": "provision.delivery/1"}', '{"keys": 1}'])
def test_a_variable_that_is_no_record_is_refused(hub: Hub, opened: Opened, text: str) -> None:
    """Whatever is in it."""
    hub.repository.variables[RECORD] = text
    refused(opened(ARGUMENT).probe, UNUSABLE, f"the variable {RECORD} is there")
    assert opened(ARGUMENT).recall() == frozenset()
    assert hub.repository.variables == {RECORD: text}


def test_a_secret_that_somebody_changed_by_hand(hub: Hub, opened: Opened) -> None:
    """The time gives it away: no key is claimed, and nothing is written over it."""
    sink = opened(ARGUMENT)
    deliver(sink)
    hub.put(hub.repository, SECRET, "theirs")
    assert sink.recall() == frozenset()
    refused(sink.probe, UNUSABLE, "somebody else wrote the secret after provision did", RECORD)
    refused(partial(deliver, sink, "new" + VALUE, OTHER), FAILED, "somebody else wrote")
    assert held(hub) == "theirs"


def test_a_secret_that_somebody_deleted(hub: Hub, opened: Opened) -> None:
    """It holds nothing, and may be made anew."""
    sink = opened(ARGUMENT)
    deliver(sink)
    hub.repository.secrets.clear()
    assert sink.recall() == frozenset()
    sink.probe()
    deliver(sink, "new" + VALUE, OTHER)
    assert sink.recall() == {OTHER}


@pytest.mark.parametrize("lost", [LOSE_BEFORE, LOSE_AFTER])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "public-key"), ("PATCH", RECORD), ("POST", "/variables"), ("PUT", SECRET)],
)
def test_a_lost_answer_is_repeated(
    hub: Hub, opened: Opened, lost: str, method: str, path: str, waits: list[float]
) -> None:
    """Each request is harmless to repeat; a variable made by the lost try is there by the second."""
    sink = opened(ARGUMENT)
    hub.befall(method, path, lost)
    deliver(sink)
    assert held(hub) == VALUE
    assert sink.recall() == {KEY}
    assert waits == [1.0]


def test_limits_are_waited_for_within_bounds(hub: Hub, opened: Opened, waits: list[float]) -> None:
    """Both kinds of limit that GitHub documents, by its own clock; never longer than a minute."""
    sink = opened(ARGUMENT)
    said = {"message": "You have exceeded a secondary rate limit."}
    hub.befall("PUT", SECRET, Response(403, said, {"Retry-After": "20"}))
    deliver(sink)
    assert waits == [20.0]
    waits.clear()
    until = str(int(hub.now.timestamp()) + 40)
    hub.befall("GET", RECORD, Response(429, said, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": until}))
    assert sink.recall() == {KEY}
    assert waits == [40.0]
    waits.clear()
    until = str(int(hub.now.timestamp()) + 3000)
    hub.befall("GET", RECORD, Response(403, said, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": until}))
    refused(sink.probe, UNUSABLE, "secondary rate limit", "asks to wait 3000 seconds")
    assert waits == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_faults_end_after_five_tries(hub: Hub, opened: Opened, status: int, waits: list[float]) -> None:
    """A page that repeats the value is not quoted."""
    sink = opened(ARGUMENT)
    hub.befall("PUT", SECRET, Response(status, f"<p>{VALUE}</p>"), times=99)
    refused(partial(deliver, sink), FAILED, str(status), "tried 5 times")
    assert hub.count("PUT") == 5
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert sink.recall() == frozenset()


def test_a_service_that_repeats_the_token(hub: Hub, opened: Opened) -> None:
    """It is blotted out, and control characters with it."""
    hub.befall("GET", "public-key", Response(422, {"message": f"bad {TOKEN}\n\x1b[2J"}))
    error = refused(opened(ARGUMENT).probe, UNUSABLE, "422 bad <secret>")
    assert "\x1b" not in error.message


@pytest.mark.parametrize(
    "body", ["<html>", {"key_id": "1"}, {"key_id": "1", "key": "!!"}, {"key_id": "1", "key": "AAAA"}, []]
)
def test_a_public_key_that_is_none(hub: Hub, opened: Opened, body: object) -> None:
    """Nothing is sealed for it."""
    hub.befall("GET", "public-key", Response(200, body))
    refused(opened(ARGUMENT).probe, UNUSABLE, "JSON" if body == "<html>" else "public key cannot be read")
    hub.befall("GET", "public-key", Response(200, body))
    refused(partial(deliver, opened(ARGUMENT)), FAILED)
    assert hub.writes == 0


def test_a_repository_that_moved_is_not_followed(hub: Hub, opened: Opened) -> None:
    """A redirect could lead anywhere."""
    moved = Response(307, {"message": "Moved Permanently"}, {"Location": "https://github.agency.example/x"})
    hub.befall("PUT", SECRET, moved)
    refused(partial(deliver, opened(ARGUMENT)), FAILED, "307 Moved Permanently", "not followed")


def test_a_record_that_cannot_be_finished_does_not_fail_the_delivery(hub: Hub, opened: Opened) -> None:
    """The value is there, and must not be revoked; the times say whose it is, and the next run may write."""
    sink = opened(ARGUMENT)
    deliver(sink)
    deliver_new = partial(deliver, sink, "new" + VALUE, OTHER)
    broken = Response(500, {"message": "oops"})
    original = hub.answer

    def after_the_value(request: object) -> Response:
        answer = original(request)  # type: ignore[arg-type]
        if getattr(request, "method", "") == "PUT":
            hub.befall("PATCH", RECORD, broken, times=99)
        return answer

    hub.answer = after_the_value  # type: ignore[method-assign]
    deliver_new()
    assert held(hub) == "new" + VALUE
    assert sink.recall() == {OTHER}
    hub.weather.clear()
    hub.answer = original  # type: ignore[method-assign]
    sink.probe()
    deliver_new()
    assert sink.recall() == {OTHER}


@pytest.mark.parametrize("first", [True, False], ids=["first", "rotation"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 10))
def test_killed_anywhere_recall_is_right(
    hub: Hub, opened: Opened, number: int, after: bool, first: bool
) -> None:
    """What is claimed is what the secret holds; and the next run may go on."""
    sink = opened(ARGUMENT)
    values = {VALUE: KEY, "new" + VALUE: OTHER}
    if not first:
        deliver(sink)
    hub.killed_at(number, after=after)
    with suppress(ProvisionError):
        deliver(sink, "new" + VALUE, OTHER)
    killed = hub.lives()
    assert killed == (number <= (8 if first else 7))
    current = hub.repository.secrets.get(SECRET, ("", ""))[0]
    assert sink.recall() == ({values[current]} if current else frozenset())
    sink.probe()
    third = "9f8e7d6c-5b4a-4938-a716-0f1e2d3c4b5a"
    deliver(sink, "third" + VALUE, third)
    assert held(hub) == "third" + VALUE
    assert sink.recall() == {third}


def test_killed_before_the_value_and_changed_by_hand_later(hub: Hub, opened: Opened) -> None:
    """Later than a delivery can take, it was not us: neither key is claimed, and nothing is overwritten."""
    sink = opened(ARGUMENT)
    deliver(sink)
    hub.killed_at(5, after=False)  # after public key, record, time, and the new record: the value
    with suppress(ProvisionError):
        deliver(sink, "new" + VALUE, OTHER)
    assert hub.lives()
    assert OTHER in hub.repository.variables[RECORD]
    assert sink.recall() == {KEY}
    hub.now += timedelta(minutes=7)
    hub.put(hub.repository, SECRET, "theirs")
    assert sink.recall() == frozenset()
    refused(sink.probe, UNUSABLE, "somebody else wrote the secret")


def test_two_deliveries_in_one_second_are_not_told_apart(hub: Hub, opened: Opened) -> None:
    """Then no key is claimed rather than a wrong one; the value is there, and the next run may write."""
    sink = opened(ARGUMENT)
    deliver(sink)
    hub.tick = lambda: datetime(2026, 11, 24, 12, 0, 2, tzinfo=UTC)  # type: ignore[method-assign]
    hub.repository.secrets[SECRET] = (VALUE, "2026-11-24T12:00:02Z")
    deliver(sink, "new" + VALUE, OTHER)
    assert held(hub) == "new" + VALUE
    assert sink.recall() == frozenset()
    del hub.tick
    sink.probe()
    deliver(sink)
    assert sink.recall() == {KEY}


def forgetful(opened: Opened, argument: str = ARGUMENT) -> Forgetting:
    sink = forgetting(opened(argument))
    assert sink is not None
    return sink


def test_what_is_forgotten_is_deleted_with_its_record(hub: Hub, opened: Opened) -> None:
    """Of a repository and of an environment; everything else stays, and a second time nothing is asked."""
    for place, argument in (
        (hub.repository, ARGUMENT),
        (hub.environment, f"{ARGUMENT}?environment=production/eu"),
    ):
        hub.put(place, "THEIRS", "theirs")
        place.variables["REGION"] = "eu"
        sink = forgetful(opened, argument)
        assert not sink.lies()
        deliver(opened(argument))
        assert sink.lies()
        sink.forget()
        assert set(place.secrets) == {"THEIRS"}
        assert set(place.variables) == {"REGION"}
        asked = hub.count("DELETE")
        assert not sink.lies()
        sink.forget()
        assert hub.count("DELETE") == asked


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 7))
def test_killed_while_it_forgets_the_next_run_ends_it(
    hub: Hub, opened: Opened, number: int, after: bool
) -> None:
    """The record goes last, so the next run knows that there is something left."""
    deliver(opened(ARGUMENT))
    hub.killed_at(number, after=after)
    with suppress(ProvisionError):
        forgetful(opened).forget()
    hub.lives()
    if RECORD in hub.repository.variables:
        assert forgetful(opened).lies()
        forgetful(opened).forget()
    assert hub.repository.secrets == {}
    assert hub.repository.variables == {}


@pytest.mark.parametrize("kind", ["secrets", "variables"])
def test_a_deletion_whose_answer_is_lost(hub: Hub, opened: Opened, kind: str) -> None:
    """It is sent again; that the secret is gone by then is no error."""
    deliver(opened(ARGUMENT))
    hub.befall("DELETE", f"/{kind}/", LOSE_AFTER)
    forgetful(opened).forget()
    assert hub.repository.secrets == {}
    assert hub.repository.variables == {}


def test_somebody_elses_is_not_forgotten(hub: Hub, opened: Opened) -> None:
    """One without a record, another config's, and one that somebody wrote since: refused with what to do."""
    sink = forgetful(opened)
    hub.put(hub.repository, SECRET, "theirs")
    for call in (sink.lies, sink.forget):
        refused(call, UNUSABLE, "provision did not write it", "delete it if nobody needs it")
    del hub.repository.secrets[SECRET]
    deliver(opened(ARGUMENT))
    theirs = forgetting(Opened(None, name="other-app")(f"{ARGUMENT}?secret={SECRET}"))
    assert theirs is not None
    for call in (theirs.lies, theirs.forget):
        refused(call, TAKEN, NAME)
    hub.put(hub.repository, SECRET, "by hand")
    for call in (sink.lies, sink.forget):
        refused(call, UNUSABLE, "somebody else wrote the secret after provision did")
    assert held(hub) == "by hand"
    assert hub.count("DELETE") == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Response(403, {"message": "Resource not accessible by personal access token"}),
            "Secrets and Variables",
        ),
        (Response(404, {"message": "Not Found"}), "does not delete"),
        (Response(403, {"message": "Repository was archived so is read-only."}), "Unarchive"),
    ],
)
def test_a_token_that_may_not_delete(hub: Hub, opened: Opened, answer: Response, words: str) -> None:
    """404 is no proof that it is gone: it is what GitHub hides things behind."""
    deliver(opened(ARGUMENT))
    hub.befall("DELETE", "/secrets/", answer, times=9)
    refused(forgetful(opened).forget, UNUSABLE, words)
    assert held(hub) == VALUE
    assert RECORD in hub.repository.variables
