"""The administrator's consent page, ``/{tenant}/adminconsent``: what a hand-off link opens.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#request-the-permissions-from-a-directory-admin
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from provision.sandbox import inward, permissions
from provision.sandbox.caller import GLOBAL_ADMINISTRATOR
from provision.sandbox.directory import grants as directory_grants
from provision.sandbox.directory import principals
from provision.sandbox.entities import service_principal
from provision.sandbox.tokens import directory, grants, pages, refusals

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.store import Record, Tenant

_MAY = frozenset({GLOBAL_ADMINISTRATOR, permissions.PRIVILEGED_ROLE_ADMINISTRATOR})
_CANCELED = {"error": "permission_denied", "error_description": "The admin canceled the request"}


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser goes next."""

    url: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One application permission that the application declares."""

    resource: Record
    role_id: str
    label: str


def page(sandbox: Sandbox, tenant_name: str, asked: Mapping[str, str]) -> str:
    """What the administrator is asked; ``TokenError`` for a link that is wrong."""
    tenant, application = _subject(sandbox, tenant_name, asked)
    labels = [w.label for w in _wanted(tenant, application)]
    return pages.consent(str(application.props["displayName"]), labels, "")


def decide(
    sandbox: Sandbox, tenant_name: str, asked: Mapping[str, str], form: Mapping[str, str]
) -> Redirect | str:
    """Grant what the application declares, if an administrator signs in and agrees."""
    tenant, application = _subject(sandbox, tenant_name, asked)
    if form.get("decline"):
        return _back(asked, _CANCELED) or pages.notice("Nothing was granted.")
    wanted = _wanted(tenant, application)
    try:
        user = grants.sign_in(tenant, form.get("username", ""), form.get("password", ""))
    except refusals.TokenError as error:
        return pages.consent(str(application.props["displayName"]), [w.label for w in wanted], str(error))
    if not directory.directory_roles(tenant, user.id) & _MAY:
        return pages.consent(
            str(application.props["displayName"]), [w.label for w in wanted],
            "Need admin approval: a Privileged Role Administrator or a Global Administrator can grant this.",
        )  # fmt: skip
    with sandbox.writing():
        _grant(sandbox, sandbox.store.tenants[tenant.id], str(application.props["appId"]), wanted)
    granted = {"admin_consent": "True", "tenant": tenant.id}
    return _back(asked, granted) or pages.notice("The permissions were granted. You may close this window.")


def _subject(sandbox: Sandbox, tenant_name: str, asked: Mapping[str, str]) -> tuple[Tenant, Record]:
    tenant = directory.find_tenant(sandbox.store, tenant_name)
    client_id = asked.get("client_id", "")
    if not client_id:
        raise refusals.missing("client_id")
    client = directory.find_client(sandbox.store, tenant, client_id)
    if client is None or client.application is None:
        raise refusals.unknown_client(client_id, tenant.id)
    uri = asked.get("redirect_uri")
    props = client.application.props
    registered = [u for part in ("web", "spa", "publicClient") for u in props[part]["redirectUris"]]
    if uri and uri not in registered:  # compared exactly, case included
        raise refusals.wrong_redirect(uri, client_id)
    return tenant, client.application


def _wanted(tenant: Tenant, application: Record) -> list[_Wanted]:
    out: list[_Wanted] = []
    for access in application.props["requiredResourceAccess"]:
        resource = tenant.one("servicePrincipal", "appId", str(access["resourceAppId"]))
        if resource is None:
            continue
        offered = {str(r["id"]): r for r in service_principal.app_roles(resource)}
        ids = (str(e["id"]) for e in access["resourceAccess"] if e["type"] == "Role")
        roles = (offered[i] for i in ids if i in offered)
        out += [_Wanted(resource, r["id"], f"{r['displayName']} ({r['value']})") for r in roles]
    return out


def _grant(sandbox: Sandbox, tenant: Tenant, app_id: str, wanted: list[_Wanted]) -> None:
    call = inward.call(sandbox, tenant)
    principal = tenant.one("servicePrincipal", "appId", app_id) or principals.create(call, {"appId": app_id})
    held = {
        (g.props["resourceId"], g.props["appRoleId"])
        for g in tenant.find("appRoleAssignment", "principalId", principal.id)
    }
    for one in wanted:
        if (one.resource.id, one.role_id) not in held:
            body: dict[str, Any] = {
                "principalId": principal.id, "resourceId": one.resource.id, "appRoleId": one.role_id,
            }  # fmt: skip
            directory_grants.assign(call, body)


def _back(asked: Mapping[str, str], said: dict[str, str]) -> Redirect | None:
    """To the application's own page, with the state it sent along."""
    uri = asked.get("redirect_uri")
    if not uri:
        return None
    state = {"state": asked["state"]} if "state" in asked else {}
    return Redirect(f"{uri}{'&' if '?' in uri else '?'}{urlencode(said | state)}")
