"""Whose a delivered value is, and where it lies.

A value belongs to a tenant, a target and a config. Every sink writes all three beside it, and a value of
somebody else is refused before a secret is made. Records of the first form name the config alone: they count
for the tenant whose application has one of the recorded keys, for key ids are unique.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from provision.errors import ProvisionError, catalogue
from provision.values import dataclass

FORMAT = "provision.delivery/2"
_EARLIER = "provision.delivery/1"
GRAPH, SANDBOX = "graph", "sandbox"  # the targets


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a value is."""

    name: str  # the config's
    tenant_id: str  # a GUID
    target: str = GRAPH
    # Graph's host; in a rehearsal which sandbox it is on, by a digest of its place, for that stays when it is
    # emptied. Empty in a rehearsal's record that does not tell.
    graph: str = "graph.microsoft.com"

    @property
    def text(self) -> str:
        """All of it in one word, for a tag or a variable."""
        return f"{self.name}@{self.tenant_id}@{self._where}"

    @property
    def _where(self) -> str:
        return f"{self.target}:{self.graph}" if self.graph else self.target

    def __str__(self) -> str:
        where = f"at {self.graph}"
        if self.target == SANDBOX:
            where = f"in a rehearsal on the sandbox {self.graph}" if self.graph else "in a rehearsal"
        return f"'{self.name}' of tenant {self.tenant_id} {where}"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a record of the first form says of the owner: the config's name alone."""

    name: str

    def __str__(self) -> str:
        return f"'{self.name}', written by an earlier version that did not say for which tenant"


def owner_in(text: str) -> Owner | None:
    """Read :attr:`Owner.text`; ``None`` if it is something else."""
    name, _, rest = text.partition("@")
    tenant_id, _, where = rest.partition("@")
    target, _, graph = where.partition(":")
    if not name or not tenant_id or target not in (GRAPH, SANDBOX) or (target == GRAPH and not graph):
        return None
    return Owner(name, tenant_id, target, graph)


@dataclass(frozen=True, slots=True)
class Record:
    """What stands beside a value: whose it is, and which keys it may be."""

    owner: Owner | Earlier
    keys: tuple[dict[str, Any], ...]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the keys."""
        return frozenset(str(key["key_id"]).lower() for key in self.keys)


def to_document(owner: Owner, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a record as JSON."""
    return {
        "format": FORMAT,
        "name": owner.name,
        "tenant_id": owner.tenant_id,
        "target": owner.target,
        "graph": owner.graph or None,
        "keys": list(keys),
    }


def from_document(record: Any) -> Record | None:
    """Read a record of either form; ``None`` if it is something else. Keys that are none are passed over."""
    if not isinstance(record, dict) or record.get("format") not in (FORMAT, _EARLIER):
        return None
    listed, name = record.get("keys"), record.get("name")
    if not isinstance(name, str):
        return None
    keys = tuple(
        key
        for key in (listed if isinstance(listed, list) else ())
        if isinstance(key, dict) and isinstance(key.get("key_id"), str)
    )
    if record["format"] == _EARLIER:
        return Record(Earlier(name), keys)
    graph = record.get("graph") or ""
    return Record(Owner(name, str(record.get("tenant_id")), str(record.get("target")), str(graph)), keys)


def from_tag(mark: str | None, name: str | None, owner: str | None) -> Owner | Earlier | None:
    """Read whose a value is from three tags: the format, the config's name, and the owner."""
    if mark == _EARLIER and name:
        return Earlier(name)
    return owner_in(owner or "") if mark == FORMAT else None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants to deliver, and the ids of the keys that its application has or had delivered."""

    owner: Owner
    known: frozenset[str] = field(default=frozenset())

    def with_known(self, keys: Collection[str]) -> Claim:
        """Return the claim with what is known of the application by now."""
        return Claim(self.owner, self.known | {key.lower() for key in keys})

    def has(self, found: Owner | Earlier, keys: Collection[str]) -> bool:
        """Say whether a value with these keys, or this record of one, is the claimant's own."""
        if isinstance(found, Earlier):
            return found.name == self.owner.name and not self.known.isdisjoint(keys)
        unsaid = found.target == SANDBOX and not found.graph  # which sandbox
        return found == (replace(self.owner, graph="") if unsaid else self.owner)

    def refuse_others(
        self,
        place: str,
        found: Owner | Earlier,
        keys: Collection[str],
        *,
        remove: str,
        empty: bool = False,
    ) -> None:
        """Raise ``ProvisionError`` (``PLACE_TAKEN``) if the value at a place is somebody else's.

        ``remove`` says in words how the place is freed by whoever knows that nobody needs the value.
        ``empty``: there is a record and no value, so one that names no tenant may be replaced.
        """
        if not self.has(found, keys) and not (empty and found == Earlier(self.owner.name)):
            raise ProvisionError(
                catalogue.PLACE_TAKEN,
                f"{place} holds the secret of {found}; this run's would be that of {self.owner}",
                fix=f"Choose another place for this one (secret.delivery, or --deliver). Or, if nobody needs "
                f"the value there, {remove}.",
            )
