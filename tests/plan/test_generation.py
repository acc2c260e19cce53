"""Whose secret counts where several runs make one at once: tables of ``plan.generation``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provision.plan import generation
from provision.plan.generation import Basis
from provision.resources.client_secret import Desired, Observed, Records, Span, standing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESIRED = Desired("collab", "Mail", lifetime=Span(days=180), renew_before=Span(days=30))


def secret(key_id: str, minutes: float = 0, *, ends: float = 180, mark: bool = True) -> Observed:
    """One that began so many minutes ago and ends in so many days."""
    name = DESIRED.display_name if mark else "somebody's"
    return Observed(key_id, name, NOW - timedelta(minutes=minutes), NOW + timedelta(days=ends), "abc")


OLD = secret("old", 60 * 24 * 150, ends=30)


@pytest.mark.parametrize(
    ("minutes", "holds", "hands"),
    [
        (-6, False, True),  # begins too far ahead for any run's clock
        (-5, True, True),
        (0, True, True),
        (8.99, True, True),
        (9, True, False),  # its run does not hand it over any more, and others still wait
        (9.99, True, False),
        (10, False, False),
        (60 * 24, False, False),
    ],
)
def test_how_long_a_claim_holds(minutes: float, holds: bool, hands: bool) -> None:
    """A run stops before others take what it made for an orphan; there is always time in between."""
    claim = secret("new", minutes)
    assert generation.holds_back(claim, NOW) is holds
    assert generation.in_time(claim, NOW) is hands


@pytest.mark.parametrize(
    ("seen", "recorded", "mine", "delivered", "claims"),
    [
        ([OLD], {"old"}, set(), [], []),
        ([OLD, secret("a")], {"old"}, set(), [], ["a"]),
        ([secret("old", 2)], set(), set(), [], []),  # young, and known to be delivered, if only to a sink
        ([OLD, secret("a")], {"old"}, {"a"}, [], []),  # this run's own
        ([OLD, secret("a")], {"old", "a"}, set(), ["a"], []),
        ([OLD, secret("a", 2), secret("b", 1)], {"old", "a"}, set(), ["a"], ["b"]),
        ([OLD, secret("a", 2), secret("b", 1)], {"old"}, set(), [], ["b", "a"]),  # the newest first
        ([OLD, secret("a", 11)], {"old"}, set(), [], []),  # an orphan
        ([OLD, secret("a", 11)], {"old", "a"}, set(), ["a"], []),  # a record never grows old
        ([OLD, secret("a", mark=False)], {"old", "a"}, set(), [], []),  # not ours
        ([OLD, secret("dead")], {"old"}, set(), [], []),  # this machine's, and its run is over
        ([OLD, secret("older", 60 * 24 * 160)], {"old", "older"}, set(), [], []),  # no successor of it
        ([secret("a")], {"a"}, set(), ["a"], []),  # what it succeeds is gone
        ([OLD, replace(secret("a"), start=OLD.start)], {"old", "a"}, set(), [], []),  # as old as that
    ],
)
def test_what_a_look_shows_of_others(
    seen: list[Observed], recorded: set[str], mine: set[str], delivered: list[str], claims: list[str]
) -> None:
    """By the plan's own knowledge, the marks, the records and the time."""
    known = Basis(DESIRED, frozenset({"old"}), frozenset({"old"}), frozenset({"dead"}), "old")
    found = generation.others(known, seen, frozenset(recorded), frozenset(mine), now=NOW)
    assert [item.key_id for item in found.delivered] == delivered
    assert [item.key_id for item in found.claims] == claims
    assert bool(found) is bool(delivered or claims)


@pytest.mark.parametrize(
    ("secrets", "records", "delivered", "alive", "succeeds"),
    [
        ([], Records(), set(), set(), None),
        ([OLD], Records(), set(), set(), None),  # nothing says that it was delivered
        ([OLD], Records(tenant=frozenset({"old"})), {"old"}, {"old"}, "old"),
        ([OLD], Records(sink=frozenset({"old"})), {"old"}, {"old"}, "old"),
        ([secret("old", 9, ends=-1)], Records(tenant=frozenset({"old"})), {"old"}, set(), "old"),
        ([], Records(tenant=frozenset({"gone"})), {"gone"}, set(), None),
        (
            [OLD, secret("new", 99)],
            Records(tenant=frozenset({"old", "new"})),
            {"old", "new"},
            {"old", "new"},
            "new",
        ),
        (
            [OLD, secret("new", 99)],
            Records(tenant=frozenset({"old", "new"}), leaked=frozenset({"new"})),
            {"old", "new"},
            {"old"},
            "new",
        ),
    ],
)
def test_what_a_plan_rests_on(
    secrets: list[Observed], records: Records, delivered: set[str], alive: set[str], succeeds: str | None
) -> None:
    """Every record, which of them are alive, and the newest, which a new one takes the place of."""
    found = generation.basis(DESIRED, secrets, records, now=NOW)
    assert (set(found.delivered), set(found.alive), found.succeeds) == (delivered, alive, succeeds)


A, B, C = secret("a", 60), secret("b", 40), secret("c", 20)


@pytest.mark.parametrize(
    ("secrets", "succeeds", "pair"),
    [
        ([A], {"a": None}, None),
        ([A, B], {"a": None, "b": "a"}, None),  # a rotation that waits
        ([A, B], {"a": None, "b": None}, ("b", "a")),
        ([A, B, C], {"a": None, "b": "a", "c": "a"}, ("c", "b")),
        ([A, B, C], {"a": None, "b": "a", "c": "b"}, None),
        ([A, C], {"a": None, "c": "b"}, None),  # the one between is gone
        ([A, B], {}, None),  # both of an older version of the program
        ([A, B], {"b": "a"}, None),
        ([A, B], {"b": None}, ("b", "a")),  # the older one's record was repaired
        ([A, B], {"b": "z"}, None),  # the same, and what it succeeds is gone
        ([A, B], {"a": "a", "b": "a"}, None),  # a tag that no run writes
        ([A, B, C], {"c": "a"}, ("c", "b")),
        ([A, B, C], {"c": "b"}, None),
        ([A, B, C], {"b": "z", "c": "z"}, ("c", "b")),
        ([A, B, C], {"a": "z", "b": "a", "c": "z"}, ("c", "a")),
        ([A, B, C], {"b": "a", "c": "a"}, ("c", "b")),
        ([A, replace(B, start=A.start), C], {"c": "a"}, None),  # as old as what it succeeds
    ],
)
def test_two_of_one_generation(
    secrets: list[Observed], succeeds: dict[str, str | None], pair: tuple[str, str] | None
) -> None:
    """Two that were made to take the place of the same one, both alive."""
    records = Records(tenant=frozenset(item.key_id for item in secrets))
    found = generation.twins(standing(DESIRED, secrets, records, now=NOW), succeeds)
    assert (found and (found[0].key_id, found[1].key_id)) == pair


@pytest.mark.parametrize(
    ("stay", "seen", "lost"),
    [([], [], []), (["a"], [A, B], []), (["a", "b"], [B], ["a"]), (["a"], [], ["a"])],
)
def test_what_must_be_there_is_missed(stay: list[str], seen: list[Observed], lost: list[str]) -> None:
    """Nothing is removed while one that is to stay is not seen."""
    assert sorted(generation.missing(stay, seen)) == lost
