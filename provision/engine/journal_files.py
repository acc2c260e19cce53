"""The files of the journal: one a config, in a folder; and the one file of all that earlier versions wrote.

The old file is never written. What it says of a config counts until the first event that is written of that
config, which takes those lines with it; so a look leaves every file as it is, and nothing is moved that a
crash could lose. A file that has grown is written anew without what counts no more, beside it and then in its
place. Whoever writes of a config is alone with it on this machine (:mod:`.lock`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from provision import atomic, bounded
from provision.engine import folder
from provision.errors import ProvisionError, catalogue
from provision.values import dataclass

Entry: TypeAlias = dict[str, Any]
_LARGEST = 64 * 1024 * 1024  # bytes; a line is some 200, and a secret has three in its life
_FOLDER, _OLD = "journals", "journal"
LONG, _LINE = 100, 250  # lines from which on a file is written anew, shorter; bytes of a line, about


@dataclass(frozen=True, slots=True)
class Subject:
    """What lines are about."""

    target: str
    tenant_id: str
    name: str


def place(home: Path, subject: Subject, sandbox: str | None) -> Path:
    """Return the file of one config in one tenant, real or of one sandbox."""
    told = json.dumps([subject.target, subject.tenant_id, subject.name, sandbox])
    return home / _FOLDER / f"{subject.name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def entries(home: Path, subject: Subject, sandbox: str | None) -> list[Entry]:
    """Return what is known of a config, the oldest first; ``ProvisionError`` if a file cannot be read."""
    path = place(home, subject, sandbox)
    try:
        return list(_about(_read(path).splitlines(), subject, sandbox))
    except FileNotFoundError:
        return list(_about(_of_earlier(home / _OLD, subject.name), subject, sandbox))
    except OSError as error:
        raise _unreadable(path, error) from error


def append(
    home: Path,
    subject: Subject,
    sandbox: str | None,
    entry: Entry,
    shortened: Callable[[Iterable[Entry]], list[Entry]],
    *,
    durable: bool,
) -> None:
    """Add an entry, and return once it is on the disk; ``ProvisionError`` if it cannot be written.

    Not ``durable``: a machine that loses its power may lose it. ``shortened`` leaves out what counts no more
    of a file that has grown.
    """
    path, line = place(home, subject, sandbox), json.dumps(entry)
    try:
        before = _to_be_rewritten(path, home, subject, sandbox, shortened)
        folder.make(home)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if before is not None:
            atomic.replace(path, "".join(f"{json.dumps(each)}\n" for each in (*before, entry)))
            return
        fresh = not path.exists()
        # A line torn by a crash must not swallow this one.
        atomic.write(bounded.for_appending(path), f"\n{line}\n", durable=durable)
        if fresh and durable:
            atomic.sync_folder(path.parent)
    except OSError as error:
        raise ProvisionError(
            catalogue.DISK, f"the journal {path} cannot be written: {error.strerror}"
        ) from error


def _to_be_rewritten(
    path: Path,
    home: Path,
    subject: Subject,
    sandbox: str | None,
    shortened: Callable[[Iterable[Entry]], list[Entry]],
) -> list[Entry] | None:
    """Return what the file is to begin with when it is written anew; ``None``: a line is added to it."""
    if not path.exists():
        return entries(home, subject, sandbox) or None
    if path.stat().st_size < LONG * _LINE:
        return None
    kept = shortened(entries(home, subject, sandbox))
    return kept if len(kept) < LONG // 2 else None  # else it would soon be long again


def _read(path: Path) -> str:
    return bounded.decoded(bounded.read(path, _LARGEST), "replace")


def _about(lines: Iterable[str], subject: Subject, sandbox: str | None) -> Iterable[Entry]:
    mine = (subject.target, subject.tenant_id, subject.name)
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if (
            isinstance(entry, dict)
            and mine == tuple(entry.get(key) for key in ("target", "tenant_id", "name"))
            and entry.get("sandbox", sandbox) == sandbox
        ):
            yield entry


def _of_earlier(path: Path, name: str) -> list[str]:
    """Return the lines of the one old file that name a config; it is read once as long as it is the same."""
    try:
        about = path.stat()
        return _by_name(path, about.st_mtime_ns, about.st_size).get(name, [])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(path, error) from error


@lru_cache(maxsize=2)
def _by_name(path: Path, *_: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _read(path).splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            found.setdefault(str(entry.get("name")), []).append(line)
    return found


def _unreadable(path: Path, error: OSError) -> ProvisionError:
    return ProvisionError(catalogue.DISK, f"the journal {path} cannot be read: {error.strerror}")
