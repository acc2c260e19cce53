"""Whether what was read is as new as a delivery: a table of ``engine.known``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.engine.known import heard_of
from provision.resources.client_secret import Desired, Observed, Span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESIRED = Desired("collab", "Mail", lifetime=Span(days=180), renew_before=Span(days=30))
K, LATER = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
RECORD = f"provision:delivered:{K}"


def secret(key_id: str, seconds: float, *, mark: bool = True) -> Observed:
    """One that began so many seconds after the delivery of ``K``."""
    name, start = DESIRED.display_name if mark else "another's", NOW + timedelta(seconds=seconds)
    return Observed(key_id, name, start, start + timedelta(days=180), "abc")


@pytest.mark.parametrize(
    ("secrets", "tags", "heard"),
    [
        ([secret(K, -2)], [RECORD], True),
        ([secret(K, -2)], [], False),  # it is there, and its record is not, yet
        ([secret(K, -2)], [f"provision:leaked:{K}"], False),
        ([], [], False),  # a replica from before
        ([], [RECORD], False),
        ([secret(LATER, -60)], [], False),  # what it was to replace
        ([secret(LATER, 5)], [], True),  # begun after it was delivered: somebody revoked K
        ([secret(LATER, 5, mark=False)], [], False),
        ([secret(LATER, 0)], [], False),  # within one second the clocks do not tell
        ([secret(LATER, 0)], [f"provision:succeeds:{K}:{LATER}"], True),
        ([secret(LATER, 0)], [f"provision:succeeds:none:{LATER}"], False),
        ([], [f"provision:succeeds:{K}:{LATER}"], False),
    ],
)
def test_what_another_machine_revoked_is_not_waited_for(
    secrets: list[Observed], tags: list[str], heard: bool
) -> None:
    """A replica that is behind is waited for; one that shows what came later is not behind."""
    assert heard_of(DESIRED, K, NOW, secrets, tags) is heard
