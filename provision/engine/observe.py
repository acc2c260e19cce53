"""Look at the tenant: two dependent rounds of reading, and what a tenant has once is read once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from provision.checks import rights
from provision.engine.together import together
from provision.graph import (
    app_management_policy,
    application,
    client_secret,
    consent,
    mailbox,
    owner,
    publisher,
    service_principal,
    tenant,
)
from provision.graph import caller as callers
from provision.graph.client import Graph
from provision.graph.listing import NotReadable
from provision.resources import Desired, Observed
from provision.resources.app_management_policy import Observed as Policies
from provision.resources.app_management_policy import Policy
from provision.resources.application import Deleted, Found, identify
from provision.resources.application import Observed as Application
from provision.resources.client_secret import Observed as ClientSecret
from provision.resources.consent import Role
from provision.resources.publisher import Observed as Publisher

T = TypeVar("T")


@dataclass
class Tenant:
    """One tenant for the length of a run, shared by all configs that mean it."""

    graph: Graph
    tenant: str  # as the configs call it: GUID or domain
    reads_ownership: bool = False  # a run that writes: what its rights rest on is read along the way
    _shared: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    async def _once(self, key: str, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if key not in self._shared:
            self._shared[key] = asyncio.create_task(call())
        result: T = await asyncio.shield(self._shared[key])
        return result

    async def close(self) -> None:
        """End what is still being read for everybody, as after Ctrl-C, and then the connections."""
        for task in self._shared.values():
            task.cancel()
        await asyncio.gather(*self._shared.values(), return_exceptions=True)
        await self.graph.close()

    async def id(self) -> str:
        """Return the tenant's GUID, once it is sure that the token is for it."""
        return await self._once("id", lambda: tenant.resolve(self.graph, self.tenant))

    async def role(self) -> Role:
        """Return ``Mail.Send`` as this tenant publishes it."""
        return await self._once("role", lambda: consent.role(self.graph))

    async def policies(self) -> Policies:
        """Return the default app management policy, or the right that lacks to read it."""
        return await self._once("policies", lambda: _default_policy(self.graph))

    async def deleted(self) -> tuple[Deleted, ...] | None:
        """Return the soft-deleted applications, or ``None`` if they may not be listed."""
        return await self._once("deleted", lambda: application.deleted(self.graph))

    async def owns(self, object_id: str) -> bool | None:
        """Say whether this identity owns the application, if that decides; ``None`` if it does not tell."""
        caller = callers.of_token(self.graph.tokens)
        caller_id = caller.id
        if caller_id is None or not rights.depends_on_ownership(caller):
            return None
        return await self._once(
            f"owns {object_id}", lambda: callers.owns(self.graph, caller_id.lower(), object_id)
        )

    async def publisher(self, *, app_id: str = "", object_id: str = "") -> Publisher | None:
        """Return the resource of that app id, or else of that object id, if the tenant tells."""
        return await self._once(
            f"publisher {app_id or object_id}",
            lambda: (
                publisher.by_app_id(self.graph, app_id) if app_id else publisher.by_id(self.graph, object_id)
            ),
        )


async def observe(shared: Tenant, desired: Desired) -> Observed:
    """Return what is there for one config; ``ProvisionError`` if that cannot be told or is not ours."""
    graph, wanted = shared.graph, desired.application
    tenant_id = await shared.id()
    named, adopted, role, policies, gone, box = await together(
        application.by_unique_name(graph, wanted.unique_name),
        _if_given(wanted.client_id, lambda client_id: application.by_client_id(graph, client_id)),
        shared.role(),
        shared.policies(),
        shared.deleted(),
        mailbox.observe(graph, desired.mailbox.address),
    )
    app = identify(
        wanted,
        Found(
            by_unique_name=_reduced(named),
            by_client_id=_reduced(adopted),
            deleted=gone or (),
            foreign_tenant=await _home_tenant(graph, wanted.client_id) if adopted is None else None,
        ),
    )
    observed = Observed(
        tenant_id=tenant_id,
        application=app,
        service_principal=None,
        role=role,
        assignments=(),
        secrets=(),
        policy=policies,
        mailbox=box,
        not_checked=() if gone is not None else (f"deleted applications: needs {application.READ}",),
    )
    if app is None:
        return observed
    principal, assignments, custom, owners, _ = await together(
        service_principal.by_client_id(graph, app.app_id),
        consent.assignments(graph, app.app_id),
        _custom_policy(graph, app.id) if policies.needs is None else _nothing(),
        _if_given(wanted.owners, lambda _: owner.of_application(graph, app.id)),
        shared.owns(app.id) if shared.reads_ownership else _nothing(),
    )
    return replace(
        observed,
        application=replace(app, owners=owners and tuple(item.id for item in owners)),
        service_principal=service_principal.observed(principal) if principal else None,
        assignments=assignments,
        secrets=client_secret.observed(adopted or named or {}),
        policy=replace(policies, custom=custom),
    )


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration that a config means, with its secrets: all that a look at dates needs."""

    tenant_id: str
    application: Application | None
    secrets: tuple[ClientSecret, ...]


async def registration(shared: Tenant, desired: Desired) -> Registration:
    """Return what is there of the registration alone; in most cases one request.

    ``ProvisionError`` if it cannot be told which one is meant, or if it is not ours.
    """
    graph, wanted = shared.graph, desired.application
    tenant_id = await shared.id()
    named, adopted = await together(
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
        ),
    )
    secrets = client_secret.observed(adopted or named or {}) if app else ()
    return Registration(tenant_id, app, secrets)


def _reduced(record: dict[str, Any] | None) -> Application | None:
    return application.observed(record) if record else None


async def _nothing() -> None:
    return None


async def _if_given(value: T | None, call: Callable[[T], Coroutine[Any, Any, Any]]) -> Any:
    return None if value is None else await call(value)


async def _home_tenant(graph: Graph, client_id: str | None) -> str | None:
    """A registration that is not here may belong to another tenant, whose principal is here."""
    principal = await service_principal.by_client_id(graph, client_id) if client_id else None
    return service_principal.home_tenant(principal) if principal else None


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
