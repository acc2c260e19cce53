"""Other callers than the sandbox's administrator: seeded, and signed in with what a test lets them have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import Sandbox
from provision.sandbox.seeding import seed
from provision.sandbox.tokens import claims, signing
from provision.sandbox.tokens.directory import directory_roles
from tests.support import STATE, TENANT

CLIENT = "22222222-2222-4222-8222-222222222222"
AS_USER = "Directory.AccessAsUser.All"


@dataclass(frozen=True)
class Caller:
    """Who signs in: an application's permissions, or a person's scopes and directory roles."""

    permissions: frozenset[str]
    person: bool = False
    roles: tuple[str, ...] = ()

    def without(self, *gone: str) -> Caller:
        """The same with these permissions less."""
        return replace(self, permissions=self.permissions - set(gone))

    def also(self, *more: str) -> Caller:
        """The same with these permissions more."""
        return replace(self, permissions=self.permissions | set(more))


PIPELINE = Caller(
    frozenset(
        {
            "Application.ReadWrite.All",
            "AppRoleAssignment.ReadWrite.All",
            "Policy.Read.All",
            "Mail.ReadBasic.All",
            "Directory.Read.All",
        }
    )
)
PERSON = Caller(
    frozenset({AS_USER, "AppRoleAssignment.ReadWrite.All", "Policy.Read.All"}),
    person=True,
    roles=("Global Administrator",),
)


def person(*roles: str) -> Caller:
    """A person with these directory roles, signed in with a program that carries every scope."""
    return replace(PERSON, roles=roles)


def sow(caller: Caller) -> str:
    """Put the caller into the state of the embedded sandbox; returns its object id."""
    name = f"{'-'.join(caller.roles).replace(' ', '').lower() or 'member'}@agency.example"
    roles = f", directory_roles: [{', '.join(caller.roles)}]" if caller.roles else ""
    Path("callers.yaml").write_text(
        f"tenant: {{id: {TENANT}}}\n"
        + (
            f"users: [{{user_principal_name: {name}{roles}}}]\n"
            if caller.person
            else f"callers: [{{client_id: {CLIENT}, secret: known-to-the-test{roles}}}]\n"
        )
    )
    sandbox = Sandbox.open(STATE)
    sandbox.ensure_mailbox(sandbox.ensure_tenant(TENANT), "noreply@agency.example")  # as any run does
    seed.apply(sandbox, Path("callers.yaml"))
    tenant = sandbox.store.tenant(TENANT)
    assert tenant is not None
    found = (
        tenant.one("user", "userPrincipalName", name)
        if caller.person
        else tenant.one("servicePrincipal", "appId", CLIENT)
    )
    assert found is not None
    return found.id


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Let the program sign in to the embedded sandbox as somebody else, for a while."""

    @contextmanager
    def acting(caller: Caller, **changed: Any) -> Iterator[str]:
        Path(".provision").mkdir(mode=0o700, exist_ok=True)
        caller_id = sow(caller)
        with monkeypatch.context() as patch:
            patch.setattr(Sandbox, "administrator_token", _signs_in(caller, caller_id, changed))
            yield caller_id

    return acting


def _signs_in(caller: Caller, caller_id: str, changed: dict[str, Any]) -> Callable[..., str]:
    def token(sandbox: Sandbox, tenant_id: str, resource: str = "https://graph.microsoft.com") -> str:
        tenant = sandbox.store.tenant(tenant_id)
        assert tenant is not None
        moment = int(time.time())
        said: dict[str, Any] = {
            "aud": resource,
            "tid": tenant_id,
            "oid": caller_id,
            "appid": CLIENT,
            "ver": "1.0",
            "iat": moment,
            "nbf": moment,
            "exp": moment + 3600,
        }
        if caller.person:
            roles = sorted(directory_roles(tenant, caller_id))
            said |= {"idtyp": "user", "scp": " ".join(sorted(caller.permissions)), "wids": roles}
            said |= {"upn": "somebody@agency.example"}
        else:
            said |= {"idtyp": "app", "roles": sorted(caller.permissions), "wids": [claims.APP_ONLY_WIDS]}
            said |= {"app_displayname": "pipeline"}
        said |= changed
        return signing.seal(sandbox.token_key, {k: v for k, v in said.items() if v is not None})

    return token
