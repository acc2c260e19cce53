"""``checkMemberGroups``, ``getMemberGroups`` and the same for objects, on any directory object.

https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups and
.../directoryobject-getmembergroups
"""

from __future__ import annotations

from provision.sandbox.directory import relations
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.errors import bad_request, missing_value
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.routes.links import Source, named
from provision.sandbox.wire.call import Answer, Call
from provision.sandbox.wire.routing import Endpoint

_CHECKED_AT_ONCE = 20
_CONTEXT = "Collection(Edm.String)"
_HOLDERS = ("group", "directoryRole")  # what has members


def endpoints(base: str, kind: str) -> list[Endpoint]:
    """Return the actions on one collection."""
    return actions(f"{base}/{{id}}", named(kind))


def actions(base: str, source: Source) -> list[Endpoint]:
    """Return the actions on an object, whatever path leads to it."""

    def check_groups(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups."""
        return _check(call, source(call), "groupIds", ("group",))

    def check_objects(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/directoryobject-checkmemberobjects."""
        return _check(call, source(call), "ids", _HOLDERS)

    def get_groups(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/directoryobject-getmembergroups."""
        return _members(call, source(call), ("group",))

    def get_objects(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/directoryobject-getmemberobjects."""
        return _members(call, source(call), _HOLDERS)

    return [
        Endpoint("POST", f"{base}/checkMemberGroups", check_groups),
        Endpoint("POST", f"{base}/checkMemberObjects", check_objects),
        Endpoint("POST", f"{base}/getMemberGroups", get_groups),
        Endpoint("POST", f"{base}/getMemberObjects", get_objects),
    ]


def _check(call: Call, record: Record, name: str, kinds: tuple[str, ...]) -> Answer:
    wanted = common.member(call, name)
    if not isinstance(wanted, list) or not all(isinstance(i, str) and is_guid(i) for i in wanted):
        raise missing_value(name, "DirectoryObject")
    if len(wanted) > _CHECKED_AT_ONCE:
        raise bad_request(
            f"Too many elements specified for parameter '{name}'. The maximum is {_CHECKED_AT_ONCE}."
        )
    held = {r.id for r in relations.follow(call.tenant, record, "transitiveMemberOf") if r.kind in kinds}
    return common.action(call, _CONTEXT, value=[i for i in wanted if i.lower() in held])


def _members(call: Call, record: Record, kinds: tuple[str, ...]) -> Answer:
    secure = common.member(call, "securityEnabledOnly")
    if not isinstance(secure, bool):
        raise missing_value("securityEnabledOnly", "DirectoryObject")
    found = [r for r in relations.follow(call.tenant, record, "transitiveMemberOf") if r.kind in kinds]
    shown = [r.id for r in found if not secure or r.kind != "group" or r.props["securityEnabled"]]
    return common.action(call, _CONTEXT, value=shown)
