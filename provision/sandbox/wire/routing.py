"""Which handler answers which path: patterns are data, and so the coverage table can be printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from provision.sandbox.errors import method_not_allowed, unknown_segment
from provision.sandbox.odata.path import Key, Segment
from provision.sandbox.wire.call import Answer, Call

Handler = Callable[[Call], Answer]
PROPERTY = "{property}"  # the name of a property at the end of a path: not every name is one
# A cast may name its type in full or by the alias that the metadata declares, as the SDKs do.
_NAMESPACE = re.compile(r"(?:microsoft\.)?graph\.")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One verb on one path pattern, such as ``GET applications/{id}/owners``; ``beta``: only there."""

    method: str
    pattern: str
    handler: Handler
    beta: bool = False
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "parts", tuple(p.lower() if p[0] != "{" else p for p in self.pattern.split("/"))
        )

    @property
    def writes(self) -> bool:
        """Whether the call may change the directory (actions that only read are marked by their name)."""
        return self.method != "GET" and self.parts[-1] not in _READING_ACTIONS

    @property
    def guesses(self) -> bool:
        """Whether the last segment may be a name that the sandbox does not know."""
        return self.parts[-1] == PROPERTY or (len(self.parts) == 2 and self.parts[1] == "{id}")


_READING_ACTIONS = frozenset(
    {
        "getbyids",
        "checkmembergroups",
        "getmembergroups",
        "checkmemberobjects",
        "getmemberobjects",
        "validateproperties",
        "$batch",
    }
)


class Router:
    """Finds the endpoint of a path; segments compare without case, as Graph's do."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints: Sequence[Endpoint] = tuple(endpoints)
        self._by_shape: dict[tuple[int, str], list[Endpoint]] = {}
        for endpoint in self.endpoints:
            key = (len(endpoint.parts), endpoint.parts[0])
            self._by_shape.setdefault(key, []).append(endpoint)
        for same_shape in self._by_shape.values():  # a name wins over a key: applications/delta
            same_shape.sort(key=lambda e: [part[0] == "{" for part in e.parts])

    def find(self, method: str, segments: list[Segment]) -> tuple[Endpoint, dict[str, Key]]:
        """Return the endpoint and its keys; ``GraphError`` for an unknown segment or a wrong verb."""
        candidates = self._by_shape.get((len(segments), _text(segments[0]).lower()), []) if segments else []
        wrong_verb = False
        for endpoint in candidates:
            keys = _match(endpoint.parts, segments)
            if keys is None:
                continue
            if wrong_verb and endpoint.parts[-1] == PROPERTY:
                break  # an action is no property, whatever the verb
            if endpoint.method == method:
                return endpoint, keys
            wrong_verb = wrong_verb or endpoint.parts[-1] != PROPERTY
        if wrong_verb:
            raise method_not_allowed()
        raise unknown_segment(self._first_unknown(segments))

    def _first_unknown(self, segments: list[Segment]) -> str:
        """Return the first segment at which no pattern goes on: the one that Graph names."""
        for length in range(1, len(segments) + 1):
            begun = any(
                len(e.parts) >= length
                and e.parts[length - 1] != PROPERTY
                and _match(e.parts[:length], segments[:length]) is not None
                for e in self.endpoints
            )
            if not begun:
                return _text(segments[length - 1])
        return _text(segments[-1]) if segments else ""


def _text(segment: Segment) -> str:
    return segment.value if isinstance(segment, Key) else segment


def _match(parts: Sequence[str], segments: Sequence[Segment]) -> dict[str, Key] | None:
    keys: dict[str, Key] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part[0] == "{":
            if isinstance(segment, str) and segment.lower() in ("$count", "$ref", "$value"):
                return None
            keys[part[1:-1]] = segment if isinstance(segment, Key) else Key(segment)
        elif isinstance(segment, Key) or part not in (segment.lower(), plain(segment)):
            return None
    return keys


def plain(segment: str) -> str:
    """Return a segment in lower case; a cast or a bound action without its namespace."""
    lower = segment.lower()
    match = _NAMESPACE.match(lower)
    return lower[match.end() :] if match else lower
