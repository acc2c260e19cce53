"""The sandbox's memory between runs: one JSON file, and a journal beside it once that is large.

``sandbox.json`` is a snapshot of everything. A change to a small store rewrites it (write a
temporary file, fsync, rename, fsync the folder); once it is larger than ``SMALL`` a change is
appended to ``sandbox.json.journal`` instead (one line, fsynced) and the snapshot is rewritten
when the journal has outgrown it. A journal names the snapshot it continues (``epoch``), so one
that a crash left behind is ignored, and a torn last line is as if its write never happened.
Killed at any instant, the next reader therefore finds the state before or after a write.

Two processes may share the file: a writer holds ``sandbox.json.lock`` while it re-reads,
applies and saves; readers re-read when the files changed. Reading creates nothing.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import io
import json
import os
import secrets
import shlex
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from provision.sandbox import atomic, bounded
from provision.sandbox.keeping.locking import Locked, lock_file
from provision.sandbox.keeping.store import Record, Store

FORMAT = "provision.sandbox"
VERSION = 1
SMALL = 512 * 1024  # bytes of snapshot up to which every write rewrites it
LARGEST = 512 * 1024 * 1024  # bytes of a file that is read at all
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)

_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # a pipe is refused, not waited for

_Signature = tuple[tuple[int, int, int] | None, tuple[int, int, int] | None, bytes]


class StateError(Exception):
    """The state cannot be used; nothing was changed. ``fix`` says how to go on."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


class StateFile:
    """Loads a store from its file, and saves what a transaction changed."""

    def __init__(self, path: Path, *, lock_timeout: float = 30.0) -> None:
        path = Path(os.path.realpath(path))  # a link stays one, and its target has one lock
        self.path = path
        self.journal = path.with_name(path.name + ".journal")
        self._lock = path.with_name(path.name + ".lock")
        self._lock_timeout = lock_timeout
        self._epoch = ""
        self._seen: _Signature = (None, None, b"")
        self._snapshot_size = 0
        self._journal_size = 0  # up to the last whole line

    # -- reading ---------------------------------------------------------------------------

    def load(self) -> Store | None:
        """Return the store on disk, or None if there is no file yet."""
        for _ in range(20):
            before = self._signature()
            store = self._read()
            # A writer may have replaced the snapshot between our reading it and the journal.
            now = self._signature()
            if (now[0], now[2]) == (before[0], before[2]):
                self._seen = before
                return store
            time.sleep(0.01)
        raise StateError(
            f"{self.path} keeps changing while it is read.",
            "Stop the other process that uses it, or use another file.",
        )

    def changed(self) -> bool:
        """Return whether another process saved since we last read or saved."""
        return self._signature() != self._seen

    def _read(self) -> Store | None:
        text = self._text(self.path)
        if text is None:
            self._epoch, self._snapshot_size, self._journal_size = "", 0, 0
            return None
        document = self._document(text)
        store = Store()
        try:
            store.writes = int(document["writes"])
            store.settings = _settings(document["settings"])
            for tenant_id, records in document["tenants"].items():
                tenant = store.add_tenant(tenant_id)
                for raw in records:
                    tenant.place(_record(raw))
            self._epoch = str(document["epoch"])
        except _UNREADABLE as error:
            raise self._damaged(f"it lacks or misuses {error}") from error
        self._snapshot_size = len(text)
        self._replay(store)
        store.begin()
        return store

    def _replay(self, store: Store) -> None:
        text = self._text(self.journal) or b""
        self._journal_size = 0
        for line in text.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break  # torn: that write was never acknowledged
            try:
                entry = json.loads(line)
                if entry["epoch"] != self._epoch:
                    self._journal_size = 0
                    return  # continues a snapshot that is gone
                _apply(store, entry)
            except _UNREADABLE as error:
                raise self._damaged(f"its journal {self.journal} cannot be read ({error})") from error
            self._journal_size += len(line)

    def _document(self, text: bytes) -> dict[str, Any]:
        if not text:
            raise self._damaged("it is empty")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._damaged(f"it is not JSON ({error})") from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise StateError(
                f"{self.path} is not a sandbox state: its 'format' is not '{FORMAT}'.",
                "Name another file; this one is left as it is.",
            )
        version = document.get("version")
        if isinstance(version, int) and version > VERSION:
            raise StateError(
                f"{self.path} was written by a newer version of this program"
                f" (state version {version}, this one reads {VERSION}).",
                "Upgrade, or use another file; this one is left as it is.",
            )
        if version != VERSION:
            raise self._damaged(f"its version is {version!r}")
        return document

    def _damaged(self, why: str) -> StateError:
        files = [path for path in (self.path, self.journal) if path.exists()]
        away = "; ".join(f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.damaged')}" for path in files)
        return StateError(
            f"{self.path} is damaged: {why}.",
            f"Move it away to start afresh ({away}), or name another file; this one is left as it is.",
        )

    def _text(self, path: Path) -> bytes | None:
        try:
            return bounded.read(path, LARGEST)
        except FileNotFoundError:
            return None
        except IsADirectoryError as error:
            raise StateError(f"{path} is a folder, not a state file.", "Name a file in it.") from error
        except NotADirectoryError as error:
            raise StateError(f"{path.parent} is not a folder.", "Name another state file.") from error
        except OSError as error:
            other = "Name another state file; this one is left as it is."
            if error.errno == errno.EINVAL:  # reading a pipe or a device might never end
                raise StateError(f"{path} is not a file.", other) from error
            if error.errno == errno.EFBIG:
                raise StateError(f"{path} is larger than {LARGEST // 1024 // 1024} MiB.", other) from error
            raise StateError(
                f"{path} cannot be read: {error.strerror}.", "Mend its permissions, or name another file."
            ) from error

    def _signature(self) -> _Signature:
        def of(path: Path) -> tuple[int, int, int] | None:
            try:
                about = path.stat()
            except OSError:
                return None
            return about.st_ino, about.st_mtime_ns, about.st_size

        # Within a tick of the clock a file system may give a new file the number, the time and the size
        # of the one before it; the epoch, which stands at its beginning, is never the same.
        return of(self.path), of(self.journal), self._beginning()

    def _beginning(self) -> bytes:
        try:
            fd = os.open(self.path, os.O_RDONLY | _NONBLOCK)
        except OSError:
            return b""
        try:
            return os.read(fd, 96)
        except OSError:
            return b""
        finally:
            os.close(fd)

    # -- writing ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the file against other writers."""
        try:
            if not self.path.parent.is_dir():
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with lock_file(self._lock, self._lock_timeout):
                yield
        except Locked as error:
            raise StateError(
                f"{self.path} is in use by another process.", "Wait for it to end, or use another file."
            ) from error
        except OSError as error:
            raise StateError(
                f"{self.path} cannot be written: {error.strerror}.",
                "Mend the folder's permissions or space, or name another file.",
            ) from error

    def save(self, store: Store) -> None:
        """Keep what the store's transaction changed. Call within ``exclusive``."""
        fresh = not self._epoch or self._snapshot_size <= SMALL
        if fresh or self._journal_size > max(4 * SMALL, self._snapshot_size):
            self.rewrite(store)
        else:
            self._append(store)
        self._seen = self._signature()

    def rewrite(self, store: Store) -> None:
        """Write the whole snapshot, and drop the journal it makes obsolete."""
        epoch = secrets.token_hex(8)
        document = {
            "format": FORMAT,
            "version": VERSION,
            "epoch": epoch,
            "writes": store.writes,
            "settings": store.settings,
            "tenants": {t.id: [_raw(r) for r in t.records()] for t in store.tenants.values()},
        }
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        self._remove_orphans()
        atomic.replace(self.path, text)
        self._epoch, self._snapshot_size, self._journal_size = epoch, len(text), 0
        atomic.sync_folder(self.path.parent)
        self.journal.unlink(missing_ok=True)
        self._seen = self._signature()

    def _remove_orphans(self) -> None:
        """Drop what writers that were killed left: the lock is ours, so nobody else is writing."""
        for orphan in self.path.parent.glob(f".{glob.escape(self.path.name)}.*{atomic.END}"):
            orphan.unlink(missing_ok=True)

    def _append(self, store: Store) -> None:
        entry = {
            "epoch": self._epoch,
            "writes": store.writes,
            "settings": store.changed_settings(),
            "tenants": store.new_tenants(),
            "records": [
                [t, r, None if record is None else _raw(record)] for (t, r), record in store.changes().items()
            ],
        }
        line = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        with os.fdopen(
            os.open(self.journal, os.O_WRONLY | os.O_CREAT | _NONBLOCK, 0o600), "wb", buffering=0
        ) as file:
            if file.seek(0, os.SEEK_END) != self._journal_size:
                file.truncate(self._journal_size)  # a torn line, or a journal of another snapshot
                file.seek(self._journal_size)
            try:
                _write_all(file, line)
                os.fsync(file.fileno())
            except BaseException:
                file.truncate(self._journal_size)  # what is refused did not happen
                raise
        if not self._journal_size:
            atomic.sync_folder(self.path.parent)
        self._journal_size += len(line)


def _write_all(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _settings(raw: dict[str, Any]) -> dict[str, Any]:
    settings = dict(raw)
    # Raises for what moves the clock out of the calendar.
    datetime.now(UTC) + timedelta(seconds=settings.get("clock_offset_seconds", 0.0))
    return settings


def _apply(store: Store, entry: dict[str, Any]) -> None:
    store.writes = int(entry["writes"])
    store.settings.update(_settings(entry["settings"]))
    for tenant_id in entry["tenants"]:
        store.add_tenant(tenant_id)
    for tenant_id, record_id, raw in entry["records"]:
        tenant = store.tenants[tenant_id]
        if raw is None:
            tenant.displace(record_id)
        else:
            tenant.place(_record(raw))


def _raw(record: Record) -> dict[str, Any]:
    raw: dict[str, Any] = {"kind": record.kind, "id": record.id, "seq": record.seq, "props": record.props}
    if record.links:
        raw["links"] = record.links
    if record.private:
        raw["private"] = record.private
    if record.deleted is not None:
        raw["deleted"] = record.deleted
    return raw


def _record(raw: dict[str, Any]) -> Record:
    if not (isinstance(raw["kind"], str) and isinstance(raw["id"], str) and isinstance(raw["props"], dict)):
        raise TypeError("a record")
    links = {name: tuple(ids) for name, ids in raw.get("links", {}).items()}
    return Record(
        raw["kind"],
        raw["id"],
        raw["props"],
        links,
        dict(raw.get("private", {})),
        raw.get("deleted"),
        int(raw["seq"]),
    )
