"""Restrictions that exempt some callers: what is sure, what may be, and what is tried all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.resources.app_management_policy import (
    ADDITION,
    LIFETIME,
    Limits,
    Observed,
    Policy,
    Restriction,
    limits,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROBOT, OTHER = ("Agency_Robot", "yes"), ("Agency_Robot", "no")
DAY = timedelta(days=1)


def rule(kind: str, days: int | None = None, *exempts: tuple[str, str], enabled: bool = True) -> Restriction:
    """One restriction, of any application."""
    return Restriction(kind, enabled, None if days is None else days * DAY, None, exempts)


def policy(*rules: Restriction) -> Policy:
    """An enabled policy."""
    return Policy("p", enabled=True, restrictions=rules)


KNOWN, STRANGER = frozenset({ROBOT}), frozenset({OTHER})
LONG, SHORT = rule(LIFETIME, 90), rule(LIFETIME, 30, ROBOT)


@pytest.mark.parametrize(
    ("rules", "caller", "over", "expected"),
    [
        ([rule(ADDITION, None, ROBOT)], None, False, Limits("p", maybe_blocked=True)),
        ([rule(ADDITION, None, ROBOT)], KNOWN, False, Limits()),
        ([rule(ADDITION, None, ROBOT)], STRANGER, False, Limits("p", blocked=True)),
        ([rule(ADDITION, None, ROBOT), rule(ADDITION)], None, False, Limits("p", blocked=True)),
        ([rule(ADDITION)], KNOWN, False, Limits("p", blocked=True)),
        ([rule(ADDITION, enabled=False)], None, False, Limits()),
        ([SHORT], None, False, Limits("p", longest=30 * DAY, maybe_longer=True)),
        ([SHORT], None, True, Limits("p", maybe_longer=True, otherwise=30 * DAY)),
        ([SHORT], KNOWN, True, Limits()),
        ([SHORT], STRANGER, True, Limits("p", longest=30 * DAY)),
        ([SHORT, LONG], None, False, Limits("p", longest=30 * DAY, maybe_longer=True)),
        ([SHORT, LONG], None, True, Limits("p", longest=90 * DAY, maybe_longer=True, otherwise=30 * DAY)),
        ([SHORT, LONG], KNOWN, False, Limits("p", longest=90 * DAY)),
        ([LONG], None, True, Limits("p", longest=90 * DAY)),
        ([rule("symmetricKeyLifetime", 5), rule(LIFETIME)], None, False, Limits()),
        (
            [rule(ADDITION, None, ROBOT), SHORT],
            None,
            False,
            Limits("p", longest=30 * DAY, maybe_blocked=True, maybe_longer=True),
        ),
        (
            [rule(ADDITION, None, ROBOT), SHORT],
            None,
            True,
            Limits("p", maybe_blocked=True, maybe_longer=True, otherwise=30 * DAY),
        ),
    ],
)
def test_who_is_exempt(
    rules: list[Restriction], caller: frozenset[tuple[str, str]] | None, over: bool, expected: Limits
) -> None:
    """Whose attributes are not known is held to what may be; ``over`` has the longer one tried."""
    observed = Observed(policy(*rules), caller=caller)
    assert limits(observed, created=None, now=NOW, over=over) == expected


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (Observed(), False),
        (Observed(policy()), False),
        (Observed(policy(LONG)), False),
        (Observed(policy(LONG, SHORT)), True),
        (Observed(policy(rule(LIFETIME, 30, ROBOT, enabled=False))), False),
        (Observed(Policy("p", enabled=False, restrictions=(SHORT,))), False),
        (Observed(policy(LONG), policy(SHORT)), True),
        (Observed(policy(SHORT), policy(LONG)), False),
        (Observed(policy(SHORT), Policy("own", enabled=False, restrictions=())), True),
    ],
)
def test_whether_it_matters_who_asks(observed: Observed, expected: bool) -> None:
    """Only where a restriction that is in force frees somebody."""
    assert observed.exempts is expected


def test_what_holds_for_whoever_is_not_exempt() -> None:
    """The stricter of the two."""
    tried = Limits("p", longest=90 * DAY, maybe_longer=True, otherwise=30 * DAY)
    assert tried.strict == Limits("p", longest=30 * DAY, maybe_longer=True)
    assert Limits("p", longest=90 * DAY).strict == Limits("p", longest=90 * DAY)
