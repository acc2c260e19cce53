"""One write at a time to what a service replaces whole, as far as one machine goes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from provision import cache
from provision.delivery.service import ServiceError, Sort

_TIMEOUT = 60.0  # seconds to wait for another process; each holds it for a read and a write


@contextmanager
def in_turn(*what: str) -> Iterator[None]:
    """Hold the lock of what is named while the ``with`` block runs; it ends with the process.

    Raises a transient ``ServiceError`` if another process holds it for a minute. Where no lock can be written
    the block runs without one: it only guards against oneself.
    """
    from filelock import FileLock, Timeout

    name = hashlib.sha256(repr(what).encode()).hexdigest()[:32]
    try:
        folder = cache.folder() / "locks"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        lock.acquire(timeout=_TIMEOUT)
    except Timeout:
        raise ServiceError(
            "another run on this machine is writing to it", transient=True, sort=Sort.STATE
        ) from None
    except OSError:
        yield
        return
    try:
        yield
    finally:
        lock.release()
