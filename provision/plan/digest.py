"""A digest that binds an approval to what was approved: target, tenant, config, live objects, steps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from provision.change import Change
from provision.plan.model import Target
from provision.resources import Desired, Observed

_PLAIN = frozenset({str, int, bool, type(None)})
_ORDER = json.JSONEncoder(sort_keys=True).encode


def digest(target: Target, desired: Desired, observed: Observed, changes: Sequence[Change]) -> str:
    """Return ``sha256:…`` over all that an approval covers; dates that are computed anew are not in it."""
    seen = to_json(observed)
    del seen["policy"]["caller"]  # who approves and who applies are two; what comes of it is in the steps
    if not desired.mailbox.by_graph:
        # Nothing goes by these then, and who may read them differs from one approver to the other.
        for name in ("grants", "exchange"):
            del seen[name]
        del seen["mailbox"]["user_id"]
    document = {
        "target": target.value,
        "desired": to_json(desired),
        "observed": seen,
        "steps": [[c.address, c.action.value, to_json(c.before), to_json(c.after)] for c in changes],
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text)


def sha256(text: str) -> str:
    """Return a text's digest as plans write it."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def to_json(value: Any) -> Any:
    """Return a value as JSON can hold it; sets, tuples and lists are sorted, for Graph keeps no order."""
    if type(value) in _PLAIN:  # most are, and of a fleet there are many
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted(map(to_json, value), key=_ORDER)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
