"""The administrator of a served sandbox: once as an application, once as a person.

What Graph answers to the two differs (owners, ``/me``), so a rehearsal needs both. The application is
one that lives in another tenant: only its service principal is here, and ``/applications`` stays empty.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace

from provision.sandbox import hashing
from provision.sandbox.clock import Clock, instant
from provision.sandbox.directory import tenants
from provision.sandbox.entities import service_principal
from provision.sandbox.fixed import uuid5
from provision.sandbox.keeping.store import Record, Tenant
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR

CLIENT_ID = "7a1c1f0e-3f8b-4a53-9d0b-5a2d0c6d9e41"
_HOME = "e3a4b6d2-92f7-4c1b-8a5e-6f1d2c3b4a59"  # a tenant that is in no sandbox
_NEVER = "2299-12-31T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Values that exist only while the server runs, and in files that only its user reads."""

    secret: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(...)"


def credentials() -> Credentials:
    """New ones."""
    return Credentials(secrets.token_urlsafe(30), secrets.token_urlsafe(18))


def appoint(tenant: Tenant, clock: Clock, given: Credentials) -> Record:
    """Make both administrators of a tenant, with these credentials; the person."""
    principal = tenant.one("servicePrincipal", "appId", CLIENT_ID) or _principal(tenant, clock)
    key_id = str(uuid.uuid4())
    credential = {
        "customKeyIdentifier": None,
        "displayName": "serve",
        "endDateTime": _NEVER,
        "hint": None,
        "keyId": key_id,
        "secretText": None,
        "startDateTime": "2000-01-01T00:00:00Z",
    }
    private = {"administrator": True, "secrets": {key_id: hashing.hashed_random(given.secret)}}
    tenant.put(replace(principal.with_props(passwordCredentials=[credential]), private=private))
    tenants.give_role(tenant, principal, GLOBAL_ADMINISTRATOR)
    person = tenants.administrator(tenant)
    if not person.private.get("mailbox"):
        person = tenants.add_mailbox(tenant, clock, str(person.props["userPrincipalName"]))
    kept = {**person.private, "password": hashing.hashed(given.password)}
    return tenant.put(replace(person, private=kept))


def _principal(tenant: Tenant, clock: Clock) -> Record:
    record_id = str(uuid5(uuid.UUID(tenant.id), "servicePrincipal:administrator"))
    props = service_principal.TYPE.defaults() | {
        "id": record_id,
        "appId": CLIENT_ID,
        "displayName": "Sandbox administrator",
        "appDisplayName": "Sandbox administrator",
        "appOwnerOrganizationId": _HOME,
        "createdDateTime": instant(clock.now()),
        "servicePrincipalNames": [CLIENT_ID],
        "signInAudience": "AzureADMultipleOrgs",
    }
    return tenant.put(Record("servicePrincipal", record_id, props))
