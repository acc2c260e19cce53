"""What counts as handed over since a run was started: a table over the clocks' whole seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast
from unittest import mock

import pytest

from provision.engine.began import Began
from provision.graph import clock
from provision.graph.client import Graph
from provision.resources import client_secret
from tests.plan.test_digest import APP, OBSERVED
from tests.resources.test_client_secret import DESIRED

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDED = ("provision:delivered:k",)


class Clock:
    """The service's clock, ten seconds after the run was started."""

    time_at = Graph.time_at

    def now(self) -> datetime:
        """Noon."""
        return NOW


@pytest.mark.parametrize(
    ("seconds", "waited", "tags", "came"),
    [
        (-3, False, RECORDED, False),
        (0, False, RECORDED, False),  # a doubt: it may have leaked
        (1, False, RECORDED, False),
        (2, False, RECORDED, True),
        (9, False, RECORDED, True),
        (-3, True, RECORDED, False),
        (-2, True, RECORDED, True),  # a doubt: the run that was waited for made it
        (9, True, RECORDED, True),
        (13, True, RECORDED, False),  # from a clock that was set back
        (9, True, (), False),  # nobody received it yet
        (9, True, (*RECORDED, "provision:leaked:k"), False),  # it does not stay
        (9, True, (*RECORDED, "provision:retired:k"), False),
    ],
)
def test_what_came_since(seconds: float, waited: bool, tags: tuple[str, ...], came: bool) -> None:
    """``seconds`` after the start it was made."""
    start = NOW + timedelta(seconds=seconds - 10)
    secret = client_secret.Observed("k", DESIRED.display_name, start, start + timedelta(days=9), "abc")
    seen = replace(OBSERVED, application=replace(APP, tags=tags), secrets=(secret,))
    with mock.patch.object(clock, "_elapsed", return_value=110.0):
        found = Began(100.0, waited=waited).came_since(cast(Graph, Clock()), DESIRED, seen)
    assert found == (frozenset({"k"}) if came else frozenset())
