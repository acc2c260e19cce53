"""What the real services answer: rows of a table for each service, and how a row is tried.

Each row is one answer or state of a service, with the page that documents it or where users quote it. A
secret is made if the trial lets pass, and only then (``test_program`` has the whole program). What the trial
cannot see fails the delivery, and the next run is told whether trying again makes sense.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from provision.delivery import Sink, Undeliverable
from tests.delivery.standin import Response, StandIn
from tests.delivery.support import deliver, refused

PROBE, DELIVERY = "the trial", "the delivery"


@dataclass(frozen=True)
class Row:
    """One answer: what is so at the service, who finds out, and what the person reads."""

    name: str
    source: str
    happens: Callable[[Any], object]
    found_by: str
    says: tuple[str, ...]
    lasting: bool = True  # nobody tries again before a person says so


def check(row: Row, service: StandIn, sink: Sink, held: Callable[[], list[str]]) -> None:
    """Have it happen; the trial or the delivery refuses, nothing of ours is there, and the words are read."""
    assert row.source.startswith("https://")
    row.happens(service)
    before = held()
    if row.found_by == PROBE:
        error = refused(sink.probe, "sink-unusable", *row.says)
        assert service.writes == 0
    else:
        sink.probe()
        error = refused(partial(deliver, sink), "delivery-failed", *row.says)
    assert held() == before
    assert isinstance(error, Undeliverable) == row.lasting
    assert error.fix


def answers(method: str, path: str, status: int, body: Any, **headers: str) -> Callable[[StandIn], None]:
    """Answer every such request so."""
    shown = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda service: service.befall(method, path, Response(status, body, shown), times=99)


def whole(rows: tuple[Row, ...]) -> bool:
    """Say whether a table has at least twenty answers, none twice."""
    return len({row.name for row in rows}) == len(rows) >= 20
