"""The kinds of things in a tenant: one module each with what is desired, what is observed, and the diff.

``Desired`` is what a configuration asks for, ``Observed`` what Graph showed; both are plain values. Of
what is only looked at, for drift or rights, there is an ``Observed`` alone.
"""

from __future__ import annotations

from provision.clouds import Cloud
from provision.products import Product
from provision.resources import (
    app_management_policy,
    application,
    client_secret,
    consent,
    last_use,
    mailbox,
    mailbox_scope,
    owner,
    service_principal,
)
from provision.resources.undeclared import (
    Certificate,
    DelegatedGrant,
    FederatedCredential,
    Publisher,
    Settings,
)
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Ignore:
    """What ``drift`` is to let pass: a finding by its name and what was found there, and why."""

    finding: str
    value: str  # exact, or a pattern with * and ?
    reason: str


@dataclass(frozen=True, slots=True)
class Desired:
    """One configuration, reduced to what is to be there."""

    name: str
    tenant: str  # GUID or verified domain, lower case
    cloud: Cloud
    product: str  # as the config calls it: a name, or the path of a file
    profile: Product
    application: application.Desired
    consent: consent.Desired
    client_secret: client_secret.Desired
    mailbox: mailbox.Desired
    config_digest: str  # over every key of the config, as it is after extends and variables
    ignores: tuple[Ignore, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there, for one configuration. Without an application its parts are empty."""

    tenant_id: str
    application: application.Observed | None
    service_principal: service_principal.Observed | None
    role: consent.Role
    assignments: tuple[consent.Role, ...]
    secrets: tuple[client_secret.Observed, ...]
    policy: app_management_policy.Observed
    mailbox: mailbox.Observed
    certificates: tuple[Certificate, ...] = ()  # of the application
    principal_secrets: tuple[client_secret.Observed, ...] = ()
    principal_certificates: tuple[Certificate, ...] = ()
    owner_candidates: tuple[owner.Candidate, ...] = ()  # those of the declared owners that are to be added
    grants: tuple[consent.Given, ...] = ()  # those of ``role`` among the assignments
    exchange: mailbox_scope.Observed | None = None  # None: nobody asked, for there is no principal
    not_checked: tuple[str, ...] = ()  # other things that could not be read, and the right that lacks


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything else on the application, which a plan does not read. ``None``: not there, or not read."""

    settings: Settings | None = None
    certificates: tuple[Certificate, ...] = ()
    federated: tuple[FederatedCredential, ...] = ()
    owners: tuple[owner.Observed, ...] = ()
    assignment_required: bool = False  # of whoever signs in to the principal
    principal_secrets: tuple[client_secret.Observed, ...] = ()
    principal_certificates: tuple[Certificate, ...] = ()
    principal_owners: tuple[owner.Observed, ...] = ()
    delegated: tuple[DelegatedGrant, ...] = ()
    publishers: tuple[Publisher, ...] = ()
    last_use: last_use.Observed = last_use.Observed()
    not_checked: tuple[str, ...] = ()  # what could not be read, and the right that lacks
