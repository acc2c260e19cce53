"""Creating, changing and deleting an application, and what follows for its service principal.

https://learn.microsoft.com/graph/api/application-post-applications, .../application-update,
.../application-upsert, .../application-delete
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provision.sandbox.clock import instant, precise
from provision.sandbox.directory import binding, credentials, policies, principals, validation
from provision.sandbox.directory.people import default_domain
from provision.sandbox.entities.application import TYPE
from provision.sandbox.entities.schema import merged, new_id, read
from provision.sandbox.errors import (
    GraphError,
    bad_request,
    invalid_value,
    missing_value,
    not_found,
    read_only,
)
from provision.sandbox.keeping.store import CREATOR, Record, Tenant
from provision.sandbox.wire.call import Call

Json = dict[str, Any]
# Recorded: these come back in another order than they were sent in, the last first.
_ENABLED = "Permission (scope or role) cannot be deleted or updated unless disabled first."
_REVERSED = ("appRoles", "requiredResourceAccess")


def create(call: Call, body: Json, *, unique_name: str | None = None) -> tuple[Record, Json]:
    """Return a new application, and what its first answer shows otherwise than later ones."""
    sent = read(TYPE, body)
    if unique_name is not None:
        if sent.get("uniqueName", unique_name) != unique_name:
            raise invalid_value("uniqueName", "Application")
        sent["uniqueName"] = unique_name
    passwords = sent.pop("passwordCredentials", [])
    _refuse_unserved(call, sent)
    _refuse_read_only(sent)
    if sent.get("displayName") is None:
        raise missing_value("displayName", "Application")
    now = call.clock.now()
    props = TYPE.defaults() | {
        "id": new_id(),
        "appId": new_id(),
        "createdDateTime": instant(now),
        "createdByAppId": call.caller.app_id,
        "publisherDomain": default_domain(call.tenant),
    }
    props = _merge(props, sent)
    if props["signInAudience"] in validation.PERSONAL and props["api"]["requestedAccessTokenVersion"] is None:
        props["api"] = {**props["api"], "requestedAccessTokenVersion": 2}
    validation.check(call.tenant, props, sent, None)
    policies.enforce_reference(call.tenant, sent, props, "Create")
    props["keyCredentials"] = credentials.keys(props["keyCredentials"], [])
    record = Record("application", props["id"], _as_kept(props, sent), links=_links(call, body))
    call.tenant.put(record)
    echo: Json = {name: props[name] for name in ("web", "publicClient", "spa", *_REVERSED)}
    echo["web"] = _with_settings(echo["web"])
    echo["createdDateTime"] = precise(now)
    if passwords:
        record, echo["passwordCredentials"] = _with_passwords(call, record, passwords)
    return record, echo


def _with_passwords(call: Call, record: Record, wanted: list[Json]) -> tuple[Record, list[Json]]:
    """One secret may be made together with the application (current page, example 2)."""
    if len(wanted) > 1 or any(w["secretText"] or w["hint"] for w in wanted):
        raise bad_request("New password credentials must be generated using service actions.")
    body, now = {"passwordCredential": wanted[0]}, call.clock.now()
    record, credential = credentials.add_password(call.tenant, record, body, now, actor=call.caller.object_id)
    return record, [credential]


def update(call: Call, record: Record, body: Json) -> Record:
    """Return the application after a PATCH: complex values merge, collections are replaced."""
    sent = read(TYPE, body)
    wanted_passwords = sent.pop("passwordCredentials", None)
    _refuse_unserved(call, sent)
    _refuse_read_only(sent, record)
    if "displayName" in sent and sent["displayName"] is None:
        raise invalid_value("displayName", "Application")
    if "uniqueName" in sent and sent["uniqueName"] is None:
        del sent["uniqueName"]
    props = _merge(record.props, sent)
    validation.check(call.tenant, props, sent, record)
    policies.enforce_reference(call.tenant, sent, props, "Update")
    if "keyCredentials" in sent:
        props["keyCredentials"] = credentials.keys(props["keyCredentials"], record.props["keyCredentials"])
    _refuse_enabled_removals(record.props, props)
    changed = replace(record, props=_as_kept(props, sent))
    if wanted_passwords is not None:
        changed = credentials.patched_passwords(changed, wanted_passwords)
    call.tenant.put(changed)
    principals.follow(call.tenant, changed)
    return changed


def delete(call: Call, record: Record) -> None:
    """Soft-delete it, and its service principal in this tenant with it."""
    when = instant(call.clock.now())
    for principal in call.tenant.find("servicePrincipal", "appId", record.props["appId"]):
        principals.delete(call, principal)
    call.tenant.soft_delete(record, when)


def purge(tenant: Tenant, record: Record) -> None:
    """Forget it and what belongs to it for good."""
    for kind in ("federatedIdentityCredential", "extensionProperty"):
        for part in tenant.find(kind, "parentId", record.id):
            tenant.remove(part)
    tenant.remove(record)


def _links(call: Call, body: Json) -> dict[str, tuple[str, ...]]:
    return {"owners": _owners(call, body), CREATOR: (call.caller.object_id,)}


def _owners(call: Call, body: Json) -> tuple[str, ...]:
    owners = binding.bound(call.tenant, body, "owners", ("user", "servicePrincipal"))
    # Recorded: who creates an application as a person owns it; an application does only by the right
    # that limits it to its own (msgraph-sdk-powershell issue 829).
    creator = call.caller.is_user or "Application.ReadWrite.All" not in call.caller.roles
    if creator and call.tenant.any(call.caller.object_id, ("user", "servicePrincipal")) is not None:
        owners.append(call.caller.object_id)
    return tuple(dict.fromkeys(owners))


def _refuse_unserved(call: Call, sent: Json) -> None:
    """The metadata of v1.0 has it, and the directory does not: msgraph-bicep-types issue 155.

    Clients write it in beta: manicminer/hamilton, ``applications.go``.
    """
    if "oauth2RequirePostResponse" in sent and call.version != "beta":
        raise not_found("")


def _refuse_read_only(sent: Json, record: Record | None = None) -> None:
    for name in list(sent):
        prop = TYPE.by_name[name.lower()]
        if not prop.read_only:
            continue
        same = record is not None and sent[name] == record.props.get(name)
        if same or (sent[name] is None and record is None) or name == "verifiedPublisher":
            del sent[name]  # what a client read and sent back is not a change
        else:
            raise read_only(name)


def _refuse_enabled_removals(old: Json, new: Json) -> None:
    """A role or scope must be disabled before it is removed.

    https://learn.microsoft.com/graph/api/resources/approle (isEnabled)
    """
    scopes = "oauth2PermissionScopes"
    pairs = (old["appRoles"], new["appRoles"]), (old["api"][scopes], new["api"][scopes])
    for before, after in pairs:
        kept = {e["id"] for e in after}
        if any(e["isEnabled"] and e["id"] not in kept for e in before):
            raise GraphError(400, "CannotDeleteOrUpdateEnabledEntitlement", _ENABLED)


def _merge(props: Json, sent: Json) -> Json:
    out = dict(props)
    for name, value in sent.items():
        out[name] = merged(TYPE.by_name[name.lower()], props.get(name), value)
    return out


def _as_kept(props: Json, sent: Json) -> Json:
    """Return the properties in the order in which the service gives them back."""
    out = dict(props)
    for name in _REVERSED:
        if name in sent:
            out[name] = list(reversed(out[name]))
    for part in ("web", "publicClient", "spa"):
        if "redirectUris" in sent.get(part, {}):
            out[part] = {**out[part], "redirectUris": list(reversed(out[part]["redirectUris"]))}
    out["web"] = _with_settings(out["web"])
    return out


def _with_settings(web: Json) -> Json:
    """``redirectUriSettings``: the service keeps one entry for each redirect URI."""
    index = {s["uri"]: s["index"] for s in web["redirectUriSettings"]}
    return {**web, "redirectUriSettings": [{"uri": u, "index": index.get(u)} for u in web["redirectUris"]]}
