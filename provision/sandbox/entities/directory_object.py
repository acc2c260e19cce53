"""``directoryObject``: what every directory object is, for lists in which kinds are mixed.

https://learn.microsoft.com/graph/api/resources/directoryobject. A query on such a list may name the
properties of any of the kinds that can be in it.
"""

from __future__ import annotations

from provision.sandbox.entities import application, people, service_principal
from provision.sandbox.entities.schema import EntityType, Prop

_KINDS = (people.USER, people.GROUP, service_principal.TYPE, application.TYPE, people.DIRECTORY_ROLE)
_ANY: dict[str, Prop] = {}
for _kind in _KINDS:
    for _prop in _kind.props:
        _ANY.setdefault(_prop.name, _prop)

DIRECTORY_OBJECT = EntityType(
    kind="directoryObject",
    name="directoryObject",
    resource="DirectoryObject",
    collection="directoryObjects",
    props=tuple(_ANY.values()),
)
