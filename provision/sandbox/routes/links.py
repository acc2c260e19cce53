"""Navigation properties that lead to directory objects: lists, casts, counts and ``$ref``.

https://learn.microsoft.com/graph/api/application-list-owners, .../application-post-owners and
.../application-delete-owners; the same form for members, policies and what is computed.
"""

from __future__ import annotations

from collections.abc import Callable

from provision.sandbox.call import Answer, Call, Json, no_content
from provision.sandbox.directory import relations
from provision.sandbox.errors import GraphError, not_a_reference, not_found
from provision.sandbox.routes import common
from provision.sandbox.routing import Endpoint
from provision.sandbox.store import Record

Source = Callable[[Call], Record]
_CASTS = ("user", "servicePrincipal", "group", "application", "directoryRole")
_ALLOWED = {
    "owners": ("user", "servicePrincipal"),
    "members": ("user", "group", "servicePrincipal"),
    "appManagementPolicies": ("appManagementPolicy",),
}


def named(kind: str) -> Source:
    """The object that the path's key names."""
    return lambda call: common.find(call, kind, call.keys["id"])


def readable(base: str, source: Source, name: str) -> list[Endpoint]:
    """``GET`` of the objects, of those of one kind, of their number, and of bare references."""

    def records(call: Call) -> list[Record]:
        return relations.follow(call.tenant, source(call), name)

    def listed(call: Call) -> Answer:
        return common.objects(call).answer(records(call))

    def count(call: Call) -> Answer:
        return common.objects(call).count(records(call))

    def references(call: Call) -> Answer:
        return reference_list(call, records(call))

    def cast(kind: str) -> list[Endpoint]:
        def of_kind(call: Call) -> list[Record]:
            return [r for r in records(call) if r.kind == kind]

        return [
            Endpoint("GET", f"{base}/{name}/{kind}", lambda c: common.listing(c, kind).answer(of_kind(c))),
            Endpoint(
                "GET", f"{base}/{name}/{kind}/$count", lambda c: common.listing(c, kind).count(of_kind(c))
            ),
        ]

    return [
        Endpoint("GET", f"{base}/{name}", listed),
        Endpoint("GET", f"{base}/{name}/$count", count),
        Endpoint("GET", f"{base}/{name}/$ref", references),
        *(e for kind in _CASTS for e in cast(kind)),
    ]


def writable(base: str, kind: str, name: str) -> list[Endpoint]:
    """``POST`` and ``DELETE`` of references; the last owner of a group stays."""
    source = named(kind)

    def add(call: Call) -> Answer:
        record = source(call)
        target = common.reference(call, common.body_of(call))
        if target.kind not in _ALLOWED[name] or target.id == record.id:
            raise not_a_reference()
        link(call, record, name, target)
        return no_content()

    def remove(call: Call) -> Answer:
        unlink(call, source(call), name, call.keys["target"].value)
        return no_content()

    return [
        Endpoint("POST", f"{base}/{{id}}/{name}/$ref", add),
        Endpoint("DELETE", f"{base}/{{id}}/{name}/{{target}}/$ref", remove),
    ]


def policies(base: str, kind: str) -> list[Endpoint]:
    """``appManagementPolicies`` of an object: https://learn.microsoft.com/graph/api/appmanagementpolicy-list-appliesto.

    One policy at most governs an object
    (https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy).
    """
    source = named(kind)

    def records(call: Call) -> list[Record]:
        return relations.follow(call.tenant, source(call), "appManagementPolicies")

    def listed(call: Call) -> Answer:
        context = f"{base}('{call.keys['id'].value}')/appManagementPolicies"
        return common.listing(call, "appManagementPolicy", context).answer(records(call))

    return [
        Endpoint("GET", f"{base}/{{id}}/appManagementPolicies", listed),
        Endpoint("GET", f"{base}/{{id}}/appManagementPolicies/$ref", lambda c: reference_list(c, records(c))),
        *writable(base, kind, "appManagementPolicies"),
    ]


def reference_list(call: Call, records: list[Record]) -> Answer:
    """What ``.../$ref`` answers: where each object is."""
    value: list[Json] = [{"@odata.id": common.location(call, r)} for r in records]
    return Answer(200, {"@odata.context": f"{call.service}/$metadata#Collection($ref)", "value": value})


def link(call: Call, record: Record, name: str, target: Record) -> None:
    """Add a link; 400 if it is there."""
    ids = record.links.get(name, ())
    if target.id in ids:
        raise GraphError(400, "Request_BadRequest",
                         f"One or more added object references already exist for the following modified"
                         f" properties: '{name}'.")  # fmt: skip
    call.tenant.put(record.with_link(name, (*ids, target.id)))


def unlink(call: Call, record: Record, name: str, target_id: str) -> None:
    """Take a link away; 404 if it is not there."""
    ids = record.links.get(name, ())
    if target_id.lower() not in ids:
        raise not_found(target_id)
    call.tenant.put(record.with_link(name, (i for i in ids if i != target_id.lower())))
