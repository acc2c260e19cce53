"""Users and groups, as far as this work needs them to exist.

https://learn.microsoft.com/graph/api/user-post-users and .../group-post-groups
"""

from __future__ import annotations

import re
import struct
import uuid
from dataclasses import replace
from typing import Any

from provision.sandbox import hashing
from provision.sandbox.clock import instant
from provision.sandbox.directory import binding
from provision.sandbox.directory.principals import drop_grants
from provision.sandbox.entities.people import GROUP, USER
from provision.sandbox.entities.schema import EntityType, merged, new_id, read
from provision.sandbox.errors import Detail, bad_request, conflict, invalid_value, missing_value, read_only
from provision.sandbox.keeping.store import CREATOR, Record, Tenant
from provision.sandbox.wire.call import Call

Json = dict[str, Any]
_WEAK = (
    "The specified password does not comply with password complexity requirements. Please provide a different"
    " password."
)
_BOUND = {"members": ("user", "group", "servicePrincipal"), "owners": ("user", "servicePrincipal")}


def create_user(call: Call, body: Json) -> Record:
    """Return a new person; no licence, hence no mailbox."""
    sent = _writable(USER, read(USER, body))
    profile = sent.pop("passwordProfile", None) or {}
    for name in ("accountEnabled", "displayName", "mailNickname", "userPrincipalName"):
        if sent.get(name) in (None, ""):
            raise missing_value(name, "User")
    _check_nickname(sent["mailNickname"])
    if not profile.get("password"):
        raise bad_request("A password must be specified to create a new user.")
    if len(profile["password"]) < 8:
        raise bad_request(_WEAK, Detail("PasswordComplexity", _WEAK, "password"))
    _check_name(call.tenant, sent["userPrincipalName"])
    now = instant(call.clock.now())
    props = _merge(USER.defaults(), sent) | begun(new_id(), now)
    props["identities"] = signing_in_as(call.tenant, props["userPrincipalName"])
    private = {"password": hashing.hashed(profile["password"])}
    return call.tenant.put(Record("user", props["id"], props, private=private))


def update_user(call: Call, record: Record, body: Json) -> None:
    """Change a person."""
    sent = _writable(USER, read(USER, body), record)
    profile = sent.pop("passwordProfile", None) or {}
    if "userPrincipalName" in sent and sent["userPrincipalName"] != record.props["userPrincipalName"]:
        if not sent["userPrincipalName"]:
            raise invalid_value("userPrincipalName", "User")
        _check_name(call.tenant, sent["userPrincipalName"])
    if sent.get("displayName", "x") in (None, ""):
        raise invalid_value("displayName", "User")
    changed = replace(record, props=_merge(record.props, sent))
    if "userPrincipalName" in sent:
        identities = signing_in_as(call.tenant, sent["userPrincipalName"])
        changed = changed.with_props(identities=identities)
    if profile.get("password"):
        now = instant(call.clock.now())
        changed = replace(
            changed.with_props(lastPasswordChangeDateTime=now, signInSessionsValidFromDateTime=now),
            private={**record.private, "password": hashing.hashed(profile["password"])},
        )
    call.tenant.put(changed)


def _check_nickname(name: str) -> None:
    """A nickname becomes an address's part before the ``@``; terraform-provider-azuread checks the same."""
    if len(name) > 64 or re.search(r"[@()\\\[\]\";:<>, \s]", name):
        raise invalid_value("mailNickname", "User")


def begun(record_id: str, now: str) -> Json:
    """Return what a new person has of itself (https://learn.microsoft.com/graph/api/resources/user)."""
    return {
        "id": record_id,
        "createdDateTime": now,
        "securityIdentifier": security_identifier(record_id),
        "lastPasswordChangeDateTime": now,
        "signInSessionsValidFromDateTime": now,
    }


def signing_in_as(tenant: Tenant, name: str) -> list[Json]:
    """``identities``: the name, issued by the tenant's initial domain.

    https://learn.microsoft.com/graph/api/resources/objectidentity
    """
    issuer = next((d.id for d in tenant.all("domain") if d.props["isInitial"]), default_domain(tenant))
    return [{"signInType": "userPrincipalName", "issuer": issuer, "issuerAssignedId": name}]


def _merge(props: Json, sent: Json) -> Json:
    return props | {n: merged(USER.by_name[n.lower()], props.get(n), v) for n, v in sent.items()}


def create_group(call: Call, body: Json) -> Record:
    """Return a new group; its members and owners may be bound at once."""
    sent = _writable(GROUP, read(GROUP, body))
    for name in ("displayName", "mailEnabled", "mailNickname", "securityEnabled"):
        if sent.get(name) is None:
            raise missing_value(name, "Group")
    _check_group(sent)
    now = instant(call.clock.now())
    props = GROUP.defaults() | sent | {"id": new_id(), "createdDateTime": now, "renewedDateTime": now}
    if "Unified" in props["groupTypes"]:
        address = f"{props['mailNickname']}@{default_domain(call.tenant)}"
        props |= {
            "mail": address,
            "proxyAddresses": [f"SMTP:{address}"],
            "visibility": props["visibility"] or "Public",
        }
    props["securityIdentifier"] = security_identifier(props["id"])
    links = {name: tuple(binding.bound(call.tenant, body, name, kinds)) for name, kinds in _BOUND.items()}
    links[CREATOR] = (call.caller.object_id,)
    return call.tenant.put(Record("group", props["id"], props, links))


def _check_group(sent: Json) -> None:
    """https://learn.microsoft.com/graph/api/resources/group (mailNickname, groupTypes)."""
    nickname = sent["mailNickname"]
    if not nickname or len(nickname) > 64 or any(c.isspace() or c in '@()\\[]";:<>,' for c in nickname):
        raise invalid_value("mailNickname", "Group")
    if not sent["displayName"] or len(sent["displayName"]) > 256:
        raise invalid_value("displayName", "Group")
    if "DynamicMembership" in sent.get("groupTypes", ()) and not sent.get("membershipRule"):
        raise missing_value("membershipRule", "Group")  # text as of Entra's other required values
    if sent["mailEnabled"] and "Unified" not in sent.get("groupTypes", ()):
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the"
            " mail-enablement property is unset and the security-enablement property is set."
        )


def default_domain(tenant: Tenant) -> str | None:
    """Return the tenant's default domain."""
    domains = tenant.all("domain")
    return next((d.id for d in domains if d.props["isDefault"]), domains[0].id if domains else None)


def update_group(call: Call, record: Record, body: Json) -> None:
    """Change a group; ``members@odata.bind`` adds to those it has."""
    sent = _writable(GROUP, read(GROUP, body), record)
    if sent.get("displayName", "x") in (None, ""):
        raise invalid_value("displayName", "Group")
    links = dict(record.links)
    for name, kinds in _BOUND.items():
        added = binding.bound(call.tenant, body, name, kinds)
        links[name] = tuple(dict.fromkeys((*links.get(name, ()), *added)))
    call.tenant.put(replace(record, props={**record.props, **sent}, links=links))


def delete(call: Call, record: Record) -> None:
    """Soft-delete a person or a group: a security group is gone for good.

    https://learn.microsoft.com/graph/api/directory-deleteditems-list ("security groups are deleted
    permanently").
    """
    drop_grants(call.tenant, record)
    if record.kind == "group" and "Unified" not in record.props["groupTypes"]:
        call.tenant.unlink(record.id)
        call.tenant.remove(record)
        return
    call.tenant.soft_delete(record, instant(call.clock.now()))


def groups_of(tenant: Tenant, record_id: str) -> list[Record]:
    """Return the groups that an object belongs to, through groups as well."""
    found: dict[str, Record] = {}
    pending = [record_id.lower()]
    while pending:
        member = pending.pop()
        for group in tenant.all("group"):
            if member in group.links.get("members", ()) and group.id not in found:
                found[group.id] = group
                pending.append(group.id)
    return list(found.values())


def security_identifier(object_id: str) -> str:
    """Return the SID of a directory object: ``S-1-12-1-`` and the GUID as four little-endian words."""
    words = struct.unpack("<4I", uuid.UUID(object_id).bytes_le)
    return "S-1-12-1-" + "-".join(str(w) for w in words)


def _writable(entity: EntityType, sent: Json, record: Record | None = None) -> Json:
    """Return what may be set; what a client read and sent back (hamilton: the ``id``) is not a change."""
    kept = record.props if record is not None else {}
    for name, value in sent.items():
        if entity.by_name[name.lower()].read_only and value not in (None, kept.get(name)):
            raise read_only(name)
    return {n: v for n, v in sent.items() if not entity.by_name[n.lower()].read_only}


def _check_name(tenant: Tenant, name: str) -> None:
    """Check the form of a name, and that nobody has it.

    That its domain is verified is not checked: nothing here verifies one, and a seed may name
    mailboxes of any domain too (docs/sandbox.md).
    """
    local, _, domain = name.rpartition("@")
    if not local or not domain or len(local) > 64 or any(c.isspace() for c in name):
        text = "Property userPrincipalName is invalid."
        raise bad_request(text, Detail("PropertyInvalid", text, "userPrincipalName"))
    if tenant.one("user", "userPrincipalName", name) is not None:
        raise conflict("userPrincipalName")
