"""A local journal of what is about to be done to secrets: ids and times, never a value.

It is written before a secret is minted, so that a run that was killed, or whose answer was lost,
is found out by the next one. One line is one event; a torn last line is passed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from provision import bounded
from provision.engine import folder
from provision.errors import ProvisionError, catalogue

_LARGEST = 64 * 1024 * 1024  # bytes; a line is some 200, and a secret has three in its life
INTENDED, DELIVERED, REMOVED = "intended", "delivered", "removed"
LEAKED = "leaked"  # an emergency was declared: this one is to be removed
CONSENTED = "consented"  # of an application, by its client id: Mail.Send was there
UNDELIVERED = "undelivered"  # of a place, by the key id of the secret that it did not take


@dataclass(frozen=True, slots=True)
class Undelivered:
    """How often in a row a place did not take a secret of this config, as far as this machine knows."""

    times: int
    lasting: bool  # the last time it refused for a reason that only a person can change
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The events of one config in one tenant, in a file that it shares with others.

    A rehearsal's tenant is another one in each sandbox, though its id is the same; so its events name the
    sandbox, too. Those of earlier versions do not, and count for each.
    """

    path: Path
    target: str
    tenant_id: str
    name: str
    sandbox: str | None = None  # a word for it; None: a real tenant

    def write(self, event: str, key_id: str, now: datetime, **more: str | bool) -> None:
        """Append an event, and return once it is on the disk; ``ProvisionError`` if it cannot be written.

        ``key_id`` is a secret's id, or with ``CONSENTED`` the application's client id. ``more`` is, with
        ``DELIVERED`` and ``UNDELIVERED``, the ``place``, with the latter also whether it is ``lasting``.
        """
        line = json.dumps(
            {
                "event": event,
                "key_id": key_id,
                "target": self.target,
                "tenant_id": self.tenant_id,
                "name": self.name,
                **({"sandbox": self.sandbox} if self.sandbox else {}),
                "time": now.isoformat(timespec="seconds"),
                **more,
            }
        )
        try:
            folder.make(self.path.parent)
            fresh = not self.path.exists()
            handle = bounded.for_appending(self.path)
            try:
                # A line torn by a crash must not swallow this one.
                rest = f"\n{line}\n".encode()
                while rest:  # a full disk takes a part, and refuses the next
                    rest = rest[os.write(handle, rest) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            if fresh:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise ProvisionError(
                catalogue.DISK, f"the journal {self.path} cannot be written: {error.strerror}"
            ) from error

    def keys(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return two disjoint sets: key ids that were intended and not delivered, and those delivered.

        Secrets that were removed since are in neither.
        """
        intended: set[str] = set()
        delivered: set[str] = set()
        for event, key_id, _ in self._events():
            if event == INTENDED:
                intended.add(key_id)
            elif event == DELIVERED:
                delivered.add(key_id)
            elif event == REMOVED:
                intended.discard(key_id)
                delivered.discard(key_id)
        return frozenset(intended - delivered), frozenset(delivered)

    def leaked(self) -> frozenset[str]:
        """Return the key ids that an emergency of this machine was about, and that it has not removed."""
        found: set[str] = set()
        for event, key_id, _ in self._events():
            if event == LEAKED:
                found.add(key_id)
            elif event == REMOVED:
                found.discard(key_id)
        return frozenset(found)

    def consented(self, client_id: str) -> bool:
        """Say whether an earlier run on this machine found the application's consent granted."""
        return any((event, key) == (CONSENTED, client_id) for event, key, _ in self._events())

    def place_of(self, key_id: str) -> str | None:
        """Return where this machine delivered a secret to; ``None`` if it did not, or did not note it."""
        found = None
        for entry in self._entries():
            if (entry.get("event"), entry.get("key_id")) == (DELIVERED, key_id) and entry.get("place"):
                found = str(entry["place"])
        return found

    def undelivered(self, place: str) -> Undelivered | None:
        """Return the failures at a place since a secret was delivered anywhere; ``None``: no failure."""
        found: list[dict[str, Any]] = []
        for entry in self._entries():
            if entry.get("event") == DELIVERED:
                found = []
            elif entry.get("event") == UNDELIVERED and entry.get("place") == place:
                found.append(entry)
        if not found:
            return None
        return Undelivered(len(found), found[-1].get("lasting") is True, _time(found[-1].get("time")))

    def lately_delivered(self, since: datetime) -> dict[str, datetime]:
        """Return what this machine delivered since that time and has not removed: by key id, when."""
        _, delivered = self.keys()
        return {
            key_id: time
            for event, key_id, time in self._events()
            if event == DELIVERED and key_id in delivered and time is not None and time >= since
        }

    def _events(self) -> Iterator[tuple[str, str, datetime | None]]:
        for entry in self._entries():
            yield str(entry.get("event")), str(entry.get("key_id")), _time(entry.get("time"))

    def _entries(self) -> Iterator[dict[str, Any]]:
        try:
            text = bounded.decoded(bounded.read(self.path, _LARGEST), "replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise ProvisionError(
                catalogue.DISK, f"the journal {self.path} cannot be read: {error.strerror}"
            ) from error
        mine = (self.target, self.tenant_id, self.name)
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if (
                isinstance(entry, dict)
                and mine == tuple(entry.get(key) for key in ("target", "tenant_id", "name"))
                and entry.get("sandbox", self.sandbox) == self.sandbox
            ):
                yield entry


def _time(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _sync_folder(folder: Path) -> None:
    """See the new file's name on the disk, where the system can."""
    with suppress(OSError):  # Windows has no such call, and not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
