"""``--log-file``: one JSON line for every call that wrote, for a log collector. No secret is in it."""

from __future__ import annotations

import json
import os

from provision import bounded
from provision.cli.console import talk
from provision.errors import ProvisionError, catalogue
from provision.graph.client import Written


class LogFile:
    """Appends lines to a file that only its owner reads; opened before anything else happens.

    A line that cannot be written later is told of once: to stop between two calls would do more harm.
    """

    def __init__(self, path: str, target: str) -> None:
        self._path, self._target = path, target
        self._told = False
        try:
            self._handle = bounded.for_appending(path)
        except OSError as error:
            raise ProvisionError(
                catalogue.DISK, f"the log file {path} cannot be written: {error.strerror}"
            ) from error

    def __call__(self, written: Written) -> None:
        """Append one line."""
        line = json.dumps(
            {
                "format": "provision.audit/1",
                "time": written.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "target": self._target,
                "who": dict(written.who),
                "method": written.method,
                "url": written.url,
                "status": written.status,
                "result": written.result,
                "request_id": written.request_id,
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
