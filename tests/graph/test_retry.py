"""Which failures are worth another try, how long until then, and what a person reads of the rest: tables."""

from __future__ import annotations

import socket

import pytest

from provision.errors import Entry, catalogue
from provision.graph.answers import Failure, Lost, Refusal
from provision.graph.refusals import is_denied, missing, translated
from provision.graph.retry import Reason, Repeat, pause, reason_to_retry, replicating

SAFE, UNSAFE = Repeat.HARMLESS, Repeat.HARMFUL


def refusal(status: int, code: str = "", message: str = "", **more: object) -> Refusal:
    """One of Graph's."""
    return Refusal(status, code, message, **more)  # type: ignore[arg-type]


def lost(*, sent: bool) -> Lost:
    """A connection that broke."""
    return Lost(OSError("reset"), host="graph.microsoft.com", sent=sent)


NEW = refusal(404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    ("failure", "repeat", "fresh", "again"),
    [
        (lost(sent=False), SAFE, False, True),
        (lost(sent=False), UNSAFE, False, True),
        (lost(sent=True), SAFE, False, True),
        (lost(sent=True), UNSAFE, False, False),  # a second secret, if the first try took effect
        (refusal(429), SAFE, False, True),
        (refusal(429), UNSAFE, False, True),  # refused, so nothing was made
        *[(refusal(status), SAFE, False, True) for status in (500, 502, 503, 504)],
        *[(refusal(status), UNSAFE, False, False) for status in (500, 502, 503, 504)],
        (refusal(409, "Directory_ConcurrencyViolation"), UNSAFE, False, True),
        (refusal(409, "Request_MultipleObjectsWithSameKeyValue"), SAFE, False, False),
        (refusal(412, "Directory_ConcurrencyViolation"), SAFE, False, False),
        (NEW, SAFE, True, True),
        (NEW, UNSAFE, True, True),
        (NEW, SAFE, False, False),
        *[(refusal(status), SAFE, True, False) for status in (400, 401, 403, 404, 405, 501)],
    ],
)
def test_what_is_worth_another_try(failure: Failure, repeat: Repeat, fresh: bool, again: bool) -> None:
    """Never what could do harm; what is not there only where it was made a moment ago."""
    assert (reason_to_retry(failure, repeat, fresh=fresh) is not None) is again


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (refusal(404, "Request_ResourceNotFound"), True),
        (refusal(404, "Directory_ObjectNotFound"), True),
        (refusal(404, "ErrorItemNotFound"), False),
        (refusal(410, "Request_ResourceNotFound"), False),
        (refusal(400, "Request_BadRequest", details=("NoBackingApplicationObject",)), True),
        (refusal(400, message="The appId 'x' does not reference a valid application object."), True),
        (refusal(400, message="Not a valid reference update."), True),
        (refusal(400, message="No password credential found with keyId 'x'."), True),
        (refusal(400, message="A value is required for property 'displayName'."), False),
        (refusal(403, message="When using this permission, the backing application of the …"), True),
        (refusal(403, message="Insufficient privileges to complete the operation."), False),
        (refusal(500, "Request_ResourceNotFound"), False),
    ],
)
def test_what_a_replica_answers(failure: Refusal, expected: bool) -> None:
    """That has not heard of a new object yet."""
    assert replicating(failure) is expected


@pytest.mark.parametrize(
    ("status", "asked", "least"),
    [(429, 7.0, 7.0), (429, None, 0.0), (503, 30.0, 30.0), (500, None, 0.0), (504, 2.0, 2.0)],
)
def test_the_service_says_how_long(status: int, asked: float | None, least: float) -> None:
    """Its word is the least."""
    reason = reason_to_retry(refusal(status, retry_after=asked), SAFE, fresh=False)
    assert reason is not None
    assert reason.least == least
    assert reason.text


@pytest.mark.parametrize(
    ("attempt", "least", "jitter", "seconds"),
    [
        (1, 0, 0, 0.5),
        (1, 0, 1, 1.0),
        (2, 0, 1, 2.0),
        (4, 0, 1, 8.0),
        (5, 0, 1, 15.0),  # 16, were there no longest one
        (9, 0, 0, 7.5),
        (1, 40, 0, 40.0),
        (9, 3, 1, 15.0),
    ],
)
def test_pauses(attempt: int, least: float, jitter: float, seconds: float) -> None:
    """Twice as long each time, 15 s at most, half of it by chance, and never less than was asked."""
    assert pause(attempt, Reason("", least), jitter) == seconds


def waited() -> Refusal:
    """What was still refused when the time for it was over."""
    failure = refusal(404, "Request_ResourceNotFound")
    failure.waited_for = True
    return failure


@pytest.mark.parametrize(
    ("failure", "entry"),
    [
        (lost(sent=True), catalogue.UNREACHABLE),
        (waited(), catalogue.NOT_SPREAD_YET),
        (refusal(409, "Directory_ConcurrencyViolation"), catalogue.WRITTEN_TO_BY_OTHERS),
        (refusal(403, "Authorization_RequestDenied"), catalogue.NO_PERMISSION),
        (refusal(403), catalogue.NO_PERMISSION),
        (refusal(400, "Authorization_RequestDenied"), catalogue.NO_PERMISSION),
        (refusal(401, "InvalidAuthenticationToken"), catalogue.SIGN_IN),
        (refusal(429), catalogue.THROTTLED),
        (refusal(503), catalogue.THROTTLED),
        (refusal(500), catalogue.UNREACHABLE),
        (refusal(502), catalogue.UNREACHABLE),
        (refusal(504), catalogue.UNREACHABLE),
        (refusal(400, "CredentialInvalidLifetimeAsPerAppPolicy"), catalogue.LIFETIME_REFUSED),
        (refusal(400, "CredentialTypeNotAllowedAsPerAppPolicy"), catalogue.SECRETS_BLOCKED),
        (refusal(200, message="the answer is not a JSON object"), catalogue.GRAPH_ANSWER),
        (refusal(302, message="the answer sends on to x"), catalogue.GRAPH_ANSWER),
        (refusal(400, "Request_BadRequest"), catalogue.GRAPH_REFUSED),
        (refusal(404, "Request_ResourceNotFound"), catalogue.GRAPH_REFUSED),
    ],
)
def test_what_a_person_reads(failure: Failure, entry: Entry) -> None:
    """Every refusal has its entry, and keeps Graph's own words, code and request id."""
    if isinstance(failure, Refusal):
        failure.request_id, failure.time = "r-1", "2026-05-04T12:00:00"
    error = translated(failure, "reading the application")
    assert error.entry is entry
    assert error.message.startswith("reading the application: ")
    if isinstance(failure, Refusal):
        assert (error.request_id, error.service_code) == ("r-1", failure.code or None)
        assert failure.message in error.message


def test_what_was_in_the_way_is_told() -> None:
    """As ``doctor`` tells it, where no connection was made; where one broke, nothing was."""
    unsent, sent = lost(sent=False), lost(sent=True)
    unsent.__cause__ = socket.gaierror(-2, "Name or service not known")
    error = translated(unsent, "reading")
    assert error.message == "reading: graph.microsoft.com cannot be reached: DNS: reset"
    assert "look up public names" in error.fix
    assert translated(sent, "reading").message == "reading: graph.microsoft.com does not answer: reset"


def test_a_missing_right_is_named() -> None:
    """In the message, and in what to do."""
    error = translated(refusal(403, "Forbidden", "no"), "granting", needs="Application.ReadWrite.All")
    assert error.message == "granting: Graph says 403 Forbidden: no; needs Application.ReadWrite.All"
    assert "granted Application.ReadWrite.All" in error.fix
    assert translated(refusal(403), "granting").fix == catalogue.NO_PERMISSION.fix


@pytest.mark.parametrize(
    ("failure", "may_not", "not_there"),
    [
        (refusal(403), True, False),
        (refusal(404, "ErrorAccessDenied"), True, True),
        (refusal(400, "AccessDenied"), True, False),
        (refusal(404), False, True),
        (refusal(400), False, False),
        (lost(sent=True), False, False),
    ],
)
def test_denied_and_missing(failure: Failure, may_not: bool, not_there: bool) -> None:
    """By status, or by the codes that say so under another status."""
    assert (is_denied(failure), missing(failure)) == (may_not, not_there)
