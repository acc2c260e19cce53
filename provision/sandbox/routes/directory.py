"""The directory itself: any object by its id, the organization and its domains.

https://learn.microsoft.com/graph/api/resources/directoryobject, .../organization and .../domain
"""

from __future__ import annotations

from provision.sandbox.directory import relations
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.errors import bad_request, invalid_identifier, missing_value, not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common, membership, properties
from provision.sandbox.wire.call import Answer, Call
from provision.sandbox.wire.routing import Endpoint

_LIMIT = 1000  # ids of one getByIds


def _object(call: Call) -> Record:
    key = call.keys["id"]
    if not is_guid(key.value):
        raise invalid_identifier(key.value)
    record = call.tenant.any(key.value, relations.KINDS)
    if record is None:
        raise not_found(key.value)
    return record


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryobject-get."""
    return common.one_typed(call, _object(call))


def get_by_ids(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryobject-getbyids: what is not there is left out."""
    ids, types = common.member(call, "ids"), common.member(call, "types")
    if not isinstance(ids, list):
        raise missing_value("ids", "DirectoryObject")
    if len(ids) > _LIMIT:
        raise bad_request(f"Too many elements specified for parameter 'ids'. The maximum is {_LIMIT}.")
    for value in ids:
        if not isinstance(value, str) or not is_guid(value):
            raise bad_request(f"Invalid GUID:{value}")
    kinds = {k.lower(): k for k in relations.KINDS}
    wanted = [kinds[t.lower()] for t in types if isinstance(t, str) and t.lower() in kinds] if types else []
    found = (call.tenant.any(i, wanted or relations.KINDS) for i in dict.fromkeys(i.lower() for i in ids))
    return common.objects(call, action=True).answer([r for r in found if r is not None])


def organization(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/organization-list."""
    return common.listing(call, "organization").answer(_organizations(call))


def one_organization(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/organization-get."""
    return common.one(call, _organization(call))


def _organizations(call: Call) -> list[Record]:
    """Return the tenant's one organization, with the domains that it has now."""
    names = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": d.props["isDefault"],
            "isInitial": d.props["isInitial"],
            "name": d.id,
            "type": d.props["authenticationType"],
        }
        for d in call.tenant.all("domain")
    ]
    quota = {"used": sum(1 for _ in call.tenant.records()), "total": _quota(call)}
    return [
        r.with_props(verifiedDomains=names, directorySizeQuota=quota) for r in call.tenant.all("organization")
    ]


def _quota(call: Call) -> int:
    """Objects that a tenant may hold: more with a domain of its own.

    https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions
    """
    return 300_000 if any(not d.props["isInitial"] for d in call.tenant.all("domain")) else 50_000


def _organization(call: Call) -> Record:
    key = call.keys["id"]
    record = next((r for r in _organizations(call) if r.id == key.value.lower()), None)
    if record is None:
        raise not_found(key.value) if is_guid(key.value) else invalid_identifier(key.value)
    return record


def domains(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/domain-list."""
    return common.listing(call, "domain").answer()


def domain(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/domain-get."""
    key = call.keys["id"]
    record = call.tenant.get("domain", key.value)
    if record is None:
        raise not_found(key.value)
    return common.one(call, record)


ENDPOINTS = [
    Endpoint("POST", "directoryObjects/getByIds", get_by_ids),
    Endpoint("GET", "directoryObjects/{id}", get),
    *membership.actions("directoryObjects/{id}", _object),
    Endpoint("GET", "organization", organization),
    Endpoint("GET", "organization/{id}", one_organization),
    *properties.endpoints("organization/{id}", "organization", _organization),
    Endpoint("GET", "domains", domains),
    Endpoint("GET", "domains/{id}", domain),
]
