"""Read the certificates in the record of an application or a service principal.

Source: https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provision.graph.records import maybe, records, text, time
from provision.resources.undeclared import Certificate


def observed(record: Mapping[str, Any]) -> tuple[Certificate, ...]:
    """Return the certificates in a record, in one order."""
    found = [
        Certificate(
            key_id=text(item, "keyId").lower(),
            display_name=maybe(item, "displayName"),
            end=time(item, "endDateTime") or datetime.max.replace(tzinfo=UTC),
        )
        for item in records(record, "keyCredentials")
    ]
    return tuple(sorted(found, key=lambda item: item.key_id))
