"""``Retry-After`` as seconds and as a date, for Graph and for the sinks alike."""

from __future__ import annotations

import pytest

from provision.delivery import service
from provision.graph import answers
from provision.network.retry_after import asked_wait

DATE = "Wed, 25 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("after", "date", "seconds"),
    [
        ("20", None, 20.0),
        (" 20 ", None, 20.0),
        ("1.5", None, 1.5),
        ("0", DATE, 0.0),
        ("Wed, 25 Nov 2026 10:01:00 GMT", DATE, 60.0),
        ("Wed, 25 Nov 2026 09:00:00 GMT", DATE, 0.0),
        ("Wed, 25 Nov 2026 10:01:00 -0000", DATE, None),  # of no time zone: it cannot be compared
        ("Wed, 25 Nov 2026 10:01:00 GMT", None, None),
        ("Wed, 25 Nov 2026 10:01:00 GMT", "soon", None),
        ("soon", DATE, None),
        ("-5", DATE, None),
        ("nan", DATE, None),
        ("inf", DATE, None),
        ("\u0664", DATE, None),
        ("", DATE, None),
        (None, DATE, None),
    ],
)
def test_it_is_read_the_same_everywhere(after: str | None, date: str | None, seconds: float | None) -> None:
    given = {"retry-after": after, "date": date}
    headers = {name: value for name, value in given.items() if value is not None}
    assert asked_wait(headers) == seconds
    refusal = answers.read_parts(429, headers, None)
    assert isinstance(refusal, answers.Refusal)
    assert refusal.retry_after == seconds
    assert service.asked_wait(headers) == (seconds or 0.0)
