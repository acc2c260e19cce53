"""What the sandbox knows: tenants of records, with indexes, soft delete and undo.

A record is one object. Records are replaced, never changed in place, so that a request which
fails half way is undone by putting the old ones back, and a change set can be written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

Props = dict[str, Any]

CREATOR = "creator"  # a link of what somebody made to who made it

# Properties looked up by equality, per kind; the values compare without case, as Graph's do.
INDEXED: dict[str, tuple[str, ...]] = {
    "application": ("appId", "uniqueName", "displayName"),
    "servicePrincipal": ("appId", "displayName"),
    "user": ("userPrincipalName", "mail", "displayName"),
    "group": ("displayName", "mailNickname", "uniqueName"),
    "appRoleAssignment": ("principalId", "resourceId"),
    "oauth2PermissionGrant": ("clientId", "resourceId"),
    "federatedIdentityCredential": ("parentId",),
    "extensionProperty": ("parentId",),
    "roleAssignment": ("principalId",),
    "directoryRole": ("roleTemplateId",),
    "message": ("parentId",),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One object: its properties as on the wire, and what the wire never shows.

    ``links`` hold the ids that a navigation property leads to (``owners``, ``members``),
    ``private`` what is kept and never answered (salted hashes of secrets, for one).
    """

    kind: str
    id: str
    props: Props
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    private: Props = field(default_factory=dict)
    deleted: str | None = None  # when it was soft-deleted
    seq: int = 0  # order of creation within the tenant

    def with_props(self, **changes: Any) -> Record:
        """Return a copy with these properties replaced."""
        return replace(self, props={**self.props, **changes})

    def with_link(self, name: str, ids: Iterable[str]) -> Record:
        """Return a copy whose navigation property leads to these objects."""
        return replace(self, links={**self.links, name: tuple(ids)})


class Tenant:
    """The records of one tenant. ``Store`` is told of every change (``changed``)."""

    def __init__(self, tenant_id: str, store: Store) -> None:
        self.id = tenant_id
        self._store = store
        self._tables: dict[str, dict[str, Record]] = {}
        self._deleted: dict[str, Record] = {}
        self._index: dict[tuple[str, str, str], dict[str, None]] = {}
        self._seq = 0
        # What the present request sees instead of some records: a replica that is behind (weather).
        self.behind: dict[str, Record | None] = {}

    # -- reading ---------------------------------------------------------------------------

    def get(self, kind: str, record_id: str) -> Record | None:
        """Return a live record by its id."""
        key = record_id.lower()
        if key in self.behind:
            old = self.behind[key]
            return old if old is not None and old.kind == kind and old.deleted is None else None
        return self._tables.get(kind, {}).get(key)

    def any(self, record_id: str, kinds: Iterable[str]) -> Record | None:
        """Return a live record by its id, of any of these kinds."""
        return next((r for k in kinds if (r := self.get(k, record_id)) is not None), None)

    def deleted(self, record_id: str) -> Record | None:
        """Return a soft-deleted record by its id."""
        return self._deleted.get(record_id.lower())

    def all(self, kind: str) -> list[Record]:
        """Live records of a kind, in order of creation."""
        table = self._tables.get(kind, {})
        if not self.behind:
            return list(table.values())
        ids = dict.fromkeys((*table, *self.behind))
        return [record for i in ids if (record := self.get(kind, i)) is not None]

    def count(self, kind: str) -> int:
        """Return how many live records of a kind there are."""
        return len(self.all(kind)) if self.behind else len(self._tables.get(kind, {}))

    def all_deleted(self, kind: str | None = None) -> list[Record]:
        """Soft-deleted records (of a kind), in order of deletion."""
        return [r for r in self._deleted.values() if kind is None or r.kind == kind]

    def find(self, kind: str, prop: str, value: str) -> list[Record]:
        """Live records whose indexed property equals the value, without case, in order of creation."""
        if prop not in INDEXED.get(kind, ()):
            raise KeyError(f"{kind}.{prop} is not indexed")
        ids = self._index.get((kind, prop, value.lower()), ())
        if not self.behind:
            table = self._tables.get(kind, {})
            return sorted((table[i] for i in ids), key=_by_creation)  # an index orders by change
        seen = (self.get(kind, i) for i in dict.fromkeys((*ids, *self.behind)))
        return [r for r in seen if r is not None and str(r.props.get(prop)).lower() == value.lower()]

    def one(self, kind: str, prop: str, value: str) -> Record | None:
        """Return the first such record."""
        found = self.find(kind, prop, value)
        return found[0] if found else None

    # -- writing ---------------------------------------------------------------------------

    def put(self, record: Record) -> Record:
        """Keep a record, in place of the one with its id if there is one."""
        if not record.seq:
            self._seq += 1
            record = replace(record, seq=self._seq)
        self._store.note(self.id, record.id, self.raw(record.id))
        self.place(record)
        return record

    def remove(self, record: Record) -> None:
        """Forget a record for good."""
        self._store.note(self.id, record.id, self.raw(record.id))
        self.displace(record.id.lower())

    def unlink(self, record_id: str) -> None:
        """Take an object that goes for good out of what the others' navigation properties lead to."""
        for other in list(self.records()):
            if any(record_id in ids for ids in other.links.values()):
                left = {name: tuple(i for i in ids if i != record_id) for name, ids in other.links.items()}
                self.put(replace(other, links=left))

    def soft_delete(self, record: Record, when: str) -> Record:
        """Move a live record among the deleted."""
        return self.put(replace(record, deleted=when))

    def restore(self, record: Record) -> Record:
        """Bring a deleted record back."""
        return self.put(replace(record, deleted=None))

    # -- for Store -------------------------------------------------------------------------

    def raw(self, record_id: str) -> Record | None:
        """Return a record by its id, of any kind, live or deleted."""
        key = record_id.lower()
        for table in self._tables.values():
            if key in table:
                return table[key]
        return self._deleted.get(key)

    def place(self, record: Record) -> None:
        """Put a record without noting it: for loading and undoing."""
        key = record.id.lower()
        old = self.raw(key)
        if old is not None and old.deleted != record.deleted:
            self.displace(key)
            old = None
        self._seq = max(self._seq, record.seq)
        if record.deleted is not None:
            self._deleted[key] = record
            return
        if old is not None:
            self._unindex(old)
        table = self._tables.setdefault(record.kind, {})
        comes_back = old is None and bool(table) and next(reversed(table.values())).seq > record.seq
        table[key] = record
        if comes_back:  # restored, or undone: it takes its old place
            self._tables[record.kind] = dict(sorted(table.items(), key=lambda item: item[1].seq))
        for prop in INDEXED.get(record.kind, ()):
            value = record.props.get(prop)
            if isinstance(value, str):
                self._index.setdefault((record.kind, prop, value.lower()), {})[key] = None

    def displace(self, key: str) -> None:
        """Drop a record without noting it: for loading and undoing."""
        self._deleted.pop(key, None)
        for table in self._tables.values():
            old = table.pop(key, None)
            if old is not None:
                self._unindex(old)

    def _unindex(self, record: Record) -> None:
        for prop in INDEXED.get(record.kind, ()):
            value = record.props.get(prop)
            if isinstance(value, str):
                bucket = self._index.get((record.kind, prop, value.lower()))
                if bucket is not None:
                    bucket.pop(record.id.lower(), None)
                    if not bucket:
                        del self._index[(record.kind, prop, value.lower())]

    def records(self) -> Iterator[Record]:
        """Everything, live and deleted: for saving."""
        for table in self._tables.values():
            yield from table.values()
        yield from self._deleted.values()


def _by_creation(record: Record) -> int:
    return record.seq


Change = tuple[str, str]  # tenant id, record id


class Store:
    """All tenants, and a drawer (``settings``) for what belongs to none: keys, the clock's offset."""

    def __init__(self) -> None:
        self.tenants: dict[str, Tenant] = {}
        self.settings: Props = {}
        self.writes = 0  # requests that changed something, ever
        self._before: dict[Change, Record | None] = {}
        self._new_tenants: list[str] = []
        self._settings_before: Props = {}

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return a tenant by its id."""
        return self.tenants.get(tenant_id.lower())

    def add_tenant(self, tenant_id: str) -> Tenant:
        """Return an empty tenant; the one that exists, if it does."""
        key = tenant_id.lower()
        if key not in self.tenants:
            self.tenants[key] = Tenant(key, self)
            self._new_tenants.append(key)
        return self.tenants[key]

    def set(self, name: str, value: Any) -> None:
        """Keep a setting (JSON); part of the transaction like any record."""
        self._settings_before.setdefault(name, self.settings.get(name))
        self.settings[name] = value

    # -- one request, one transaction ------------------------------------------------------

    def note(self, tenant_id: str, record_id: str, before: Record | None) -> None:
        """Remember what a record was before this transaction touched it."""
        self._before.setdefault((tenant_id, record_id.lower()), before)

    @property
    def dirty(self) -> bool:
        """Whether anything changed since ``begin``."""
        return bool(self._before or self._new_tenants or self._settings_before)

    def changes(self) -> dict[Change, Record | None]:
        """Return what the touched records are now; None where one is gone."""
        return {(t, r): self.tenants[t].raw(r) for t, r in self._before}

    def touched(self) -> list[tuple[Change, Record | None, Record | None]]:
        """Return what the transaction changed: each record before and now; None where there is none."""
        now = self.changes()
        return [(change, before, now[change]) for change, before in self._before.items()]

    def changed_settings(self) -> Props:
        """Return the settings that this transaction set."""
        return {name: self.settings[name] for name in self._settings_before}

    def new_tenants(self) -> list[str]:
        """Tenants made in this transaction."""
        return list(self._new_tenants)

    def begin(self) -> None:
        """Start a transaction: from here on, changes can be told and undone."""
        self._before, self._new_tenants, self._settings_before = {}, [], {}

    def rollback(self) -> None:
        """Put everything back as it was at ``begin``."""
        for (tenant_id, record_id), old in reversed(list(self._before.items())):
            tenant = self.tenants[tenant_id]
            tenant.displace(record_id)
            if old is not None:
                tenant.place(old)
        for tenant_id in self._new_tenants:
            del self.tenants[tenant_id]
        for name, value in self._settings_before.items():
            if value is None:
                self.settings.pop(name, None)
            else:
                self.settings[name] = value
        self.begin()
