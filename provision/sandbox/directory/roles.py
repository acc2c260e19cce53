"""Directory roles and their assignments.

https://learn.microsoft.com/graph/api/resources/unifiedroleassignment; a built-in role's definition
has the id of its template.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.directory import relations
from provision.sandbox.entities import people, tenancy
from provision.sandbox.entities.grants import role_assignment_id
from provision.sandbox.entities.schema import new_id, read
from provision.sandbox.errors import bad_request, missing_value, not_found
from provision.sandbox.keeping.store import Record, Tenant

Json = dict[str, Any]
_CONFLICT = (
    "A conflicting object with one or more of the specified property values is present in the directory."
)


def definitions() -> list[Record]:
    """Return the built-in roles this work asks about."""
    return [
        Record(
            "roleDefinition",
            template,
            tenancy.ROLE_DEFINITION.defaults()
            | {
                "id": template,
                "displayName": name,
                "description": tenancy.ROLE_DESCRIPTIONS[name],
                "templateId": template,
                "resourceScopes": ["/"],
                "version": "1",
            },
        )
        for template, name in tenancy.ROLES.items()
    ]


def templates() -> list[Record]:
    """Return the same as ``directoryRoleTemplates``."""
    return [
        Record(
            "directoryRoleTemplate",
            template,
            people.DIRECTORY_ROLE_TEMPLATE.defaults()
            | {
                "id": template,
                "displayName": name,
                "description": tenancy.ROLE_DESCRIPTIONS[name],
            },
        )
        for template, name in tenancy.ROLES.items()
    ]


def transitive(tenant: Tenant) -> list[Record]:
    """Assignments, those of a group repeated for each of its members."""
    found = list(tenant.all("roleAssignment"))
    for record in tenant.all("roleAssignment"):
        group = tenant.get("group", record.props["principalId"])
        members = relations.follow(tenant, group, "transitiveMembers") if group is not None else []
        found += [record.with_props(principalId=m.id) for m in members]
    return found


def assign(tenant: Tenant, body: Json) -> Record:
    """Give a user, group or principal a role, activating it in the tenant as the service does."""
    sent = read(tenancy.ROLE_ASSIGNMENT, body)
    for name in ("principalId", "roleDefinitionId", "directoryScopeId"):
        if not sent.get(name):
            raise missing_value(name, "RoleAssignment")
    principal = tenant.any(sent["principalId"], ("user", "group", "servicePrincipal"))
    template = sent["roleDefinitionId"].lower()
    if principal is None:
        raise not_found(sent["principalId"])
    if template not in tenancy.ROLES:
        raise not_found(template)
    held = tenant.find("roleAssignment", "principalId", principal.id)
    if any(a.props["roleDefinitionId"] == template for a in held):
        raise bad_request(_CONFLICT)
    role = activate(tenant, template)
    tenant.put(role.with_link("members", dict.fromkeys((*role.links.get("members", ()), principal.id))))
    record_id = role_assignment_id(template, principal.id)
    props = tenancy.ROLE_ASSIGNMENT.defaults() | sent
    props |= {"id": record_id, "principalId": principal.id, "roleDefinitionId": template}
    return tenant.put(Record("roleAssignment", record_id, props))


def unassign(tenant: Tenant, record: Record) -> None:
    """Take a role away."""
    role = tenant.one("directoryRole", "roleTemplateId", record.props["roleDefinitionId"])
    if role is not None:
        left = (i for i in role.links.get("members", ()) if i != record.props["principalId"])
        tenant.put(role.with_link("members", left))
    tenant.remove(record)


def activate_new(tenant: Tenant, template: object) -> Record:
    """Return a role that is not active yet."""
    if not isinstance(template, str) or not template:
        raise missing_value("roleTemplateId", "DirectoryRole")
    if template.lower() not in tenancy.ROLES:
        raise not_found(template)
    if tenant.one("directoryRole", "roleTemplateId", template) is not None:
        raise bad_request(_CONFLICT)
    return activate(tenant, template.lower())


def activate(tenant: Tenant, template: str) -> Record:
    """Return the tenant's role made from a template: the one that is there, or a new one."""
    existing = tenant.one("directoryRole", "roleTemplateId", template)
    if existing is not None:
        return existing
    name = tenancy.ROLES.get(template, template)
    props = people.DIRECTORY_ROLE.defaults() | {
        "id": new_id(),
        "displayName": name,
        "description": tenancy.ROLE_DESCRIPTIONS.get(name, name),
        "roleTemplateId": template,
    }
    return tenant.put(Record("directoryRole", props["id"], props))
