"""What a tenant begins with: its organization, domains, an administrator, Microsoft's own principals."""

from __future__ import annotations

import re
import uuid

from provision.sandbox.clock import Clock, instant
from provision.sandbox.data import first_party
from provision.sandbox.directory.people import begun, signing_in_as
from provision.sandbox.directory.policies import DEFAULT_ID
from provision.sandbox.entities import people, service_principal, tenancy
from provision.sandbox.entities.grants import role_assignment_id
from provision.sandbox.entities.schema import is_guid
from provision.sandbox.fixed import uuid5
from provision.sandbox.keeping.store import Record, Store, Tenant
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR

_NAMESPACE = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")  # of names of the DNS
SEEDED = "seeded"  # a setting: the ids of tenants that came from a seed
EXCHANGE_PLAN = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"  # EXCHANGE_S_STANDARD


def find(store: Store, tenant: str) -> Tenant | None:
    """Return the tenant with this id, or with this verified domain."""
    name = tenant.lower()
    return store.tenant(name) or next((t for t in store.tenants.values() if t.get("domain", name)), None)


def create(store: Store, clock: Clock, tenant: str, display_name: str | None = None) -> Tenant:
    """Return a tenant by its id, or by a domain, from whose name its id follows."""
    name = tenant.lower()
    tenant_id = name if is_guid(name) else str(uuid5(_NAMESPACE, name))
    initial = f"sandbox{tenant_id[:8]}.onmicrosoft.com"
    made = store.add_tenant(tenant_id)
    if not is_guid(name) and name.endswith(".onmicrosoft.com"):
        initial = name
    add_domain(made, initial, is_default=True, is_initial=True)
    if not is_guid(name) and name != initial:
        add_domain(made, name, is_default=True)
    now = instant(clock.now())
    title = display_name or (name if not is_guid(name) else f"Sandbox {tenant_id[:8]}")
    props = tenancy.ORGANIZATION.defaults() | {
        "id": tenant_id,
        "displayName": title,
        "createdDateTime": now,
        "countryLetterCode": "US",
        "technicalNotificationMails": [f"admin@{initial}"],
    }
    made.put(Record("organization", tenant_id, props))
    for app_id in first_party.app_ids():
        _add_principal(made, app_id)
    made.put(
        Record(
            "defaultAppManagementPolicy", DEFAULT_ID, tenancy.DEFAULT_POLICY.defaults() | {"id": DEFAULT_ID}
        )
    )
    admin = add_user(made, clock, f"admin@{initial}", "Sandbox Administrator", seed="administrator")
    give_role(made, admin, GLOBAL_ADMINISTRATOR)
    return made


def administrator(tenant: Tenant) -> Record:
    """Return the user who may do everything."""
    record = tenant.get("user", _fixed(tenant, "user:administrator"))
    if record is None:
        raise KeyError(f"the administrator of tenant {tenant.id} was deleted")
    return record


def add_domain(tenant: Tenant, name: str, *, is_default: bool = False, is_initial: bool = False) -> None:
    """Return a verified domain."""
    if is_default:
        for other in tenant.all("domain"):
            tenant.put(other.with_props(isDefault=False))
    props = tenancy.DOMAIN.defaults() | {
        "id": name.lower(),
        "isDefault": is_default,
        "isInitial": is_initial,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2147483647,
    }
    tenant.put(Record("domain", name.lower(), props))


def add_user(
    tenant: Tenant, clock: Clock, name: str, display_name: str, *, seed: str | None = None
) -> Record:
    """Return a person, without licence or mailbox."""
    record_id = _fixed(tenant, f"user:{seed or name.lower()}")
    props = people.USER.defaults() | {
        "displayName": display_name,
        "userPrincipalName": name,
        "mailNickname": re.sub(r"[^A-Za-z0-9._-]", "", name.partition("@")[0]),
        "accountEnabled": True,
        "identities": signing_in_as(tenant, name),
        **begun(record_id, instant(clock.now())),
    }
    return tenant.put(Record("user", record_id, props))


def answers_to(tenant: Tenant, address: str) -> bool:
    """Return whether an object of this tenant has the address, with a mailbox behind it or without."""
    users = (tenant.one("user", prop, address) for prop in ("userPrincipalName", "mail"))
    return (
        any(users)
        or by_second_address(tenant, address) is not None
        or any(str(group.props.get("mail")).lower() == address.lower() for group in tenant.all("group"))
    )


def by_second_address(tenant: Tenant, address: str) -> Record | None:
    """Return the user who has this among the addresses of its mailbox."""
    wanted = f"smtp:{address}".lower()
    for user in tenant.all("user"):
        if any(str(proxy).lower() == wanted for proxy in user.props.get("proxyAddresses") or ()):
            return user
    return None


def mail_user(tenant: Tenant, address: str) -> Record | None:
    """Return the user with this address or name, if it has a mailbox."""
    user = (
        tenant.one("user", "userPrincipalName", address)
        or tenant.one("user", "mail", address)
        or by_second_address(tenant, address)
    )
    return user if user is not None and user.private.get("mailbox") else None


def add_mailbox(
    tenant: Tenant, clock: Clock, address: str, kind: str = "user", *, made_up: bool = False
) -> Record:
    """Return a user with an Exchange mailbox; the domain of the address becomes a verified one."""
    local, _, domain = address.rpartition("@")
    if tenant.get("domain", domain) is None:
        initial_only = all(d.props["isInitial"] for d in tenant.all("domain"))
        add_domain(tenant, domain, is_default=initial_only)
    user = tenant.one("user", "userPrincipalName", address) or add_user(tenant, clock, address, local)
    plan = {
        "assignedDateTime": instant(clock.now()),
        "capabilityStatus": "Enabled",
        "service": "exchange",
        "servicePlanId": EXCHANGE_PLAN,
    }
    user = user.with_props(mail=address, assignedPlans=[plan], proxyAddresses=[f"SMTP:{address}"])
    private = {**user.private, "mailbox": kind, **({"made_up": True} if made_up else {})}
    return tenant.put(Record("user", user.id, user.props, user.links, private, None, user.seq))


def give_role(tenant: Tenant, principal: Record, template_id: str) -> Record:
    """Assign a directory role, activating it in the tenant as the service does."""
    role = tenant.one("directoryRole", "roleTemplateId", template_id)
    if role is None:
        record_id = _fixed(tenant, f"role:{template_id}")
        name = tenancy.ROLES.get(template_id, template_id)
        props = people.DIRECTORY_ROLE.defaults() | {
            "id": record_id,
            "displayName": name,
            "description": name,
            "roleTemplateId": template_id,
        }
        role = Record("directoryRole", record_id, props)
    members = role.links.get("members", ())
    tenant.put(role.with_link("members", dict.fromkeys((*members, principal.id))))
    existing = next(
        (
            a
            for a in tenant.find("roleAssignment", "principalId", principal.id)
            if a.props["roleDefinitionId"] == template_id
        ),
        None,
    )
    if existing is not None:
        return existing
    assignment_id = role_assignment_id(template_id, principal.id)
    props = tenancy.ROLE_ASSIGNMENT.defaults() | {
        "id": assignment_id,
        "principalId": principal.id,
        "roleDefinitionId": template_id,
    }
    return tenant.put(Record("roleAssignment", assignment_id, props))


def _add_principal(tenant: Tenant, app_id: str) -> None:
    record_id = _fixed(tenant, f"servicePrincipal:{app_id}")  # differs from tenant to tenant, as really
    props = service_principal.TYPE.defaults() | {"id": record_id, "appId": app_id}
    known = first_party.get(app_id)
    if known is not None:
        props |= known.props
    tenant.put(Record("servicePrincipal", record_id, props))


def _fixed(tenant: Tenant, what: str) -> str:
    """Return an id that a tenant's object has every time the tenant is made anew."""
    return str(uuid5(uuid.UUID(tenant.id), what))
