"""What the report of sign-ins proves: nothing without a row, and nothing before its lag is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.resources.last_use import Observed, Verdict, hours, judge

READ = datetime(2026, 5, 10, 12, tzinfo=UTC)
LAG = timedelta(hours=48)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def report(**ago: float) -> Observed:
    """The report with the last sign-ins, in hours before it was read."""
    return Observed({key: READ - span * HOUR for key, span in ago.items()}, READ)


SHOWN = "(report read 2026-05-10 12:00 UTC)"


@pytest.mark.parametrize(
    ("found", "older", "quiet", "words"),
    [
        pytest.param(
            Observed(unread="needs X"),
            ["a"],
            False,
            "the report of sign-ins was not read: needs X",
            id="unread",
        ),
        pytest.param(
            report(a=99),
            ["a"],
            False,
            "the report shows no sign-in of the new secret n yet",
            id="the new one has no row",
        ),
        pytest.param(
            report(n=1),
            ["a"],
            False,
            "the report has no row of the older secret a, which proves nothing",
            id="the older one has no row",
        ),
        pytest.param(
            report(n=100, a=100),
            ["a"],
            False,
            "the older secret a signed in 2026-05-06 08:00 UTC, after the new one",
            id="both at once",
        ),
        pytest.param(
            report(n=50, a=96),
            ["a"],
            False,
            "the older secret a signed in 2026-05-06 12:00 UTC; with a lag of 48h it counts as quiet from "
            "2026-05-10 12:00 UTC on",
            id="quiet for the lag, to the minute",
        ),
        pytest.param(
            report(n=50, a=97),
            ["a"],
            True,
            f"n last signed in 2026-05-08 10:00 UTC {SHOWN}; a last signed in 2026-05-06 11:00 UTC {SHOWN}",
            id="quiet for longer",
        ),
        pytest.param(
            report(n=50, a=97, b=51),
            ["a", "b"],
            False,
            "the older secret b signed in 2026-05-08 09:00 UTC; with a lag of 48h it counts as quiet from "
            "2026-05-12 09:00 UTC on",
            id="one of two is not quiet",
        ),
        pytest.param(
            report(n=1), [], True, f"n last signed in 2026-05-10 11:00 UTC {SHOWN}", id="no older one"
        ),
    ],
)
def test_whether_the_older_ones_are_out_of_use(
    found: Observed, older: list[str], quiet: bool, words: str
) -> None:
    """Only what was seen quiet for longer than the report lags, and before the new one signed in."""
    assert judge("n", older, found, lag=LAG) == Verdict(quiet, words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Observed(), ""),
        (report(), f"no sign-in in the report, no proof {SHOWN}"),
        (report(a=1), f"last signed in 2026-05-10 11:00 UTC {SHOWN}"),
    ],
)
def test_what_is_told_of_one(found: Observed, words: str) -> None:
    """With when the report was read; ids compare without case."""
    assert found.words("A") == words


@pytest.mark.parametrize(("span", "text"), [(LAG, "48h"), (30 * MINUTE, "0.5h"), (36 * HOUR, "36h")])
def test_a_length_as_an_option_takes_it(span: timedelta, text: str) -> None:
    """In hours."""
    assert hours(span) == text
