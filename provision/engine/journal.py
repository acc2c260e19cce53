"""A local journal of what is about to be done to secrets: ids and times, never a value.

It is written before a secret is minted, so that a run that was killed, or whose answer was lost,
is found out by the next one. One file a config, so that none costs more for the others; one line is one
event; a torn line is passed over. :mod:`.journal_files` reads and writes the lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from provision.engine import journal_files as files
from provision.engine.journal_files import Entry
from provision.values import dataclass

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
    """The events of one config in one tenant.

    A rehearsal's tenant is another one in each sandbox, though its id is the same; so its events name the
    sandbox, too. Those of earlier versions do not, and count for each.
    """

    folder: Path  # the program's own, such as .provision
    target: str
    tenant_id: str
    name: str
    sandbox: str | None = None  # a word for it; None: a real tenant

    @property
    def file(self) -> Path:
        """Where the events are."""
        return files.place(self.folder, self._subject, self.sandbox)

    @property
    def _subject(self) -> files.Subject:
        return files.Subject(self.target, self.tenant_id, self.name)

    def write(self, event: str, key_id: str, now: datetime, **more: str | bool) -> None:
        """Append an event, and return once it is on the disk; ``ProvisionError`` if it cannot be written.

        ``key_id`` is a secret's id, or with ``CONSENTED`` the application's client id. ``more`` is, with
        ``DELIVERED`` and ``UNDELIVERED``, the ``place``, with the latter also whether it is ``lasting``.
        """
        entry: Entry = {
            "event": event,
            "key_id": key_id,
            "target": self.target,
            "tenant_id": self.tenant_id,
            "name": self.name,
            **({"sandbox": self.sandbox} if self.sandbox else {}),
            "time": now.isoformat(timespec="seconds"),
            **more,
        }
        hint = event == CONSENTED  # the tenant tells it anew
        files.append(self.folder, self._subject, self.sandbox, entry, shortened, durable=not hint)

    def keys(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return two disjoint sets: key ids that were intended and not delivered, and those delivered.

        Secrets that were removed since are in neither.
        """
        return _keys(self._entries())

    def leaked(self) -> frozenset[str]:
        """Return the key ids that an emergency of this machine was about, and that it has not removed."""
        found: set[str] = set()
        for entry in self._entries():
            if entry.get("event") == LEAKED:
                found.add(_key(entry))
            elif entry.get("event") == REMOVED:
                found.discard(_key(entry))
        return frozenset(found)

    def consented(self, client_id: str) -> bool:
        """Say whether an earlier run on this machine found the application's consent granted.

        Not if this machine has removed it since.
        """
        told = [e.get("event") for e in self._entries() if _key(e) == client_id]
        lately = [event for event in told if event in (CONSENTED, REMOVED)]
        return lately[-1:] == [CONSENTED]

    def place_of(self, key_id: str) -> str | None:
        """Return where this machine delivered a secret to; ``None`` if it did not, or did not note it."""
        found = None
        for entry in self._entries():
            if (entry.get("event"), entry.get("key_id")) == (DELIVERED, key_id) and entry.get("place"):
                found = str(entry["place"])
        return found

    def undelivered(self, place: str) -> Undelivered | None:
        """Return the failures at a place since a secret was delivered anywhere; ``None``: no failure."""
        found: list[Entry] = []
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
        entries = self._entries()
        _, delivered = _keys(entries)
        times = [(_key(e), _time(e.get("time"))) for e in entries if e.get("event") == DELIVERED]
        return {key: time for key, time in times if key in delivered and time is not None and time >= since}

    def _entries(self) -> list[Entry]:
        return files.entries(self.folder, self._subject, self.sandbox)


def shortened(entries: Iterable[Entry]) -> list[Entry]:
    """Return those that tell as much as all of them: every question of a journal has the same answer.

    What was removed is in no answer but where it was delivered to, which nobody asks of what is gone; of what
    did not take a secret, only the failures since the last delivery count. What is not known is kept.
    """
    found = list(entries)
    removed = {_key(entry): n for n, entry in enumerate(found) if entry.get("event") == REMOVED}
    last = max((n for n, entry in enumerate(found) if entry.get("event") == DELIVERED), default=-1)
    kept: list[Entry] = []
    consented: set[str] = set()
    for number, entry in enumerate(found):
        event, key = entry.get("event"), _key(entry)
        if event in (INTENDED, DELIVERED, REMOVED, LEAKED, CONSENTED) and number <= removed.get(key, -1):
            continue
        if event == UNDELIVERED and number < last:
            continue
        if event == CONSENTED:
            if key in consented:
                continue
            consented.add(key)
        kept.append(entry)
    return kept


def _keys(entries: Iterable[Entry]) -> tuple[frozenset[str], frozenset[str]]:
    intended: set[str] = set()
    delivered: set[str] = set()
    for entry in entries:
        event, key_id = entry.get("event"), _key(entry)
        if event == INTENDED:
            intended.add(key_id)
        elif event == DELIVERED:
            delivered.add(key_id)
        elif event == REMOVED:
            intended.discard(key_id)
            delivered.discard(key_id)
    return frozenset(intended - delivered), frozenset(delivered)


def _key(entry: Entry) -> str:
    return str(entry.get("key_id"))


def _time(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
