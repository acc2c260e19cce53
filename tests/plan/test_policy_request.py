"""What is asked of whoever runs Entra, where policy forbids the secret: how long one may live, by rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from provision.plan import policy_request
from provision.resources.app_management_policy import ADDITION, LIFETIME, Observed, Policy, Restriction
from provision.resources.client_secret import Span
from tests.plan.given import DESIRED, NOW, OBSERVED

FORBIDDEN = Restriction(ADDITION, enabled=True, max_lifetime=None, created_after=None)


def limit(days: int | None, kind: str = LIFETIME, *, enabled: bool = True) -> Restriction:
    """A restriction of a length of time."""
    return Restriction(kind, enabled, None if days is None else timedelta(days=days), None)


@pytest.mark.parametrize(
    ("lifetime", "restrictions", "asked"),
    [
        pytest.param(90, (FORBIDDEN,), 91, id="a day more than the config asks for"),
        pytest.param(179, (FORBIDDEN,), 180, id="a day more, which is the most"),
        pytest.param(400, (FORBIDDEN,), 180, id="what is recommended"),
        pytest.param(400, (FORBIDDEN, limit(60)), 60, id="what the default allows"),
        pytest.param(400, (FORBIDDEN, limit(60), limit(30)), 30, id="the least of what it allows"),
        pytest.param(90, (limit(60, enabled=False),), 91, id="a limit that is off"),
        pytest.param(90, (limit(60, "symmetricKeyLifetime"),), 91, id="a limit of something else"),
        pytest.param(90, (limit(None),), 91, id="a limit without a length"),
        pytest.param(90, (limit(0),), 91, id="a limit of nothing is none"),
        pytest.param(90, None, 91, id="no default: a custom policy forbids it"),
    ],
)
def test_how_long_a_secret_is_asked_for(
    lifetime: int, restrictions: tuple[Restriction, ...] | None, asked: int
) -> None:
    """Entra compares with "less than"; a laxer policy than the default is no exception that anybody gives."""
    default = None if restrictions is None else Policy("default", enabled=True, restrictions=restrictions)
    observed = replace(OBSERVED, policy=Observed(default=default))
    desired = replace(DESIRED, client_secret=replace(DESIRED.client_secret, lifetime=Span(days=lifetime)))
    text = policy_request.words(desired, observed, now=NOW)
    assert f'"maxLifetime": "P{asked}D"' in text
    assert f"until {NOW + timedelta(days=asked):%Y-%m-%d}," in text
