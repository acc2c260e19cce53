"""``provision expiry``: read when the secrets of one config end; nothing is written."""

from __future__ import annotations

from dataclasses import replace

from provision.checks.expiry import Subject, rows
from provision.engine.job import Job
from provision.engine.known import completed, recorded, tagged
from provision.engine.observe import Registration, registration
from provision.errors import ProvisionError
from provision.outcomes.expiry import Row, Watched
from provision.resources import client_secret
from provision.resources.client_secret import Records, Span
from provision.resources.last_use import Observed as LastUse


async def read_dates(job: Job, within: Span) -> Watched:
    """Return a row for each secret of one config's application, judged against the window ``within``.

    Raises ``ProvisionError`` if the application cannot be read, or if it belongs to another tool.
    """
    found = await registration(job.tenant, job.desired)
    app, now = found.application, job.tenant.graph.now()
    client_id = app.app_id if app else None
    records = await _records(job, found)
    used = await job.tenant.last_use() if app else None
    return Watched(
        name=job.desired.name,
        tenant=job.desired.tenant,
        tenant_id=found.tenant_id,
        client_id=client_id,
        application=app.display_name if app else None,
        now=now,
        rows=_with_last_use(
            used,
            rows(
                Subject(found.tenant_id, client_id),
                job.desired.client_secret,
                found.secrets,
                records,
                within=within,
                now=now,
                others=found.others,
            ),
        ),
        last_use=used,
        federated=tuple(item for holder in found.others for item in holder.federated),
    )


def _with_last_use(used: LastUse | None, found: tuple[Row, ...]) -> tuple[Row, ...]:
    """Add to each row when its credential signed in last, as far as the report tells."""
    if used is None:
        return found
    return tuple(
        replace(row, last_used=used.of(row.secret.key_id)) if row.secret is not None else row for row in found
    )


async def _records(job: Job, found: Registration) -> Records:
    """Return what is known of deliveries.

    A watch often runs as somebody who may read the directory and neither the sink nor another's journal; what
    these would have said is then not known, and a secret that only they tell of is shown as unproven.
    """
    desired, tags = job.desired.client_secret, found.application.tags if found.application else ()
    try:
        told = recorded(desired, tags, job.journal(found.tenant_id))
    except ProvisionError:
        told = tagged(desired, tags)
        if not {item.key_id for item in client_secret.marked(desired, found.secrets)} <= told.tenant:
            raise
    records, _ = await completed(desired, found.secrets, told, job.sink)
    return records
