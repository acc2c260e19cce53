"""Bringing deleted objects back, and forgetting them for good.

https://learn.microsoft.com/graph/api/directory-deleteditems-restore and
https://learn.microsoft.com/entra/identity/enterprise-apps/restore-application
"""

from __future__ import annotations

from provision.sandbox.directory import applications, principals
from provision.sandbox.errors import conflict
from provision.sandbox.keeping.store import Record, Tenant


def restore(tenant: Tenant, record: Record) -> Record:
    """Return the object, live again; refused where another has taken its place by now."""
    if record.kind == "servicePrincipal":
        return principals.restore(tenant, record)
    name = str(record.props.get("userPrincipalName"))
    if record.kind == "user" and tenant.one("user", "userPrincipalName", name) is not None:
        raise conflict("userPrincipalName")
    if record.kind == "application":
        _refuse_taken_uris(tenant, record)
    back = tenant.restore(record)
    if back.kind == "application":
        principals.follow(tenant, back)
    return back


def purge(tenant: Tenant, record: Record) -> None:
    """Forget it, and every link to it. The principal of an application is an object of its own and stays."""
    tenant.unlink(record.id)
    if record.kind == "application":
        applications.purge(tenant, record)
    else:
        tenant.remove(record)


def _refuse_taken_uris(tenant: Tenant, record: Record) -> None:
    wanted = set(record.props["identifierUris"])
    if wanted and any(wanted & set(a.props["identifierUris"]) for a in tenant.all("application")):
        raise conflict("identifierUris")
