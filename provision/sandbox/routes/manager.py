"""``manager`` of a person: one reference, or none, which is 404.

https://learn.microsoft.com/graph/api/user-list-manager, .../user-post-manager and .../user-delete-manager;
HashiCorp's provider reads it with each person (``user_resource.go``).
"""

from __future__ import annotations

from provision.sandbox.directory import relations
from provision.sandbox.errors import not_a_reference, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.routes.links import Source
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_NAME = "manager"


def endpoints(path: str, source: Source) -> list[Endpoint]:
    """``GET``, and ``PUT`` and ``DELETE`` of the reference."""

    def found(call: Call) -> Record:
        records = relations.follow(call.tenant, source(call), _NAME)
        if not records:
            raise not_found(_NAME)
        return records[0]

    def get(call: Call) -> Answer:
        return common.one_typed(call, found(call))

    def reference(call: Call) -> Answer:
        where = common.location(call, found(call))
        return Answer(200, {"@odata.context": f"{call.service}/$metadata#$ref", "@odata.id": where})

    def assign(call: Call) -> Answer:
        target = common.reference(call, common.body_of(call))
        if target.kind != "user":
            raise not_a_reference()
        call.tenant.put(source(call).with_link(_NAME, (target.id,)))
        return no_content()

    def remove(call: Call) -> Answer:
        found(call)
        call.tenant.put(source(call).with_link(_NAME, ()))
        return no_content()

    return [
        Endpoint("GET", f"{path}/manager", get),
        Endpoint("GET", f"{path}/manager/$ref", reference),
        Endpoint("PUT", f"{path}/manager/$ref", assign),
        Endpoint("DELETE", f"{path}/manager/$ref", remove),
    ]
