"""``/beta/roleManagement/exchange``: Exchange Online's RBAC for Applications.

Exchange Online is a provider of ``rbacApplication`` in beta only; v1.0 does not know the path.
"""

from __future__ import annotations

from functools import partial

from provision.sandbox.entities.exchange_roles import ASSIGNMENT, BASE, DEFINITION, SCOPE
from provision.sandbox.errors import not_found
from provision.sandbox.exchange import roles
from provision.sandbox.keeping.store import Record
from provision.sandbox.odata import shape as shapes
from provision.sandbox.odata.collection import Listing
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, Json, no_content
from provision.sandbox.wire.routing import Endpoint


def assignments(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments, of Exchange Online."""
    context = ASSIGNMENT.collection
    listing = Listing(call, ASSIGNMENT, context, related=partial(_related, call))
    return listing.answer(roles.shown(call.tenant))


def one_assignment(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedroleassignment-get."""
    return _one(call, roles.one(call.tenant, call.keys["id"].value))


def assign(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments, example 5."""
    return _one(call, roles.assign(call.tenant, common.body_of(call), call.clock.now()), 201)


def unassign(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedroleassignment-delete, example 2; of people only."""
    roles.unassign(call.tenant, roles.one(call.tenant, call.keys["id"].value), call.clock.now())
    return no_content()


def definitions(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/rbacapplication-list-roledefinitions."""
    return Listing(call, DEFINITION, DEFINITION.collection).answer(roles.definitions(call.tenant))


def one_definition(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedroledefinition-get."""
    wanted = call.keys["id"].value.lower()
    found = next((r for r in roles.definitions(call.tenant) if r.id == wanted), None)
    if found is None:
        raise not_found(wanted)
    return _one(call, found)


def scopes(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedrbacapplication-list-customappscopes."""
    return Listing(call, SCOPE, SCOPE.collection).answer()


def one_scope(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/customappscope-get."""
    return _one(call, _scope(call))


def new_scope(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/unifiedrbacapplication-post-customappscope."""
    return _one(call, roles.new_scope(call.tenant, common.body_of(call)), 201)


def remove_scope(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/customappscope-delete."""
    call.tenant.remove(_scope(call))
    return no_content()


def _scope(call: Call) -> Record:
    found = call.tenant.get(SCOPE.kind, call.keys["id"].value)
    if found is None:
        raise not_found(call.keys["id"].value)
    return found


def _one(call: Call, record: Record, status: int = 200) -> Answer:
    entity = {t.kind: t for t in (ASSIGNMENT, DEFINITION, SCOPE)}[record.kind]
    shape = shapes.of(entity, call.query)
    context = f"{call.service}/$metadata#{entity.collection}{shape.context()}/$entity"
    shown = shapes.show(entity, record.props, shape, partial(_related, call, record))
    return Answer(status, {"@odata.context": context, **shown})


def _related(call: Call, record: Record, name: str, shape: shapes.Shape) -> Json:
    """Return what an assignment leads to: its role, its scope."""
    if name == "roleDefinition":
        wanted = record.props["roleDefinitionId"]
        found = next((d for d in roles.definitions(call.tenant) if d.id == wanted), None)
        return {name: shapes.show(DEFINITION, found.props, shape) if found else None}
    scope = call.tenant.get(SCOPE.kind, record.props["appScopeId"] or "")
    return {name: shapes.show(SCOPE, scope.props, shape) if scope else None}


ENDPOINTS = [
    Endpoint(method, f"{BASE}/{path}", handler, beta=True)
    for method, path, handler in (
        ("GET", "roleAssignments", assignments),
        ("POST", "roleAssignments", assign),
        ("GET", "roleAssignments/{id}", one_assignment),
        ("DELETE", "roleAssignments/{id}", unassign),
        ("GET", "roleDefinitions", definitions),
        ("GET", "roleDefinitions/{id}", one_definition),
        ("GET", "customAppScopes", scopes),
        ("POST", "customAppScopes", new_scope),
        ("GET", "customAppScopes/{id}", one_scope),
        ("DELETE", "customAppScopes/{id}", remove_scope),
    )
]
