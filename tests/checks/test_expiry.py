"""Which state a secret's dates put it in, and when it counts: the table of ``provision.checks.expiry``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.checks.expiry import Subject, gather, rows
from provision.errors import ProvisionError, catalogue
from provision.outcomes.expiry import Row, State, Unreadable, Watched
from provision.plan.model import Target
from provision.resources.client_secret import Desired, Observed, Records, Span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONTH = Span(days=30)
SECOND = 1 / 86400
DESIRED = Desired("collab", "Mail", lifetime=Span(days=180), renew_before=Span(days=30))
# key, whose and how proven, when it began and when it ends, in days from now
Given = tuple[str, str, float, float]
Judged = dict[str, tuple[State, bool]]


def judged(*given: Given, within: Span = MONTH, desired: Desired = DESIRED) -> tuple[Row, ...]:
    """Judge an application with these secrets."""
    return rows(
        Subject("tenant", "client"),
        desired,
        [
            Observed(
                key_id=key,
                display_name="Somebody's" if kind == "other" else f"Mail{desired.mark}",
                start=NOW + timedelta(days=start),
                end=NOW + timedelta(days=end),
                hint="abc",
            )
            for key, kind, start, end in given
        ],
        Records(
            tenant=frozenset(key for key, kind, *_ in given if kind == "delivered"),
            sink=frozenset(key for key, kind, *_ in given if kind == "in sink"),
            journal=frozenset(key for key, kind, *_ in given if kind == "intended"),
        ),
        within=within,
        now=NOW,
    )


def states(found: tuple[Row, ...]) -> Judged:
    """Reduce rows to what is decided of each key; a row without a secret has the key ``-``."""
    return {row.secret.key_id if row.secret else "-": (row.state, row.attention) for row in found}


NONE = {"-": (State.NONE, False)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([("a", "delivered", -10, 170)], {"a": (State.FINE, False)}, id="fine"),
        pytest.param([("a", "in sink", -10, 170)], {"a": (State.FINE, False)}, id="the sink's record counts"),
        pytest.param([("a", "delivered", -150, 30)], {"a": (State.EXPIRING, True)}, id="last moment in"),
        pytest.param(
            [("a", "delivered", -150, 30 + SECOND)], {"a": (State.FINE, False)}, id="a second outside"
        ),
        pytest.param(
            [("a", "delivered", -180, SECOND)], {"a": (State.EXPIRING, True)}, id="a second to live"
        ),
        pytest.param([("a", "delivered", -180, 0)], {"a": (State.EXPIRED, True)}, id="ended this moment"),
        pytest.param([("a", "delivered", -400, -200)], {"a": (State.EXPIRED, True)}, id="ended long ago"),
        pytest.param(
            [("a", "delivered", -400, -200), ("b", "delivered", -190, -10)],
            {"a": (State.EXPIRED, False), "b": (State.EXPIRED, True)},
            id="of two ended the newer counts",
        ),
        pytest.param(
            [("a", "delivered", -200, -20), ("b", "delivered", -25, 155)],
            {"a": (State.EXPIRED, False), "b": (State.FINE, False)},
            id="ended, with a successor",
        ),
        pytest.param(
            [("a", "delivered", -200, 155), ("b", "delivered", -25, -20)],
            {"a": (State.REPLACED, False), "b": (State.EXPIRED, True)},
            id="an older one that lives longer is no successor",
        ),
        pytest.param(
            [("a", "delivered", -140, 40), ("b", "delivered", -1, 179)],
            {"a": (State.REPLACED, False), "b": (State.AWAITS_CONFIRMATION, False)},
            id="waits, with time",
        ),
        pytest.param(
            [("a", "delivered", -150, 30), ("b", "delivered", -1, 179)],
            {"a": (State.REPLACED, False), "b": (State.AWAITS_CONFIRMATION, True)},
            id="waits, older one in the window",
        ),
        pytest.param(
            [("a", "delivered", -150, 30), ("b", "delivered", -1, 29)],
            {"a": (State.EXPIRING, True), "b": (State.EXPIRING, True)},
            id="the successor ends first",
        ),
        pytest.param(
            [("a", "delivered", -150, 10), ("b", "delivered", -1, 10)],
            {"a": (State.EXPIRING, True), "b": (State.EXPIRING, True)},
            id="the successor ends at the same moment",
        ),
        pytest.param([("a", "unproven", -1, 100)], NONE | {"a": (State.UNPROVEN, False)}, id="unproven"),
        pytest.param([("a", "unproven", -1, 30)], NONE | {"a": (State.UNPROVEN, True)}, id="unproven, soon"),
        pytest.param(
            [("a", "unproven", -9, 30), ("b", "delivered", -1, 179)],
            {"a": (State.UNPROVEN, False), "b": (State.FINE, False)},
            id="unproven, outlived",
        ),
        pytest.param([("a", "unproven", -9, -1)], NONE | {"a": (State.EXPIRED, True)}, id="unproven, ended"),
        pytest.param(
            [("a", "delivered", -9, 171), ("b", "unproven", -1, 300)],
            {"a": (State.FINE, False), "b": (State.UNPROVEN, False)},
            id="an unproven one is no successor to wait for",
        ),
        pytest.param([("a", "intended", -1, 9)], NONE | {"a": (State.UNPROVEN, False)}, id="nobody has it"),
        pytest.param([("a", "intended", -9, -1)], NONE | {"a": (State.EXPIRED, False)}, id="nobody had it"),
        pytest.param(
            [("a", "other", -1, 30)], NONE | {"a": (State.EXPIRING, True)}, id="other, last moment in"
        ),
        pytest.param(
            [("a", "other", -1, 30 + SECOND)], NONE | {"a": (State.FINE, False)}, id="other, a second outside"
        ),
        pytest.param([("a", "other", -9, 0)], NONE | {"a": (State.EXPIRED, False)}, id="other, ended"),
        pytest.param(
            [("a", "other", -9, 9), ("b", "delivered", -1, 179)],
            {"a": (State.EXPIRING, True), "b": (State.FINE, False)},
            id="ours is no successor of another's",
        ),
        pytest.param([], NONE, id="none"),
    ],
)
def test_states(given: list[Given], expected: Judged) -> None:
    """Each row of the table, and the edges between two."""
    assert states(judged(*given)) == expected


def test_renewal_is_due_outside_a_short_window() -> None:
    """Due a month before the end, which a window of a week does not see yet: shown, and does not count."""
    week = Span(days=7)
    assert states(judged(("a", "delivered", -150, 30), within=week)) == {"a": (State.RENEWAL_DUE, False)}
    assert states(judged(("a", "delivered", -150, 30 + SECOND), within=week)) == {"a": (State.FINE, False)}
    assert states(judged(("a", "delivered", -150, 7), within=week)) == {"a": (State.EXPIRING, True)}


def test_the_mark_of_another_config_is_not_ours() -> None:
    """A mark is the config's whole name: collab's secret is not lab's, even on record as delivered."""
    (mine,) = judged(("a", "delivered", -10, 170))
    assert mine.ours
    assert mine.secret
    found = rows(
        Subject("tenant", "client"),
        Desired("lab", "Mail", Span(days=180), Span(days=30)),
        [mine.secret],
        Records(tenant=frozenset({"a"})),
        within=MONTH,
        now=NOW,
    )
    assert [(row.ours, row.state) for row in found] == [(True, State.NONE), (False, State.FINE)]


def test_the_date_to_confirm_by_is_the_first_end() -> None:
    """Of three, whichever ends first, for nothing tells which of them is entered."""
    found = judged(("a", "delivered", -100, 5), ("b", "delivered", -50, 50), ("c", "delivered", -1, 179))
    assert {row.secret.key_id: row.confirm_by for row in found if row.secret} == {
        "a": None,
        "b": None,
        "c": NOW + timedelta(days=5),
    }


@pytest.mark.parametrize(
    ("end", "days"), [(30, 30), (29.99, 29), (0.5, 0), (0, 0), (-0.5, 0), (-1, -1), (-1.9, -1)]
)
def test_days_left_are_whole(end: float, days: int) -> None:
    """Cut off towards now, so that no day is promised that is not there."""
    (row,) = judged(("a", "delivered", -180, end))
    assert row.days_left == days


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [(-90, 90, 0.5), (0, 180, 1.0), (30, 210, 1.0), (-180, 0, 0.0), (-200, -20, 0.0), (5, 5, 0.0)],
)
def test_the_share_of_life_left(start: float, end: float, share: float) -> None:
    """From 1 to 0; one that begins later is whole, one without any length has none."""
    (row,) = judged(("a", "delivered", start, end))
    assert row.share_left == pytest.approx(share)


def watched(*found: Row, name: str = "collab") -> Watched:
    """Return a config with these rows."""
    return Watched(name, "tenant", "tenant", "client", "App", NOW, tuple(found))


def test_the_most_urgent_comes_first() -> None:
    """What counts by its deadline; then what is to be done; then what is fine; last what is past."""
    given: tuple[Given, ...] = (
        ("fine-b", "other", -1, 90),
        ("past-a", "other", -90, -50),
        ("soon", "other", -1, 12),
        ("past-b", "other", -90, -3),
        ("ended", "delivered", -170, -1),
        ("fine-a", "other", -1, 40),
        ("copied", "unproven", -1, 400),
    )
    order = ["ended", "soon", "copied", "fine-a", "fine-b", "past-b", "past-a"]
    for turn in range(len(given)):
        fleet = gather(Target.GRAPH, MONTH, [watched(*judged(*given[turn:], *given[:turn]))], now=NOW)
        assert [row.secret.key_id for row in fleet.rows if row.secret] == order


def test_what_needs_nobody_yet_comes_by_its_state() -> None:
    """Whatever ends first; of two that end at one moment, by their ids."""
    week = Span(days=7)
    configs = [
        judged(("unproven", "unproven", -1, 20), ("y", "other", -1, 60), ("x", "other", -1, 60), within=week),
        judged(("older", "delivered", -140, 40), ("awaits", "delivered", -1, 179), within=week),
        judged(("due", "delivered", -150, 29), within=week),
    ]
    order = [None, "due", "awaits", "unproven", "older", "x", "y"]
    for turn in range(len(configs)):
        found = [watched(*rows) for rows in (*configs[turn:], *configs[:turn])]
        shown = gather(Target.GRAPH, week, found, now=NOW).rows
        assert [row.secret.key_id if row.secret else None for row in shown] == order


def test_a_config_that_cannot_be_read_has_no_rows() -> None:
    """It stands in the list all the same."""
    broken = Unreadable("x.yaml", None, None, ProvisionError(catalogue.UNREACHABLE, "broken"))
    mine = watched(*judged(("a", "delivered", -10, 170)))
    fleet = gather(Target.GRAPH, MONTH, [broken, mine], now=NOW)
    assert fleet.configs == (broken, mine)
    assert [row.secret.key_id for row in fleet.rows if row.secret] == ["a"]


def test_a_confirmation_is_as_urgent_as_its_date() -> None:
    """A rotation to confirm in 5 days goes before a secret that ends in 6, although its own end is far."""
    waiting = judged(("old", "delivered", -150, 5), ("new", "delivered", -1, 179))
    ending = judged(("soon", "other", -1, 6), ("sooner", "other", -1, 4))
    fleet = gather(Target.GRAPH, MONTH, [watched(*waiting), watched(*ending, name="second")], now=NOW)
    assert [row.secret.key_id for row in fleet.counting if row.secret] == ["sooner", "new", "soon"]


def test_one_application_of_two_configs() -> None:
    """What is ours to one config is not somebody else's to the other; what is nobody's is shown to both."""
    second = Desired("second", "Mail", Span(days=180), Span(days=30))
    mine = judged(("a", "delivered", -10, 170), ("x", "other", -10, 100))
    secrets = [row.secret for row in mine if row.secret]
    theirs = rows(
        Subject("tenant", "client"), second, secrets, Records(frozenset({"a"})), within=MONTH, now=NOW
    )
    assert any(row.secret and row.secret.key_id == "a" for row in theirs)
    fleet = gather(Target.GRAPH, MONTH, [watched(*mine), watched(*theirs, name="second")], now=NOW)
    shown = sorted((row.secret.key_id, row.config, row.ours) for row in fleet.rows if row.secret)
    assert shown == [("a", "collab", True), ("x", "collab", False), ("x", "second", False)]


def test_calendar_months() -> None:
    """A window in months ends on the day of the month, not after thirty days."""
    two_months = Span(months=2)  # from 1 March: to 1 May, 61 days
    assert states(judged(("a", "delivered", -1, 61), within=two_months))["a"][1]
    assert not states(judged(("a", "delivered", -1, 61 + SECOND), within=two_months))["a"][1]
