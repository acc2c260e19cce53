"""App management policies: what the tenant forbids of credentials.

https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy: one custom
policy per object replaces the tenant's default instead of merging with it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from provision.sandbox.directory import security_attributes
from provision.sandbox.entities.schema import EntityType, is_guid, merged, new_id, parse_time, read
from provision.sandbox.entities.tenancy import APP_POLICY, DEFAULT_POLICY
from provision.sandbox.errors import Detail, GraphError, invalid_value, missing_value, read_only
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
DEFAULT_ID = "00000000-0000-0000-0000-000000000000"
REFERENCE_REQUIRED = "service_management_reference"  # a private mark of the tenant's policy
_SP_WITHOUT_DATE = "2019-01-01T00:00:00Z"  # documented for principals that lack a creation date


def enforce_password(tenant: Tenant, record: Record, start: datetime, end: datetime, *, actor: str) -> None:
    """Refuse a secret that the policy in force for this object forbids to this caller.

    ``customPasswordAddition`` is about values that a client chose, which no call takes: a secret that the
    service makes is as free as before, says applicationauthenticationmethodpolicy's page.
    """
    name, rules = _rules(tenant, record)
    for rule in rules:
        if not _applies(rule, record) or security_attributes.exempt(tenant, rule, actor):
            continue
        kind = rule["restrictionType"]
        if kind == "passwordAddition":
            text = f"Credential type not allowed as per assigned policy '{name}'."
            code = "CredentialTypeNotAllowedAsPerAppPolicy"
            raise GraphError(400, code, text, (Detail(code, text, "PasswordCredentials"),))
        if kind == "passwordLifetime" and rule["maxLifetime"] and end - start > lifetime(rule["maxLifetime"]):
            text = f"Credential lifetime exceeds the max value allowed as per assigned policy '{name}'."
            raise GraphError(
                400,
                "CredentialInvalidLifetimeAsPerAppPolicy",
                text,
                (Detail("InvalidKeyEndDate", text, "EndDate"),),
            )


def enforce_reference(tenant: Tenant, sent: Json, props: Json, how: str) -> None:
    """Refuse an application without ``serviceManagementReference`` where the tenant demands one.

    Text and code of the first as microsoft-foundry/foundry-agent-webapp issue 3 and Azure/azure-cli pull
    request 31212 quote them, of an update as microsoft's samples do; the others by their names.
    """
    policy = tenant.get("defaultAppManagementPolicy", DEFAULT_ID)
    if policy is None or not policy.private.get(REFERENCE_REQUIRED):
        return
    value = props.get("serviceManagementReference")
    if not value:
        given = "serviceManagementReference" in sent
        raise GraphError(
            400,
            "ServiceTreeNullValueProvided" if given else "ServiceTreeValueMissing",
            f"ServiceManagementReference field is required for {how}, but is missing in the request. Refer to"
            " the TSG `https://aka.ms/service-management-reference-error` for resolving the error",
        )
    if not is_guid(value):
        raise GraphError(
            400, "ServiceTreeInvalid", "Value for ServiceManagementReference must be a valid GUID."
        )


def assigned(tenant: Tenant, record: Record) -> Record | None:
    """Return the custom policy of an object."""
    ids = record.links.get("appManagementPolicies", ())
    return tenant.get("appManagementPolicy", ids[0]) if ids else None


def _rules(tenant: Tenant, record: Record) -> tuple[str, list[Json]]:
    custom = assigned(tenant, record)
    if custom is not None and custom.props["isEnabled"]:
        return custom.props["displayName"] or custom.id, custom.props["restrictions"]["passwordCredentials"]
    default = tenant.get("defaultAppManagementPolicy", DEFAULT_ID)
    if default is None or not default.props["isEnabled"]:
        return "", []
    part = "applicationRestrictions" if record.kind == "application" else "servicePrincipalRestrictions"
    return default.props["displayName"], default.props[part]["passwordCredentials"]


def _applies(rule: Json, record: Record) -> bool:
    if rule["state"] == "disabled":
        return False
    since = parse_time(rule["restrictForAppsCreatedAfterDateTime"])
    created = parse_time(record.props["createdDateTime"] or _SP_WITHOUT_DATE)
    return since is None or created is None or created >= since


def lifetime(text: str) -> timedelta:
    """Return an ISO 8601 duration; a year counts 365 days, a month 30."""
    match = re.fullmatch(
        r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?",
        text,
    )
    years, months, weeks, days, hours, minutes, seconds = (
        (int(g or 0) for g in match.groups()) if match else (0,) * 7
    )
    total = timedelta(days=years * 365 + months * 30 + weeks * 7 + days, hours=hours, minutes=minutes)
    return total + timedelta(seconds=seconds)


def create(tenant: Tenant, body: Json) -> Record:
    """Return a new custom policy."""
    sent = _writable(APP_POLICY, body)
    if not sent.get("displayName"):
        raise missing_value("displayName", APP_POLICY.resource)
    props = _merge(APP_POLICY, APP_POLICY.defaults(), sent) | {"id": new_id()}
    _check(props["restrictions"])
    return tenant.put(Record(APP_POLICY.kind, props["id"], props))


def update(tenant: Tenant, record: Record, body: Json) -> None:
    """Return a policy after a PATCH, the tenant's own or a custom one."""
    entity = APP_POLICY if record.kind == APP_POLICY.kind else DEFAULT_POLICY
    props = _merge(entity, record.props, _writable(entity, body, record))
    for name in ("restrictions", "applicationRestrictions", "servicePrincipalRestrictions"):
        _check(props.get(name))
    tenant.put(replace(record, props=props))


def delete(tenant: Tenant, record: Record) -> None:
    """Forget a custom policy; what it governed falls back to the tenant's."""
    tenant.unlink(record.id)
    tenant.remove(record)


def _writable(entity: EntityType, body: Json, record: Record | None = None) -> Json:
    sent = read(entity, body)
    kept = record.props if record is not None else {}
    for name, value in list(sent.items()):
        if entity.by_name[name.lower()].read_only:
            if value not in (None, kept.get(name)):
                raise read_only(name)
            del sent[name]
    return sent


def _merge(entity: EntityType, props: Json, sent: Json) -> Json:
    changed = {n: merged(entity.by_name[n.lower()], props.get(n), v) for n, v in sent.items()}
    return {**props, **changed}


def _check(restrictions: Json | None) -> None:
    """Known types, each once; a lifetime with a lifetime (appManagementConfiguration's page)."""
    for name, known in _RESTRICTION_TYPES.items():
        rules = (restrictions or {}).get(name) or []
        kinds = [r["restrictionType"] for r in rules]
        if len(set(kinds)) != len(kinds) or not set(kinds) <= known:
            raise invalid_value("restrictionType", "AppManagementConfiguration")
        for rule in rules:
            if rule["state"] not in ("enabled", "disabled", None):
                raise invalid_value("state", "AppManagementConfiguration")
            if str(rule["restrictionType"]).endswith("Lifetime") and rule["maxLifetime"] is None:
                raise invalid_value("maxLifetime", "AppManagementConfiguration")


# https://learn.microsoft.com/graph/api/resources/passwordcredentialconfiguration and
# https://learn.microsoft.com/graph/api/resources/keycredentialconfiguration
_RESTRICTION_TYPES = {
    "passwordCredentials": {
        "passwordAddition",
        "passwordLifetime",
        "symmetricKeyAddition",
        "symmetricKeyLifetime",
        "customPasswordAddition",
    },
    "keyCredentials": {"asymmetricKeyLifetime", "trustedCertificateAuthority"},
}
