"""The grants of the token endpoint: each takes a form and answers with tokens.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
.../v2-oauth-ropc, .../v2-oauth2-device-code, .../v2-oauth2-auth-code-flow#refresh-the-access-token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.sandbox import hashing
from provision.sandbox.tokens import (
    activity,
    claims,
    clients,
    directory,
    person_refusals,
    refusals,
    scopes,
    signing,
)

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Record, Tenant
    from provision.sandbox.tokens.device import Devices

_REFRESH_LIFETIME = 90 * 86400  # seconds


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to the token endpoint, its form read and its Basic header merged in."""

    sandbox: Sandbox
    devices: Devices
    tenant_name: str  # as in the path: an id, a domain, ``common``, ``organizations``
    form: Mapping[str, str]
    endpoint: str  # its own URL
    origin: str
    v1: bool

    def tenant(self, username: str | None = None) -> Tenant:
        """Return the tenant; with ``organizations`` the user's own."""
        if self.tenant_name.lower() not in directory.ANY_TENANT:
            return directory.find_tenant(self.sandbox.store, self.tenant_name)
        if username is None:
            raise refusals.common_not_allowed()
        client = directory.of_one_tenant(self.sandbox.store, self.form.get("client_id", ""))
        if client is not None:
            raise person_refusals.one_tenant_only(client.id, client.name)
        return directory.tenant_of_user(self.sandbox.store, username)


def answer(request: TokenRequest) -> dict[str, Any]:
    """Return the token response; ``TokenError`` if there is none."""
    grant = request.form.get("grant_type")
    if not grant:
        raise refusals.missing("grant_type")
    if not request.v1 and request.form.get("resource"):
        raise refusals.resource_not_supported()
    handler = _GRANTS.get(grant)
    if handler is None:
        raise refusals.unsupported_grant(grant)
    return handler(request)


def _client_credentials(request: TokenRequest) -> dict[str, Any]:
    if request.tenant_name.lower() in (*directory.ANY_TENANT, "consumers"):
        raise refusals.common_not_allowed()
    tenant = request.tenant()
    name = scopes.for_application(request.form, v1=request.v1)
    proof = clients.authenticate(request.sandbox, tenant, request.form, request.endpoint, may_be_public=False)
    principal = proof.client.principal
    if principal is None:
        raise refusals.no_principal(proof.client.id, tenant.id)
    resource = directory.find_resource(tenant, name, request.origin)
    _check_resource(tenant, proof.client, principal, resource, name)
    now = request.sandbox.clock.real()
    token = claims.of_application(tenant, proof.client, principal, resource, proof=proof.how, now=now)
    out: dict[str, Any] = {
        "token_type": "Bearer",
        "expires_in": claims.LIFETIME,
        "ext_expires_in": claims.LIFETIME,
    }
    if request.v1:
        out = _as_v1(out, name, token)
    activity.note(request.sandbox, tenant, proof, resource.principal)
    return out | {"access_token": signing.sign(request.sandbox, token)}


def _check_resource(
    tenant: Tenant, client: directory.Client, principal: Record, resource: directory.Resource, name: str
) -> None:
    """Refuse a resource that is switched off, or that asks for an assignment which the client has not."""
    target = resource.principal
    if target is None:
        return
    if target.props.get("accountEnabled") is False:
        raise refusals.resource_disabled(name)
    if target.props.get("appRoleAssignmentRequired") and target.id != principal.id:
        held = tenant.find("appRoleAssignment", "principalId", principal.id)
        if not any(assignment.props["resourceId"] == target.id for assignment in held):
            shown = str(target.props.get("displayName"))
            raise refusals.not_assigned(client.id, client.name, resource.app_id, shown)


def _password(request: TokenRequest) -> dict[str, Any]:
    for parameter in ("username", "password"):
        if not request.form.get(parameter):
            raise refusals.missing(parameter)
    username = request.form["username"]
    tenant = request.tenant(username)
    proof = clients.authenticate(request.sandbox, tenant, request.form, request.endpoint, may_be_public=True)
    user = sign_in(tenant, username, request.form["password"])
    return _for_person(request, tenant, proof, user, scopes.for_user(request.form, v1=request.v1))


def sign_in(tenant: Tenant, username: str, password: str) -> Record:
    """Return the user with this name and password; ``TokenError`` otherwise."""
    user = tenant.one("user", "userPrincipalName", username.strip())
    if user is None:
        raise person_refusals.unknown_user(tenant.id)
    if not hashing.matches(password, str(user.private.get("password", ""))):
        raise person_refusals.wrong_password()
    if user.props.get("accountEnabled") is False:
        raise person_refusals.disabled_user()
    return user


def _device_code(request: TokenRequest) -> dict[str, Any]:
    # v1.0 clients call the code just "code".
    device_code = request.form.get("device_code") or request.form.get("code")
    if not device_code:
        raise refusals.missing("device_code")
    client_id = request.form.get("client_id", "").lower()
    code = request.devices.redeem(device_code, client_id, request.sandbox.clock.real())
    tenant, user = _person(request, *(code.user or ("", "")))
    proof = clients.authenticate(request.sandbox, tenant, request.form, request.endpoint, may_be_public=True)
    asked = scopes.for_user({"scope": code.scope, "resource": code.scope}, v1=request.v1)
    return _for_person(request, tenant, proof, user, asked)


def _refresh(request: TokenRequest) -> dict[str, Any]:
    given = request.form.get("refresh_token")
    if not given:
        raise refusals.missing("refresh_token")
    try:
        kept = signing.unseal(request.sandbox.token_key, given)
    except signing.InvalidToken as error:
        raise refusals.malformed("invalid_grant") from error
    now = request.sandbox.clock.real().timestamp()
    if kept.get("typ") != "refresh" or now > kept["exp"]:
        raise refusals.malformed("invalid_grant")
    if kept["client_id"] != request.form.get("client_id", "").lower():
        raise refusals.ambiguous_client()
    tenant, user = _person(request, kept["tid"], kept["oid"])
    if user.props.get("accountEnabled") is False:
        raise person_refusals.disabled_user()
    proof = clients.authenticate(request.sandbox, tenant, request.form, request.endpoint, may_be_public=True)
    form = {"scope": kept["scope"], "resource": kept["scope"]} | {
        k: v for k, v in request.form.items() if k in ("scope", "resource")
    }
    return _for_person(request, tenant, proof, user, scopes.for_user(form, v1=request.v1))


def _person(request: TokenRequest, tenant_id: str, user_id: str) -> tuple[Tenant, Record]:
    tenant = request.sandbox.store.tenant(tenant_id)
    user = tenant.get("user", user_id) if tenant else None
    if tenant is None or user is None:
        raise person_refusals.unknown_user(tenant_id)
    return tenant, user


def _for_person(
    request: TokenRequest, tenant: Tenant, proof: clients.Proof, user: Record, asked: scopes.Asked
) -> dict[str, Any]:
    resource = directory.find_resource(tenant, asked.resource, request.origin)
    now = request.sandbox.clock.real()
    token = claims.of_user(tenant, proof.client, user, resource, proof=proof.how, now=now)
    granted = set(token["scp"].split())
    if not granted and asked.names is None:
        _check_declared(proof.client, asked.resource, resource)
    if not granted or (asked.names is not None and not asked.names <= granted):
        raise person_refusals.no_consent(proof.client.id, proof.client.name)
    prefix = "" if request.v1 else f"{resource.audience.rstrip('/')}/"
    shown = [*sorted(asked.oidc - {"offline_access"}), *(f"{prefix}{s}" for s in sorted(granted))]
    out: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(shown),
        "expires_in": claims.LIFETIME,
        "ext_expires_in": claims.LIFETIME,
    }
    if request.v1:
        out = _as_v1(out, asked.resource, token)
    out["access_token"] = signing.sign(request.sandbox, token)
    if "offline_access" in asked.oidc:
        scope = asked.resource if request.v1 else f"{asked.resource}/.default offline_access openid profile"
        out["refresh_token"] = signing.seal(
            request.sandbox.token_key,
            {
                "typ": "refresh",
                "tid": tenant.id,
                "oid": user.id,
                "client_id": proof.client.id,
                "scope": scope,
                "exp": int(now.timestamp()) + _REFRESH_LIFETIME,
            },
        )
    if "openid" in asked.oidc:
        identity = claims.id_token(tenant, proof.client, user, request.origin, now)
        out["id_token"] = signing.sign(request.sandbox, identity)
    if request.form.get("client_info") == "1":
        out["client_info"] = claims.client_info(tenant.id, user.id)
    if proof.client.id in directory.PUBLIC_CLIENTS:
        out["foci"] = "1"
    return out


def _check_declared(client: directory.Client, asked: str, resource: directory.Resource) -> None:
    """Refuse everything (``.default``) of a resource that the application does not declare.

    Of Graph nobody quotes it; there the answer is that nothing was consented to.
    """
    if client.application is None or resource.app_id == directory.GRAPH:
        return
    listed = [
        str(r.get("resourceAppId")) for r in client.application.props.get("requiredResourceAccess") or ()
    ]
    if resource.app_id not in listed:
        raise person_refusals.unlisted_resource(
            client.id, client.name, asked, resource.app_id, ", ".join(listed)
        )


def _authorization_code(request: TokenRequest) -> dict[str, Any]:
    """No code is given out here, so each is one that was cut or made up: AADSTS9002313, as quoted of both."""
    for parameter in ("client_id", "code"):
        if not request.form.get(parameter):
            raise refusals.missing(parameter)
    raise refusals.malformed("invalid_grant")


def _as_v1(out: dict[str, Any], resource: str, token: signing.Claims) -> dict[str, Any]:
    """The v1.0 endpoint answers numbers as text, and names the resource."""
    return {name: str(value) for name, value in out.items()} | {
        "expires_on": str(token["exp"]),
        "not_before": str(token["nbf"]),
        "resource": resource,
    }


_GRANTS: dict[str, Callable[[TokenRequest], dict[str, Any]]] = {
    "client_credentials": _client_credentials,
    "password": _password,
    "refresh_token": _refresh,
    "authorization_code": _authorization_code,
    "device_code": _device_code,
    "urn:ietf:params:oauth:grant-type:device_code": _device_code,
}
