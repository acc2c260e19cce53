"""The administrator's consent page, ``/{tenant}/adminconsent``: what a hand-off link opens.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#request-the-permissions-from-a-directory-admin
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from provision.sandbox.tokens import consenting, directory, grants, pages, refusals

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Record, Tenant

_CANCELED = {"error": "permission_denied", "error_description": "The admin canceled the request"}


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser goes next."""

    url: str


def page(sandbox: Sandbox, tenant_name: str, asked: Mapping[str, str]) -> str:
    """Return what the administrator is asked; ``TokenError`` for a link that is wrong."""
    tenant, application = _subject(sandbox, tenant_name, asked)
    labels = [w.label for w in consenting.wanted(tenant, application)]
    return pages.consent(str(application.props["displayName"]), labels, "")


def decide(
    sandbox: Sandbox, tenant_name: str, asked: Mapping[str, str], form: Mapping[str, str]
) -> Redirect | str:
    """Grant what the application declares, if an administrator signs in and agrees."""
    tenant, application = _subject(sandbox, tenant_name, asked)
    if form.get("decline"):
        return _back(asked, _CANCELED) or pages.notice("Nothing was granted.")
    wanted = consenting.wanted(tenant, application)
    try:
        user = grants.sign_in(tenant, form.get("username", ""), form.get("password", ""))
    except refusals.TokenError as error:
        return pages.consent(str(application.props["displayName"]), [w.label for w in wanted], str(error))
    if not consenting.may_consent(tenant, user.id):
        return pages.consent(
            str(application.props["displayName"]),
            [w.label for w in wanted],
            "Need admin approval: a Privileged Role Administrator or a Global Administrator can grant this.",
        )
    with sandbox.writing():
        consenting.grant(sandbox, sandbox.store.tenants[tenant.id], str(application.props["appId"]), wanted)
    granted = {"admin_consent": "True", "tenant": tenant.id}
    return _back(asked, granted) or pages.notice("The permissions were granted. You may close this window.")


def _subject(sandbox: Sandbox, tenant_name: str, asked: Mapping[str, str]) -> tuple[Tenant, Record]:
    tenant = directory.find_tenant(sandbox.store, tenant_name)
    client_id = asked.get("client_id", "")
    if not client_id:
        raise refusals.missing("client_id")
    client = directory.find_client(sandbox.store, tenant, client_id)
    if client is None or client.application is None:
        raise refusals.unknown_client(client_id, directory.display_name(tenant))
    uri = asked.get("redirect_uri")
    props = client.application.props
    registered = [u for part in ("web", "spa", "publicClient") for u in props[part]["redirectUris"]]
    if uri and uri not in registered:  # compared exactly, case included
        raise refusals.wrong_redirect(uri, client_id)
    return tenant, client.application


def _back(asked: Mapping[str, str], said: dict[str, str]) -> Redirect | None:
    """To the application's own page, with the state it sent along."""
    uri = asked.get("redirect_uri")
    if not uri:
        return None
    state = {"state": asked["state"]} if "state" in asked else {}
    return Redirect(f"{uri}{'&' if '?' in uri else '?'}{urlencode(said | state)}")
