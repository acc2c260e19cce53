"""Where this user's runs on this machine keep what they share: locks, and nothing of value."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


def folder() -> Path:
    """Return a folder of this user's, made if need be; ``OSError`` if there is none.

    The user's cache; in a unit of systemd the one that it was given; else, for whoever has no home or may not
    write there (a container's user without a name), one in the folder for temporary files.
    Sources: https://specifications.freedesktop.org/basedir-spec/latest/ and
    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=
    """
    for path in _candidates():
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(path, os.W_OK | os.X_OK):
            return path
    return _temporary()


def _candidates() -> Iterator[Path]:
    from platformdirs import user_cache_path

    try:
        users = user_cache_path("provision", appauthor=False)
    except RuntimeError:  # neither HOME nor an account of this user
        users = Path()
    if users.is_absolute():  # or it begins with a '~' that nobody fills in
        yield users
    given = os.environ.get("CACHE_DIRECTORY", "").split(":")[0]
    if given and Path(given).is_absolute():
        yield Path(given) / "provision"


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
