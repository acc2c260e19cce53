"""``/policies``: what the tenant forbids of credentials.

https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy and
https://learn.microsoft.com/graph/api/resources/appmanagementpolicy
"""

from __future__ import annotations

from provision.sandbox.directory import policies, relations
from provision.sandbox.errors import not_found
from provision.sandbox.keeping.store import Record
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint

_KIND = "appManagementPolicy"
_BASE = "policies/appManagementPolicies"


def _default(call: Call) -> Record:
    record = call.tenant.get("defaultAppManagementPolicy", policies.DEFAULT_ID)
    if record is None:
        raise not_found(policies.DEFAULT_ID)
    return record


def default(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get."""
    return common.one(call, _default(call))


def update_default(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-update."""
    policies.update(call.tenant, _default(call), common.body_of(call))
    return no_content()


def listed(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-list."""
    return common.listing(call, _KIND).answer()


def create(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-post."""
    return common.created(call, policies.create(call.tenant, common.body_of(call)))


def get(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-get."""
    return common.one(call, common.find(call, _KIND, call.keys["id"]))


def update(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-update."""
    policies.update(call.tenant, common.find(call, _KIND, call.keys["id"]), common.body_of(call))
    return no_content()


def delete(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-delete."""
    policies.delete(call.tenant, common.find(call, _KIND, call.keys["id"]))
    return no_content()


def applies_to(call: Call) -> Answer:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-list-appliesto."""
    record = common.find(call, _KIND, call.keys["id"])
    return common.objects(call).answer(relations.follow(call.tenant, record, "appliesTo"))


ENDPOINTS = [
    Endpoint("GET", "policies/defaultAppManagementPolicy", default),
    Endpoint("PATCH", "policies/defaultAppManagementPolicy", update_default),
    Endpoint("GET", _BASE, listed),
    Endpoint("POST", _BASE, create),
    Endpoint("GET", f"{_BASE}/{{id}}", get),
    Endpoint("PATCH", f"{_BASE}/{{id}}", update),
    Endpoint("DELETE", f"{_BASE}/{{id}}", delete),
    Endpoint("GET", f"{_BASE}/{{id}}/appliesTo", applies_to),
]
