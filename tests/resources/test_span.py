"""Lengths of time as a config writes them, and what is asked for after Entra refused more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provision.resources.app_management_policy import Limits
from provision.resources.client_secret import Mint, Span
from provision.resources.client_secret.span import granted_lifetime

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("180d", Span(days=180)),
        ("3w", Span(days=21)),
        ("6mo", Span(months=6)),
        ("2y", Span(months=24)),
        ("max", Span(longest=True)),
        ("0d", None),
        ("d", None),
        ("6m", None),
        ("6 mo", None),
        ("", None),
    ],
)
def test_a_length_is_read(text: str, span: Span | None) -> None:
    """Days, weeks, months, years, or as long as may be; anything else is told, with what there is."""
    if span is not None:
        assert Span.parse(text) == span
        return
    with pytest.raises(ValueError, match="is not a length of time: write 180d, 26w, 6mo, 1y or max"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("lifetime", "longest", "words"),
    [
        (Span(days=200), None, "200 days"),
        (Span(months=6), 300 * DAY, "6 months"),
        (Span(days=365), 300 * DAY, "300 days less an hour (policy 'p')"),
        (Span(days=200), 200 * DAY + timedelta(hours=1), "200 days"),
        (Span(days=200), 200 * DAY, "200 days less an hour (policy 'p')"),
        (Span(longest=True), None, "24 months"),
        (Span(longest=True), 900 * DAY, "24 months"),
    ],
)
def test_how_long_a_new_one_lives_in_words(lifetime: Span, longest: timedelta | None, words: str) -> None:
    """As the config says, unless the policy allows less: an hour less than it says, for it must be less."""
    assert granted_lifetime(lifetime, Limits("p", longest=longest)) == words


TRIED = Limits("p", maybe_longer=True, otherwise=30 * DAY)
MINT = Mint("Mail", Span(days=180), TRIED)
STRICT = replace(MINT, limits=TRIED.strict)
END = NOW + 30 * DAY - timedelta(hours=1)
NEARLY = END + DAY - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("mint", "expected"),
    [
        (MINT, STRICT),
        (STRICT, None),
        (replace(MINT, at_least=END), replace(STRICT, at_least=END)),
        (replace(MINT, at_least=NEARLY), replace(STRICT, at_least=NEARLY)),
        (replace(MINT, at_least=END + DAY), None),
        (replace(MINT, at_least=END + 9 * DAY), None),
    ],
)
def test_what_is_asked_for_once_more_was_refused(mint: Mint, expected: Mint | None) -> None:
    """No more than the policy says; nothing, if it would end a day before the one that it replaces."""
    assert mint.within_policy(NOW) == expected
