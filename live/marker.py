"""How everything is called that a live run makes: findable, dated, and never twice the same."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

PREFIX = "provision-live-"
_NAME = re.compile(rf"{PREFIX}(\d{{8}})-[0-9a-f]{{8}}")
OLD = timedelta(days=1)


def new(now: datetime) -> str:
    """Return a name that says when, and that nobody else has."""
    return f"{PREFIX}{now.astimezone(UTC):%Y%m%d}-{secrets.token_hex(4)}"


def is_ours(name: object) -> bool:
    """Say whether a live run gave something this very name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def is_leftover(name: object, created: object, now: datetime) -> bool:
    """Say whether it is a live run's that was killed: by its name, and old by its name and by its date."""
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None or not isinstance(created, str):
        return False
    try:
        named = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC)
        made = datetime.fromisoformat(created)
    except ValueError:
        return False
    return max(named, made) < now - OLD
