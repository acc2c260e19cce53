"""What still signs in as an application after an emergency: all that this tool did not make."""

from __future__ import annotations

from datetime import datetime

from provision.checks import signs_in
from provision.errors import Finding, ProvisionError, Severity, catalogue
from provision.graph import federated_credential
from provision.graph.client import Graph
from provision.graph.listing import NotReadable
from provision.resources import Desired, Observed, client_secret
from provision.resources.undeclared import FederatedCredential


async def afterwards(
    graph: Graph, desired: Desired, observed: Observed, *, now: datetime
) -> tuple[Finding, ...]:
    """Return a finding for each thing on the application or its service principal that stays, with its
    command.

    ``now`` is the service's time. What may not be read is said to be not checked.
    """
    app = observed.application
    if app is None:
        return ()
    federated: tuple[FederatedCredential, ...] = ()
    unread: tuple[Finding, ...] = ()
    try:
        federated = await federated_credential.of_application(graph, app.id)
    except ProvisionError as error:  # no reason to keep an emergency waiting: what is read here is only told
        if error.entry is catalogue.OTHER_OBJECT:  # but whose answers are these?
            raise
        message = f"{error.what}: needs {error.needs}" if isinstance(error, NotReadable) else error.message
        unread = (Finding(catalogue.NOT_CHECKED, Severity.WARNING, f"not checked: {message}"),)
    ours = {item.key_id for item in client_secret.marked(desired.client_secret, observed.secrets)}
    adopted = [item for item in observed.secrets if item.key_id == desired.client_secret.adopt]
    ours |= {item.key_id for item in adopted}
    found = signs_in.check(signs_in.others(held(observed, federated), ours, now=now))
    return (*(_adopted(item) for item in adopted if item.end > now), *found, *unread)


def _adopted(secret: client_secret.Observed) -> Finding:
    return Finding(
        catalogue.STILL_SIGNS_IN,
        Severity.WARNING,
        f"still signs in afterwards: the adopted secret {client_secret.called(secret)}",
        "Enter the new one, then run 'provision rotate CONFIG --confirm': that removes it.",
        value=secret.key_id,
    )


def held(observed: Observed, federated: tuple[FederatedCredential, ...]) -> tuple[signs_in.Holder, ...]:
    """Return what the application and its service principal hold, as far as they are there."""
    app, principal = observed.application, observed.service_principal
    holders = []
    if app is not None:
        holders.append(
            signs_in.Holder(
                signs_in.APPLICATION, app.app_id, observed.secrets, observed.certificates, federated
            )
        )
    if principal is not None:
        holders.append(
            signs_in.Holder(
                signs_in.PRINCIPAL,
                principal.id,
                observed.principal_secrets,
                observed.principal_certificates,
            )
        )
    return tuple(holders)
