"""``extensionProperties`` of an application.

https://learn.microsoft.com/graph/api/resources/extensionproperty
"""

from __future__ import annotations

from provision.sandbox.directory import extensions
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.errors import invalid_identifier, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "extensionProperty"
_BASE = "applications/{id}/extensionProperties"


def _context(call: Call) -> str:
    return f"applications('{call.keys['id'].value}')/extensionProperties"


def _of_application(call: Call) -> tuple[Record, list[Record]]:
    application = common.find(call, "application", call.keys["id"])
    return application, call.tenant.find(_KIND, "parentId", application.id)


def _extension(call: Call) -> Record:
    wanted = call.keys["extension"].value
    if not is_guid(wanted):
        raise invalid_identifier(wanted)
    record = next((r for r in _of_application(call)[1] if r.id == wanted.lower()), None)
    if record is None:
        raise not_found(wanted)
    return record


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-list-extensionproperty."""
    return common.listing(call, _KIND, _context(call)).answer(_of_application(call)[1])


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-post-extensionproperty."""
    made = extensions.create(call.tenant, _of_application(call)[0], common.body_of(call))
    return common.created(call, made, context=_context(call))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/extensionproperty-get."""
    return common.one(call, _extension(call), context=_context(call))


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/application-delete-extensionproperty."""
    call.tenant.remove(_extension(call))
    return no_content()


ENDPOINTS = [
    Endpoint("GET", _BASE, listed),
    Endpoint("POST", _BASE, create),
    Endpoint("GET", f"{_BASE}/{{extension}}", get),
    Endpoint("DELETE", f"{_BASE}/{{extension}}", delete),
]
