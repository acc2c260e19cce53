"""``addPassword`` and ``removePassword``, of applications and of service principals alike.

https://learn.microsoft.com/graph/api/application-addpassword and .../application-removepassword
"""

from __future__ import annotations

from provision.sandbox.directory import credentials
from provision.sandbox.routes import common
from provision.sandbox.wire.call import Answer, Call, no_content
from provision.sandbox.wire.routing import Endpoint


def endpoints(base: str, kind: str) -> list[Endpoint]:
    """Return the two actions on one collection."""

    def add(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/application-addpassword."""
        record = common.find(call, kind, call.keys["id"])
        body = common.body_of(call) if call.body is not None else {}
        now, actor = call.clock.now(), call.caller.object_id
        _, credential = credentials.add_password(call.tenant, record, body, now, actor=actor)
        return common.action(call, "microsoft.graph.passwordCredential", **credential)

    def remove(call: Call) -> Answer:
        """https://learn.microsoft.com/graph/api/application-removepassword."""
        record = common.find(call, kind, call.keys["id"])
        credentials.remove_password(call.tenant, record, common.body_of(call))
        return no_content()

    return [
        Endpoint("POST", f"{base}/{{id}}/addPassword", add),
        Endpoint("POST", f"{base}/{{id}}/removePassword", remove),
    ]
