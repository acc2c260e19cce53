"""What is due of the secrets, and all that is said of them, word for word: ``secret_cases.txt``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.resources import client_secret
from provision.resources.app_management_policy import Limits
from provision.resources.client_secret import Mint, Span, standing
from tests import cases
from tests.resources.test_client_secret import DESIRED, NEW, NO_LIMITS, NOW, OLD, Given, world

HAND = replace(DESIRED, adopt="h")
TEN_DAYS = replace(DESIRED, lifetime=Span(days=10))
LATE: list[Given] = [("a", "d", -170, 10), ("b", "d", -155, 25)]


def policy(days: float | None = None, **more: Any) -> Limits:
    """What a policy says."""
    return Limits("p", longest=None if days is None else timedelta(days=days), **more)


CASES: dict[str, dict[str, Any]] = {
    "none": {"given": []},
    "one": {"given": [NEW]},
    "its window has come": {"given": [OLD]},
    "two": {"given": [OLD, NEW]},
    "three": {"given": [("a", "d", -100, 5), ("b", "d", -50, 50), ("c", "d", -1, 179)]},
    "ended": {"given": [("a", "d", -180, 0)]},
    "the newest was removed": {"given": [OLD, ("b", "g", -1, 179)]},
    "the only one was removed": {"given": [("b", "g", -1, 179)]},
    "the newest was to go, and is gone": {"given": [("b", "gr", -1, 179)]},
    "an older one was removed": {"given": [("a", "g", -9, 9), NEW]},
    "an older one was removed, the hint is unknown": {"given": [("a", "g", -9, 9), NEW], "hint": None},
    "leaked": {"given": [("a", "dl", -9, 171)]},
    "leaked, the hint is unknown": {"given": [("a", "dl", -9, 171)], "hint": None},
    "leaked, and its successor delivered": {"given": [("a", "dl", -9, 171), NEW]},
    "leaked, replaced, and one removed": {
        "given": [("a", "dl", -9, 9), ("b", "dr", -8, 9), ("c", "g", -7, 9)]
    },
    "leaked, and may not be ours": {"given": [NEW, ("x", "ul", -9, 171)]},
    "may not be ours, the hint is unknown": {"given": [NEW, ("x", "ul", -9, 171)], "hint": None},
    "replaced by --again": {"given": [OLD, ("b", "dr", -2, 178)]},
    "to be replaced, by one that may be delivered": {
        "given": [("b", "d", -2, 178), ("c", "u", -1, 179)],
        "replaced": {("c", "b")},
    },
    "interrupted": {"given": [NEW, ("x", "ui", -1, 179)]},
    "unproven": {"given": [NEW, ("x", "u", -1, 179)]},
    "a sink knows the newest": {"given": [OLD, ("b", "u", -1, 179)], "sink": "b"},
    "a sink knows an older one": {"given": [("a", "u", -5, 99), NEW], "sink": "a"},
    "adopted": {"given": [("h", "", -9, 300)], "desired": HAND},
    "adopted, without a name and a hint": {
        "given": [("h", "", -9, 300)],
        "desired": HAND,
        "hint": None,
        "unnamed": True,
    },
    "adopted, its window has come": {"given": [("h", "", -170, 10)], "desired": HAND},
    "adopted, ended": {"given": [("h", "", -170, 0)], "desired": HAND},
    "adopted, and one of ours beside it": {
        "given": [("h", "", -170, 200), NEW],
        "desired": HAND,
        "adopted": "h",
    },
    "adopted, longer than a new one": {
        "given": [("h", "", -400, 20)],
        "desired": replace(HAND, lifetime=Span(days=10)),
    },
    "adopted, a day longer than a new one": {
        "given": [("h", "", -400, 11)],
        "desired": replace(HAND, lifetime=Span(days=10)),
    },
    "adopted, some hours longer than a new one": {
        "given": [("h", "", -400, 10.9)],
        "desired": replace(HAND, lifetime=Span(days=10)),
    },
    "the adopted one is gone": {"given": [NEW], "desired": HAND},
    "the adopted one was never there": {"given": [], "desired": HAND},
    "adopted too late": {"given": [("h", "", -9, 300), NEW, ("c", "dr", -3, 9)], "desired": HAND},
    "overdue, a new one is due": {"given": LATE},
    "overdue, renewed": {"given": [*LATE, ("c", "d", -1, 179)]},
    "the newest ends first": {"given": [("a", "d", -5, 360), ("b", "d", -1, 59)]},
    "the newest ends first, the hint is unknown": {
        "given": [("a", "d", -5, 360), ("b", "d", -1, 59)],
        "hint": None,
    },
    "policy forbids": {"given": [], "limits": policy(blocked=True)},
    "policy forbids, none is due": {"given": [NEW], "limits": policy(blocked=True)},
    "policy may forbid": {"given": [], "limits": policy(maybe_blocked=True)},
    "policy may forbid, none is due": {"given": [NEW], "limits": policy(maybe_blocked=True)},
    "policy allows 90 days": {"given": [NEW], "limits": policy(90)},
    "policy allows 90 days, one is due": {"given": [], "limits": policy(90)},
    "policy allows 180 days and an hour": {"given": [NEW], "limits": policy(180 + 1 / 24)},
    "policy allows just less than is asked for": {"given": [NEW], "limits": policy(180)},
    "policy allows one day": {"given": [], "limits": policy(1)},
    "policy allows an hour": {"given": [], "limits": policy(1 / 24)},
    "policy allows half an hour": {"given": [], "limits": policy(1 / 48)},
    "policy may allow more": {"given": [NEW], "limits": policy(90, maybe_longer=True)},
    "policy may allow more, which is tried": {
        "given": [NEW],
        "limits": policy(maybe_longer=True, otherwise=timedelta(days=90)),
    },
    "policy may allow more, 100 days are tried": {
        "given": [NEW],
        "limits": policy(100, maybe_longer=True, otherwise=timedelta(days=90)),
    },
    "policy may allow more than just less than is asked for": {
        "given": [NEW],
        "limits": policy(180, maybe_longer=True),
    },
    "policy may allow more than enough": {
        "given": [NEW],
        "limits": policy(180 + 1 / 24, maybe_longer=True),
    },
    "twelve months": {"given": [], "desired": replace(DESIRED, lifetime=Span(months=12))},
    "a month": {"given": [], "desired": replace(DESIRED, lifetime=Span(months=1))},
    "a day": {"given": [], "desired": replace(DESIRED, lifetime=Span(days=1))},
    "24 months": {"given": [], "desired": replace(DESIRED, lifetime=Span(months=24))},
    "25 months": {"given": [], "desired": replace(DESIRED, lifetime=Span(months=25))},
    "as long as may be": {"given": [], "desired": replace(DESIRED, lifetime=Span(longest=True))},
    "as long as may be, under a policy": {
        "given": [],
        "desired": replace(DESIRED, lifetime=Span(longest=True)),
        "limits": policy(365),
    },
    "181 days": {"given": [NEW], "desired": replace(DESIRED, lifetime=Span(days=181))},
    "renewal after two thirds": {"given": [NEW], "desired": replace(DESIRED, renew_before=Span(days=60))},
    "renewal before two thirds": {"given": [NEW], "desired": replace(DESIRED, renew_before=Span(days=61))},
    "stretched": {"given": [("a", "d", -350, 20)], "desired": TEN_DAYS},
    "stretched by a day": {"given": [("a", "d", -350, 11)], "desired": TEN_DAYS},
    "stretched by some hours": {"given": [("a", "d", -350, 10.9)], "desired": TEN_DAYS},
    "allowed to be shorter": {"given": [("a", "d", -350, 20)], "desired": TEN_DAYS, "shorter": True},
    "policy allows less than what it replaces": {"given": [("a", "d", -350, 20)], "limits": policy(9)},
    "policy allows a day less than what it replaces": {
        "given": [("a", "d", -350, 20)],
        "limits": policy(19 + 1 / 24),
    },
    "policy allows some hours less than what it replaces": {
        "given": [("a", "d", -350, 20)],
        "limits": policy(19.5),
    },
    "24 months are less than what it replaces": {
        "given": [("a", "d", -1700, 800)],
        "desired": replace(DESIRED, renew_before=Span(days=900)),
    },
    "renamed": {"given": [NEW], "desired": replace(DESIRED, description="Post")},
    "renamed, one is due": {"given": [OLD], "desired": replace(DESIRED, description="Post")},
    "renamed, the current one is adopted": {
        "given": [("h", "", -9, 300)],
        "desired": replace(HAND, description="Post"),
    },
}


def answer(case: str) -> list[str]:
    """The changes, then the findings."""
    given = dict(CASES[case])
    desired, limits = given.pop("desired", DESIRED), given.pop("limits", NO_LIMITS)
    shorter = given.pop("shorter", False)
    secrets, records = world(given.pop("given"))
    secrets = [
        replace(
            item,
            hint=given.get("hint", item.hint),
            display_name=None if given.get("unnamed") else item.display_name,
        )
        for item in secrets
    ]
    told = {name: value for name, value in given.items() if name not in ("hint", "unnamed")}
    records = replace(records, **{name: getattr(records, name) | set(value) for name, value in told.items()})
    state = standing(desired, secrets, records, now=NOW)
    changes = client_secret.diff(desired, secrets, records, limits, now=NOW, shorter=shorter)
    mint = next((change.step for change in changes if isinstance(change.step, Mint)), None)
    said = client_secret.check(desired, state, records, limits, mint, now=NOW, shorter=shorter)
    ends = [] if mint is None else [f"it would end {mint.end(NOW):%Y-%m-%d %H:%M}"]
    return [*cases.changed(changes), *ends, *cases.found(said)]


ANSWERS = cases.answers(Path(__file__).with_name("secret_cases.txt"), list(CASES), answer)


@pytest.mark.parametrize("case", CASES)
def test_what_is_due_and_what_is_said(case: str) -> None:
    """As it was reviewed."""
    assert answer(case) == ANSWERS[case], cases.ANEW
