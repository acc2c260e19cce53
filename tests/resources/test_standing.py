"""Which secret is which, at the edges: what is on record twice, gone, leaked, made beside an adopted one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.resources import client_secret
from provision.resources.client_secret import Inert, Records, Standing, standing
from provision.resources.client_secret.diff import least_end
from provision.resources.client_secret.standing import may_be_entered, overdue, renewal_due
from tests.resources.test_client_secret import DESIRED, NEW, NOW, OLD, Given, world


def keys(*found: Any) -> str:
    """The key ids, in their order."""
    return " ".join(item.key_id for item in found if item is not None)


def state_of(given: list[Given], *, adopt: str | None = None, **records: Any) -> Standing:
    """How they stand, with more on record."""
    secrets, known = world(given)
    sets = {name: frozenset(value) for name, value in records.items()}
    return standing(replace(DESIRED, adopt=adopt), secrets, replace(known, **sets), now=NOW)


@pytest.mark.parametrize(
    ("given", "latest", "succeeded"),
    [
        pytest.param([], "", "", id="none"),
        pytest.param([OLD, NEW], "b", "b", id="the newest"),
        pytest.param([OLD, ("b", "u", -1, 179)], "a", "a", id="an unproven one is not delivered"),
        pytest.param([OLD, ("b", "dr", -1, 179)], "a", "b", id="one that is to go is not to stay"),
        pytest.param([OLD, ("b", "dl", -1, 179)], "a", "", id="nobody takes the place of a leaked one"),
        pytest.param([OLD, ("b", "d", -2, 0)], "b", "", id="it has ended"),
    ],
)
def test_the_one_delivered_last(given: list[Given], latest: str, succeeded: str) -> None:
    """And the one whose place a new one takes, whose end it is not to end before."""
    state = state_of(given)
    assert (keys(state.latest), keys(state.succeeded)) == (latest, succeeded)
    assert least_end(state) == (state.succeeded.end if state.succeeded else None)


def test_one_that_is_newest_alone_is_missed_too() -> None:
    """Of the tag that names the newest, where that of the delivery is not there any more."""
    state = state_of([NEW], newest=["z"])
    assert state.missing == state.gone == frozenset("z")
    assert state_of([NEW], newest=["b", "z"]).gone == frozenset()


@pytest.mark.parametrize(("kind", "going"), [("ui", ""), ("di", "b"), ("u", "b"), ("s", "b")])
def test_what_a_successor_replaces_goes_unless_nobody_received_it(kind: str, going: str) -> None:
    """One that this machine made, and of which a record says that it was delivered, was received."""
    sink = {"c"} if kind == "s" else set()
    state = state_of(
        [("b", "d", -2, 178), ("c", kind, -1, 179)], replaced={("c", "b")}, sink=sink, newest={"b"}
    )
    assert keys(*state.going) == going
    assert state.replaced == set(going)


@pytest.mark.parametrize(
    ("given", "leaked", "suspects"),
    [
        ([("a", "dl", -9, 9)], {"a"}, ""),
        ([("a", "dl", -9, 0)], set(), ""),
        ([("a", "gl", -9, 9)], set(), ""),
        ([("x", "ul", -9, 9), ("y", "u", -9, 9)], {"x"}, "x"),
    ],
)
def test_what_leaked_counts_while_it_is_alive(given: list[Given], leaked: set[str], suspects: str) -> None:
    """One that ended or was removed signs in no more; one that may not be ours is a suspect."""
    state = state_of(given)
    assert (set(state.leaked), keys(*state.suspects)) == (leaked, suspects)


HAND: Given = ("h", "", -9, 300)


@pytest.mark.parametrize(
    ("given", "records", "order", "inert"),
    [
        pytest.param(
            [HAND, ("x", "u", -1, 50)], {}, "h x", None, id="before all until one is made beside it"
        ),
        pytest.param([HAND, NEW], {"adopted": "h"}, "b h", None, id="after what was made beside it"),
        pytest.param([HAND, ("x", "u", -1, 50), NEW], {"adopted": "h"}, "b x h", None, id="by start and end"),
        pytest.param([HAND, ("c", "d", -9, 0)], {"adopted": "h"}, "h c", None, id="at the same moment"),
        pytest.param([HAND, ("c", "d", -99, 0)], {"adopted": "h"}, "h c", None, id="what ended before it"),
        pytest.param(
            [HAND, ("c", "d", -99, 9)], {"adopted": "h"}, "c h", None, id="what lives, and is older"
        ),
        pytest.param([HAND, ("x", "u", -1, 50)], {"sink": "x"}, "x h", Inert.LATE, id="only a sink knows"),
        pytest.param([("x", "u", -1, 50)], {}, "x", Inert.GONE, id="gone; one of ours is unproven"),
        pytest.param([], {"tenant": "x"}, "", Inert.GONE, id="gone; one of ours was delivered"),
        pytest.param([], {"sink": "x"}, "", Inert.GONE, id="gone; a sink knows one"),
        pytest.param([], {"newest": "x"}, "", Inert.GONE, id="gone; one of ours was the newest"),
        pytest.param([], {}, "", Inert.UNKNOWN, id="never there"),
    ],
)
def test_where_an_adopted_one_stands(
    given: list[Given], records: dict[str, str], order: str, inert: Inert | None
) -> None:
    """Whether or not its name ends with our mark; no secret is there twice."""
    for marked in (True, False):
        if marked is False and inert is Inert.LATE:
            order = order.replace(" h", "")
        secrets, known = world(given)
        secrets = [
            item if marked or item.key_id != "h" else replace(item, display_name="by hand")
            for item in secrets
        ]
        sets = {name: getattr(known, name) | set(value) for name, value in records.items()}
        state = standing(replace(DESIRED, adopt="h"), secrets, replace(known, **sets), now=NOW)
        assert (sorted(keys(*state.ours)), state.inert) == (sorted(order), inert)
        if inert is None:
            assert keys(*state.ours) == order
            newest = state.succeeded
            assert least_end(state) == (newest.end if newest and newest != state.adopted else None)


@pytest.mark.parametrize(
    ("given", "due", "late"),
    [
        pytest.param([], False, "", id="none"),
        pytest.param([OLD], True, "", id="its window has come"),
        pytest.param([("a", "d", -149, 31)], False, "", id="not yet"),
        pytest.param(
            [("a", "d", -170, 10), ("b", "d", -150, 30)], True, "b", id="the successor's window, too"
        ),
        pytest.param([("a", "d", -170, 10), ("b", "d", -149, 31)], False, "", id="a day before that"),
        pytest.param([("a", "dr", -170, 10), ("b", "d", -150, 30)], True, "", id="nothing waits"),
        pytest.param(
            [("a", "d", -170, 10), ("b", "d", -155, 25), ("c", "g", -1, 179)],
            False,
            "",
            id="the newest was removed: there is none to confirm",
        ),
    ],
)
def test_when_a_renewal_is_due_and_a_confirmation_overdue(given: list[Given], due: bool, late: str) -> None:
    """To the moment."""
    state = state_of(given)
    assert renewal_due(DESIRED, state, now=NOW) is due
    assert keys(overdue(DESIRED, state, now=NOW)) == late


def test_what_somebody_may_have_entered() -> None:
    """Not what this machine made and never handed over."""
    secrets, records = world([("x", "u", -1, 9), ("y", "ui", -1, 9), NEW])
    state = standing(DESIRED, secrets, records, now=NOW)
    assert keys(*may_be_entered(state, records)) == "x"
    assert keys(*may_be_entered(state, Records())) == "y x"


def test_a_mark_is_the_end_of_the_name() -> None:
    """Of this config, and of no other whose name begins alike; the newest first, then the later end."""
    secrets, _ = world([OLD, NEW, ("c", "", -1, 99), ("d", "", -1, 179)])
    other = replace(secrets[0], key_id="o", display_name="Mail [provision:collab-2]")
    unnamed = replace(secrets[0], key_id="n", display_name=None)
    found = client_secret.marked(DESIRED, [*secrets, other, unnamed])
    assert keys(*found) == "d b c a"
