"""One run at a time for one application, as far as one machine goes: a lock that ends with the process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from provision.errors import ProvisionError, catalogue

_PATIENCE = 10.0  # seconds to wait for another run to end


@contextmanager
def alone(
    claims: Iterable[tuple[str, ...]], folder: Path, *, notify: Callable[[str], None]
) -> Iterator[None]:
    """Hold every claim (what is written to; its last part is the config's name) for as long as this lasts.

    Waits a little for another run, then raises ``ProvisionError`` (busy). Where the folder cannot be
    written to, it says so and goes on without: Graph itself knows no locks either.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for claim in sorted(set(claims)):  # in one order, so that two fleets never wait for each other
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock = FileLock(folder / f"{hashlib.sha256(repr(claim).encode()).hexdigest()[:32]}.lock")
                try:
                    held.enter_context(lock.acquire(timeout=0))
                except Timeout:
                    notify(f"another run works on '{claim[-1]}' on this machine; waiting for it ...")
                    held.enter_context(lock.acquire(timeout=_PATIENCE))
            except Timeout:
                raise ProvisionError(
                    catalogue.BUSY, f"another run works on '{claim[-1]}' on this machine"
                ) from None
            except OSError as error:
                notify(f"no lock against a second run: {folder} cannot be written to ({error.strerror})")
                break
        yield
