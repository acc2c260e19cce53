"""What stands around a registration and nobody declared: credentials, grants, owners, settings.

How bad each is, is told in :mod:`provision.checks.drift`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import FindingEntry, Severity, catalogue
from provision.outcomes.drift import Deviation
from provision.plan import scoping
from provision.plan.model import Plan
from provision.resources import (
    Surroundings,
    application,
    client_secret,
    consent,
    last_use,
    mailbox_scope,
    owner,
    service_principal,
)
from provision.resources.undeclared import Certificate, Publisher, Settings

_DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"  # an app role assignment without a role


def of_surroundings(plan: Plan, around: Surroundings, *, now: datetime) -> Iterator[Deviation]:
    """Yield a deviation for each thing beside the application that its config does not declare."""
    used = around.last_use
    yield from _certificates(f"{application.ADDRESS}.keyCredentials", around.certificates, used, now=now)
    principal = service_principal.ADDRESS
    yield from passwords(f"{principal}.passwordCredentials", around.principal_secrets, used, now=now)
    yield from _certificates(f"{principal}.keyCredentials", around.principal_certificates, used, now=now)
    for item in around.federated:
        value = f"{item.name} (issuer {item.issuer}, subject {item.subject})"
        yield deviation(
            catalogue.UNDECLARED_FEDERATED_CREDENTIAL,
            Severity.ERROR,
            f"{application.ADDRESS}.federatedIdentityCredentials",
            value,
            f"federated credential {value} is not declared",
        )
    names = _Names(around.publishers)
    yield from _permissions(plan, names)
    yield from _grants(plan, around, names)
    yield from _exchange(plan)
    declared = plan.desired.application.owners
    yield from _owners(f"{application.ADDRESS}.owners", declared, around.owners)
    yield from _owners(f"{principal}.owners", declared, around.principal_owners)
    if around.settings is not None:
        yield from _settings(plan, around.settings)
    if around.assignment_required:
        entry = catalogue.ASSIGNMENT_REQUIRED
        address = f"{principal}.appRoleAssignmentRequired"
        yield deviation(entry, Severity.WARNING, address, "true", entry.title)


class _Names:
    """Permissions by the names that the tenant tells for them; by their ids where it tells none."""

    def __init__(self, publishers: Iterable[Publisher]) -> None:
        self._known = {key: item for item in publishers for key in (item.id, item.app_id)}

    def application(self, resource: str, role_id: str) -> str:
        found = self._known.get(resource.lower())
        name = "default access" if role_id == _DEFAULT_ACCESS else role_id
        name = found.roles.get(role_id.lower(), name) if found else name
        return f"{self._resource(resource)}: {name} (application)"

    def delegated(self, resource: str, scope: str) -> str:
        found = self._known.get(resource.lower())
        return f"{self._resource(resource)}: {found.scopes.get(scope.lower(), scope) if found else scope}"

    def _resource(self, key: str) -> str:
        found = self._known.get(key.lower())
        return found.name if found and found.name else key


def _permissions(plan: Plan, names: _Names) -> Iterator[Deviation]:
    app, role = plan.observed.application, plan.observed.role
    asked = plan.desired.consent.mode is not consent.Mode.NONE
    for entry in app.required_resource_access if app else ():
        resource = str(entry.get("resourceAppId") or "")
        for item in entry.get("resourceAccess") or ():
            permission_id, is_role = str(item.get("id") or ""), item.get("type") == "Role"
            ours = (resource.lower(), permission_id.lower()) == (MICROSOFT_GRAPH_APP_ID, role.role_id.lower())
            if is_role and ours and asked:
                continue
            value = (
                names.application(resource, permission_id)
                if is_role
                else f"{names.delegated(resource, permission_id)} (delegated)"
            )
            yield deviation(
                catalogue.UNDECLARED_PERMISSION,
                Severity.WARNING,
                f"{application.ADDRESS}.requiredResourceAccess",
                value,
                f"the application asks for {value}, which is not declared",
            )


def _grants(plan: Plan, around: Surroundings, names: _Names) -> Iterator[Deviation]:
    for role in plan.observed.assignments:
        if role == plan.observed.role:  # with mail.scope: mailbox the plan says it: unscoped-grant
            continue
        value = names.application(role.resource_id, role.role_id)
        yield deviation(
            catalogue.UNDECLARED_GRANT,
            Severity.ERROR,
            f"{service_principal.ADDRESS}.appRoleAssignments",
            value,
            f"{value} is granted, and not declared",
        )
    for item in around.delegated:
        whom = "for everybody" if item.everybody else "for one person"
        value = f"{names.delegated(item.resource_id, item.scope)} (delegated, {whom})"
        yield deviation(
            catalogue.UNDECLARED_GRANT,
            Severity.WARNING,  # works only while somebody is signed in
            f"{service_principal.ADDRESS}.oauth2PermissionGrants",
            value,
            f"{value} is granted, and not declared",
        )


def _exchange(plan: Plan) -> Iterator[Deviation]:
    for item in scoping.undeclared(plan.desired, plan.observed):
        value = f"{item.role} for {item.reaches}"
        yield deviation(
            catalogue.UNDECLARED_ASSIGNMENT,
            Severity.ERROR,
            mailbox_scope.ADDRESS,
            value,
            f"Exchange gives the application {value} (assignment {item.id}), and nobody declared it",
        )


def _owners(
    address: str, declared: Sequence[str] | None, owners: Iterable[owner.Observed]
) -> Iterator[Deviation]:
    known = {item.lower() for item in declared or ()}
    for item in owners:
        if item.id in known:
            continue
        inner = ", ".join(part for part in (item.address, item.kind, item.id) if part)
        value = f"{item.name} ({inner})" if item.name else inner
        yield deviation(
            catalogue.UNDECLARED_OWNER,
            Severity.INFO if declared is None else Severity.ERROR,
            address,
            value,
            f"owner {value} may add secrets"
            + ("; application.owners manages none" if declared is None else ", and is not declared"),
        )


def _settings(plan: Plan, settings: Settings) -> Iterator[Deviation]:
    declared = {application.comparable(uri) for uri in plan.desired.application.redirect_uris}
    for platform, uri in settings.redirect_uris:
        if platform == "web" and application.comparable(uri) in declared:
            continue
        yield deviation(
            catalogue.UNDECLARED_REDIRECT_URI,
            Severity.WARNING,
            f"{application.ADDRESS}.{platform}.redirectUris",
            uri,
            f"redirect URI {uri} ({platform}) is not declared",
            fix=None
            if platform == "web"
            else "Remove it in the portal (Authentication), or ignore it with a reason.",
        )
    for name in settings.implicit:
        yield deviation(
            catalogue.IMPLICIT_GRANT,
            Severity.WARNING,
            f"{application.ADDRESS}.web.implicitGrantSettings",
            name,
            f"{catalogue.IMPLICIT_GRANT.title}: {name}",
        )
    if settings.public_client:
        entry = catalogue.PUBLIC_CLIENT
        address = f"{application.ADDRESS}.isFallbackPublicClient"
        yield deviation(entry, Severity.WARNING, address, "true", entry.title)
    for name, value, severity in _undeclared(settings):
        text = f"{name} is '{value}', and nothing declares it"
        yield deviation(catalogue.UNDECLARED_SETTING, severity, f"{application.ADDRESS}.{name}", value, text)
    if settings.disabled is not None:
        yield deviation(
            catalogue.REGISTRATION_DISABLED,
            Severity.ERROR,
            f"{application.ADDRESS}.{settings.disabled.partition(':')[0]}",
            settings.disabled,
            catalogue.REGISTRATION_DISABLED.title,
        )


def _undeclared(settings: Settings) -> Iterator[tuple[str, str, Severity]]:
    for uri in settings.identifier_uris:
        yield "identifierUris", uri, Severity.WARNING
    for name, value in settings.offered:
        yield name, value, Severity.WARNING
    if settings.logout:
        yield "web.logoutUrl", settings.logout, Severity.WARNING
    if settings.home_page:
        yield "web.homePageUrl", settings.home_page, Severity.INFO


def _use(used: last_use.Observed, key_id: str) -> str:
    words = used.words(key_id)
    return f"; {words}" if words else ""


def passwords(
    address: str, secrets: Iterable[client_secret.Observed], used: last_use.Observed, *, now: datetime
) -> Iterator[Deviation]:
    """Yield a deviation for each secret that was not made here; one that has ended is worth knowing."""
    for item in secrets:
        value = of_key(item.display_name, item.key_id)
        alive = item.end > now
        text = f"secret {value} {_ending(item.end, now)} and was not made here{_use(used, item.key_id)}"
        severity = Severity.ERROR if alive else Severity.INFO
        yield deviation(catalogue.UNDECLARED_SECRET, severity, address, value, text)


def _certificates(
    address: str,
    certificates: Iterable[Certificate],
    used: last_use.Observed,
    *,
    now: datetime,
) -> Iterator[Deviation]:
    for item in certificates:
        value = of_key(item.display_name, item.key_id)
        severity = Severity.ERROR if item.end > now else Severity.INFO
        text = f"certificate {value} {_ending(item.end, now)} and is not declared{_use(used, item.key_id)}"
        yield deviation(catalogue.UNDECLARED_CERTIFICATE, severity, address, value, text)


def of_key(name: str | None, key_id: str) -> str:
    """Return how a credential is called: by its name, and by its key id."""
    return f"{name or 'without a name'} ({key_id})"


def _ending(end: datetime, now: datetime) -> str:
    return f"{'ends' if end > now else 'ended'} {end:%Y-%m-%d}"


def deviation(
    entry: FindingEntry, severity: Severity, address: str, value: str, message: str, *, fix: str | None = None
) -> Deviation:
    """Return a deviation with the fix of its entry, unless there is a better one."""
    return Deviation(entry, severity, address, value, message, fix or entry.fix)
