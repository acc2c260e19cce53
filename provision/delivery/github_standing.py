"""What a GitHub secret and the variable beside it tell together: whose the value is, and which key's."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from provision.delivery.ownership import Record, from_document
from provision.delivery.service import ANSWER, BUDGET, TRIES
from provision.values import dataclass

# As long as writing the value can take, with all its repetitions.
_LONGEST_WRITE = timedelta(seconds=BUDGET + TRIES * ANSWER)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there, and since when by GitHub's clock (``None``: it is not there)."""

    record: Record | None  # None: no record, or something else in its place
    noted: str | None  # when the record was last written
    written: str | None  # when the secret was last written

    @property
    def held(self) -> tuple[dict[str, Any], ...]:
        """The keys whose value the secret holds, each with the time at which it was written."""
        return tuple({**key, "written": self.written} for key in self.keys if self._holds(key))

    @property
    def keys(self) -> tuple[dict[str, Any], ...]:
        """The keys of the record, whosever it is."""
        return self.record.keys if self.record else ()

    def _holds(self, key: dict[str, Any]) -> bool:
        if self.written is None:
            return False
        if key.get("written") is not None:
            return bool(key["written"] == self.written)
        # The record could not be finished: it was us if the secret changed, and soon after the record did.
        return not self.untouched(key) and self._soon()

    def untouched(self, key: dict[str, Any]) -> bool:
        """Say whether the secret is still as it was before this key's value was to be written."""
        return bool(key.get("before") == self.written)

    def _soon(self) -> bool:
        try:
            noted, written = (datetime.fromisoformat(str(time)) for time in (self.noted, self.written))
            return written <= noted + _LONGEST_WRITE
        except (TypeError, ValueError):
            return False


def record_in(variable: Any) -> Record | None:
    """Return the record in a variable; ``None`` if it is something else."""
    try:
        return from_document(json.loads(variable["value"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
