"""The seed file: tenants of many shapes, as YAML. One document is one tenant.

The keys stand in ``docs/sandbox.md``, "Seed". Applying a seed again changes what it names and keeps
the rest.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.sandbox import hashing
from provision.sandbox.authorization import permissions
from provision.sandbox.clock import instant
from provision.sandbox.data import first_party
from provision.sandbox.directory import applications, grants, policies, principals, tenants
from provision.sandbox.entities import application, people
from provision.sandbox.entities.complex_types import KEY_CREDENTIAL, PASSWORD_CREDENTIAL
from provision.sandbox.entities.schema import Complex, is_guid, value_of
from provision.sandbox.errors import GraphError
from provision.sandbox.exchange import access, mailboxes
from provision.sandbox.fixed import uuid5
from provision.sandbox.keeping.store import Record
from provision.sandbox.seeding import manifest
from provision.sandbox.seeding.marked import Marked, SeedError, documents
from provision.sandbox.wire import inward
from provision.sandbox.wire.call import Call
from provision.sandbox.wire.caller import GLOBAL_ADMINISTRATOR

if TYPE_CHECKING:
    from provision.sandbox import Sandbox
    from provision.sandbox.keeping.store import Tenant

__all__ = ["SeedError", "apply"]

_ROLES = {
    "Global Administrator": GLOBAL_ADMINISTRATOR,
    "Privileged Role Administrator": permissions.PRIVILEGED_ROLE_ADMINISTRATOR,
    "Application Administrator": permissions.APPLICATION_ADMINISTRATOR,
    "Cloud Application Administrator": permissions.CLOUD_APPLICATION_ADMINISTRATOR,
    "User Administrator": permissions.USER_ADMINISTRATOR,
    "Exchange Administrator": permissions.EXCHANGE_ADMINISTRATOR,
    "Groups Administrator": permissions.GROUPS_ADMINISTRATOR,
}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_CREDENTIALS = ("passwordCredentials", "keyCredentials")
_NEVER = "2299-12-31T00:00:00Z"
_KEPT = (
    "id",
    "appId",
    "createdDateTime",
    "publisherDomain",
    "createdByAppId",
    "disabledByMicrosoftStatus",
    "verifiedPublisher",
)  # of an application as fetched


def apply(sandbox: Sandbox, path: Path) -> list[str]:
    """Carry out a seed file, whole or not at all; the ids of its tenants. ``SeedError`` if it is wrong."""
    found = documents(path)
    if not found:
        raise SeedError(f"{path}:1: there is nothing in it")
    with sandbox.writing():
        return [_Seeding(sandbox, document).carry_out() for document in found]


class _Seeding:
    """One document, being applied to its tenant."""

    def __init__(self, sandbox: Sandbox, document: Marked) -> None:
        self._sandbox = sandbox
        self._parts = document.mapping(
            "tenant", "users", "callers", "policy", "applications", "mailbox_scopes", required=("tenant",)
        )
        self._tenant = self._find_tenant(self._parts["tenant"])

    def carry_out(self) -> str:
        for name, each in (
            ("users", self._user),
            ("applications", self._application),
            ("callers", self._caller),
            ("mailbox_scopes", self._mailbox_scope),
        ):
            for item in self._parts[name].items() if name in self._parts else ():
                each(item)
        if "policy" in self._parts:
            self._policy(self._parts["policy"])
        self._remember(tenants.SEEDED)
        return self._tenant.id

    def _remember(self, setting: str) -> None:
        store = self._sandbox.store
        store.set(setting, sorted({*store.settings.get(setting, ()), self._tenant.id}))

    def _find_tenant(self, given: Marked) -> Tenant:
        parts = given.mapping("id", "domain", "display_name")
        tenant_id = _guid(parts["id"]) if "id" in parts else None
        domain = parts["domain"].text().lower() if "domain" in parts else None
        if domain is not None and not _DOMAIN.fullmatch(domain):
            raise parts["domain"].error(f"'{domain}' is no domain")
        if tenant_id is None and domain is None:
            raise given.error("'id' or 'domain' is missing")
        name = parts["display_name"].text() if "display_name" in parts else None
        store, clock = self._sandbox.store, self._sandbox.clock
        by_domain = tenants.find(store, domain) if domain else None
        tenant = tenants.find(store, tenant_id) if tenant_id else by_domain
        if by_domain is not None and tenant_id is not None and by_domain.id != tenant_id:
            raise parts["domain"].error(f"'{domain}' belongs to tenant {by_domain.id} already")
        tenant = tenant or tenants.create(store, clock, tenant_id or domain or "", name)
        if domain is not None and tenant.get("domain", domain) is None:
            tenants.add_domain(tenant, domain, is_default=True)
        return tenant

    # -- people ----------------------------------------------------------------------------

    def _user(self, given: Marked) -> None:
        parts = given.mapping(
            "user_principal_name", "display_name", "mailbox", "addresses", "password", "directory_roles",
            required=("user_principal_name",),
        )  # fmt: skip
        name = parts["user_principal_name"].text()
        if not _ADDRESS.fullmatch(name):
            raise parts["user_principal_name"].error(f"'{name}' is no user name")
        kind = parts["mailbox"].choice(*mailboxes.KINDS, "group") if "mailbox" in parts else "none"
        if kind == "group":
            self._group(name, parts)
            return
        user = self._person(name, kind)
        if "display_name" in parts:
            user = self._tenant.put(user.with_props(displayName=parts["display_name"].text()))
        if "addresses" in parts:
            user = self._with_addresses(user, parts["addresses"])
        if "password" in parts:
            kept = {**user.private, "password": hashing.hashed(parts["password"].text())}
            user = self._tenant.put(replace(user, private=kept))
        self._give_roles(user, parts)

    def _person(self, name: str, kind: str) -> Record:
        """Return the user, with the mailbox and the licence of this kind."""
        clock = self._sandbox.clock
        if kind in mailboxes.PURPOSE or kind == "soft-deleted":
            return tenants.add_mailbox(self._tenant, clock, name, kind)
        domain = name.rpartition("@")[2]
        if self._tenant.get("domain", domain) is None:
            tenants.add_domain(self._tenant, domain)
        user = self._tenant.one("user", "userPrincipalName", name) or tenants.add_user(
            self._tenant, clock, name, name.partition("@")[0]
        )
        mail = name if kind == "unlicensed" else None
        user = user.with_props(mail=mail, assignedPlans=[], proxyAddresses=[f"SMTP:{name}"] if mail else [])
        return self._tenant.put(replace(user, private={**user.private, "mailbox": kind}))

    def _with_addresses(self, user: Record, given: Marked) -> Record:
        """Second addresses of a mailbox; the first stays what messages are sent from."""
        if user.props.get("mail") is None:
            raise given.error("a user without a mailbox has no further addresses")
        for item in given.items():
            address = item.text()
            other = tenants.by_second_address(self._tenant, address)
            if not _ADDRESS.fullmatch(address):
                raise item.error(f"'{address}' is no address")
            if other is not None and other.id != user.id:
                raise item.error(f"'{address}' is {other.props['userPrincipalName']}'s")
        first = f"SMTP:{user.props['mail']}"
        further = [f"smtp:{address}" for address in given.texts()]
        return self._tenant.put(user.with_props(proxyAddresses=[first, *further]))

    def _group(self, address: str, parts: dict[str, Marked]) -> None:
        record_id = self._id(f"group:{address.lower()}")
        title = parts["display_name"].text() if "display_name" in parts else address.partition("@")[0]
        props = people.GROUP.defaults() | {
            "id": record_id, "displayName": title, "mail": address, "mailEnabled": True,
            "mailNickname": address.partition("@")[0], "securityEnabled": False, "groupTypes": ["Unified"],
            "proxyAddresses": [f"SMTP:{address}"], "createdDateTime": instant(self._sandbox.clock.now()),
        }  # fmt: skip
        self._tenant.put(Record("group", record_id, props))

    def _give_roles(self, principal: Record, parts: dict[str, Marked]) -> None:
        for item in parts["directory_roles"].items() if "directory_roles" in parts else ():
            name = item.text()
            template = _ROLES.get(name) or (name.lower() if is_guid(name) else None)
            if template is None:
                raise item.error(
                    f"'{name}' is no directory role; known are {', '.join(_ROLES)}, or a template id"
                )
            tenants.give_role(self._tenant, principal, template)

    # -- applications ----------------------------------------------------------------------

    def _caller(self, given: Marked) -> None:
        """Return an application with a secret of the seed's choosing, and what it was granted."""
        parts = given.mapping(
            "client_id",
            "secret",
            "roles",
            "directory_roles",
            "display_name",
            required=("client_id", "secret"),
        )
        client_id, secret = _guid(parts["client_id"]), parts["secret"].text()
        title = parts["display_name"].text() if "display_name" in parts else f"Caller {client_id[:8]}"
        app = self._tenant.one("application", "appId", client_id) or self._create(
            {"displayName": title, "signInAudience": "AzureADMyOrg"}, {"appId": client_id}, given
        )
        key_id = self._id(f"secret:{client_id}")
        credential = {
            "customKeyIdentifier": None, "displayName": "seed", "endDateTime": _NEVER, "hint": secret[:3],
            "keyId": key_id, "secretText": None, "startDateTime": "2000-01-01T00:00:00Z",
        }  # fmt: skip
        others = [c for c in app.props["passwordCredentials"] if c["keyId"] != key_id]
        hashes = {**app.private.get("secrets", {}), key_id: hashing.hashed(secret)}
        self._tenant.put(
            replace(
                app.with_props(passwordCredentials=[credential, *others]),
                private={**app.private, "secrets": hashes},
            )
        )
        principal = self._tenant.one("servicePrincipal", "appId", client_id) or principals.create(
            self._call(), {"appId": client_id}
        )
        self._grant(principal, parts)
        self._give_roles(principal, parts)

    def _grant(self, principal: Record, parts: dict[str, Marked]) -> None:
        graph = self._tenant.one("servicePrincipal", "appId", first_party.MICROSOFT_GRAPH)
        known = first_party.get(first_party.MICROSOFT_GRAPH)
        if graph is None or known is None:
            raise parts["client_id"].error("the tenant has no Microsoft Graph")
        offered = {str(r["value"]): str(r["id"]) for r in known.app_roles}
        held = {
            g.props["appRoleId"] for g in self._tenant.find("appRoleAssignment", "principalId", principal.id)
        }
        for item in parts["roles"].items() if "roles" in parts else ():
            if item.text() not in offered:
                raise item.error(f"Microsoft Graph has no application role '{item.text()}'")
            role_id = offered[item.text()]
            if role_id not in held:
                body = {"principalId": principal.id, "resourceId": graph.id, "appRoleId": role_id}
                grants.assign(self._call(), body)
                held.add(role_id)

    def _application(self, given: Marked) -> None:
        """Somebody else's application, as Graph answers it: what only the service sets is kept too."""
        value = given.plain()
        if not isinstance(value, dict):
            raise given.error("a Graph application is meant")
        value = manifest.as_graph(_jsonable(value))
        kept = {name: value[name] for name in _KEPT if value.get(name) is not None}
        for name in ("id", "appId"):
            if name in kept and not is_guid(str(kept[name])):
                raise given.error(f"'{name}' is no GUID")
        existing = self._tenant.get("application", str(kept.get("id", ""))) or (
            self._tenant.one("application", "appId", str(kept["appId"])) if "appId" in kept else None
        )
        if existing is not None:
            return
        settable = {
            name: item
            for name, item in value.items()
            if name not in (*_KEPT, *_CREDENTIALS)
            and "@" not in name
            and not (
                name.lower() in application.TYPE.by_name and application.TYPE.by_name[name.lower()].read_only
            )
        }
        # A certificate that comes with its key is checked as Graph checks it; as it is exported it has none.
        whole = [k for k in _list(value.get("keyCredentials")) if isinstance(k, dict) and k.get("key")]
        app = self._create({**settable, **({"keyCredentials": whole} if whole else {})}, kept, given)
        self._tenant.put(
            app.with_props(
                passwordCredentials=_credentials(given, value, "passwordCredentials", PASSWORD_CREDENTIAL),
                keyCredentials=[
                    *app.props["keyCredentials"],
                    *(
                        k
                        for k in _credentials(given, value, "keyCredentials", KEY_CREDENTIAL)
                        if not k["key"]
                    ),
                ],
            )
        )

    def _create(self, body: dict[str, Any], kept: dict[str, Any], given: Marked) -> Record:
        """Return a new application, by the rules of Graph for one, under the ids that the seed wants."""
        try:
            made, _ = applications.create(self._call(), body)
        except GraphError as error:
            raise given.error(error.message) from error
        self._tenant.remove(made)
        own = {name: str(value).lower() if name in ("id", "appId") else value for name, value in kept.items()}
        if "verifiedPublisher" in own:
            prop = application.TYPE.by_name["verifiedpublisher"]
            try:
                own["verifiedPublisher"] = value_of(prop, own["verifiedPublisher"], "Application")
            except GraphError as error:
                raise given.error(error.message) from error
        return self._tenant.put(replace(made.with_props(**own), id=str(own.get("id", made.id))))

    def _policy(self, given: Marked) -> None:
        parts = given.mapping("secrets", "max_secret_days", "service_management_reference")
        rules: list[dict[str, Any]] = []
        if "secrets" in parts and parts["secrets"].choice("allowed", "blocked") == "blocked":
            rules.append(_rule("passwordAddition", None))
        if "max_secret_days" in parts:
            rules.append(_rule("passwordLifetime", f"P{parts['max_secret_days'].whole(1, 36500)}D"))
        record = self._tenant.get("defaultAppManagementPolicy", policies.DEFAULT_ID)
        if record is None:
            raise given.error("the tenant has no policy")
        if "service_management_reference" in parts:
            demanded = parts["service_management_reference"].choice("optional", "required") == "required"
            record = replace(record, private={**record.private, policies.REFERENCE_REQUIRED: demanded})
        restrictions = {**record.props["applicationRestrictions"], "passwordCredentials": rules}
        self._tenant.put(record.with_props(isEnabled=bool(rules), applicationRestrictions=restrictions))

    def _mailbox_scope(self, given: Marked) -> None:
        parts = given.mapping("client_id", "addresses", "permissions", required=("client_id", "addresses"))
        for item in parts["addresses"].items():
            if not _ADDRESS.fullmatch(item.text()):
                raise item.error(f"'{item.text()}' is no address")
        allowed = parts["permissions"].items() if "permissions" in parts else ()
        permissions = [item.choice(*access.SCOPABLE) for item in allowed] or ["Mail.Send"]
        access.limit(self._tenant, _guid(parts["client_id"]), parts["addresses"].texts(), permissions)

    # -- what the above need ---------------------------------------------------------------

    def _id(self, what: str) -> str:
        """Return the same id each time the same seed is applied."""
        return str(uuid5(uuid.UUID(self._tenant.id), what))

    def _call(self) -> Call:
        return inward.call(self._sandbox, self._tenant)


def _credentials(given: Marked, value: dict[str, Any], name: str, kind: Complex) -> list[dict[str, Any]]:
    """Secrets or certificates as they were exported: with ids and dates, without values."""
    found = _list(value.get(name))
    if not all(isinstance(item, dict) and item.get("endDateTime") for item in found):
        raise given.error(f"{name}: a list of credentials with 'endDateTime' is meant")
    known = [member.name for member in kind.members]
    return [
        {**{n: item.get(n) for n in known}, "keyId": str(item.get("keyId") or uuid.uuid4()).lower(),
         **({"secretText": None} if "secretText" in known else {})}
        for item in found
    ]  # fmt: skip


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _guid(given: Marked) -> str:
    value = given.text().lower()
    if not is_guid(value):
        raise given.error(f"'{value}' is no GUID")
    return value


def _rule(kind: str, longest: str | None) -> dict[str, Any]:
    return {
        "restrictionType": kind, "state": "enabled", "maxLifetime": longest,
        "restrictForAppsCreatedAfterDateTime": None, "excludeActors": None,
    }  # fmt: skip


def _jsonable(value: Any) -> Any:
    """YAML reads times and dates as such; JSON has text."""
    if isinstance(value, dict):
        return {str(name): _jsonable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    if hasattr(value, "isoformat"):
        text = str(value.isoformat())
        return text.replace("+00:00", "Z") if "T" in text else f"{text}T00:00:00Z"
    return value
