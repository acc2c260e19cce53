"""``provision exchange``: collect the values of the script that limits an application to one mailbox."""

from __future__ import annotations

from provision.engine.job import Job
from provision.engine.run import read_state
from provision.errors import ProvisionError, catalogue
from provision.graph import consent as grants
from provision.outcomes.exchange import MailboxLimit
from provision.resources import consent


async def limit(job: Job) -> MailboxLimit:
    """Return the ids and addresses that the script needs, read from the tenant.

    Raises ``ProvisionError`` if ``mail.scope`` is ``organization``, for then Exchange limits nothing, or if
    the application or its service principal does not exist yet.
    """
    desired = job.desired
    if desired.consent.mode is not consent.Mode.NONE:
        raise ProvisionError(
            catalogue.SCOPE_IS_ORGANIZATION,
            f"'{desired.name}': mail.scope is organization, so Entra grants it and Exchange limits nothing",
        )
    observed, _ = await read_state(job)
    app, principal = observed.application, observed.service_principal
    if app is None or principal is None:
        raise ProvisionError(
            catalogue.NOT_APPLIED,
            f"'{desired.name}': Exchange needs the ids of the application and its service principal, and "
            "they are not there yet",
        )
    granted: tuple[str, ...] = ()
    if consent.granted(observed.role, observed.assignments):
        granted = await grants.addresses(job.tenant.graph, app.app_id, principal.id, observed.role)
    return MailboxLimit(
        name=desired.name,
        target=job.target,
        tenant_id=observed.tenant_id,
        environment=desired.cloud.exchange,
        client_id=app.app_id,
        object_id=principal.id,
        address=desired.mailbox.address,
        permission=desired.consent.permission,
        granted=granted,
    )
