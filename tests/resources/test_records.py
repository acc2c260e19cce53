"""What is known of deliveries, less what another run handed over meanwhile."""

from __future__ import annotations

from provision.resources.client_secret import Records


def test_without() -> None:
    """No field keeps the key; what was to be removed for its sake is that run's own business."""
    both = frozenset({"a", "b"})
    known = Records(both, both, both, both, both, both, both, frozenset({("a", "x"), ("b", "y")}))
    one = frozenset({"b"})
    assert known.without(frozenset({"a"})) == Records(
        one, one, one, one, one, one, one, frozenset({("b", "y")})
    )
    assert known.without(frozenset()) == known
