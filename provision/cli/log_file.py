"""``--log-file``: a JSON line for each thing that a run did or was kept from, for a log collector.

A line says which run of which version, for which config and which plan. No secret is in it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from provision import __version__, bounded
from provision.cli.console import talk
from provision.cli.forwarding import Forwarding
from provision.delivery import Handover
from provision.engine.about import present
from provision.errors import ProvisionError, catalogue
from provision.graph.client import Written
from provision.secret import Secret
from provision.values import dataclass


class LogFile:
    """Appends lines to a file that only its owner reads; opened before anything else happens.

    A line that cannot be written later is told of once: to stop between two calls would do more harm.
    """

    def __init__(self, path: str, target: str) -> None:
        self._path, self._target = path, target
        self._run = uuid4().hex
        self._told = False
        try:
            self._handle = bounded.for_appending(path)
        except OSError as error:
            raise ProvisionError(
                catalogue.DISK, f"the log file {path} cannot be written: {error.strerror}"
            ) from error

    def __call__(self, written: Written) -> None:
        """Append the line of a call to Graph that was to change something."""
        self.note(
            "call",
            at=written.at,
            who=dict(written.who),
            method=written.method,
            url=written.url,
            status=written.status,
            result=written.result,
            request_id=written.request_id,
        )

    def note(self, event: str, *, result: str, at: datetime | None = None, **more: Any) -> None:
        """Append a line: an ``event`` with what came of it; ``at`` is now unless a service told its time."""
        time = (at or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps(
            {
                "format": "provision.audit/2",
                "time": time,
                "run": self._run,
                "tool_version": __version__,
                "target": self._target,
                "event": event,
                **present(),
                "result": result,
                **more,
            }
        )
        try:
            os.write(self._handle, f"{line}\n".encode())
        except OSError as error:
            if not self._told:
                talk(f"the log file {self._path} is not complete: {error.strerror}")
            self._told = True

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


@dataclass(frozen=True)
class LoggedSink(Forwarding):
    """Does as the sink does, and notes each delivery: where to, of which key, and what came of it."""

    log: LogFile

    def deliver(self, secret: Secret, handover: Handover) -> None:
        """Hand over, and note it."""
        result = "interrupted"
        try:
            self.sink.deliver(secret, handover)
            result = "done"
        except ProvisionError as error:
            result = error.entry.name
            raise
        finally:
            self.log.note("delivery", result=result, place=self.label, key_id=handover.key_id)
