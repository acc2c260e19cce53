"""Judge drift: from a plan, and what else stands there, to deviations; and what the config lets pass.

How bad each is:

========= ==================================================================================
error     gives somebody a way to act as the application, gives it more than it needs, or
          stops the mail; so does a secret of ours that is gone, or that nothing proves, if it
          is the one that is entered
warning   anything else that is not as declared, or that nobody declared
info      worth knowing, and no reason to be woken: what has ended, who owns what is not
          managed, a page's address
========= ==================================================================================

Owners are listed as ``info`` where ``application.owners`` is null, for the config says that they are not
managed, and an owner can add a secret all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from provision.change import Action, Change
from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import FindingEntry, Severity, catalogue
from provision.outcomes.drift import Deviation, Drift, Ignored, Surroundings
from provision.plan.model import Plan
from provision.resources import (
    Ignore,
    application,
    certificate,
    client_secret,
    consent,
    delivery_tags,
    owner,
    publisher,
    registration_settings,
    service_principal,
)
from provision.resources.client_secret import Records

# What a plan says of what it could not see: known not to be known is no drift.
_NOT_SEEN = (
    catalogue.NOT_CHECKED,
    catalogue.POLICY_NOT_CHECKED,
    catalogue.MAILBOX_NOT_CHECKED,
    catalogue.SCOPE_UNKNOWN,
)
# Said of a plan's secrets and permissions; told here one by one, with the value.
_TOLD_APART = (
    catalogue.SECRET_UNPROVEN, catalogue.SECRET_REMOVED, catalogue.ASKS_FOR_EVERYONE,
    catalogue.AUDIENCE_NARROWED, catalogue.REGISTRATION_DISABLED,
)  # fmt: skip
# What a plan may go on with is judged otherwise where the question is whether mail is sent.
_SEVERITIES = {
    catalogue.AWAITS_CONFIRMATION: Severity.INFO,  # our own doing, which ``expiry`` watches
    catalogue.EMERGENCY_UNFINISHED: Severity.ERROR,
    catalogue.LIVES_AS_LONG: Severity.INFO,
    catalogue.PRINCIPAL_DISABLED: Severity.ERROR,
}
_DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"  # an app role assignment without a role


def judge(plan: Plan, records: Records, around: Surroundings, *, now: datetime) -> Drift:
    """Return every deviation from the config, undeclared things included, and those it says to ignore.

    ``now`` is the service's time.
    """
    found = list(_of_plan(plan, records, now=now))
    if plan.observed.application is not None:
        found += _of_secrets(plan, records, now=now)
        found += _of_surroundings(plan, around, now=now)
    left, ignored, unused = _sorted_out(found, plan.desired.ignores)
    said = [f.message for f in plan.findings if f.entry in _NOT_SEEN]
    not_checked = [text.removeprefix("not checked: ").replace(": not checked: ", ": ") for text in said]
    return Drift(
        plan,
        tuple(sorted([*left, *unused], key=_by_severity)),
        ignored,
        tuple(sorted({*not_checked, *around.not_checked})),
    )


def _by_severity(item: Deviation) -> tuple[int, str, str, str]:
    return -list(Severity).index(item.severity), item.entry.code, item.address, item.value


def _sorted_out(
    found: Iterable[Deviation], ignores: Sequence[Ignore]
) -> tuple[list[Deviation], tuple[Ignored, ...], list[Deviation]]:
    left: list[Deviation] = []
    ignored: list[Ignored] = []
    used: set[Ignore] = set()
    for item in found:
        matching = [entry for entry in ignores if _matches(entry, item)]
        used.update(matching)
        if matching:
            ignored.append(Ignored(item, matching[0].reason))
        else:
            left.append(item)
    unused = [
        _deviation(
            catalogue.UNUSED_IGNORE,
            Severity.INFO,
            "config.drift.ignore",
            f"{entry.finding}: {entry.value}",
            f"nothing was found that drift.ignore names: {entry.finding}, {entry.value}",
        )
        for entry in ignores
        if entry not in used
    ]
    return left, tuple(sorted(ignored, key=lambda item: _by_severity(item.deviation))), unused


def _matches(entry: Ignore, item: Deviation) -> bool:
    """Say whether an ignore entry names this deviation, exactly or as a pattern of ``*`` and ``?`` alone."""
    if entry.finding != item.entry.name:
        return False
    return entry.value == item.value or fnmatchcase(item.value, entry.value.replace("[", "[[]"))


def _deviation(
    entry: FindingEntry, severity: Severity, address: str, value: str, message: str, *, fix: str | None = None
) -> Deviation:
    return Deviation(entry, severity, address, value, message, fix or entry.fix)


# What the plan says: its changes, and its findings


def _of_plan(plan: Plan, records: Records, *, now: datetime) -> Iterator[Deviation]:
    for finding in plan.findings:
        if finding.entry in (*_NOT_SEEN, *_TOLD_APART):
            continue
        severity = _SEVERITIES.get(finding.entry, finding.severity)
        at, value = finding.entry.address, finding.value
        yield _deviation(finding.entry, severity, at, value, finding.message, fix=finding.fix)
    if plan.observed.application is None:  # the rest follows from it
        text = f"no application has the uniqueName '{plan.desired.application.unique_name}'"
        yield _deviation(catalogue.APPLICATION_MISSING, Severity.ERROR, application.ADDRESS, plan.name, text)
        return
    for change in plan.changes:
        yield from _of_change(plan, change, records, now=now)


def _of_change(plan: Plan, change: Change, records: Records, *, now: datetime) -> Iterator[Deviation]:
    match change.action, change.address:
        case Action.NO_OP, _:
            return
        case Action.UPDATE, _:
            for name in change.after or {}:
                yield from _of_property(change, name)
        case _, service_principal.ADDRESS:
            entry = catalogue.PRINCIPAL_MISSING
            yield _deviation(entry, Severity.ERROR, change.address, "", entry.title)
        case _, consent.ADDRESS:
            entry = catalogue.MAIL_NOT_GRANTED
            yield _deviation(entry, Severity.ERROR, change.address, consent.PERMISSION, entry.title)
        case Action.CREATE, client_secret.ADDRESS:
            state = client_secret.standing(
                plan.desired.client_secret, plan.observed.secrets, records, now=now
            )
            severity = Severity.WARNING if state.current else Severity.ERROR
            value = _of_key(state.current.display_name, state.current.key_id) if state.current else ""
            text = f"a client secret is to be made: {change.reason}"
            yield _deviation(catalogue.SECRET_DUE, severity, change.address, value, text)
        case _:  # what an interrupted run left
            text = f"{change.address} is to be removed: {change.reason}"
            yield _deviation(
                catalogue.SECRET_UNPROVEN,
                Severity.WARNING,
                client_secret.ADDRESS,
                change.address,
                text,
                fix="Run 'provision apply': it removes the secret.",
            )


def _of_property(change: Change, name: str) -> Iterator[Deviation]:
    before, after = (change.before or {}).get(name), (change.after or {}).get(name)
    address = f"{change.address}.{name}"
    if isinstance(after, (list, tuple)):
        for lacking in after:
            if lacking not in (before or ()):
                text = f"{name}: {lacking} is declared and not there"
                yield _deviation(catalogue.DIFFERS, Severity.WARNING, address, str(lacking), text)
        return
    text = f"{name} is {_quoted(before)}, and should be {_quoted(after)}"
    yield _deviation(
        catalogue.DIFFERS, Severity.WARNING, address, "" if before is None else str(before), text
    )


def _quoted(value: Any) -> str:
    return "not set" if value is None else f"'{value}'"


# Secrets


def _of_secrets(plan: Plan, records: Records, *, now: datetime) -> Iterator[Deviation]:
    wanted, secrets = plan.desired.client_secret, plan.observed.secrets
    state = client_secret.standing(wanted, secrets, records, now=now)
    others = [item for item in secrets if item not in state.ours]
    yield from _passwords(client_secret.ADDRESS, others, now=now)
    for item in state.unproven:
        if item.key_id in records.journal:
            continue  # its removal is a change of the plan
        value = _of_key(item.display_name, item.key_id)
        text = f"secret {value} carries this config's mark, but nothing records that it was delivered"
        yield _deviation(catalogue.SECRET_UNPROVEN, Severity.ERROR, client_secret.ADDRESS, value, text)
    for key_id in sorted(state.missing):
        tag = delivery_tags.DELIVERED_TAG + key_id
        text = (
            f"the tag {tag} records the delivery of a secret that is not there: if it is the one that is "
            "entered, no mail is sent"
        )
        yield _deviation(catalogue.STALE_RECORD, Severity.ERROR, f"{application.ADDRESS}.tags", tag, text)


def _passwords(
    address: str, secrets: Iterable[client_secret.Observed], *, now: datetime
) -> Iterator[Deviation]:
    for item in secrets:
        value = _of_key(item.display_name, item.key_id)
        alive = item.end > now
        text = f"secret {value} {_ending(item.end, now)} and was not made here"
        severity = Severity.ERROR if alive else Severity.INFO
        yield _deviation(catalogue.UNDECLARED_SECRET, severity, address, value, text)


def _certificates(
    address: str, certificates: Iterable[certificate.Observed], *, now: datetime
) -> Iterator[Deviation]:
    for item in certificates:
        value = _of_key(item.display_name, item.key_id)
        severity = Severity.ERROR if item.end > now else Severity.INFO
        text = f"certificate {value} {_ending(item.end, now)} and is not declared"
        yield _deviation(catalogue.UNDECLARED_CERTIFICATE, severity, address, value, text)


def _of_key(name: str | None, key_id: str) -> str:
    return f"{name or 'without a name'} ({key_id})"


def _ending(end: datetime, now: datetime) -> str:
    return f"{'ends' if end > now else 'ended'} {end:%Y-%m-%d}"


# What stands around


def _of_surroundings(plan: Plan, around: Surroundings, *, now: datetime) -> Iterator[Deviation]:
    yield from _certificates(f"{application.ADDRESS}.keyCredentials", around.certificates, now=now)
    principal = service_principal.ADDRESS
    yield from _passwords(f"{principal}.passwordCredentials", around.principal_secrets, now=now)
    yield from _certificates(f"{principal}.keyCredentials", around.principal_certificates, now=now)
    for item in around.federated:
        value = f"{item.name} (issuer {item.issuer}, subject {item.subject})"
        yield _deviation(
            catalogue.UNDECLARED_FEDERATED_CREDENTIAL,
            Severity.ERROR,
            f"{application.ADDRESS}.federatedIdentityCredentials",
            value,
            f"federated credential {value} is not declared",
        )
    names = _Names(around.publishers)
    yield from _permissions(plan, names)
    yield from _grants(plan, around, names)
    declared = plan.desired.application.owners
    yield from _owners(f"{application.ADDRESS}.owners", declared, around.owners)
    yield from _owners(f"{principal}.owners", declared, around.principal_owners)
    if around.settings is not None:
        yield from _settings(plan, around.settings)
    if around.assignment_required:
        entry = catalogue.ASSIGNMENT_REQUIRED
        address = f"{principal}.appRoleAssignmentRequired"
        yield _deviation(entry, Severity.WARNING, address, "true", entry.title)


class _Names:
    """Permissions by the names that the tenant tells for them; by their ids where it tells none."""

    def __init__(self, publishers: Iterable[publisher.Observed]) -> None:
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
            yield _deviation(
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
        yield _deviation(
            catalogue.UNDECLARED_GRANT,
            Severity.ERROR,
            f"{service_principal.ADDRESS}.appRoleAssignments",
            value,
            f"{value} is granted, and not declared",
        )
    for item in around.delegated:
        whom = "for everybody" if item.everybody else "for one person"
        value = f"{names.delegated(item.resource_id, item.scope)} (delegated, {whom})"
        yield _deviation(
            catalogue.UNDECLARED_GRANT,
            Severity.WARNING,  # works only while somebody is signed in
            f"{service_principal.ADDRESS}.oauth2PermissionGrants",
            value,
            f"{value} is granted, and not declared",
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
        yield _deviation(
            catalogue.UNDECLARED_OWNER,
            Severity.INFO if declared is None else Severity.ERROR,
            address,
            value,
            f"owner {value} may add secrets"
            + ("; application.owners manages none" if declared is None else ", and is not declared"),
        )


def _settings(plan: Plan, settings: registration_settings.Observed) -> Iterator[Deviation]:
    declared = {application.comparable(uri) for uri in plan.desired.application.redirect_uris}
    for platform, uri in settings.redirect_uris:
        if platform == "web" and application.comparable(uri) in declared:
            continue
        yield _deviation(
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
        yield _deviation(
            catalogue.IMPLICIT_GRANT,
            Severity.WARNING,
            f"{application.ADDRESS}.web.implicitGrantSettings",
            name,
            f"{catalogue.IMPLICIT_GRANT.title}: {name}",
        )
    if settings.public_client:
        entry = catalogue.PUBLIC_CLIENT
        address = f"{application.ADDRESS}.isFallbackPublicClient"
        yield _deviation(entry, Severity.WARNING, address, "true", entry.title)
    for name, value, severity in _undeclared(settings):
        text = f"{name} is '{value}', and nothing declares it"
        yield _deviation(catalogue.UNDECLARED_SETTING, severity, f"{application.ADDRESS}.{name}", value, text)
    if settings.disabled is not None:
        yield _deviation(
            catalogue.REGISTRATION_DISABLED,
            Severity.ERROR,
            f"{application.ADDRESS}.{settings.disabled.partition(':')[0]}",
            settings.disabled,
            catalogue.REGISTRATION_DISABLED.title,
        )


def _undeclared(settings: registration_settings.Observed) -> Iterator[tuple[str, str, Severity]]:
    for uri in settings.identifier_uris:
        yield "identifierUris", uri, Severity.WARNING
    for name, value in settings.offered:
        yield name, value, Severity.WARNING
    if settings.logout:
        yield "web.logoutUrl", settings.logout, Severity.WARNING
    if settings.home_page:
        yield "web.homePageUrl", settings.home_page, Severity.INFO
