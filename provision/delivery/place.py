"""Where a sink would write, so that two configs of one run which mean the same place are found out."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a place that has a name and an id; whether an id means a name, only the service knows."""

    text: str
    is_id: bool

    def may_be(self, other: Part) -> bool:
        """Say whether both may mean the same thing."""
        return self.is_id != other.is_id or self.text == other.text


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that a sink writes: what is certain of it, and what may go by two names."""

    certain: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    def may_be(self, other: Place) -> bool:
        """Say whether both may be the same place."""
        return self.certain == other.certain and all(
            mine.may_be(theirs) for mine, theirs in zip(self.parts, other.parts, strict=True)
        )


def web_address(text: str) -> SplitResult | None:
    """Return the parts of an https address of ASCII; ``None`` for another, or one with a query.

    Raises ``ValueError`` for what is no address.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("it is not a web address") from None
    host = re.fullmatch(r"[A-Za-z0-9.-]+(?::[0-9]+)?", parts.netloc)
    return parts if parts.scheme == "https" and host and not (parts.query or parts.fragment) else None
