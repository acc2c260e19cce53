"""Every sight in ``tests/diagnosis.py`` is named for what it is, and its entry says what to do."""

from __future__ import annotations

import pytest

from provision.errors import catalogue
from tests.diagnosis import SIGHTS, Sight


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.id)
def test_it_is_named_for_what_it_is(sight: Sight) -> None:
    """Reproduced on the sandbox; the program's own first check tells causes of one code apart."""
    said = sight.reproduce()
    assert said.name == sight.expected, said.words
    if said.name != "accepted":
        entry = catalogue.find(said.name)
        assert entry is not None
        assert entry.fix
        assert entry.cause
    else:
        assert "accepted is not delivered" in said.words
