"""What each mode of ``rotate`` does to secrets delivered, leaked, replaced, removed or never proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provision.errors import Severity
from provision.plan.model import Plan
from provision.plan.rotation import Mode, build, with_last_use
from provision.resources.app_management_policy import LIFETIME, Policy, Restriction
from provision.resources.app_management_policy import Observed as Policies
from provision.resources.client_secret import Forget, Mint, Record, Remove
from provision.resources.consent import Detail
from provision.resources.last_use import Observed as LastUse
from tests.plan import given as plans
from tests.plan.given import CONTEXT
from tests.plan.test_digest import APP, OBSERVED
from tests.resources.test_client_secret import DESIRED, NEW, NOW, OLD, Given, day, world

WANTED = replace(plans.DESIRED, client_secret=DESIRED)
DUE: Given = ("b", "d", -155, 25)
# How the secrets stand (as in tests/resources; "s": only the sink knows of its delivery), and what rotate,
# --again, --confirm and --emergency do: + one more, -k remove it, !k record it, ~k forget its record.
STATES = {
    "none": ([], "+", "+", "", "+"),
    "one": ([NEW], "+", "+", "", "+ -b"),
    "one that is due": ([OLD], "+", "+", "", "+ -a"),
    "the only one ended": ([("a", "d", -180, 0)], "+", "+", "", "+ -a"),
    "one waits": ([OLD, NEW], "", "+ -b", "-a", "+ -b -a"),
    "the one that waits is due itself": ([("a", "d", -170, 10), DUE], "+", "+ -b", "-a", "+ -b -a"),
    "three": ([("a", "d", -170, 10), DUE, ("c", "d", -1, 179)], "", "+ -c", "-b -a", "+ -c -b -a"),
    "the older has ended": ([("a", "d", -200, -20), NEW], "+", "+", "-a", "+ -b -a"),
    "the newest has ended": ([("a", "d", -60, 300), ("b", "d", -50, 0)], "+", "+", "", "+ -a -b"),
    "the newest was removed": ([OLD, ("b", "g", -1, 179)], "+", "+", "", "+ -a"),
    "an older one was removed": ([("a", "g", -150, 30), NEW], "+", "+", "~a", "+ -b"),
    "leaked, no successor": ([("a", "dl", -9, 171)], "+ -a", "+ -a", "", "+ -a"),
    "leaked, its successor delivered": ([("a", "dl", -9, 171), NEW], "-a", "+ -a", "-a", "-a"),
    "replaced, and not removed": (
        [OLD, ("b", "dr", -2, 178), ("c", "d", -1, 179)],
        "-b",
        "+ -c -b",
        "-a -b",
        "+ -c -a -b",
    ),
    "confirmed, and not removed": ([("a", "dr", -150, 30), NEW], "+ -a", "+ -a", "-a", "+ -b -a"),
    "confirmed and removed, its record not": ([("a", "gr", -150, 30), NEW], "+", "+", "", "+ -b"),
    "nobody received it": ([NEW, ("x", "ui", -1, 179)], "+ -x", "+ -x", "-x", "+ -b -x"),
    "unproven": ([NEW, ("x", "u", -1, 179)], "+", "+", "", "+ -b"),
    "unproven, and there in an emergency": ([NEW, ("x", "ul", -1, 179)], "+", "+", "", "+ -b"),
    "its record is missing": ([OLD, ("b", "s", -1, 179)], "!b", "+ -b", "!b -a", "+ -b -a"),
}
CELLS = [
    pytest.param(given, mode, expected, id=f"{mode}: {what}")
    for what, (given, *all_) in STATES.items()
    for mode, expected in zip(Mode, all_, strict=True)
]


def planned(given: list[Given], mode: Mode, **more: Any) -> Plan:
    """The plan of this mode."""
    secrets, records = world(given)
    held = frozenset(key for key, kind, *_ in given if "s" in kind)
    records = replace(records, sink=held, replaced=more.pop("replaced", frozenset()))
    policy = more.pop("policy", OBSERVED.policy)
    observed = replace(OBSERVED, application=APP, secrets=tuple(secrets), policy=policy)
    return build(CONTEXT, WANTED, observed, records, mode, now=NOW, consented=Detail.REQUIRED, **more)


def steps(plan: Plan) -> str:
    """What is done, in its order."""
    signs = {Remove: "-", Record: "!", Forget: "~"}
    found: list[Any] = [change.step for change in plan.changes if change.step is not None]
    return " ".join("+" if isinstance(s, Mint) else signs[type(s)] + s.key_id for s in found)


def mint(plan: Plan) -> Mint:
    """The secret that it makes."""
    (made,) = [change.step for change in plan.changes if isinstance(change.step, Mint)]
    return made


@pytest.mark.parametrize(("given", "mode", "expected"), CELLS)
def test_what_each_mode_does(given: list[Given], mode: Mode, expected: str) -> None:
    """The new one comes first; only what was delivered, or what nobody received, is removed."""
    assert steps(planned(given, mode)) == expected


@pytest.mark.parametrize(
    ("given", "mode", "retires", "leaked"),
    [
        ([OLD, NEW], Mode.AGAIN, ["b"], []),
        ([OLD], Mode.AGAIN, [], []),
        ([OLD, NEW], Mode.EMERGENCY, [], ["a", "b"]),
        ([("a", "d", -200, -20), NEW], Mode.EMERGENCY, [], ["b"]),
        ([NEW, ("x", "u", -1, 179)], Mode.EMERGENCY, [], ["b", "x"]),
        ([NEW, ("x", "ui", -1, 179)], Mode.EMERGENCY, [], ["b"]),
        ([("a", "dl", -9, 171)], Mode.ROTATE, [], ["a"]),
        ([("a", "dl", -9, 171), NEW], Mode.AGAIN, [], ["a"]),
    ],
)
def test_what_is_put_on_record_with_it(
    given: list[Given], mode: Mode, retires: list[str], leaked: list[str]
) -> None:
    """What goes is known to every machine: what --again replaces, and all that may have leaked."""
    made = mint(planned(given, mode))
    assert (list(made.retires), list(made.leaked)) == (retires, leaked)


@pytest.mark.parametrize(
    ("given", "mode", "came", "expected", "leaked"),
    [
        ([OLD, NEW], Mode.EMERGENCY, "b", "+ -a", ["a"]),
        ([NEW], Mode.EMERGENCY, "b", "+", []),  # the other was an emergency too, and removed the old one
        ([("a", "dl", -9, 171), NEW], Mode.EMERGENCY, "b", "+ -a", ["a"]),  # killed
        ([OLD, NEW], Mode.AGAIN, "b", "+", []),
        ([("a", "d", -170, 10), DUE, ("c", "d", -1, 179)], Mode.AGAIN, "c", "+ -b", []),
        ([OLD, NEW], Mode.ROTATE, "b", "+", []),
        ([OLD, NEW], Mode.CONFIRM, "b", "", []),
        ([("a", "d", -170, 10), DUE, ("c", "d", -1, 179)], Mode.CONFIRM, "c", "-a", []),
    ],
)
def test_what_another_run_delivered_since_the_start_is_not_counted(
    given: list[Given], mode: Mode, came: str, expected: str, leaked: list[str]
) -> None:
    """It neither leaked, nor was it never entered, nor is it confirmed: it stays, whatever was asked for."""
    plan = planned(given, mode, came=frozenset(came))
    assert steps(plan) == expected
    assert plan.came == frozenset(came)
    assert [
        key for change in plan.changes if isinstance(change.step, Mint) for key in change.step.leaked
    ] == (leaked)


@pytest.mark.parametrize(
    ("newest", "mode", "expected", "retires", "end"),
    [
        pytest.param(("c", "u", -1, 179), Mode.ROTATE, "+ -b", ["b"], 190, id="it may have been delivered"),
        pytest.param(("c", "u", -1, 179), Mode.AGAIN, "+ -b", ["b"], 190, id="the same, and --again"),
        pytest.param(("c", "u", -1, 179), Mode.CONFIRM, "", None, None, id="nothing is there to confirm"),
        pytest.param(("c", "s", -1, 179), Mode.ROTATE, "!c -b", None, None, id="a sink knows of it"),
        pytest.param(("c", "s", -1, 179), Mode.AGAIN, "+ -c -b", ["c", "b"], 180, id="the same, and --again"),
        pytest.param(("c", "s", -1, 179), Mode.CONFIRM, "!c -a -b", None, None, id="the same, and --confirm"),
        pytest.param(("c", "ui", -1, 179), Mode.ROTATE, "-c", None, None, id="nobody received it"),
    ],
)
def test_what_a_killed_again_left_is_finished(
    newest: Given, mode: Mode, expected: str, retires: list[str] | None, end: float | None
) -> None:
    """What it was to remove goes once a successor is delivered: its own, or else one that is made now."""
    plan = planned([OLD, ("b", "d", -2, 190), newest], mode, replaced=frozenset({("c", "b")}))
    assert steps(plan) == expected
    if retires is not None:
        assert list(mint(plan).retires) == retires
        assert mint(plan).end(NOW) == day(end or 0)


LONG: Given = ("a", "d", -10, 300)


@pytest.mark.parametrize(
    ("given", "mode", "allowed", "end"),
    [
        pytest.param([LONG], Mode.ROTATE, (), 300, id="as long as what it replaces"),
        pytest.param([LONG], Mode.ROTATE, ("shorter-life",), 180, id="shorter, where that is allowed"),
        pytest.param([LONG, NEW], Mode.AGAIN, (), 300, id="--again: as the longest of those in use"),
        pytest.param([LONG, NEW], Mode.AGAIN, ("shorter-life",), 180, id="--again, allowed"),
        pytest.param([LONG], Mode.EMERGENCY, (), 180, id="in an emergency the old one goes at once"),
        pytest.param([("a", "d", -60, 300), ("b", "d", -50, 0)], Mode.ROTATE, (), 180, id="of none to enter"),
        pytest.param([("a", "d", -400, -1)], Mode.ROTATE, (), 180, id="of an ended one"),
    ],
)
def test_how_long_it_lives(given: list[Given], mode: Mode, allowed: tuple[str, ...], end: float) -> None:
    """Not less than what may be in use beside it, unless that is allowed by name."""
    assert mint(planned(given, mode, allowed=allowed)).end(NOW) == day(end)


@pytest.mark.parametrize(
    ("allowed", "severity"), [((), Severity.ERROR), (("shorter-life",), Severity.WARNING)]
)
def test_a_policy_that_allows_no_longer_one(allowed: tuple[str, ...], severity: Severity) -> None:
    """Refused with the date, or allowed with the date."""
    limit = Restriction(LIFETIME, enabled=True, max_lifetime=timedelta(days=90), created_after=None)
    policy = Policies(default=Policy("policy", enabled=True, restrictions=(limit,)))
    plan = planned([LONG], Mode.ROTATE, allowed=allowed, policy=policy)
    (found,) = [finding for finding in plan.findings if finding.entry.name == "shorter-life"]
    assert found.severity is severity
    assert f"{day(90 - 1 / 24):%Y-%m-%d}" in found.message
    assert f"{day(300):%Y-%m-%d}" in found.message


HAND: Given = ("h", "", -170, 200)
READ = LastUse({"h": NOW}, NOW)
AT = f"last signed in {NOW:%Y-%m-%d %H:%M} UTC (report read {NOW:%Y-%m-%d %H:%M} UTC)"


@pytest.mark.parametrize(
    ("given", "adopt", "used", "said"),
    [
        pytest.param([HAND, NEW], "h", READ, {"h": AT}, id="read"),
        pytest.param(
            [HAND, NEW],
            "h",
            LastUse(unread="needs X"),
            {"h": "its last sign-in was not read: needs X"},
            id="not",
        ),
        pytest.param([HAND, OLD, NEW], "h", READ, {"h": AT, "a": ""}, id="beside one of ours"),
        pytest.param([OLD, NEW], None, READ, {"a": ""}, id="none is adopted"),
        pytest.param([HAND], "h", READ, {}, id="it stays"),
    ],
)
def test_when_an_adopted_one_signed_in_last(
    given: list[Given], adopt: str | None, used: LastUse, said: dict[str, str]
) -> None:
    """Told of an adopted one that goes, and of nothing else: what a person decides by."""
    secrets, records = world(given)
    desired = replace(WANTED, client_secret=replace(DESIRED, adopt=adopt))
    observed = replace(OBSERVED, application=APP, secrets=tuple(secrets))
    records = replace(records, adopted=frozenset("h"))
    plan = build(CONTEXT, desired, observed, records, Mode.CONFIRM, now=NOW, consented=Detail.REQUIRED)
    found = with_last_use(plan, used)
    assert [change.step for change in found.changes] == [change.step for change in plan.changes]
    added = {
        after.step.key_id: after.reason.removeprefix(before.reason)
        for before, after in zip(plan.changes, found.changes, strict=True)
        if isinstance(after.step, Remove)
    }
    assert added == {key: f"; {words}" if words else "" for key, words in said.items()}


def test_a_plan_without_a_standing_is_left_as_it_is() -> None:
    """Such as that of ``--revoke``."""
    plan = replace(planned([OLD, NEW], Mode.CONFIRM), standing=None)
    assert with_last_use(plan, READ) is plan


@pytest.mark.parametrize("mode", Mode)
def test_who_waits_is_told_by_the_mode_that_leaves_it_so(mode: Mode) -> None:
    """A mode that removes the one that waits, or what it waits for, does not tell to enter it."""
    names = {finding.entry.name for finding in planned([OLD, NEW], mode).findings}
    assert ("awaits-confirmation" in names) == (mode is Mode.ROTATE)
