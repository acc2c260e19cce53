"""Custom security attributes of people and service principals: who may see and set them, whom they exempt.

https://learn.microsoft.com/graph/custom-security-attributes-examples. A person needs the role Attribute
Assignment Reader or Administrator for them besides, which no other administrator includes; here the
permission alone decides, so that the sandbox's administrator can rehearse it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provision.sandbox.errors import denied, invalid_value
from provision.sandbox.keeping.store import Record, Tenant
from provision.sandbox.wire.call import Call

READ_ATTRIBUTES = "CustomSecAttributeAssignment.Read.All"  # of a property, so no row asks for it
WRITE_ATTRIBUTES = "CustomSecAttributeAssignment.ReadWrite.All"

Json = dict[str, Any]
NAME = "customSecurityAttributes"
_HELD = "securityAttributes"  # private, of a person or principal: a set's name to its attributes


def shown(call: Call, record: Record) -> Json | None:
    """Return the attributes by set, as ``$select`` asks for them; 403 without the right to read them."""
    if not {READ_ATTRIBUTES, WRITE_ATTRIBUTES} & (call.caller.roles | call.caller.scopes):
        raise denied()
    kind = {"@odata.type": "#microsoft.graph.customSecurityAttributeValue"}
    return {name: {**kind, **of_set} for name, of_set in _held(record).items()} or None


def taken(call: Call, record: Record, body: Json) -> tuple[Record, Json]:
    """Return the object with the attributes that a PATCH sets, and the rest of its body; null removes one."""
    sent = next((value for name, value in body.items() if name.lower() == NAME.lower()), None)
    rest = {name: value for name, value in body.items() if name.lower() != NAME.lower()}
    if len(rest) == len(body):
        return record, body
    if WRITE_ATTRIBUTES not in call.caller.roles | call.caller.scopes:
        raise denied()
    if not isinstance(sent, dict) or not all(isinstance(of_set, dict) for of_set in sent.values()):
        raise invalid_value(NAME, record.kind)
    held = _held(record)
    for name, of_set in sent.items():
        new = held.get(name, {}) | {n: value for n, value in of_set.items() if "@" not in n}
        held[name] = {n: value for n, value in new.items() if value is not None}
    kept = {name: of_set for name, of_set in held.items() if of_set}
    return call.tenant.put(replace(record, private={**record.private, _HELD: kept})), rest


def exempt(tenant: Tenant, rule: Json, actor_id: str) -> bool:
    """Return whether a restriction frees this caller; ids and values compare with their case.

    Any attribute of the list will do:
    https://learn.microsoft.com/graph/api/resources/appmanagementpolicyactorexemptions and
    https://learn.microsoft.com/graph/api/resources/customsecurityattributestringvalueexemption.
    """
    excluded = (rule.get("excludeActors") or {}).get(NAME) or ()
    actor = tenant.any(actor_id, ("user", "servicePrincipal")) if excluded else None
    sets = _held(actor) if actor is not None else {}
    held = {f"{of_set}_{name}": value for of_set, values in sets.items() for name, value in values.items()}
    return any(item["operator"] == "equals" and held.get(item["id"]) == item["value"] for item in excluded)


def _held(record: Record) -> Json:
    return dict(record.private.get(_HELD, {}))
