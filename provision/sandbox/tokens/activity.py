"""Which credential signed in last: noted by the token endpoint, told by the reports some time later.

https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities: of the global cloud.
"""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from provision.sandbox.clock import instant
from provision.sandbox.entities.reports import ACTIVITY
from provision.sandbox.entities.schema import parse_time
from provision.sandbox.keeping.store import Record

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Tenant
    from provision.sandbox.tokens.clients import Proof

_MOST = 512  # sign-ins of a credential that wait to be shown


def note(sandbox: Sandbox, tenant: Tenant, proof: Proof, resource: Record | None) -> None:
    """Remember that a secret or a certificate signed in now; a federated credential has no key id."""
    used = proof.used
    if used is None:
        return
    now, lag = sandbox.clock.now(), timedelta(seconds=sandbox.weather.report_lag)
    key = f"{used.key_id}|{used.origin}"
    with sandbox.writing(counted=False):
        tenant = sandbox.store.tenants[tenant.id]  # the state may have been read anew
        old = tenant.get(ACTIVITY.kind, key)
        earlier = list(old.private["signIns"]) if old is not None else []
        tenant.put(
            Record(
                ACTIVITY.kind,
                key,
                {
                    "id": base64.b64encode(key.encode()).decode(),
                    "appId": proof.client.id,
                    "appObjectId": proof.client.application.id if proof.client.application else None,
                    "credentialOrigin": used.origin,
                    "expirationDate": used.end,
                    "keyId": used.key_id,
                    "keyType": used.kind,
                    "keyUsage": "sign",
                    "resourceId": resource.id if resource is not None else None,
                    "servicePrincipalObjectId": proof.client.principal.id if proof.client.principal else None,
                },
                private={"signIns": _kept([*earlier, [instant(now), str(uuid.uuid4())]], now - lag)},
            )
        )


def _kept(sign_ins: list[list[str]], shown: datetime) -> list[list[str]]:
    """Return the last one that is shown by now, and those that are not yet."""
    there = [item for item in sign_ins if _at(item) <= shown]
    return [*there[-1:], *(item for item in sign_ins if _at(item) > shown)][-_MOST:]


def _at(item: list[str]) -> datetime:
    moment = parse_time(item[0])
    assert moment is not None
    return moment


def shown(tenant: Tenant, now: datetime, lag: float) -> list[Record]:
    """Return what the report tells now: nothing of a sign-in that is younger than the lag."""
    out = []
    for record in tenant.all(ACTIVITY.kind):
        seen = [item for item in record.private["signIns"] if _at(item) <= now - timedelta(seconds=lag)]
        if seen:
            last = {"lastSignInDateTime": seen[-1][0], "lastSignInRequestId": seen[-1][1]}
            out.append(record.with_props(signInActivity=last))
    return out
