"""``federatedIdentityCredentials`` of an application.

https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
"""

from __future__ import annotations

from provision.sandbox.directory import federation
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.errors import not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "federatedIdentityCredential"
_BASE = "applications/{id}/federatedIdentityCredentials"


def _context(call: Call) -> str:
    return f"applications('{call.keys['id'].value}')/federatedIdentityCredentials"


def _application(call: Call) -> Record:
    return common.find(call, "application", call.keys["id"])


def _lookup(call: Call, application: Record) -> Record | None:
    """Find it by id or by name, in a segment or as the alternate key ``name``."""
    key = call.keys["credential"]
    found = call.tenant.find(_KIND, "parentId", application.id)
    by_id = [r for r in found if is_guid(key.value) and r.id == key.value.lower()]
    return next(iter(by_id), None) or next((r for r in found if r.props["name"] == key.value), None)


def _credential(call: Call) -> Record:
    record = _lookup(call, _application(call))
    if record is None:
        raise not_found(call.keys["credential"].value)
    return record


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-list-federatedidentitycredentials."""
    found = call.tenant.find(_KIND, "parentId", _application(call).id)
    return common.listing(call, _KIND, _context(call)).answer(found)


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials."""
    record = federation.create(call.tenant, _application(call), common.body_of(call))
    return common.created(call, record, context=_context(call))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/federatedidentitycredential-get."""
    return common.one(call, _credential(call), context=_context(call))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/federatedidentitycredential-update and ...-upsert."""
    application = _application(call)
    record = _lookup(call, application)
    key = call.keys["credential"]
    if record is not None:
        federation.update(call.tenant, application, record, common.body_of(call))
        return no_content()
    if not call.create_if_missing or (key.name or "").lower() != "name":
        raise not_found(key.value)
    body = {**common.body_of(call), "name": key.value}
    return common.created(call, federation.create(call.tenant, application, body), context=_context(call))


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/federatedidentitycredential-delete."""
    call.tenant.remove(_credential(call))
    return no_content()


ENDPOINTS = [
    Endpoint("GET", _BASE, listed),
    Endpoint("POST", _BASE, create),
    Endpoint("GET", f"{_BASE}/{{credential}}", get),
    Endpoint("PATCH", f"{_BASE}/{{credential}}", update),
    Endpoint("DELETE", f"{_BASE}/{{credential}}", delete),
]
