"""Graph's surface: one module a kind; their endpoint lists together are the route table."""

from __future__ import annotations

from provision.sandbox.routes import (
    applications,
    batch,
    deleted_items,
    directory,
    exchange_roles,
    grants,
    groups,
    mail,
    policies,
    reports,
    roles,
    service_principals,
    unused,
    users,
)
from provision.sandbox.wire.routing import Endpoint

ENDPOINTS: list[Endpoint] = [
    *applications.ENDPOINTS,
    *service_principals.ENDPOINTS,
    *grants.ENDPOINTS,
    *deleted_items.ENDPOINTS,
    *policies.ENDPOINTS,
    *users.ENDPOINTS,
    *groups.ENDPOINTS,
    *directory.ENDPOINTS,
    *roles.ENDPOINTS,
    *exchange_roles.ENDPOINTS,
    *reports.ENDPOINTS,
    *mail.ENDPOINTS,
    *batch.ENDPOINTS,
    *unused.ENDPOINTS,
]
