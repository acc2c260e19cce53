"""Directory extensions: properties that an application defines for other objects.

https://learn.microsoft.com/graph/api/application-post-extensionproperty
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.entities.parts import EXTENSION_PROPERTY as TYPE
from provision.sandbox.entities.schema import new_id, read
from provision.sandbox.errors import GraphError, invalid_value, missing_value
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
_RESOURCE = "ExtensionProperty"
_DATA_TYPES = ("Binary", "Boolean", "DateTime", "Integer", "LargeInteger", "String")
_TARGETS = frozenset({"User", "Group", "AdministrativeUnit", "Application", "Device", "Organization"})


def create(tenant: Tenant, application: Record, body: Json) -> Record:
    """Return a new definition; its name tells the application that made it."""
    sent = read(TYPE, body)
    for name in ("name", "dataType", "targetObjects"):
        if not sent.get(name):
            raise missing_value(name, _RESOURCE)
    if sent["dataType"] not in _DATA_TYPES:
        raise invalid_value("dataType", _RESOURCE)
    if set(sent["targetObjects"]) - _TARGETS:
        raise invalid_value("targetObjects", _RESOURCE)
    name = f"extension_{application.props['appId'].replace('-', '')}_{sent['name']}"
    others = tenant.find("extensionProperty", "parentId", application.id)
    if any(o.props["name"].lower() == name.lower() for o in others):
        text = f"An extension property exists with the name {name}."
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", text)
    props = (
        TYPE.defaults()
        | sent
        | {
            "id": new_id(),
            "deletedDateTime": None,
            "name": name,
            "isSyncedFromOnPremises": False,
            "appDisplayName": application.props["displayName"],
        }
    )
    return tenant.put(Record("extensionProperty", props["id"], {**props, "parentId": application.id}))
