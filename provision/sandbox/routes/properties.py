"""One property of an object by a path of its own: ``/servicePrincipals/{id}/appRoles``.

OData 4.01 protocol, 11.2.4 (https://docs.oasis-open.org/odata/odata/v4.01/): a collection or a simple
value comes as ``value``, a complex one as itself, null as 204, ``/$value`` bare. CLI for Microsoft 365
reads ``appRoles`` and ``oauth2PermissionScopes`` so (its app-permission-list.ts).
"""

from __future__ import annotations

from provision.sandbox.entities.schema import Prop
from provision.sandbox.errors import unknown_segment
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.routes.links import Source
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import PROPERTY, Endpoint


def endpoints(path: str, kind: str, source: Source) -> list[Endpoint]:
    """``GET`` of any property of the object that the path leads to."""
    entity = common.TYPES[kind]

    def found(call: Call) -> tuple[Record, Prop]:
        key = call.keys["property"]
        prop = common.type_of(call, kind).by_name.get(key.value.lower())
        if prop is None or key.parenthesised:  # the path is understood before the object is looked for
            raise unknown_segment(key.value)
        return source(call), prop

    def get(call: Call) -> Answer:
        record, prop = found(call)
        value = common.seen(call, record).get(prop.name)
        if value is None:
            return no_content()
        key = call.keys["id"].value if "id" in call.keys else record.id
        where = f"{entity.collection}('{key}')/{prop.name}"
        members = value if isinstance(value, dict) else {"value": value}
        return Answer(200, {"@odata.context": f"{call.service}/$metadata#{where}", **members})

    def raw(call: Call) -> Answer:
        record, prop = found(call)
        value = common.seen(call, record).get(prop.name)
        if isinstance(value, dict | list):
            raise unknown_segment("$value")
        if value is None:
            return no_content()
        return Answer(200, str(value).lower() if isinstance(value, bool) else str(value))

    return [
        Endpoint("GET", f"{path}/{PROPERTY}", get),
        Endpoint("GET", f"{path}/{PROPERTY}/$value", raw),
    ]
