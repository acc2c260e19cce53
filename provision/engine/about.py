"""For which config, and for which plan of it, something is being done: what a line of the log file names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

_NOTHING: dict[str, str | None] = {"config": None, "name": None, "digest": None}
_about: ContextVar[dict[str, str | None]] = ContextVar("about", default=_NOTHING)


class Notes(Protocol):
    """Keeps what a run did or was kept from; each note says what :func:`about` said."""

    def note(self, event: str, *, result: str, **more: Any) -> None:
        """Keep an ``event`` with what came of it."""


@contextmanager
def about(config: str, name: str, digest: str | None = None) -> Iterator[None]:
    """Say what the notes are about that are made in this block, and in the tasks that begin in it."""
    token = _about.set({"config": config, "name": name, "digest": digest})
    try:
        yield
    finally:
        _about.reset(token)


def present() -> Mapping[str, str | None]:
    """Return the config, the name and the digest that something is done for now."""
    return _about.get()
