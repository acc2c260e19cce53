"""``provision expiry``: read when the secrets of one config end; nothing is written."""

from __future__ import annotations

from provision.checks.expiry import Subject, rows
from provision.engine.known import completed, recorded
from provision.engine.observe import registration
from provision.engine.run import Job
from provision.outcomes.expiry import Watched
from provision.resources.client_secret import Span


async def read_dates(job: Job, within: Span) -> Watched:
    """Return a row for each secret of one config's application, judged against the window ``within``.

    Raises ``ProvisionError`` if the application cannot be read, or if it belongs to another tool.
    """
    found = await registration(job.tenant, job.desired)
    app, now = found.application, job.tenant.graph.now()
    client_id = app.app_id if app else None
    told = recorded(job.desired.client_secret, app.tags if app else (), job.journal(found.tenant_id))
    # A watch often runs as somebody who may read the directory and not the sink; what the sink would have
    # said is then not known, and the secret is shown as unproven.
    records, _ = await completed(job.desired.client_secret, found.secrets, told, job.sink)
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
            records,
            within=within,
            now=now,
        ),
    )
