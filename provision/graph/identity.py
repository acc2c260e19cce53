"""Whether an answer is about the object that was asked for: compared each time, never assumed.

Each kind compares what its answers say of themselves: an application its ``uniqueName``, client id or object
id, a service principal its ``appId`` or id, a grant the principal that has it, a user an address. Of what
stands below an object that was named by its id, ``@odata.context`` tells whose it is. What tells nothing
(owners, a folder of a mailbox, an empty list below an alternate key) cannot be compared; no write goes by it.

Graph compares ids, names and addresses without case, and so do these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from provision.errors import ProvisionError, catalogue
from provision.graph.records import text
from provision.values import dataclass

T = TypeVar("T")
_GUID = "([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_ASKED = re.compile(rf"/v1\.0/(\w+)/{_GUID}(?:[/?]|$)")
_CONTEXT = re.compile(rf"\$metadata#(\w+)\('?{_GUID}'?\)")


def refuse_other(record: Mapping[str, Any], what: str, **asked: str) -> None:
    """Raise ``ProvisionError`` (``OTHER_OBJECT``) unless a record says of itself what was asked for.

    ``asked`` is what each property must be, such as ``appId="…"``. A property that is not there is an answer
    that cannot be used (``GRAPH_ANSWER``).
    """
    for name, wanted in asked.items():
        found = text(record, name)
        if not same(found, wanted):
            raise _other(what, name, wanted, found)


def refuse_other_context(url: str, body: Mapping[str, Any]) -> None:
    """Raise ``ProvisionError`` if an answer's context names another object than the address does.

    Only of one collection, and by object id: what stands there for other keys is not documented.
    Source: https://learn.microsoft.com/graph/api/application-list-federatedidentitycredentials, example; in
    Azure CLI's recordings of federated credentials and app role assignments both ids are always the same.
    """
    asked, found = _ASKED.search(url), _CONTEXT.search(str(body.get("@odata.context")))
    if asked and found and same(asked[1], found[1]) and not same(asked[2], found[2]):
        raise _other("reading an answer", f"{asked[1]} id", asked[2], found[2])


def same(one: str, other: str) -> bool:
    """Say whether two ids, names or addresses are the same to Graph."""
    return one.strip().casefold() == other.strip().casefold()


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """What one object has, such as the grants of a principal, and which object that is, in their words."""

    what: str  # for a message
    key: str  # the property that names the holder
    holder: str | None  # None: there are none
    items: tuple[T, ...]

    def by(self, holder: str | None) -> tuple[T, ...]:
        """Return the items; ``ProvisionError`` (``OTHER_OBJECT``) if they are not those of this object.

        ``None`` where the object could not be seen: from a replica that lags behind, it cannot for a while.
        """
        if holder is not None and self.holder is not None and not same(self.holder, holder):
            raise _other(self.what, self.key, holder, self.holder)
        return self.items


def holder_of(items: Iterable[Mapping[str, Any]], what: str, key: str) -> str | None:
    """Return the one object that all items name in ``key``; ``None`` without items.

    Raises ``ProvisionError`` if they name several, or none at all.
    """
    first: str | None = None
    for item in items:
        found = text(item, key)
        if first is not None and not same(first, found):
            raise _other(what, key, first, found)
        first = first or found
    return first


def _other(what: str, name: str, wanted: str, found: str) -> ProvisionError:
    return ProvisionError(
        catalogue.OTHER_OBJECT,
        f"{what}: asked for {name} '{wanted}', and the answer is about '{found}'",
    )
