"""Who may reach which mailbox: the Entra grant, or a scope of RBAC for Applications, whichever allows.

https://learn.microsoft.com/exchange/permissions-exo/application-rbac: permissions add up, so a grant in
Entra, which has no scope, reaches every mailbox whatever a scope says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from provision.sandbox.errors import GraphError
from provision.sandbox.exchange import mailboxes, roles

if TYPE_CHECKING:
    from provision.sandbox.keeping.store import Record, Tenant
    from provision.sandbox.wire.call import Call

Groups = tuple[frozenset[str], ...]
SCOPABLE = ("Mail.Send", "Mail.Read", "Mail.ReadBasic", "Mail.ReadWrite", "MailboxSettings.Read")


def refused() -> GraphError:
    """Exchange's 403."""
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def authorize(call: Call, application: Groups, delegated: Groups) -> None:
    """Raise ``ErrorAccessDenied`` unless the caller may do this in the mailbox of the path."""
    if call.caller.is_user:
        _authorize_person(call, delegated)
        return
    if all(call.caller.roles & group for group in application):
        return
    key = call.keys.get("id")
    user = mailboxes.by_name(call.tenant, key.value) if key is not None else None
    if user is None and key is None:
        return  # /me: the handler says what an application gets there
    here = scoped(call, user) if user is not None else frozenset()
    if not all(group & here for group in application):
        raise refused()


def _authorize_person(call: Call, delegated: Groups) -> None:
    """A person reaches the own mailbox; delegation between people is not modelled."""
    if not all(call.caller.scopes & group for group in delegated):
        raise refused()
    key = call.keys.get("id")
    if key is None:
        return
    user = mailboxes.by_name(call.tenant, key.value)
    if user is not None and user.id != call.caller.object_id:
        raise refused()


def scoped(call: Call, user: Record) -> frozenset[str]:
    """Permissions that the calling application has on this one mailbox by RBAC for Applications."""
    app_id, now = call.caller.app_id, call.clock.now()
    found = set(roles.allowed(call.tenant, app_id, user, now, call.exchange_lag))
    names = mailboxes.addresses(user)
    for scope in call.tenant.all("mailboxScope"):  # of a state that an earlier version kept
        if scope.props["appId"] == app_id.lower() and names & set(scope.props["addresses"]):
            found |= set(scope.props["permissions"])
    return frozenset(found)


def limit(tenant: Tenant, app_id: str, addresses: Iterable[str], permissions: Iterable[str]) -> None:
    """Give an application these permissions on these mailboxes, in place of the scope it had."""
    for old in tenant.all("mailboxScope"):
        if old.props["appId"] == app_id.lower():
            tenant.remove(old)
    roles.limit(tenant, app_id, addresses, (f"Application {name}" for name in permissions))
