"""How secrets stand, which is the last day, what is due: tables of ``resources.client_secret``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provision.change import Action
from provision.errors import Severity
from provision.resources import client_secret
from provision.resources.app_management_policy import Limits
from provision.resources.client_secret import (
    Desired,
    Inert,
    Mint,
    Observed,
    Records,
    Remove,
    Span,
    Standing,
    end_date,
    standing,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESIRED = Desired("collab", "Mail", lifetime=Span(days=180), renew_before=Span(days=30))
NO_LIMITS = Limits()
# A key id, how it is known (d delivered, u unproven, i intended here, l leaked, r retired; upper case and
# lower-case letters may be joined), when it began and ends, in days from now. "g": on record, and not there.
Given = tuple[str, str, float, float]


def day(number: float) -> datetime:
    """So many days from now."""
    return NOW + timedelta(days=number)


def world(given: list[Given], newest: str = "") -> tuple[list[Observed], Records]:
    """The secrets, and what is known of them; the tag of the newest names the last delivered one."""
    secrets = [
        Observed(key, f"Mail{DESIRED.mark}", day(start), day(end), f"{key}23")
        for key, kind, start, end in given
        if "g" not in kind
    ]
    keys = {letter: frozenset(k for k, kind, *_ in given if letter in kind) for letter in "dilrg"}
    delivered = keys["d"] | keys["g"]
    last = (
        newest or max((item for item in given if item[0] in delivered), key=lambda i: i[2], default=("",))[0]
    )
    records = Records(
        tenant=delivered,
        journal=keys["i"],
        newest=frozenset({last} - {""}),
        retired=keys["r"],
        leaked=keys["l"],
    )
    return secrets, records


def stands(given: list[Given]) -> Standing:
    """How they stand now."""
    secrets, records = world(given)
    return standing(DESIRED, secrets, records, now=NOW)


OLD: Given = ("a", "d", -150, 30)
NEW: Given = ("b", "d", -1, 179)

CURRENT = [
    pytest.param([], None, None, id="none"),
    pytest.param([OLD], "a", None, id="one"),
    pytest.param([OLD, NEW], "b", 30, id="the older ends first"),
    pytest.param([("a", "d", -5, 360), ("b", "d", -1, 59)], "b", 59, id="the newest ends first"),
    pytest.param([("a", "d", -5, 60), ("b", "d", -1, 60)], "b", 60, id="both end at once"),
    pytest.param(
        [("a", "d", -100, 5), ("b", "d", -50, 50), ("c", "d", -1, 179)], "c", 5, id="of three, the first end"
    ),
    pytest.param([("a", "d", -50, 50), ("b", "d", -60, 0)], "a", None, id="the older has ended"),
    pytest.param(
        [("a", "d", -60, 300), ("b", "d", -50, 0)], None, None, id="the newest has ended: none, not the old"
    ),
    pytest.param([OLD, ("b", "g", -1, 179)], None, None, id="the newest was removed: none, not the old"),
    pytest.param([("a", "g", -150, 30), NEW], "b", None, id="the older was removed"),
    pytest.param([OLD, ("b", "u", -1, 179)], "a", None, id="an unproven one is not the newest"),
    pytest.param([("a", "dl", -150, 30)], None, None, id="leaked, and no successor yet"),
    pytest.param([("a", "dl", -150, 3), NEW], "b", None, id="leaked, its successor delivered"),
    pytest.param(
        [OLD, ("b", "dr", -2, 20), ("c", "d", -1, 179)],
        "c",
        30,
        id="--again killed: the replaced one is no last day",
    ),
    pytest.param(
        [OLD, ("b", "d", -2, 20), ("c", "d", -1, 179)],
        "c",
        20,
        id="the same of an older version: it may be entered",
    ),
]


@pytest.mark.parametrize(("given", "current", "last"), CURRENT)
def test_the_current_one_and_the_last_day(
    given: list[Given], current: str | None, last: float | None
) -> None:
    """The current one is what was delivered last, if it lives; the last day is the first end in use."""
    state = stands(given)
    assert (state.current.key_id if state.current else None) == current
    assert state.confirm_by == (None if last is None else day(last))


@pytest.mark.parametrize(
    ("newest", "current", "going", "last"),
    [
        pytest.param(("c", "d", -1, 179), "c", "b", 30, id="it was delivered"),
        pytest.param(("c", "u", -1, 179), None, "b", None, id="it may have been delivered"),
        pytest.param(("c", "ui", -1, 179), "b", "", 30, id="nobody received it"),
        pytest.param(("c", "g", -1, 179), None, "", None, id="it was delivered, and is gone"),
    ],
)
def test_what_a_new_one_replaces(newest: Given, current: str | None, going: str, last: float | None) -> None:
    """By the tag of its successor it goes once that is delivered, and is not named from when it may be."""
    secrets, records = world([OLD, ("b", "d", -2, 178), newest])
    state = standing(DESIRED, secrets, replace(records, replaced=frozenset({("c", "b")})), now=NOW)
    assert (state.current.key_id if state.current else None) == current
    assert "".join(item.key_id for item in state.going) == going
    assert state.confirm_by == (None if last is None else day(last))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param([], "none delivered", id="none"),
        pytest.param([("a", "d", -150 + 1 / 24, 30 + 1 / 24)], None, id="an hour before its window"),
        pytest.param([OLD], "renewal is due", id="its window has come"),
        pytest.param([OLD, NEW], None, id="its successor is there"),
        pytest.param(
            [("a", "d", -152, 28), ("b", "d", -150, 30)], "renewal is due", id="an older one waits: no matter"
        ),
        pytest.param([("a", "d", -9, 171), ("b", "d", -180, 0)], None, id="an ended one beside it"),
        pytest.param([("a", "d", -180, 0)], "the delivered one ended", id="ended this moment"),
        pytest.param(
            [("a", "d", -60, 300), ("b", "d", -50, 0)], "the delivered one ended", id="the newest ended"
        ),
        pytest.param([OLD, ("b", "g", -1, 179)], "was removed", id="the newest was removed"),
        pytest.param([("a", "g", -9, 0), ("b", "d", -1, 179)], None, id="an older one was removed"),
        pytest.param([("a", "dl", -9, 171)], "leaked", id="an emergency got no further than its record"),
        pytest.param([("a", "dl", -9, 171), NEW], None, id="an emergency got as far as the delivery"),
        pytest.param([("a", "u", -9, 171)], "none delivered", id="unproven"),
    ],
)
def test_what_is_due(given: list[Given], reason: str | None) -> None:
    """A secret is made when nothing lives that is to be entered, or its window has come; else none."""
    secrets, records = world(given)
    changes = client_secret.diff(DESIRED, secrets, records, NO_LIMITS, now=NOW)
    (main,) = [change for change in changes if change.address == client_secret.ADDRESS]
    assert (main.action is Action.CREATE) == (reason is not None)
    assert (reason or "") in main.reason


@pytest.mark.parametrize(
    ("given", "removed"),
    [
        pytest.param([OLD, NEW], [], id="a delivered one is never removed"),
        pytest.param([("a", "d", -300, -100), NEW], [], id="not even an ended one"),
        pytest.param([("a", "dl", -9, 171)], ["a"], id="leaked: after its successor"),
        pytest.param([("a", "dl", -9, 171), NEW], ["a"], id="leaked, the successor delivered"),
        pytest.param([OLD, ("b", "dr", -2, 178), ("c", "d", -1, 179)], ["b"], id="replaced by --again"),
        pytest.param([NEW, ("x", "ui", -1, 179)], ["x"], id="nobody received it"),
        pytest.param([NEW, ("x", "u", -1, 179)], [], id="somebody may have received it"),
        pytest.param([NEW, ("x", "ul", -1, 179)], [], id="it may have leaked, and may not be ours"),
    ],
)
def test_what_a_killed_run_left_is_finished(given: list[Given], removed: list[str]) -> None:
    """What somebody asked to remove goes, behind the new secret if there is none; nothing else does."""
    secrets, records = world(given)
    changes = client_secret.diff(DESIRED, secrets, records, NO_LIMITS, now=NOW)
    steps = [change.step for change in changes if change.step is not None]
    assert [step.key_id for step in steps if isinstance(step, Remove)] == removed
    mints = [isinstance(step, Mint) for step in steps]
    assert mints == sorted(mints, reverse=True), "what is new comes first"


@pytest.mark.parametrize(
    ("lifetime", "longest", "at_least", "expected"),
    [
        (180, None, None, 180),
        (180, None, 30, 180),
        (60, None, 300, 300),
        (60, 90, 300, 90 - 1 / 24),
        (60, 90, 80, 80),
        (900, None, None, 731),
        (60, None, 800, 731),
    ],
)
def test_the_end_that_is_asked_for(
    lifetime: int, longest: int | None, at_least: float | None, expected: float
) -> None:
    """As the config says, but not before what it replaces, and in no case longer than is allowed."""
    limits = Limits("policy", longest=timedelta(days=longest)) if longest else NO_LIMITS
    given = None if at_least is None else day(at_least)
    assert end_date(Span(days=lifetime), limits, NOW, at_least=given) == day(expected)


@pytest.mark.parametrize(
    ("longest", "shorter", "finding"),
    [
        pytest.param(None, False, ("lives-as-long", Severity.WARNING), id="stretched"),
        pytest.param(None, True, ("shorter-life", Severity.WARNING), id="allowed to be shorter"),
        pytest.param(90, False, ("shorter-life", Severity.ERROR), id="the policy allows no longer one"),
        pytest.param(90, True, ("shorter-life", Severity.WARNING), id="allowed, under the policy"),
    ],
)
def test_a_shorter_life_is_told(longest: int | None, shorter: bool, finding: tuple[str, Severity]) -> None:
    """Before it is made: with its date, as a refusal where it cannot live as long as the one it replaces."""
    desired = Desired("collab", "Mail", lifetime=Span(days=60), renew_before=Span(days=30))
    limits = Limits("policy", longest=timedelta(days=longest)) if longest else NO_LIMITS
    secrets, records = world([("a", "d", -10, 300)])
    state = standing(desired, secrets, records, now=NOW)
    change = client_secret.minting(desired, limits, "", now=NOW, at_least=None if shorter else day(300))
    assert isinstance(change.step, Mint)
    found = client_secret.check(desired, state, records, limits, change.step, now=NOW, shorter=shorter)
    about = [
        (f.entry.name, f.severity, f.message)
        for f in found
        if f.entry.name in ("lives-as-long", "shorter-life")
    ]
    assert [(name, severity) for name, severity, _ in about] == [finding]
    assert f"{change.step.end(NOW):%Y-%m-%d}" in about[0][2]


SAID = [
    pytest.param([OLD, NEW], ["awaits-confirmation"], ["b23", "2026-03-31"], id="waits"),
    pytest.param(
        [("a", "d", -170, 10), ("b", "d", -155, 25)],
        ["confirmation-overdue"],
        ["b23", "2026-03-11"],
        id="overdue",
    ),
    pytest.param(
        [("a", "d", -170, 10), ("b", "d", -155, 25), ("c", "d", -1, 179)],
        ["confirmation-overdue"],
        ["c23", "2026-03-11"],
        id="overdue, and renewed",
    ),
    pytest.param(
        [OLD, ("b", "g", -1, 179)], ["secret-removed"], ["b", "2026-03-31"], id="the newest was removed"
    ),
    pytest.param([("a", "g", -9, 9), NEW], ["secret-removed"], ["a", "b23"], id="an older one was removed"),
    pytest.param([("a", "dl", -9, 171)], ["emergency-unfinished"], ["a23"], id="emergency, nothing done"),
    pytest.param(
        [("a", "dl", -9, 171), NEW], ["emergency-unfinished"], ["a23"], id="emergency, not all removed"
    ),
    pytest.param(
        [NEW, ("x", "ul", -9, 171)],
        ["emergency-unfinished", "secret-unproven"],
        ["x23"],
        id="it may not be ours",
    ),
    pytest.param([NEW, ("x", "u", -9, 171)], ["secret-unproven"], ["x"], id="unproven"),
    pytest.param([NEW, ("x", "ui", -9, 171)], [], [], id="nobody received it"),
    pytest.param([NEW], [], [], id="in order"),
]


@pytest.mark.parametrize(("given", "names", "words"), SAID)
def test_what_is_said(given: list[Given], names: list[str], words: list[str]) -> None:
    """What waits for a person is told by its name, with the secret that lives and the day."""
    secrets, records = world(given)
    state = standing(DESIRED, secrets, records, now=NOW)
    found = client_secret.of_the_standing(DESIRED, state, records, now=NOW)
    assert [finding.entry.name for finding in found] == names
    text = " ".join(finding.message for finding in found)
    assert [word for word in words if word not in text] == []


def test_nobody_is_told_to_enter_what_a_renewal_is_about_to_replace() -> None:
    """Where a new one is made first, the overdue one is not named as the one to enter."""
    secrets, records = world([("a", "d", -170, 10), ("b", "d", -155, 25)])
    state = standing(DESIRED, secrets, records, now=NOW)
    (found,) = client_secret.of_the_standing(DESIRED, state, records, now=NOW, due=True)
    assert found.entry.name == "confirmation-overdue"
    assert "make the next one, enter that by 2026-03-11" in found.message


@pytest.mark.parametrize(
    ("given", "beside", "current", "inert"),
    [
        pytest.param([("h", "", -9, 300)], "", "h", None, id="alone it is the newest"),
        pytest.param([("h", "", -300, 0)], "", None, None, id="it has ended"),
        pytest.param([("h", "", -9, 300), ("b", "d", -20, 0)], "", "h", None, id="ours ended before it"),
        pytest.param([("h", "", -9, 300), ("b", "g", -20, 50)], "", "h", None, id="ours was removed before"),
        pytest.param([("h", "", -9, 300), NEW], "h", "b", None, id="ours was made beside it"),
        pytest.param([("h", "", 5, 300), NEW], "h", "b", None, id="it begins in the future, and is older"),
        pytest.param([("h", "", -9, 300), ("b", "g", -1, 50)], "h", None, None, id="beside it, and removed"),
        pytest.param([("h", "", -9, 300), ("b", "d", -5, 0)], "h", None, None, id="ours beside it has ended"),
        pytest.param([("h", "", -9, 300), ("x", "u", -1, 50)], "", "h", None, id="another run is about to"),
        pytest.param([("h", "", -9, 300), ("b", "d", -20, 0)], "h", "h", None, id="beside it, and revoked"),
        pytest.param([("h", "", -9, 300), NEW], "", "b", Inert.LATE, id="ours was there before"),
        pytest.param([("h", "d", -9, 300)], "", "h", Inert.LATE, id="it is ours, and delivered"),
        pytest.param([NEW], "", "b", Inert.GONE, id="it is gone"),
        pytest.param([("b", "g", -1, 50)], "", None, Inert.GONE, id="it is gone, and so is ours"),
        pytest.param([], "", None, Inert.UNKNOWN, id="it was never there"),
    ],
)
def test_the_adopted_one_counts_as_delivered(
    given: list[Given], beside: str, current: str | None, inert: Inert | None
) -> None:
    """As the newest, until one of ours is made beside it; in no other case does it move one of ours."""
    secrets, records = world(given)
    secrets = [
        replace(item, display_name="by hand") if item.key_id == "h" and inert is None else item
        for item in secrets
    ]
    records = replace(records, adopted=frozenset(beside))
    state = standing(replace(DESIRED, adopt="h"), secrets, records, now=NOW)
    assert (state.current.key_id if state.current else None) == current
    assert state.inert is inert
    assert (state.adopted is not None) == (inert is None)
