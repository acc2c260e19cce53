"""Served sandboxes, as they are found by their URL: files in the user's cache folder, nobody else's.

``serve`` writes what a client needs to sign in; whoever is handed the URL reads it back with ``find``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from provision.sandbox import atomic, bounded

_LARGEST = 64 * 1024  # bytes of each of the files
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Announcement:
    """A served sandbox: where it is, and its administrator, as an application and as a person."""

    url: str
    tenant_id: str
    client_id: str
    user: str
    ca_file: Path
    secret_file: Path
    password_file: Path
    control_key: str = field(repr=False)

    @property
    def client_secret(self) -> str:
        """The administrator application's secret."""
        return bounded.read(self.secret_file, _LARGEST).decode("utf-8-sig").strip()

    @property
    def password(self) -> str:
        """The administrator's password."""
        return bounded.read(self.password_file, _LARGEST).decode("utf-8-sig").strip()

    def public(self) -> dict[str, str]:
        """Return what ``serve -o json`` prints: paths instead of secrets."""
        return {
            "url": self.url,
            "graph": self.url,
            "login": self.url,
            "tenant_id": self.tenant_id,
            "client_id": self.client_id,
            "secret_file": str(self.secret_file),
            "user": self.user,
            "password_file": str(self.password_file),
            "ca_file": str(self.ca_file),
            "control_key": self.control_key,
        }


def find(url: str) -> Announcement | None:
    """Return the sandbox served at a URL, as its server left word; None if none did."""
    try:
        raw = json.loads(bounded.read(folder(url) / "endpoint.json", _LARGEST))
        return Announcement(
            raw["url"],
            raw["tenant_id"],
            raw["client_id"],
            raw["user"],
            Path(raw["ca_file"]),
            Path(raw["secret_file"]),
            Path(raw["password_file"]),
            raw["control_key"],
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def leave(
    url: str,
    *,
    tenant_id: str,
    client_id: str,
    secret: str,
    user: str,
    password: str,
    ca: str,
    control_key: str,
    ca_folder: Path | None = None,
) -> Announcement:
    """Write down where a sandbox is served, and how to sign in to it."""
    here = folder(url)
    here.mkdir(parents=True, exist_ok=True, mode=0o700)
    if ca_folder is not None:
        ca_folder.mkdir(parents=True, exist_ok=True)
    endpoint = Announcement(
        url,
        tenant_id,
        client_id,
        user,
        ((ca_folder or here) / "ca.pem").absolute(),
        (here / "secret").absolute(),
        (here / "password").absolute(),
        control_key,
    )
    write_private(endpoint.ca_file, ca)
    write_private(endpoint.secret_file, secret)
    write_private(endpoint.password_file, password)
    write_private(here / "endpoint.json", json.dumps(endpoint.public()))
    return endpoint


def forget(endpoint: Announcement) -> None:
    """Take the word back when the server stops, unless another one stands there by now."""
    now = find(endpoint.url)
    if now is None or now.control_key != endpoint.control_key:
        return
    here = folder(endpoint.url)
    for path in (here / "endpoint.json", endpoint.secret_file, endpoint.password_file, endpoint.ca_file):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        here.rmdir()


def folder(url: str) -> Path:
    """Return where word of a URL is left; loopback's names are one place."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    key = f"{'localhost' if host in _LOOPBACK else host}:{parts.port or 443}"
    return _cache() / "sandbox" / hashlib.sha256(key.encode()).hexdigest()[:16]


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner reads."""
    whole = text if text.endswith("\n") else f"{text}\n"
    atomic.replace(path, whole.encode(), durable=False)


def _cache() -> Path:
    """Return the user's cache where the system keeps it; for whoever may not write there a temporary one."""
    from platformdirs import user_cache_path

    try:
        users = user_cache_path("provision", appauthor=False)
    except RuntimeError:  # no HOME, and a user without a name, as in a container
        return _temporary()
    # One that is relative begins with a '~' that nobody fills in.
    there = next((path for path in (users, *users.parents) if path.exists()), users)
    return users if users.is_absolute() and os.access(there, os.W_OK | os.X_OK) else _temporary()


def _temporary() -> Path:
    """Everybody may write to the folder above, so ours must be nobody else's."""
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    path = Path(tempfile.gettempdir()) / f"provision-{user}"
    path.mkdir(mode=0o700, exist_ok=True)
    about = path.lstat()
    ours = stat.S_ISDIR(about.st_mode) and about.st_uid == user and not about.st_mode & 0o022
    if os.name == "posix" and not ours:
        raise PermissionError(1, "it is somebody else's", str(path))
    return path
