"""Federated identity credentials: which foreign tokens an application may sign in with.

Rules: https://learn.microsoft.com/graph/api/resources/federatedidentitycredential and
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
(20 per application; issuer and subject together are unique).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from provision.sandbox.entities.parts import FEDERATED_CREDENTIAL as TYPE
from provision.sandbox.entities.schema import new_id, read
from provision.sandbox.errors import (
    GraphError,
    invalid_value,
    missing_value,
    read_only,
)
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
_LIMIT = 20
_RESOURCE = "FederatedIdentityCredential"


def create(tenant: Tenant, application: Record, body: Json) -> Record:
    """Return a new credential of an application."""
    sent = read(TYPE, body)
    sent.pop("id", None)
    for name in ("name", "issuer", "subject", "audiences"):
        if not sent.get(name):
            raise missing_value(name, _RESOURCE)
    others = tenant.find("federatedIdentityCredential", "parentId", application.id)
    if len(others) >= _LIMIT:
        text = "The maximum number of federated identity credentials per application is 20."
        raise GraphError(403, "Directory_QuotaExceeded", text)
    if any(o.props["name"] == sent["name"] for o in others):
        text = f"FederatedIdentityCredential with name {sent['name']} already exists."
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", text)  # azure-dev issue 1482
    props = TYPE.defaults() | sent | {"id": new_id()}
    _check(props, others)
    return tenant.put(
        Record("federatedIdentityCredential", props["id"], {**props, "parentId": application.id})
    )


def update(tenant: Tenant, application: Record, record: Record, body: Json) -> None:
    """Return the credential after a PATCH; its name never changes."""
    sent = read(TYPE, body)
    for name in ("id", "name"):
        if sent.pop(name, record.props[name]) != record.props[name]:
            raise read_only(name)
    props = {**record.props, **sent}
    others = tenant.find("federatedIdentityCredential", "parentId", application.id)
    _check(props, [o for o in others if o.id != record.id])
    tenant.put(record.with_props(**sent))


def _check(props: Json, others: list[Record]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}", props["name"]):
        raise invalid_value("name", _RESOURCE)
    for name in ("issuer", "subject"):
        if not props[name] or len(props[name]) > 600:
            raise invalid_value(name, _RESOURCE)
    if urlsplit(props["issuer"]).scheme != "https":
        raise invalid_value("issuer", _RESOURCE)
    if len(props["audiences"]) != 1 or not 1 <= len(props["audiences"][0]) <= 600:
        raise invalid_value("audiences", _RESOURCE)
    if props["description"] is not None and len(props["description"]) > 600:
        raise invalid_value("description", _RESOURCE)
    same = ((o.props["issuer"], o.props["subject"]) for o in others)
    if (props["issuer"], props["subject"]) in same:
        raise _pair_is_taken(props["issuer"], props["subject"])


def _pair_is_taken(issuer: str, subject: str) -> GraphError:
    """Quoted in azure-workload-identity issue 434."""
    text = (
        "The combination of issuer and subject must be unique for the application."
        f" Issuer {issuer} and Subject: {subject} already exist."
        f" paramName: FederatedIdentityCredential.Subject, paramValue: {subject},"
        " objectType: Microsoft.Online.DirectoryServices.Application"
    )
    return GraphError(400, "InvalidFederatedIdentityCredentialValue", text)
