"""A secret variable in a group that holds other people's variables, too."""

from __future__ import annotations

import copy
import logging
import threading
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from provision.delivery.interface import Forgetting, forgetting
from provision.errors import ProvisionError
from tests.delivery.azure_devops_standin import BEARER, PAT, DevOps
from tests.delivery.standin import LOSE_AFTER, LOSE_BEFORE, Hosting, Request, Response
from tests.delivery.support import KEY, NAME, TENANT, VALUE, Opened, Signed, deliver, refused

ARGUMENT = "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group=mail"
VARIABLE = "COLLAB_PROD_CLIENT_SECRET"
OTHER = "0d2b1c3a-5e6f-4a7b-8c9d-0e1f2a3b4c5d"
UNUSABLE, FAILED, TAKEN = "sink-unusable", "delivery-failed", "place-taken"
RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798/.default"


@pytest.fixture
def opened() -> Opened:
    return Opened(Signed(BEARER))


def others(devops: DevOps) -> dict[str, Any]:
    """All of the group but our variables."""
    group = copy.deepcopy(devops.groups[7])
    group["variables"] = {k: v for k, v in group["variables"].items() if not k.startswith(VARIABLE)}
    return group


def test_the_variable_arrives_and_nobody_elses_is_touched(devops: DevOps, opened: Opened) -> None:
    """Secret, with its record beside it; the other secret, which nobody can read, keeps its value."""
    before = others(devops)
    sink = opened(ARGUMENT)
    assert sink.recall() == frozenset()
    assert "may manage" in sink.probe()
    assert devops.writes == 0
    deliver(sink)
    assert devops.groups[7]["variables"][VARIABLE] == {"value": VALUE, "isSecret": True}
    assert devops.value(f"{VARIABLE}_KEY_ID") == KEY
    assert devops.value(f"{VARIABLE}_EXPIRES") == "2027-05-23T12:00:00+00:00"
    assert devops.value(f"{VARIABLE}_OWNER") == f"provision/2:{NAME}@{TENANT}@graph:graph.microsoft.com"
    assert others(devops) == before
    assert devops.value("THEIR_PASSWORD") == "theirs"
    assert sink.recall() == {KEY}
    assert set(opened.credential.asked) == {(RESOURCE, None)}
    for request in devops.requests:
        assert VALUE not in request.path + str(request.query) + str(request.headers)


def test_a_rotation_and_another_configs_secret_in_the_same_group(devops: DevOps, opened: Opened) -> None:
    """Each has its own variables."""
    sink, theirs = opened(ARGUMENT), Opened(Signed(BEARER), name="other-app")(ARGUMENT)
    deliver(sink)
    deliver(theirs, "other" + VALUE, OTHER, name="other-app")
    deliver(sink, "new" + VALUE, OTHER)
    assert devops.value(VARIABLE) == "new" + VALUE
    assert devops.value("OTHER_APP_CLIENT_SECRET") == "other" + VALUE
    assert sink.recall() == {OTHER}
    assert theirs.recall() == {OTHER}
    assert devops.value("THEIR_PASSWORD") == "theirs"


def test_names_and_numbers_of_a_group(devops: DevOps, opened: Opened) -> None:
    """A name is meant whole, though the service takes '*' in it; an unknown number is answered with null."""
    for group in ("7", "MAIL"):
        opened(ARGUMENT.replace("group=mail", f"group={group}")).probe()
    for group in ("77", "ma*", "nothing"):
        sink = opened(ARGUMENT.replace("group=mail", f"group={group}"))
        refused(sink.probe, UNUSABLE, "no such variable group")
        refused(partial(deliver, sink), FAILED, "no such variable group")
        assert sink.recall() == frozenset()
    refused(opened(ARGUMENT.replace("Relay", "Elsewhere")).probe, UNUSABLE, "404 TF200016")
    refused(opened(ARGUMENT.replace("=mail", "=vaulted")).probe, UNUSABLE, "from elsewhere", "key_vault")
    assert devops.writes == 0


@pytest.mark.parametrize(
    "header", ["AZURE_DEVOPS_EXT_PAT", "SYSTEM_ACCESSTOKEN"], ids=["access token", "pipeline"]
)
def test_tokens_of_the_environment(devops: DevOps, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    """Nobody signs in then."""
    monkeypatch.setenv(header, PAT if header.endswith("PAT") else BEARER)
    opened = Opened(None)
    deliver(opened(ARGUMENT))
    assert devops.value(VARIABLE) == VALUE
    assert opened.signed_in == 0


def test_an_entra_token_is_for_microsofts_hosts_alone(
    internet: Hosting, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of one's own gets the token that was made for it, and no other."""
    server = internet.services["devops.agency.example"] = DevOps("/tfs/DefaultCollection")
    sink = opened(
        "azure_devops:https://devops.agency.example/tfs/DefaultCollection/Mail%20Relay?group=mail&variable=smtp"
    )
    refused(sink.probe, UNUSABLE, "not Azure DevOps Services", "AZURE_DEVOPS_EXT_PAT")
    assert opened.signed_in == 0
    assert server.requests == []
    monkeypatch.setenv("AZURE_DEVOPS_EXT_PAT", PAT)
    deliver(sink)
    assert server.value("smtp") == VALUE


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Response(302, "<html>", {"Location": "https://spsprodweu4.vssps.visualstudio.com/_signin"}),
        Response(
            401, {"message": "TF400813: The user 'aaaaaaaa' is not authorized to access this resource."}
        ),
    ],
    ids=["203", "302", "401"],
)
def test_a_token_that_is_not_accepted(
    devops: DevOps, monkeypatch: pytest.MonkeyPatch, answer: Response | None
) -> None:
    """The service shows its sign-in page, points to it, or refuses."""
    monkeypatch.setenv("AZURE_DEVOPS_EXT_PAT", "expired-canary")
    if answer:
        devops.befall("GET", "", answer)
    refused(Opened(None)(ARGUMENT).probe, UNUSABLE, "the token was not accepted", "AZURE_DEVOPS_EXT_PAT")


def test_a_sign_in_that_fails(devops: DevOps) -> None:
    """azure-identity's own words, in a line."""
    from azure.core.exceptions import ClientAuthenticationError

    class Refusing:
        def get_token(self, *_: str, **__: object) -> None:
            raise ClientAuthenticationError("AADSTS7000222: expired\nTrace ID: 1")

    refused(Opened(Refusing())(ARGUMENT).probe, UNUSABLE, "AADSTS7000222: expired Trace ID: 1")
    assert devops.requests == []


def test_the_probe_finds_out_that_writing_is_not_allowed(devops: DevOps, opened: Opened) -> None:
    """The service lists the groups that one may manage; the right may be lost before the delivery, too."""
    devops.manageable = set()
    sink = opened(ARGUMENT)
    refused(sink.probe, UNUSABLE, "may read the group, but not manage it", "Administrator")
    error = refused(
        partial(deliver, sink), FAILED, "403 You do not have permissions", "Project Administrator"
    )
    assert (error.service_code, error.request_id) == ("AccessDeniedException", "e2e-1")


@pytest.mark.parametrize(
    "there",
    [
        {VARIABLE: {"value": "theirs", "isSecret": True}},
        {VARIABLE.lower(): {"value": "theirs"}},
        {f"{VARIABLE}_KEY_ID": {"value": OTHER}},
        {VARIABLE: {"value": "theirs", "isSecret": True}, f"{VARIABLE}_OWNER": {"value": "provision:other"}},
    ],
    ids=["a secret", "in other letters", "a record's name", "another config's"],
)
def test_somebody_elses_variable_is_refused(devops: DevOps, opened: Opened, there: dict[str, Any]) -> None:
    """And stays as it is."""
    devops.groups[7]["variables"].update(copy.deepcopy(there))
    sink = opened(ARGUMENT)
    theirs = f"{VARIABLE}_OWNER" in there
    words = "the secret of 'other'" if theirs else "provision did not write it"
    refused(sink.probe, TAKEN if theirs else UNUSABLE, words)
    refused(partial(deliver, sink), FAILED, words)
    assert sink.recall() == frozenset()
    for name, variable in there.items():
        assert devops.groups[7]["variables"][name] == variable
    assert devops.writes == 0


def test_a_variable_made_readable_or_removed_is_not_claimed(devops: DevOps, opened: Opened) -> None:
    """The record alone is not enough."""
    sink = opened(ARGUMENT)
    deliver(sink)
    devops.groups[7]["variables"][VARIABLE] = {"value": "shown"}
    assert sink.recall() == frozenset()
    del devops.groups[7]["variables"][VARIABLE]
    assert sink.recall() == frozenset()
    sink.probe()
    deliver(sink)
    assert sink.recall() == {KEY}


@pytest.mark.parametrize("lost", [LOSE_BEFORE, LOSE_AFTER])
def test_a_repetition_reads_the_group_anew(devops: DevOps, opened: Opened, lost: str) -> None:
    """What somebody else added while we waited stays."""
    sink = opened(ARGUMENT)
    devops.befall("PUT", "", lost)
    original = devops.answer
    reads: list[str] = []

    def meanwhile(request: Request) -> Response:
        if request.method == "GET" and request.path.endswith("/7"):
            reads.append(request.path)
            if len(reads) == 2:
                devops.groups[7]["variables"]["NEWCOMER"] = {"value": "kept", "isSecret": True}
        return original(request)

    devops.answer = meanwhile  # type: ignore[method-assign]
    deliver(sink)
    assert len(reads) == 2
    assert devops.value(VARIABLE) == VALUE
    assert devops.value("NEWCOMER") == "kept"
    assert devops.value("THEIR_PASSWORD") == "theirs"


def test_limits_and_faults(devops: DevOps, opened: Opened, waits: list[float]) -> None:
    """Retry-After is honoured within bounds; five tries otherwise."""
    sink = opened(ARGUMENT)
    devops.befall(
        "PUT", "", Response(429, {"message": "TF400733: The request has been canceled"}, {"Retry-After": "9"})
    )
    deliver(sink)
    assert waits == [9.0]
    waits.clear()
    devops.befall("PUT", "", Response(503, f"<html>{VALUE}"), times=99)
    refused(partial(deliver, sink), FAILED, "503", "tried 5 times")
    assert waits == [1.0, 2.0, 4.0, 8.0]
    devops.weather.clear()
    devops.befall("GET", "", LOSE_BEFORE, times=99)
    refused(sink.probe, UNUSABLE, "cannot be reached", "tried 5 times")
    refused(sink.recall, UNUSABLE, "cannot be reached")


def test_a_service_that_repeats_value_and_token(devops: DevOps, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were sent, in base64 as well."""
    import base64

    monkeypatch.setenv("AZURE_DEVOPS_EXT_PAT", PAT)
    basic = base64.b64encode(f":{PAT}".encode()).decode()
    devops.befall("PUT", "", Response(400, {"message": f"no: {VALUE} {PAT} {basic}"}))
    error = refused(partial(deliver, Opened(None)(ARGUMENT)), FAILED, "400 no: <secret> <secret> <secret>")
    assert basic not in str(vars(error))


def test_no_debug_log_tells_value_or_token(
    devops: DevOps, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """httpx and httpcore log what they do."""
    with caplog.at_level(logging.DEBUG):
        deliver(opened(ARGUMENT))
    assert devops.value(VARIABLE) == VALUE
    assert caplog.records
    assert VALUE not in caplog.text
    assert BEARER not in caplog.text


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 5))
def test_killed_anywhere_recall_is_right(devops: DevOps, opened: Opened, number: int, after: bool) -> None:
    """Value and record are in one request."""
    sink = opened(ARGUMENT)
    values = {VALUE: KEY, "new" + VALUE: OTHER}
    deliver(sink)
    devops.killed_at(number, after=after)
    with suppress(ProvisionError):
        deliver(sink, "new" + VALUE, OTHER)
    assert devops.lives() == (number <= 3)
    assert sink.recall() == {values[devops.value(VARIABLE)]}
    assert (devops.value(VARIABLE) == VALUE) == (number < 3 or (number == 3 and not after))
    sink.probe()
    deliver(sink, "third" + VALUE, KEY)
    assert devops.value(VARIABLE) == "third" + VALUE
    assert devops.value("THEIR_PASSWORD") == "theirs"


def test_two_runs_on_one_machine_take_turns(
    devops: DevOps, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reads the group after the other wrote it, whatever they call group and organization."""
    first, second = (
        opened(ARGUMENT),
        Opened(Signed(BEARER), name="other-app")(ARGUMENT.replace("=mail", "=7")),
    )
    between = threading.Event()
    meeting: list[Any] = []
    original = devops.answer

    def answer(request: Request) -> Response:
        if meeting:
            between.set()
        elif request.method == "GET" and request.path.endswith("/7"):
            meeting.append(threading.Thread(target=deliver, args=(second, "other", OTHER, "other-app")))
            meeting[0].start()
            between.wait(0.3)  # time for the second to come in between, which nothing but its turn prevents
        return original(request)

    monkeypatch.setattr(devops, "answer", answer)
    deliver(first)
    meeting[0].join()
    assert devops.value(VARIABLE) == VALUE
    assert devops.value("OTHER_APP_CLIENT_SECRET") == "other"
    order = [request.method for request in devops.requests if request.path.endswith("/7")]
    assert order == ["GET", "PUT", "GET", "PUT"]


def forgetful(opened: Opened, argument: str = ARGUMENT) -> Forgetting:
    sink = forgetting(opened(argument))
    assert sink is not None
    return sink


def test_what_is_forgotten_is_taken_out_of_the_group(devops: DevOps, opened: Opened) -> None:
    """With all that says which key it is; nobody else's variable changes, nor one that nobody can read."""
    before, sink = others(devops), forgetful(opened)
    assert not sink.lies()
    deliver(opened(ARGUMENT))
    theirs = Opened(Signed(BEARER), name="other-app")
    deliver(theirs(ARGUMENT), "other" + VALUE, OTHER, name="other-app")
    devops.befall("PUT", "/variablegroups/", LOSE_AFTER)
    assert sink.lies()
    sink.forget()
    assert not [name for name in devops.groups[7]["variables"] if name.startswith(VARIABLE)]
    assert devops.value("THEIR_PASSWORD") == "theirs"
    assert forgetful(theirs).lies()
    forgetful(theirs).forget()
    assert devops.groups[7] == before
    asked = devops.writes
    assert not sink.lies()
    sink.forget()
    assert devops.writes == asked
    assert not forgetful(opened, ARGUMENT.replace("group=mail", "group=nothing")).lies()
    forgetful(opened, ARGUMENT.replace("group=mail", "group=nothing")).forget()


def test_a_group_is_never_left_without_a_variable(devops: DevOps, opened: Opened) -> None:
    """The service refuses that; the one that stays says whose the place is, and no more."""
    devops.groups[7]["variables"] = {}
    deliver(opened(ARGUMENT))
    forgetful(opened).forget()
    assert set(devops.groups[7]["variables"]) == {f"{VARIABLE}_OWNER"}
    assert not forgetful(opened).lies()
    deliver(opened(ARGUMENT))
    assert opened(ARGUMENT).recall() == {KEY}


def test_somebody_elses_is_not_forgotten(devops: DevOps, opened: Opened) -> None:
    """One that provision did not write, and another config's: refused with what to do, nothing is written."""
    devops.groups[7]["variables"][VARIABLE.lower()] = {"value": "theirs", "isSecret": True}
    for call in (forgetful(opened).lies, forgetful(opened).forget):
        refused(call, UNUSABLE, "provision did not write it")
    del devops.groups[7]["variables"][VARIABLE.lower()]
    deliver(opened(ARGUMENT))
    writes = devops.writes
    theirs = forgetful(Opened(Signed(BEARER), name="other-app"), f"{ARGUMENT}&variable={VARIABLE}")
    for call in (theirs.lies, theirs.forget):
        refused(call, TAKEN, NAME)
    assert devops.writes == writes
    assert devops.value(VARIABLE) == VALUE


def test_one_that_may_not_be_taken_out(devops: DevOps, opened: Opened) -> None:
    """A right is missing, or somebody made it read-only: the value stays, and so does its record."""
    deliver(opened(ARGUMENT))
    held = copy.deepcopy(devops.groups[7])
    devops.manageable = set()
    refused(forgetful(opened).forget, UNUSABLE, "Administrator")
    devops.manageable, devops.scopes = {7}, {"read"}
    refused(forgetful(opened).forget, UNUSABLE, "401")
    devops.scopes = {"read", "manage"}
    assert devops.groups[7] == held
    devops.groups[7]["variables"][VARIABLE]["isReadOnly"] = True
    refused(forgetful(opened).forget, UNUSABLE, "read-only")
    assert devops.value(VARIABLE) == VALUE


def test_what_others_change_meanwhile_stays_when_it_is_forgotten(devops: DevOps, opened: Opened) -> None:
    """Each repetition reads the group anew."""
    deliver(opened(ARGUMENT))
    answer = devops.answer

    def meanwhile(request: Request) -> Response:
        if request.method == "PUT" and "NEW" not in devops.groups[7]["variables"]:
            devops.groups[7]["variables"]["NEW"] = {"value": "theirs"}
            return Response(503, None)
        return answer(request)

    devops.answer = meanwhile  # type: ignore[method-assign]
    forgetful(opened).forget()
    assert devops.value("NEW") == "theirs"
    assert VARIABLE not in devops.groups[7]["variables"]
