"""Read the state of a tenant for one config: two rounds of requests, the second needs ids of the first.

What all configs of a tenant share, such as its policy, is read once per run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import field, replace
from typing import Any, TypeVar

from provision.checks import rights
from provision.checks.signs_in import APPLICATION, PRINCIPAL, Holder
from provision.engine.concurrently import concurrently
from provision.errors import ProvisionError
from provision.graph import (
    app_management_policy,
    application,
    certificate,
    client_secret,
    consent,
    federated_credential,
    last_use,
    mailbox,
    mailbox_scope,
    owner,
    publisher,
    senses,
    service_principal,
    tenant,
)
from provision.graph import caller as callers
from provision.graph.client import Graph
from provision.graph.listing import NotReadable
from provision.graph.records import text
from provision.plan.identification import Found, Meant, identify
from provision.products.permissions import Permission
from provision.resources import Desired, Observed
from provision.resources.app_management_policy import Observed as Policies
from provision.resources.app_management_policy import Policy
from provision.resources.application import Deleted
from provision.resources.application import Observed as Application
from provision.resources.client_secret import Observed as ClientSecret
from provision.resources.client_secret import marked
from provision.resources.consent import Role
from provision.resources.last_use import Observed as LastUse
from provision.resources.mailbox import Observed as Mailbox
from provision.resources.owner import Candidate
from provision.resources.undeclared import FederatedCredential as Federated
from provision.resources.undeclared import Publisher
from provision.values import dataclass

T = TypeVar("T")


@dataclass
class Tenant:
    """The connection to one tenant and what was read from it, shared by all configs of a run that use it.

    Each method below asks Graph at its first call, and returns the same answer ever after.
    """

    graph: Graph
    tenant: str  # its GUID, or if that could not be found out, what the configs call it
    unknown: ProvisionError | None = None  # why its GUID could not be found out
    made_up: dict[str, frozenset[str]] = field(default_factory=dict)  # by mailbox: what a rehearsal invented
    reads_ownership: bool = False  # a run that writes needs to know who owns the application
    _shared: dict[tuple[str, ...], asyncio.Task[Any]] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin to sign in, and import meanwhile what the first request will need."""
        if self.unknown is None and ("id",) not in self._shared:
            self._shared["id",] = asyncio.create_task(tenant.resolve(self.graph, self.tenant))
            self._shared["warm",] = asyncio.create_task(self.graph.warm(writes=self.reads_ownership))

    async def _once(self, *key: str, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if key not in self._shared:
            self._shared[key] = asyncio.create_task(call())
        result: T = await asyncio.shield(self._shared[key])
        return result

    async def close(self) -> None:
        """Cancel requests that are still under way, as after Ctrl-C, and close the connections."""
        for task in self._shared.values():
            task.cancel()
        await asyncio.gather(*self._shared.values(), return_exceptions=True)
        await self.graph.close()

    async def id(self) -> str:
        """Return the tenant's GUID; ``ProvisionError`` if it is not known, or the token is for another."""
        if self.unknown is not None:
            raise self.unknown
        return await self._once("id", call=lambda: tenant.resolve(self.graph, self.tenant))

    async def role(self, permission: Permission) -> Role:
        """Return a product's permission as this tenant publishes it."""
        return await self._once("role", permission.name, call=lambda: consent.role(self.graph, permission))

    async def policies(self) -> Policies:
        """Return the tenant's default app management policy; without the right to, ``needs`` names it."""
        return await self._once("policies", call=lambda: _default_policy(self.graph))

    async def own_policies(self) -> bool:
        """Say whether the tenant has any policy that is assigned to single applications, or may have."""
        return await self._once("own policies", call=lambda: app_management_policy.any_custom(self.graph))

    async def mailbox(self, address: str) -> Mailbox:
        """Return what is known of a mailbox; many configs send from the same one."""
        return await self._once("mailbox", address, call=lambda: mailbox.observe(self.graph, address))

    async def exchange(self) -> mailbox_scope.Tables:
        """Return Exchange's role assignments in the tenant, or why they cannot be read."""
        return await self._once("exchange", call=lambda: mailbox_scope.read(self.graph))

    async def last_use(self) -> LastUse:
        """Return when each credential of the tenant signed in last, or why that cannot be read."""
        return await self._once("last use", call=lambda: last_use.read(self.graph))

    async def exempted(self, policies: Policies) -> Policies:
        """Add this identity's security attributes, where a policy exempts callers by them."""
        if not policies.exempts:
            return policies
        who = callers.of_token(self.graph.tokens)
        held = await self._once("attributes", call=lambda: app_management_policy.of_caller(self.graph, who))
        return replace(policies, caller=held)

    async def deleted(self) -> tuple[Deleted, ...] | None:
        """Return the soft-deleted applications, or ``None`` if they may not be listed."""
        return await self._once("deleted", call=lambda: application.deleted(self.graph))

    async def owns(self, object_id: str) -> bool | None:
        """Say whether this identity is an owner of the application.

        ``None`` if that cannot be read, or does not matter because its rights do not depend on it.
        """
        caller = callers.of_token(self.graph.tokens)
        caller_id = caller.id
        if caller_id is None or not rights.depends_on_ownership(caller):
            return None
        return await self._once(
            "owns", caller_id, object_id, call=lambda: callers.owns(self.graph, caller_id.lower(), object_id)
        )

    async def publisher(self, *, app_id: str = "", object_id: str = "") -> Publisher | None:
        """Return the resource of that app id, or else of that object id; ``None`` if it cannot be read."""
        app_id, object_id = app_id.lower(), object_id.lower()
        if app_id:
            return await self._once(
                "publisher", "appId", app_id, call=lambda: publisher.by_app_id(self.graph, app_id)
            )
        return await self._once(
            "publisher", "id", object_id, call=lambda: publisher.by_id(self.graph, object_id)
        )


async def observe(shared: Tenant, desired: Desired) -> Observed:
    """Return what the tenant holds for one config: application, principal, grants, secrets, policy, mailbox.

    Raises ``ProvisionError`` if it cannot be read, if it is not clear which application is meant, if that
    belongs to another tool, or if an answer is about something else than what was asked for.
    """
    graph, wanted = shared.graph, desired.application
    tenant_id = await shared.id()
    named, adopted, role, policies, own, gone, box = await concurrently(
        application.by_unique_name(graph, wanted.unique_name),
        _if_given(wanted.client_id, lambda client_id: application.by_client_id(graph, client_id)),
        shared.role(desired.consent.permission),
        shared.policies(),
        shared.own_policies(),
        shared.deleted(),
        shared.mailbox(desired.mailbox.address),
    )
    app = identify(
        wanted,
        Found(
            by_unique_name=_reduced(named),
            by_client_id=_reduced(adopted),
            deleted=gone or (),
            foreign_tenant=await _home_tenant(graph, wanted.client_id) if adopted is None else None,
            meant=await _meant(graph, wanted.client_id) if adopted is None else None,
            marked=_marked(desired, named),
        ),
    )
    observed = Observed(
        tenant_id=tenant_id,
        application=app,
        service_principal=None,
        role=role,
        assignments=(),
        secrets=(),
        policy=policies if app else await shared.exempted(policies),
        mailbox=box,
        not_checked=() if gone is not None else (f"deleted applications: needs {application.READ}",),
    )
    if app is None:
        return await _without_application(shared, desired, observed)
    about = replace(observed, application=app)
    return await _with_application(shared, desired, about, adopted or named or {}, own_policies=own)


async def _without_application(shared: Tenant, desired: Desired, observed: Observed) -> Observed:
    """Add what can be known before the application is made: Exchange's tables, and its owners-to-be."""
    if desired.mailbox.by_graph:
        tables = await shared.exchange()
        role = desired.consent.permission.exchange_role
        observed = replace(observed, exchange=mailbox_scope.of_principal(tables, None, role))
    return await _with_owners(shared.graph, observed, desired.application.owners or ())


async def _with_application(
    shared: Tenant, desired: Desired, observed: Observed, own: dict[str, Any], *, own_policies: bool
) -> Observed:
    """Add what belongs to the application, whose own properties are ``own``."""
    graph, declared, app = shared.graph, desired.application.owners, observed.application
    assert app is not None
    custom_too = own_policies and observed.policy.needs is None
    record, grants, custom, owners, tables, _ = await concurrently(
        service_principal.by_client_id(graph, app.app_id),
        consent.fetch_grants(graph, app.app_id),
        _custom_policy(graph, app.id) if custom_too else _nothing(),
        _if_given(declared, lambda _: owner.of_application(graph, app.id)),
        shared.exchange(),
        shared.owns(app.id) if shared.reads_ownership else _nothing(),
    )
    principal = service_principal.observed(record) if record else None
    principal_id = principal.id if principal else None
    there = {item.id for item in owners or ()}
    lacking = [key for key in declared or () if key.lower() not in there]
    observed = await _with_owners(graph, observed, lacking)
    held = grants.by(principal_id)
    role = desired.consent.permission.exchange_role
    return replace(
        observed,
        application=replace(app, owners=owners and tuple(item.id for item in owners)),
        service_principal=principal,
        assignments=tuple(dict.fromkeys(item for item, _ in held)),
        grants=tuple(given for item, given in held if item == observed.role),
        exchange=mailbox_scope.of_principal(tables, principal_id, role),
        secrets=client_secret.observed(own),
        certificates=certificate.observed(own),
        principal_secrets=client_secret.observed(record or {}),
        principal_certificates=certificate.observed(record or {}),
        policy=await shared.exempted(replace(observed.policy, custom=custom)),
    )


async def _with_owners(graph: Graph, observed: Observed, ids: Collection[str]) -> Observed:
    """Add what the ids are that are to be owners: a wrong one is told before anything is made."""
    found: tuple[Candidate, ...]
    try:
        found = await owner.candidates(graph, ids)
    except NotReadable as error:
        return replace(observed, not_checked=(*observed.not_checked, f"{error.what}: needs {error.needs}"))
    return replace(observed, owner_candidates=found)


def _marked(desired: Desired, record: dict[str, Any] | None) -> bool:
    """Say whether an application has a secret with this config's mark."""
    return bool(record and marked(desired.client_secret, client_secret.observed(record)))


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration of one config with its secrets: all that ``expiry`` needs."""

    tenant_id: str
    application: Application | None
    secrets: tuple[ClientSecret, ...]
    others: tuple[Holder, ...] = ()  # what else signs in as it, on the application or on its principal


async def registration(shared: Tenant, desired: Desired) -> Registration:
    """Return the registration of one config, and all that signs in as it; in most cases by three requests.

    Raises ``ProvisionError`` if it is not clear which application is meant, or if it belongs to another tool.
    """
    graph, wanted = shared.graph, desired.application
    tenant_id = await shared.id()
    named, adopted = await concurrently(
        application.by_unique_name(graph, wanted.unique_name),
        _if_given(wanted.client_id, lambda client_id: application.by_client_id(graph, client_id)),
    )
    missing = (adopted if wanted.client_id else named) is None
    app = identify(
        wanted,
        Found(
            by_unique_name=_reduced(named),
            by_client_id=_reduced(adopted),
            deleted=(await shared.deleted() or ()) if missing else (),
            foreign_tenant=await _home_tenant(graph, wanted.client_id) if missing else None,
            meant=await _meant(graph, wanted.client_id) if missing else None,
            marked=_marked(desired, named),
        ),
    )
    if app is None:
        return Registration(tenant_id, None, ())
    found = adopted or named or {}
    return Registration(tenant_id, app, client_secret.observed(found), await _others(graph, app, found))


async def _others(graph: Graph, app: Application, found: dict[str, Any]) -> tuple[Holder, ...]:
    """Return what signs in as the application beside its own secrets, as far as it may be read."""
    record, federated = await concurrently(
        service_principal.by_client_id(graph, app.app_id, service_principal.DRIFT_FIELDS),
        _federated(graph, app.id),
    )
    own = Holder(APPLICATION, app.app_id, (), certificate.observed(found), federated)
    if record is None:
        return (own,)
    secrets, certificates = client_secret.observed(record), certificate.observed(record)
    return own, Holder(PRINCIPAL, text(record, "id"), secrets, certificates)


async def _federated(graph: Graph, object_id: str) -> tuple[Federated, ...]:
    try:
        return await federated_credential.of_application(graph, object_id)
    except NotReadable:
        return ()


def _reduced(record: dict[str, Any] | None) -> Application | None:
    return application.observed(record) if record else None


async def _nothing() -> None:
    return None


async def _if_given(value: T | None, call: Callable[[T], Coroutine[Any, Any, Any]]) -> Any:
    return None if value is None else await call(value)


async def _home_tenant(graph: Graph, client_id: str | None) -> str | None:
    """Return the tenant that owns a client id which is known here only by its service principal."""
    principal = await service_principal.by_client_id(graph, client_id) if client_id else None
    return service_principal.home_tenant(principal) if principal else None


async def _meant(graph: Graph, client_id: str | None) -> Meant | None:
    """Return what has as its object id what was written down as a client id."""
    return await senses.of_object_id(graph, client_id) if client_id else None


async def _default_policy(graph: Graph) -> Policies:
    try:
        return Policies(default=await app_management_policy.default(graph))
    except NotReadable:
        return Policies(needs=app_management_policy.NEEDS)


async def _custom_policy(graph: Graph, object_id: str) -> Policy | None:
    try:
        return await app_management_policy.custom(graph, object_id)
    except NotReadable:
        return None  # the default could be read and this not: the default is then what is known
