"""``provision expiry``: read when the secrets of one config end; nothing is written."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from provision.checks.expiry import Subject, rows
from provision.engine.observe import Registration, registration
from provision.engine.run import Job
from provision.errors import ProvisionError
from provision.outcomes.expiry import Watched
from provision.resources import client_secret
from provision.resources.client_secret import Records, Span


async def read_dates(job: Job, within: Span) -> Watched:
    """Return a row for each secret of one config's application, judged against the window ``within``.

    Raises ``ProvisionError`` if the application cannot be read, or if it belongs to another tool.
    """
    found = await registration(job.tenant, job.desired)
    app, now = found.application, job.tenant.graph.now()
    client_id = app.app_id if app else None
    return Watched(
        name=job.desired.name,
        tenant=job.desired.tenant,
        tenant_id=found.tenant_id,
        client_id=client_id,
        application=app.display_name if app else None,
        now=now,
        rows=rows(
            Subject(found.tenant_id, client_id),
            job.desired.client_secret,
            found.secrets,
            await _records(job, found),
            within=within,
            now=now,
        ),
    )


async def _records(job: Job, found: Registration) -> Records:
    """Return what is known of deliveries. The sink is asked only for what the tenant does not tell.

    A watch often runs as somebody who may read the directory and not the sink; what the sink would
    have said is then not known, and the secret is shown as unproven.
    """
    tenant = found.application.delivered if found.application else frozenset[str]()
    ours = {item.key_id for item in client_secret.marked(job.desired.client_secret, found.secrets)}
    if ours <= tenant:
        return Records(tenant)
    intended, delivered = job.journal(found.tenant_id).keys()
    if not ours <= tenant | delivered:
        with suppress(ProvisionError):
            delivered |= await asyncio.to_thread(job.sink.recall)
    return Records(tenant, delivered, intended)
