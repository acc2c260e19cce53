"""Directory roles: who holds which, as a preflight reads it.

https://learn.microsoft.com/graph/api/resources/directoryrole and
https://learn.microsoft.com/graph/api/resources/unifiedroleassignment
"""

from __future__ import annotations

from functools import partial

from provision.sandbox.directory import roles
from provision.sandbox.entities.tenancy import DIRECTORY_READERS, ROLE_DEFINITION
from provision.sandbox.errors import bad_request, not_a_reference, not_found, unsupported_query
from provision.sandbox.keeping.store import Record
from provision.sandbox.odata import shape as shapes
from provision.sandbox.odata.collection import Listing
from provision.sandbox.routes import common, links
from provision.sandbox.wire.call import Answer, Call, Json, no_content
from provision.sandbox.wire.routing import Endpoint

_BASE = "roleManagement/directory"


def activated(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryrole-list: only activated ones."""
    return common.listing(call, "directoryRole").answer()


def one_activated(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryrole-get."""
    return common.one(call, common.find(call, "directoryRole", call.keys["id"]))


def activate(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryrole-post-directoryroles."""
    template = common.member(call, "roleTemplateId")
    return common.created(call, roles.activate_new(call.tenant, template))


def add_member(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryrole-post-members."""
    role = common.find(call, "directoryRole", call.keys["id"])
    target = common.reference(call, common.body_of(call))
    if target.kind == "application":  # MicrosoftDocs/azure-docs issue 68960
        raise bad_request("Objects of type Application cannot be assigned to roles.")
    if target.kind not in ("user", "group", "servicePrincipal"):
        raise not_a_reference()
    if target.id in role.links.get("members", ()):
        raise links.already_linked("members")
    wanted = {
        "principalId": target.id,
        "roleDefinitionId": role.props["roleTemplateId"],
        "directoryScopeId": "/",
    }
    roles.assign(call.tenant, wanted)
    return no_content()


def remove_member(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryrole-delete-member."""
    role = common.find(call, "directoryRole", call.keys["id"])
    target = call.keys["target"].value
    held = call.tenant.find("roleAssignment", "principalId", target)
    record = next((a for a in held if a.props["roleDefinitionId"] == role.props["roleTemplateId"]), None)
    if record is None:
        raise not_found(target)
    roles.unassign(call.tenant, record)
    return no_content()


def templates(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/directoryroletemplate-list."""
    return common.listing(call, "directoryRoleTemplate").answer(roles.templates())


def assignments(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments."""
    return common.listing(call, "roleAssignment", f"{_BASE}/roleAssignments").answer()


def one_assignment(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedroleassignment-get."""
    return common.one(call, _assignment(call), context=f"{_BASE}/roleAssignments")


def transitive(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-transitiveroleassignments: advanced only."""
    if not call.eventual or (call.query.get("count") or "").lower() != "true":
        raise unsupported_query("Unsupported Query.")
    records = roles.transitive(call.tenant)
    return common.listing(call, "roleAssignment", f"{_BASE}/transitiveRoleAssignments").answer(records)


def assign(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments."""
    record = roles.assign(call.tenant, common.body_of(call))
    return common.created(call, record, context=f"{_BASE}/roleAssignments")


def unassign(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedroleassignment-delete."""
    roles.unassign(call.tenant, _assignment(call))
    return no_content()


def definitions(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roledefinitions."""
    listing = Listing(call, ROLE_DEFINITION, f"{_BASE}/roleDefinitions", show=partial(_definition, call))
    return listing.answer(roles.definitions())


def one_definition(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedroledefinition-get."""
    wanted = call.keys["id"].value
    found = next((r for r in roles.definitions() if r.id == wanted.lower()), None)
    if found is None:
        raise not_found(wanted)
    shape = shapes.of(ROLE_DEFINITION, call.query)
    context = f"{call.service}/$metadata#{_BASE}/roleDefinitions{shape.context()}/$entity"
    return Answer(200, {"@odata.context": context, **_definition(call, found, shape)})


def _definition(call: Call, record: Record, shape: shapes.Shape) -> Json:
    """A definition comes with what it inherits from, unasked: the page's example.

    https://learn.microsoft.com/graph/api/unifiedroledefinition-get
    """
    shown = shapes.show(ROLE_DEFINITION, record.props, shape)
    if shape.select is not None:
        return shown
    context = f"{call.service}/$metadata#{_BASE}/roleDefinitions('{record.id}')/inheritsPermissionsFrom"
    inherited = [{"id": DIRECTORY_READERS}] if record.id != DIRECTORY_READERS else []
    return {**shown, "inheritsPermissionsFrom@odata.context": context, "inheritsPermissionsFrom": inherited}


def _assignment(call: Call) -> Record:
    wanted = call.keys["id"].value
    record = call.tenant.get("roleAssignment", wanted)
    if record is None:
        raise not_found(wanted)
    return record


ENDPOINTS = [
    Endpoint("GET", "directoryRoles", activated),
    Endpoint("POST", "directoryRoles", activate),
    Endpoint("GET", "directoryRoles/{id}", one_activated),
    Endpoint("POST", "directoryRoles/{id}/members/$ref", add_member),
    Endpoint("DELETE", "directoryRoles/{id}/members/{target}/$ref", remove_member),
    *links.readable("directoryRoles/{id}", links.named("directoryRole"), "members", pages=False),
    Endpoint("GET", "directoryRoleTemplates", templates),
    Endpoint("GET", f"{_BASE}/roleAssignments", assignments),
    Endpoint("POST", f"{_BASE}/roleAssignments", assign),
    Endpoint("GET", f"{_BASE}/roleAssignments/{{id}}", one_assignment),
    Endpoint("DELETE", f"{_BASE}/roleAssignments/{{id}}", unassign),
    Endpoint("GET", f"{_BASE}/transitiveRoleAssignments", transitive),
    Endpoint("GET", f"{_BASE}/roleDefinitions", definitions),
    Endpoint("GET", f"{_BASE}/roleDefinitions/{{id}}", one_definition),
]
