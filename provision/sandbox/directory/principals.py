"""Creating, changing, deleting and restoring a service principal.

https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals and
.../serviceprincipal-upsert
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provision.sandbox.clock import instant
from provision.sandbox.data import first_party
from provision.sandbox.directory import binding, credentials
from provision.sandbox.entities.schema import is_guid, merged, new_id, read
from provision.sandbox.entities.service_principal import TYPE, mirrored
from provision.sandbox.errors import Detail, GraphError, bad_request, invalid_value, missing_value, read_only
from provision.sandbox.keeping.store import CREATOR, Record, Tenant
from provision.sandbox.wire.call import Call

Json = dict[str, Any]
# The application's, or the service's: a PATCH of the principal cannot change them.
_MIRRORED = frozenset({"appId", "displayName", "appRoles", "oauth2PermissionScopes", "replyUrls"})


def create(call: Call, body: Json, *, app_id: str | None = None) -> Record:
    """Return the principal of an application of this tenant, or of one of Microsoft's."""
    sent = read(TYPE, body)
    wanted = sent.pop("appId", None) or app_id
    if wanted is None:
        raise missing_value("appId", "ServicePrincipal")
    if not is_guid(wanted):
        raise invalid_value("appId", "ServicePrincipal")
    wanted = wanted.lower()
    if call.tenant.one("servicePrincipal", "appId", wanted) is not None:
        raise taken(wanted)
    sent.pop("passwordCredentials", None)
    for name in ("displayName", "servicePrincipalType"):
        sent.pop(name, None)
    for name, value in list(sent.items()):
        if TYPE.by_name[name.lower()].read_only and value is not None:
            raise read_only(name)
    home = call.tenant.one("application", "appId", wanted)
    if home is None and first_party.get(wanted) is None:
        text = f"The appId '{wanted}' of the service principal does not reference a valid application object."
        raise bad_request(text, Detail("NoBackingApplicationObject", text, "appId"))
    props = TYPE.defaults() | {
        "id": new_id(),
        "appId": wanted,
        "createdDateTime": instant(call.clock.now()),
        "createdByAppId": call.caller.app_id,
        "appOwnerOrganizationId": call.tenant.id,
    }
    props = _merge(props, sent)
    owners = binding.bound(call.tenant, body, "owners", ("user", "servicePrincipal"))
    if not call.caller.is_user and "Application.ReadWrite.All" not in call.caller.roles:
        owners.append(call.caller.object_id)
    links = {"owners": tuple(dict.fromkeys(owners)), CREATOR: (call.caller.object_id,)}
    return call.tenant.put(_settled(Record("servicePrincipal", props["id"], props, links), home))


def update(call: Call, record: Record, body: Json) -> Record:
    """Return the principal after a PATCH."""
    sent = read(TYPE, body)
    wanted_passwords = sent.pop("passwordCredentials", None)
    for name in list(sent):
        fixed = name in _MIRRORED or TYPE.by_name[name.lower()].read_only
        if not fixed:
            continue
        if sent[name] != record.props.get(name):
            raise read_only(name)
        del sent[name]
    if "keyCredentials" in sent:
        sent["keyCredentials"] = credentials.keys(sent["keyCredentials"], record.props["keyCredentials"])
    changed = replace(record, props=_merge(record.props, sent))
    own = {k: v for k, v in sent.items() if k in ("tags", "servicePrincipalNames")}
    if own:
        changed = replace(
            changed, private={**record.private, "own": {**record.private.get("own", {}), **own}}
        )
    if wanted_passwords is not None:
        changed = credentials.patched_passwords(changed, wanted_passwords)
    home = call.tenant.one("application", "appId", record.props["appId"])
    return call.tenant.put(_settled(changed, home))


def follow(tenant: Tenant, application: Record) -> None:
    """Bring the principals of an application in step with it."""
    for principal in tenant.find("servicePrincipal", "appId", application.props["appId"]):
        tenant.put(_settled(principal, application))


def delete(call: Call, record: Record) -> None:
    """Soft-delete it; what was granted to it, and of it, is gone."""
    drop_grants(call.tenant, record)
    call.tenant.soft_delete(record, instant(call.clock.now()))


def drop_grants(tenant: Tenant, record: Record) -> None:
    """Remove the assignments and delegated grants that name this principal."""
    for kind, props in (
        ("appRoleAssignment", ("principalId", "resourceId")),
        ("oauth2PermissionGrant", ("clientId", "resourceId")),
        ("roleAssignment", ("principalId",)),
    ):
        for prop in props:
            for grant in tenant.find(kind, prop, record.id):
                tenant.remove(grant)


def restore(tenant: Tenant, record: Record) -> Record:
    """Bring it back, unless another has its application by now."""
    if tenant.one("servicePrincipal", "appId", record.props["appId"]) is not None:
        raise taken(record.props["appId"])
    home = tenant.one("application", "appId", record.props["appId"])
    return tenant.restore(_settled(record, home))


def taken(app_id: str) -> GraphError:
    """409: there is a principal of this application."""
    return GraphError(
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        f"The service principal cannot be created, updated, or restored because the service principal name"
        f" {app_id} is already in use.",
    )


def _settled(record: Record, home: Record | None) -> Record:
    own = record.private.get("own")
    if own is None:
        own = {"tags": record.props["tags"], "servicePrincipalNames": record.props["servicePrincipalNames"]}
        record = replace(record, private={**record.private, "own": own})
    if home is None:
        return record
    return replace(record, props={**record.props, **mirrored(home.props, own)})


def _merge(props: Json, sent: Json) -> Json:
    out = dict(props)
    for name, value in sent.items():
        out[name] = merged(TYPE.by_name[name.lower()], props.get(name), value)
    return out
