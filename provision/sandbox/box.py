"""The sandbox itself: its store, clock and weather, and the application that answers for them."""

from __future__ import annotations

import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from provision.sandbox import app as _app
from provision.sandbox import summary as _summary
from provision.sandbox.clock import Clock
from provision.sandbox.directory import tenants as _tenants
from provision.sandbox.faults.weather import Weather
from provision.sandbox.keeping.state import StateFile
from provision.sandbox.keeping.store import Store, Tenant
from provision.sandbox.tokens import bearer as _bearer
from provision.sandbox.tokens import signing as _signing
from provision.sandbox.wire.http import LoggedRequest

_LOG_LENGTH = 100_000  # requests remembered; a served sandbox may run for days


class Sandbox:
    """A Microsoft Graph in this process: ``app`` answers, ``path`` keeps (None: memory only).

    ``persist`` False keeps further changes in memory, so that a dry run writes nothing.
    """

    def __init__(self, file: StateFile | None, store: Store, clock: Clock) -> None:
        self._file = file
        self.store = store
        self.clock = clock
        self.persist = file is not None
        self.weather = Weather()
        self.requests: deque[LoggedRequest] = deque(maxlen=_LOG_LENGTH)
        self._adopt(store)
        self.app = _app.Application(self)

    @classmethod
    def open(cls, path: Path | None, *, now: Callable[[], datetime] | None = None) -> Sandbox:
        """Open a state file, which need not exist; ``StateError`` if it cannot be used."""
        file = StateFile(path) if path is not None else None
        store = (file.load() if file is not None else None) or Store()
        return cls(file, store, Clock(now))

    # -- what a rehearsal needs ------------------------------------------------------------

    def ensure_tenant(self, tenant: str) -> str:
        """Return the id of the tenant with this id or domain; made, with an administrator, if it is new."""
        self.refresh()
        found = _tenants.find(self.store, tenant)
        if found is None:
            with self.writing():
                found = _tenants.find(self.store, tenant) or _tenants.create(self.store, self.clock, tenant)
        return found.id

    def ensure_mailbox(self, tenant_id: str, address: str) -> None:
        """Make a user with a mailbox at this address, and verify its domain, unless somebody has it.

        A tenant that came from a seed gets nobody, even if the seed names nobody: who is missing is missing.
        """
        self.refresh()
        if tenant_id in self.store.settings.get(_tenants.SEEDED, ()):
            return
        if not _tenants.answers_to(self._tenant(tenant_id), address):
            with self.writing():
                _tenants.add_mailbox(self._tenant(tenant_id), self.clock, address, made_up=True)

    def made_up(self, tenant_id: str, address: str) -> frozenset[str]:
        """Return what of "tenant" and "mailbox" was made because somebody named it, and came from no seed."""
        seeded = tenant_id in self.store.settings.get(_tenants.SEEDED, ())
        user = _tenants.mail_user(self._tenant(tenant_id), address)
        invented = user is not None and (not seeded or bool(user.private.get("made_up")))
        return frozenset(() if seeded else ("tenant",)) | frozenset(("mailbox",) if invented else ())

    def administrator_token(self, tenant_id: str, resource: str = "https://graph.microsoft.com") -> str:
        """Return a bearer token of a signed-in Global Administrator of the tenant."""
        user = _tenants.administrator(self._tenant(tenant_id))
        claims = _bearer.administrator_claims(self, tenant_id, user.id, resource)
        return _signing.seal(self.token_key, claims)

    def summary(self) -> dict[str, Any]:
        """Return what is in it, for a person: no secret values."""
        self.refresh()
        return _summary.of(self.store, self.clock)

    def reset(self) -> None:
        """Empty it: no tenants, no log, the clock unset. Tokens stay good, for whoever is there again."""
        empty = Store()
        keys = ("token_key", _signing.SETTING)
        empty.settings |= {name: self.store.settings[name] for name in keys if name in self.store.settings}
        if self._file is not None and self.persist:
            with self._file.exclusive():
                self.refresh()  # what cannot be read is not overwritten either
                self._file.rewrite(empty)
        self._adopt(empty)
        self.requests.clear()

    # -- transactions ----------------------------------------------------------------------

    @property
    def token_key(self) -> str:
        """What tokens are signed with."""
        return str(self.store.settings["token_key"])

    def refresh(self) -> None:
        """Read the state anew if another process saved."""
        if self._file is not None and self.persist and self._file.changed():
            self._adopt(self._file.load() or Store())

    @contextlib.contextmanager
    def writing(self, *, counted: bool = True) -> Iterator[None]:
        """Run a transaction: what happens inside is kept whole, or undone if it raises.

        ``counted``: whether it is one of the writes that ``store.writes`` counts.
        """
        if self._file is None or not self.persist:
            with self._transaction(counted=counted):
                yield
            return
        with self._file.exclusive():
            self.refresh()
            with self._transaction(self._file, counted=counted):
                yield

    @contextlib.contextmanager
    def _transaction(self, file: StateFile | None = None, *, counted: bool) -> Iterator[None]:
        self.store.begin()
        offset, writes = self.clock.offset, self.store.writes
        try:
            yield
            if self.store.dirty:
                self.store.writes += counted
                if file is not None:
                    file.save(self.store)
        except BaseException:
            self.clock.offset = offset
            self.store.rollback()
            self.store.writes = writes
            raise
        self.store.begin()

    def _adopt(self, store: Store) -> None:
        self.store = store
        store.settings.setdefault("token_key", _new_key())
        self.clock.offset = timedelta(seconds=store.settings.get("clock_offset_seconds", 0.0))

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self.store.tenant(tenant_id)
        if tenant is None:
            raise KeyError(f"no tenant {tenant_id} in this sandbox")
        return tenant

    def set_clock(self, *, now: datetime | None = None, advance: timedelta | None = None) -> datetime:
        """Move the clock and keep that; answers the new time. The directory is not changed by it."""
        with self.writing(counted=False):
            if now is not None:
                self.clock.set(now)
            if advance is not None:
                self.clock.advance(advance)
            moved = self.clock.now()  # raises, and undoes it, beyond the calendar's end
            self.store.set("clock_offset_seconds", self.clock.offset.total_seconds())
        return moved


def _new_key() -> str:
    return secrets.token_urlsafe(32)
