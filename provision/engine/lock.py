"""One run at a time for one application, as far as one machine goes: a lock that ends with the process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from provision import cache
from provision.errors import ProvisionError, catalogue

_TIMEOUT = 10.0  # seconds to wait for another run to end


@contextmanager
def hold_locks(
    claims: Iterable[tuple[str, ...]], folder: Path | None = None, *, notify: Callable[[str], None]
) -> Iterator[bool]:
    """Hold a lock for each claim while the ``with`` block runs; the lock files are in ``folder``, or in the
    user's cache.

    The block is given whether another run was waited for. A claim names what is written to (cloud, tenant,
    ...); its last part is the config's name. If another process holds one, waits ten seconds, then raises
    ``ProvisionError`` (``BUSY``). If the folder cannot be written to, tells so by ``notify`` and goes on
    without locks: they only guard against oneself.
    """
    waited = False
    if not (wanted := sorted(set(claims))):  # in one order, so that two fleets never wait for each other
        yield waited
        return
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for claim in wanted:
            try:
                folder = folder or cache.folder() / "locks"
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock = FileLock(folder / f"{hashlib.sha256(repr(claim).encode()).hexdigest()[:32]}.lock")
                try:
                    held.enter_context(lock.acquire(timeout=0))
                except Timeout:
                    waited = True
                    notify(f"another run works on '{claim[-1]}' on this machine; waiting for it ...")
                    held.enter_context(lock.acquire(timeout=_TIMEOUT))
            except Timeout:
                raise ProvisionError(
                    catalogue.BUSY, f"another run works on '{claim[-1]}' on this machine"
                ) from None
            except OSError as error:
                where = error.filename or folder
                notify(f"no lock against a second run: {where} cannot be written to ({error.strerror})")
                break
        yield waited
