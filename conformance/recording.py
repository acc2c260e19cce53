"""A recording: exchanges with the real service, in order, as a JSON file holds them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class RecordingError(Exception):
    """A file that is no recording, or a folder without any."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what the service answered."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200
    answer: Any = None
    trimmed: bool = False  # lists in the answer were cut to what the recording uses

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Recording:
    """The exchanges of one session, which share ids."""

    name: str
    recorded: str  # YYYY-MM
    tenants: tuple[str, ...]
    domains: tuple[str, ...]
    exchanges: tuple[Exchange, ...]


def load(path: Path) -> list[Recording]:
    """The recordings of a folder by name, or the one in a file; ``RecordingError`` if there is none."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise RecordingError(f"{path}: no recordings (*.json) in it")
    return [_load(file) for file in files]


def _load(path: Path) -> Recording:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Recording(
            path.name,
            str(document["recorded"]),
            tuple(document["tenants"]),
            tuple(document["domains"]),
            tuple(_exchange(raw) for raw in document["exchanges"]),
        )
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise RecordingError(f"{path}: not a recording ({error!r})") from error


def _exchange(raw: Json) -> Exchange:
    return Exchange(
        method=raw["method"],
        path=raw["path"],
        query=raw["query"] or "",
        headers=raw["request_headers"] or {},
        body=raw["request_body"],
        status=int(raw["status"]),
        answer=raw["response_body"],
        trimmed=bool(raw.get("trimmed")),
    )
