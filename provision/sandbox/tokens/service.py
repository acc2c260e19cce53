"""The login service over HTTP: paths to what answers them, forms in, JSON out."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from provision.sandbox.errors import GraphError
from provision.sandbox.faults.weather import ConnectionCut
from provision.sandbox.keeping.state import StateError
from provision.sandbox.tokens import (
    bearer,
    clients,
    consent,
    directory,
    documents,
    grants,
    pages,
    person_refusals,
    portal,
    refusals,
    signing,
)
from provision.sandbox.tokens.device import INTERVAL, LIFETIME, Devices
from provision.sandbox.tokens.refusals import TokenError
from provision.sandbox.wire.envelope import http_date
from provision.sandbox.wire.http import LoggedRequest, RawAnswer, RawRequest

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Store, Tenant

_JSON = "application/json; charset=utf-8"
_MAX_FIELDS = 64
Body = dict[str, Any] | str | consent.Redirect  # a str is a page
_Handler = Callable[[RawRequest, list[str]], Body]


class Login:
    """Answers what is not Graph: tokens, discovery, device sign-in, and Azure's empty lists."""

    def __init__(self, sandbox: Sandbox, lock: AbstractContextManager[Any]) -> None:
        self._sandbox, self._lock = sandbox, lock
        self._devices = Devices()

    def answer(self, raw: RawRequest) -> RawAnswer | None:
        """Return the answer, or None for a path that is none of the login service's."""
        parts = [unquote(part) for part in raw.path.split("/") if part]
        handler = self._find(raw.method, [part.lower() for part in parts])
        if handler is None:
            return None
        correlation = raw.headers.get("client-request-id")
        started = time.perf_counter()
        with self._lock:
            fate = self._sandbox.weather.meet(raw.method, raw.path)
            if fate == "before":
                raise ConnectionCut
            status, headers = 200, dict[str, str]()
            body: Body
            try:
                if isinstance(fate, GraphError):
                    status, headers = fate.status, fate.headers
                    raise refusals.transient()
                self._sandbox.refresh()
                body = handler(raw, parts)
            except TokenError as error:
                status = error.status if status == 200 else status
                body = error.body(self._sandbox.clock.real(), correlation)
            except (GraphError, StateError) as error:
                status, body = _refusal(error)
            took = (time.perf_counter() - started) * 1000
            target = raw.path + (f"?{raw.query}" if raw.query else "")
            self._sandbox.requests.append(LoggedRequest(raw.method, target, status, None, None, took))
        if fate == "after":
            raise ConnectionCut
        return self._render(status, body, headers, correlation)

    def _find(self, method: str, parts: list[str]) -> _Handler | None:
        if method == "POST":
            return self._find_posted(parts)
        if self._find_posted(parts) == self._token:
            return _refuse_method
        return self._find_page(parts) or self._find_document(parts) if method == "GET" else None

    def _find_posted(self, parts: list[str]) -> _Handler | None:
        match parts:
            case [_, "oauth2", "token"] | [_, "oauth2", "v2.0", "token"]:
                return self._token
            case [_, "oauth2", "devicecode"] | [_, "oauth2", "v2.0", "devicecode"]:
                return self._device_code
            case ["devicelogin"]:
                return self._approve
            case [_, "adminconsent"] | [_, "v2.0", "adminconsent"]:
                return self._consent
            case ["api", "registeredapplications", _, "consent"]:
                return lambda raw, parts: portal.consent(self._sandbox, raw.headers, parts[2])
        return None

    def _find_document(self, parts: list[str]) -> _Handler | None:
        match parts:
            case [_, ".well-known", "openid-configuration"]:
                return self._configuration
            case [_, "v2.0", ".well-known", "openid-configuration"]:
                return self._configuration
            case [_, "discovery", "keys"] | [_, "discovery", "v2.0", "keys"] | ["discovery", "v2.0", "keys"]:
                return lambda _raw, _parts: signing.published(self._sandbox)
            case [_, "discovery", "instance"]:
                return lambda raw, _: documents.instance(
                    _fields(raw.query).get("authorization_endpoint", ""), raw.root
                )
            case [_, "userrealm", _]:
                return lambda raw, parts: documents.realm(parts[2], _fields(raw.query))
        return None

    def _find_page(self, parts: list[str]) -> _Handler | None:
        match parts:
            case ["devicelogin"]:
                return lambda raw, _: pages.device_login(
                    "Enter the code that the program shows.", _fields(raw.query).get("user_code", "")
                )
            case [_, "adminconsent"] | [_, "v2.0", "adminconsent"]:
                return lambda raw, parts: consent.page(self._sandbox, parts[0], _fields(raw.query))
            case ["arm", "metadata", "endpoints"] | ["metadata", "endpoints"]:
                return lambda raw, _: documents.azure_cloud(raw.root)
            case ["arm", "subscriptions"] | ["subscriptions"]:
                return self._subscriptions
            case ["arm", "tenants"] | ["tenants"]:
                return self._tenants
        return None

    # -- tokens ----------------------------------------------------------------------------

    def _token(self, raw: RawRequest, parts: list[str]) -> Body:
        form = _form(raw) | clients.basic(raw.headers)
        return grants.answer(
            grants.TokenRequest(
                self._sandbox,
                self._devices,
                parts[0],
                form,
                f"{raw.root}{raw.path}",
                raw.root,
                v1="v2.0" not in parts,
            )
        )

    def _device_code(self, raw: RawRequest, parts: list[str]) -> Body:
        form = _form(raw)
        client_id = form.get("client_id", "").lower()
        if not client_id:
            raise refusals.missing("client_id")
        if parts[0].lower() in directory.ANY_TENANT:
            if directory.of_one_tenant(self._sandbox.store, client_id) is not None:
                raise person_refusals.no_tenant_named()
        else:
            tenant = directory.find_tenant(self._sandbox.store, parts[0])
            if directory.find_client(self._sandbox.store, tenant, client_id) is None:
                raise refusals.unknown_client(client_id, directory.display_name(tenant))
        v1 = "v2.0" not in parts
        scope = form.get("resource" if v1 else "scope", "")
        if not scope:
            raise refusals.missing("resource" if v1 else "scope")
        now = self._sandbox.clock.real()
        device_code, code = self._devices.give(client_id, parts[0], scope, now)
        url = f"{raw.root}/devicelogin"
        return {
            "user_code": code.user_code,
            "device_code": device_code,
            "verification_url" if v1 else "verification_uri": url,
            "expires_in": str(LIFETIME) if v1 else LIFETIME,
            "interval": str(INTERVAL) if v1 else INTERVAL,
            "message": f"To sign in, use a web browser to open the page {url} and enter the code"
            f" {code.user_code} to authenticate.",
        }

    def _approve(self, raw: RawRequest, _: list[str]) -> Body:
        form = _form(raw)
        text = form.get("user_code", "")
        code = self._devices.by_user_code(text, self._sandbox.clock.real())
        if code is None:
            return pages.device_login("That code didn't work. Check the code and try again.", text)
        if form.get("decline"):
            code.declined = True
            return pages.device_login("Declined. You may close this window.")
        username = form.get("username", "")
        any_tenant = code.tenant_name.lower() in directory.ANY_TENANT
        store = self._sandbox.store
        try:
            tenant = (
                directory.tenant_of_user(store, username)
                if any_tenant
                else directory.find_tenant(store, code.tenant_name)
            )
            _check_home(store, tenant, username, code.client_id)
            user = grants.sign_in(tenant, username, form.get("password", ""))
        except TokenError as error:
            return pages.device_login(str(error), text)
        code.user = (tenant.id, user.id)
        return pages.device_login("You have signed in. You may close this window.")

    def _consent(self, raw: RawRequest, parts: list[str]) -> Body:
        return consent.decide(self._sandbox, parts[0], _fields(raw.query), _form(raw))

    def _configuration(self, raw: RawRequest, parts: list[str]) -> Body:
        return documents.configuration(
            self._sandbox.store, parts[0], raw.root, v2="v2.0" in [part.lower() for part in parts]
        )

    # -- Azure, as far as signing in to a command line needs it ------------------------------

    def _subscriptions(self, raw: RawRequest, _: list[str]) -> Body:
        self._azure(raw)
        return {"value": [], "count": {"type": "Total", "value": 0}}

    def _tenants(self, raw: RawRequest, _: list[str]) -> Body:
        tenant_id = self._azure(raw)
        tenant = self._sandbox.store.tenants[tenant_id]
        organization = next(iter(tenant.all("organization")), None)
        domains = [domain.id for domain in tenant.all("domain")]
        return {
            "value": [
                {
                    "id": f"/tenants/{tenant_id}",
                    "tenantId": tenant_id,
                    "countryCode": "US",
                    "displayName": organization.props.get("displayName") if organization else tenant_id,
                    "domains": domains,
                    "defaultDomain": domains[0] if domains else None,
                    "tenantCategory": "Home",
                }
            ]
        }

    def _azure(self, raw: RawRequest) -> str:
        """Return the tenant of an Azure token; 401 for any other."""
        claims = bearer.claims_of(self._sandbox, raw.headers)
        tenant_id = str(claims["tid"])
        if not bearer.is_for_azure(claims) or self._sandbox.store.tenant(tenant_id) is None:
            text = "The access token has been obtained for wrong audience or resource."
            raise GraphError(401, "InvalidAuthenticationTokenAudience", text)
        return tenant_id

    def _render(self, status: int, body: Body, headers: dict[str, str], correlation: str | None) -> RawAnswer:
        request_id = str(uuid.uuid4())
        headers = headers | {
            "Date": http_date(self._sandbox.clock.now()),
            "Cache-Control": "no-store, no-cache",
            "Pragma": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": request_id,
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        }
        if correlation:
            headers["client-request-id"] = correlation
        if isinstance(body, consent.Redirect):
            return RawAnswer(302, headers | {"Location": body.url}, b"")
        if isinstance(body, str):
            headers["Content-Type"] = "text/html; charset=utf-8"
            headers["Content-Security-Policy"] = (
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
            )
            return RawAnswer(status, headers, body.encode())
        headers["Content-Type"] = _JSON
        return RawAnswer(status, headers, json.dumps(body).encode())


def _check_home(store: Store, tenant: Tenant, username: str, client_id: str) -> None:
    """Refuse a person who is of another tenant here."""
    if tenant.one("user", "userPrincipalName", username.strip()) is not None:
        return
    for home in store.tenants.values():
        if home.one("user", "userPrincipalName", username.strip()) is not None:
            client = directory.find_client(store, tenant, client_id)
            raise person_refusals.foreign_user(
                username.strip(),
                home.id,
                directory.display_name(tenant),
                client_id,
                client.name if client else client_id,
            )


def _refuse_method(raw: RawRequest, _: list[str]) -> Body:
    raise refusals.only_posted(raw.method)


def _refusal(error: GraphError | StateError) -> tuple[int, Body]:
    """Of a bearer token where one is asked for, or of a state that cannot be kept."""
    if isinstance(error, StateError):
        return 507, {"error": {"code": "InsufficientStorage", "message": f"{error.message} {error.fix}"}}
    return error.status, {"error": {"code": "AuthenticationFailed", "message": error.message}}


def _form(raw: RawRequest) -> dict[str, str]:
    """Return the fields of a form body; a body that is none has no fields."""
    if raw.body is None:
        raise refusals.malformed()
    try:
        return _fields(raw.body.decode())
    except UnicodeDecodeError as error:
        raise refusals.malformed() from error


def _fields(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise refusals.malformed() from error
    out: dict[str, str] = {}
    for name, value in pairs:
        if name in out:
            raise refusals.duplicate(name)
        out[name] = value
    return out
