"""Read properties of Graph's JSON by type; an answer that lacks what Graph always sends is an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provision.errors import ProvisionError, catalogue


def text(record: Mapping[str, Any], key: str) -> str:
    """Return a text that Graph always sends; ``ProvisionError`` (``GRAPH_ANSWER``) if it is not there."""
    value = record.get(key)
    if not isinstance(value, str):
        raise ProvisionError(catalogue.GRAPH_ANSWER, f"Graph's answer lacks the property '{key}'")
    return value


def maybe(record: Mapping[str, Any], key: str) -> str | None:
    """Return a text that may be null or absent."""
    value = record.get(key)
    return value if isinstance(value, str) else None


def texts(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts of a list; Graph keeps no order, so they come sorted."""
    value = record.get(key)
    return tuple(sorted(item for item in value if isinstance(item, str))) if isinstance(value, list) else ()


def records(record: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    value = record.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def time(record: Mapping[str, Any], key: str) -> datetime | None:
    """Return a time; Graph sends up to seven fraction digits, of which Python keeps six."""
    value = record.get(key)
    if not isinstance(value, str):
        return None
    head, dot, fraction = value.removesuffix("Z").partition(".")
    try:
        moment = datetime.fromisoformat(head + (dot + fraction[:6] if dot else ""))
    except ValueError as error:
        raise ProvisionError(catalogue.GRAPH_ANSWER, f"Graph's '{key}' is no time: {value}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def part(record: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object inside a record; empty if it is not there."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def disabled(record: dict[str, Any]) -> str | None:
    """Return why an application gets no new tokens, in the property's name; ``None`` if it does.

    Source: https://learn.microsoft.com/entra/identity/enterprise-apps/deactivate-app-registration
    """
    by_microsoft = maybe(record, "disabledByMicrosoftStatus")
    if by_microsoft not in (None, "NotDisabled"):
        return f"disabledByMicrosoftStatus: {by_microsoft}"
    return "isDisabled" if record.get("isDisabled") is True else None
