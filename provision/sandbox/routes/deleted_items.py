"""``/directory/deletedItems``: what was deleted within the last 30 days.

https://learn.microsoft.com/graph/api/resources/directory
"""

from __future__ import annotations

from provision.sandbox.directory import deletion
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.errors import invalid_identifier, no_direct_queries, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_BASE = "directory/deletedItems"
_KINDS = ("application", "servicePrincipal", "user", "group")


def _item(call: Call) -> Record:
    key = call.keys["id"]
    if not is_guid(key.value):
        raise invalid_identifier(key.value)
    record = call.tenant.deleted(key.value)
    if record is None:
        raise not_found(key.value)
    return record


def bare(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-list: a cast is required."""
    del call
    raise no_direct_queries()


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-get."""
    return common.one_typed(call, _item(call))


def restore(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-restore."""
    return common.one_typed(call, deletion.restore(call.tenant, _item(call)))


def purge(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-delete."""
    deletion.purge(call.tenant, _item(call))
    return no_content()


def _of(kind: str) -> list[Endpoint]:
    def listed(call: Call) -> Answer:
        return common.listing(call, kind).answer(call.tenant.all_deleted(kind))

    def count(call: Call) -> Answer:
        return common.listing(call, kind).count(call.tenant.all_deleted(kind))

    def as_kind(call: Call) -> Answer:
        record = _item(call)
        if record.kind != kind:
            raise not_found(record.id)
        return common.one(call, record)

    return [
        Endpoint("GET", f"{_BASE}/{kind}", listed),
        Endpoint("GET", f"{_BASE}/{kind}/$count", count),
        Endpoint("GET", f"{_BASE}/{{id}}/{kind}", as_kind),
    ]


ENDPOINTS = [
    Endpoint("GET", _BASE, bare),
    *(e for kind in _KINDS for e in _of(kind)),
    Endpoint("GET", f"{_BASE}/{{id}}", get),
    Endpoint("POST", f"{_BASE}/{{id}}/restore", restore),
    Endpoint("DELETE", f"{_BASE}/{{id}}", purge),
]
