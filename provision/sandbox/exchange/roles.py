"""Exchange's RBAC for Applications: application roles, scopes, and what an application may do by them where.

https://learn.microsoft.com/exchange/permissions-exo/application-rbac. A new assignment is in force, and a
removed one out of force, only in a while (``exchange-lag``): 30 minutes to two hours, by the same page.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from provision.sandbox.clock import precise
from provision.sandbox.entities.exchange_roles import ASSIGNMENT, ROLES, SCOPE
from provision.sandbox.entities.schema import is_guid, new_id, parse_time, read
from provision.sandbox.errors import bad_request, invalid_value, missing_value, not_found
from provision.sandbox.exchange import mailboxes
from provision.sandbox.fixed import uuid5
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
REMOVED = "removedExchangeAssignment"  # one that some of Exchange's servers may still go by
_HOLDER = "/ServicePrincipals/"
_PLACES = {"users": "user", "groups": "group", "administrativeunits": "administrativeUnit"}
_EQUALS = re.compile(r"\(?\s*(?P<name>\w+)\s+-eq\s+'(?P<value>(?:[^']|'')*)'\s*\)?", re.IGNORECASE)


def definitions(tenant: Tenant) -> list[Record]:
    """Return the application roles; their ids differ by tenant (docs/sandbox.md: not verified)."""
    return [
        Record(
            "exchangeRole",
            key,
            {
                "id": key,
                "description": f"Allows an application {name.removeprefix('Application ')}.",
                "displayName": name,
                "isEnabled": True,
                "version": "1.0 (15.20.0.0)",
                "isBuiltIn": True,
                "templateId": None,
                "allowedPrincipalTypes": "servicePrincipal",
                "rolePermissions": [{"allowedResourceActions": list(allowed), "condition": None}],
            },
        )
        for name, allowed in ROLES.items()
        for key in (role_id(tenant, name),)
    ]


def role_id(tenant: Tenant, name: str) -> str:
    """Return the id that a role has in this tenant."""
    return str(uuid5(uuid.UUID(tenant.id), f"exchangeRole:{name}"))


def shown(tenant: Tenant) -> list[Record]:
    """Return the assignments as Graph lists them: those whose application has a principal here."""
    return [r for record in tenant.all(ASSIGNMENT.kind) if (r := _named(tenant, record)) is not None]


def one(tenant: Tenant, assignment_id: str) -> Record:
    """Return one assignment; 404 if there is none."""
    record = tenant.get(ASSIGNMENT.kind, assignment_id)
    named = _named(tenant, record) if record is not None else None
    if named is None:
        raise not_found(assignment_id)
    return named


def _named(tenant: Tenant, record: Record) -> Record | None:
    """With its principal, which a seed knows by the application alone."""
    if record.props["principalId"] is not None:
        return record
    principal = tenant.one("servicePrincipal", "appId", record.private["appId"])
    return record.with_props(principalId=_HOLDER + principal.id) if principal is not None else None


def assign(tenant: Tenant, body: Json, now: datetime) -> Record:
    """Give a service principal an application role. Whether a second, equal one is refused nobody says."""
    sent = read(ASSIGNMENT, body)
    for name in ("principalId", "roleDefinitionId"):
        if not sent.get(name):
            raise missing_value(name, "RoleAssignment")
    place, scope = sent.get("directoryScopeId"), sent.get("appScopeId")
    if not place and not scope:
        raise missing_value("directoryScopeId", "RoleAssignment")
    if place and scope:
        raise invalid_value("appScopeId", "RoleAssignment")
    app_id = _application(tenant, sent["principalId"])
    if sent["roleDefinitionId"].lower() not in {r.id for r in definitions(tenant)}:
        raise not_found(sent["roleDefinitionId"])
    _check_scope(tenant, place, scope)
    props = {**ASSIGNMENT.defaults(), **sent, "id": new_id()}
    props["roleDefinitionId"] = props["roleDefinitionId"].lower()
    return tenant.put(
        Record(ASSIGNMENT.kind, props["id"], props, private={"appId": app_id, "made": precise(now)})
    )


def _application(tenant: Tenant, holder: str) -> str:
    """Return the application of ``/ServicePrincipals/{object id}``; 404 for a principal that is not there."""
    kind, _, key = holder.strip("/").partition("/")
    if kind.lower() != "serviceprincipals" or not is_guid(key):
        raise invalid_value("principalId", "RoleAssignment")
    principal = tenant.get("servicePrincipal", key)
    if principal is None:
        raise not_found(key)
    return str(principal.props["appId"])


def _check_scope(tenant: Tenant, place: str | None, scope: str | None) -> None:
    if scope:
        if tenant.get(SCOPE.kind, scope) is None:
            raise not_found(scope)
        return
    if place == "/":
        return
    kind, _, key = str(place).strip("/").partition("/")
    if kind.lower() not in _PLACES or not is_guid(key):
        raise invalid_value("directoryScopeId", "RoleAssignment")
    if kind.lower() != "administrativeunits" and tenant.get(_PLACES[kind.lower()], key) is None:
        raise not_found(key)


def unassign(tenant: Tenant, record: Record, now: datetime) -> None:
    """Take a role away; for a while it is still gone by."""
    kept = tenant.get(ASSIGNMENT.kind, record.id) or record
    gone = replace(
        kept,
        kind=REMOVED,
        id=f"removed:{record.id}",
        seq=0,
        private={**kept.private, "removed": precise(now)},
    )
    tenant.remove(kept)
    tenant.put(gone)


def new_scope(tenant: Tenant, body: Json) -> Record:
    """Return a management scope of recipients: https://learn.microsoft.com/graph/api/unifiedrbacapplication-post-customappscope."""
    sent = read(SCOPE, body)
    if not sent.get("displayName"):
        raise missing_value("displayName", "CustomAppScope")
    if sent.get("type") not in ("RecipientScope", None) or not sent.get("customAttributes"):
        raise bad_request("Invalid value specified for property 'type' of resource 'CustomAppScope'.")
    props = {**SCOPE.defaults(), "type": "RecipientScope", **sent, "id": new_id()}
    return tenant.put(Record(SCOPE.kind, props["id"], props))


def limit(tenant: Tenant, app_id: str, addresses: Iterable[str], roles: Iterable[str]) -> None:
    """What the script does in Exchange, in force at once: a scope of mailboxes, a role each, in it.

    What the same application was given so before goes.
    """
    for old in tenant.all(ASSIGNMENT.kind):
        if old.private.get("seeded") and old.private["appId"] == app_id.lower():
            tenant.remove(old)
    wanted = sorted({a.lower() for a in addresses})
    boxes = [box for a in wanted if (box := mailboxes.by_name(tenant, a)) is not None]
    scope_id = str(uuid5(uuid.UUID(tenant.id), f"mailboxScope:{app_id.lower()}"))
    tests = [f"Guid -eq '{exchange_guid(tenant, box)}'" for box in boxes]
    attributes = {"Exclusive": False, "RecipientFilter": " -or ".join(tests) or "Guid -eq ''"}
    props = {
        "id": scope_id,
        "type": "RecipientScope",
        "displayName": f"scope of {app_id}",
        "customAttributes": attributes,
    }
    tenant.put(Record(SCOPE.kind, scope_id, props))
    for name in sorted(set(roles)):
        key = str(uuid5(uuid.UUID(tenant.id), f"mailboxScope:{app_id.lower()}:{name}"))
        shape = {
            "id": key,
            "principalId": None,
            "roleDefinitionId": role_id(tenant, name),
            "directoryScopeId": None,
            "appScopeId": scope_id,
        }
        private = {"appId": app_id.lower(), "made": None, "seeded": True}
        tenant.put(Record(ASSIGNMENT.kind, key, shape, private=private))


def exchange_guid(tenant: Tenant, user: Record) -> str:
    """Return the id that Exchange has for a mailbox; the directory knows it by another."""
    return str(uuid5(uuid.UUID(tenant.id), f"mailbox:{user.id}"))


# -- what is allowed -----------------------------------------------------------------------


def allowed(tenant: Tenant, app_id: str, user: Record, now: datetime, lag: float) -> frozenset[str]:
    """Permissions that an application has on this mailbox by the assignments that are in force now."""
    names = {role_id(tenant, name): permissions for name, permissions in ROLES.items()}
    found: set[str] = set()
    for record in _in_force(tenant, app_id.lower(), now, timedelta(seconds=lag)):
        if _reaches(tenant, record, user):
            found |= set(names.get(record.props["roleDefinitionId"], ()))
    return frozenset(found)


def _in_force(tenant: Tenant, app_id: str, now: datetime, lag: timedelta) -> Iterator[Record]:
    for record in tenant.all(ASSIGNMENT.kind):
        made = parse_time(record.private.get("made"))
        if record.private["appId"] == app_id and (made is None or now >= made + lag):
            yield record
    for record in tenant.all(REMOVED):
        made, removed = parse_time(record.private.get("made")), parse_time(record.private["removed"])
        began = made is None or (removed is not None and removed >= made + lag)
        if record.private["appId"] == app_id and began and removed is not None and now < removed + lag:
            yield record


def _reaches(tenant: Tenant, record: Record, user: Record) -> bool:
    place, scope = record.props["directoryScopeId"], record.props["appScopeId"]
    if scope:
        found = tenant.get(SCOPE.kind, scope)
        return found is not None and _passes(tenant, found.props["customAttributes"] or {}, user)
    if place == "/":
        return True
    kind, _, key = str(place).strip("/").lower().partition("/")
    if kind == "users":
        return key == user.id
    holder = tenant.get(_PLACES[kind], key)
    return holder is not None and user.id in holder.links.get("members", ())


def _passes(tenant: Tenant, attributes: Json, user: Record) -> bool:
    """Filters of equalities joined by ``-or`` only; any other lets nobody through (docs/sandbox.md)."""
    known = {
        "primarysmtpaddress": mailboxes.addresses(user),  # compared with aliases, too: filter-properties
        "guid": {exchange_guid(tenant, user)},
        "externaldirectoryobjectid": {user.id},
    }
    for part in re.split(r"\s+-or\s+", str(attributes.get("RecipientFilter") or ""), flags=re.IGNORECASE):
        match = _EQUALS.fullmatch(part.strip())
        if match is None:
            return False
        if match["value"].replace("''", "'").lower() in known.get(match["name"].lower(), ()):
            return True
    return False
