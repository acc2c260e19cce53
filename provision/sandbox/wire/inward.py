"""Builds an internal call: the sandbox itself calls the directory's functions, past the permission check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.sandbox.data import first_party
from provision.sandbox.odata.query import Query
from provision.sandbox.wire.call import Call
from provision.sandbox.wire.caller import Caller

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Tenant
    from provision.sandbox.wire.http import RawAnswer, RawRequest


def call(sandbox: Sandbox, tenant: Tenant) -> Call:
    """Make a call as the directory's functions want to see one; nobody becomes owner of what it makes."""
    everything = frozenset({"Application.ReadWrite.All"})
    caller = Caller(tenant.id, "app", "", first_party.MICROSOFT_GRAPH, everything)
    return Call(
        method="POST",
        version="v1.0",
        path="",
        root="https://graph.microsoft.com",
        headers={},
        query=Query(),
        body=None,
        caller=caller,
        tenant=tenant,
        store=sandbox.store,
        clock=sandbox.clock,
        send=_no_requests,
    )


def _no_requests(raw: RawRequest) -> RawAnswer:
    raise RuntimeError(f"the sandbox sends itself no requests: {raw.method} {raw.path}")
