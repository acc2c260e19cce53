"""The plans of ``destroy`` and ``restore``: what ends or comes back, and what is refused unless allowed.

An application is deleted softly: Entra keeps it, with its principal, for 30 days. Whatever nobody declared on
it would end with it, so that is refused by name. Nothing here is looked up, and nothing done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provision.change import Action, Change
from provision.errors import Finding, Severity, catalogue
from provision.plan.build import assemble
from provision.plan.model import Context, Plan
from provision.resources import (
    Desired,
    Observed,
    application,
    client_secret,
    consent,
    mailbox_scope,
    service_principal,
)
from provision.resources.last_use import Observed as LastUse
from provision.values import dataclass

DELIVERY = "delivery"
_WITH = "it goes with the application"
# No page says how those of a deleted application are read.
_FEDERATED = "not checked: federated credentials, which sign in again, too, if it had any"
_LOOK = "No right helps. Once it is back, 'provision drift' names them."


@dataclass(frozen=True, slots=True)
class Forget:
    """Have the sink remove the value that it holds, with its record."""

    label: str


@dataclass(frozen=True, slots=True)
class Lies:
    """A place that holds a delivered value."""

    label: str
    forget: bool  # whether this run has it removed there
    can: bool  # whether that sink could
    named: bool = True  # by the config, or by --deliver of this run
    untouched: str | None = None  # why it is left as it is: it cannot be looked at, or is somebody else's
    way: str | None = None  # what can be done about that


@dataclass(frozen=True, slots=True)
class Gone:
    """A soft-deleted application, and its principal if that is among the deleted too."""

    id: str
    app_id: str
    display_name: str
    deleted: str  # when, as Graph writes it
    principal_id: str | None
    credentials: tuple[str, ...]  # what signs in again once it is back, each in words


def _plan(
    context: Context,
    desired: Desired,
    observed: Observed,
    changes: Iterable[Change],
    findings: Iterable[Finding],
) -> Plan:
    return assemble(
        context,
        desired,
        observed,
        tuple(changes),
        findings,
        consented=consent.Detail.NOT_NEEDED,  # nobody is asked for it here
        standing=None,
        records=client_secret.Records(),
    )


def destruction(
    context: Context,
    desired: Desired,
    observed: Observed,
    *,
    foreign: Sequence[str],
    not_checked: Sequence[str],
    lies: Sequence[Lies],
    used: LastUse | None = None,
) -> Plan:
    """Return the plan that ends the registration.

    ``foreign`` is what nobody declared on it, in words; ``used``, when its credentials signed in last.
    """
    app = observed.application
    if app is None:
        why = f"nothing is there: no application {_meant(desired)}"
        changes: tuple[Change, ...] = (Change(application.ADDRESS, Action.NO_OP, why), *_places(lies))
        return _plan(context, desired, observed, changes, _left(lies))
    before: dict[str, Any] = {"displayName": app.display_name, "appId": app.app_id, "id": app.id}
    if foreign:
        before["undeclared"] = sorted(foreign)
    changes = (
        *_limits(observed, app),
        Change(
            application.ADDRESS,
            Action.DELETE,
            "asked for; Entra keeps it for 30 days",
            before,
            None,
            application.Delete(app.id),
        ),
        *_parts(desired, observed),
        *_places(lies),
    )
    findings = [*_refusals(desired, observed, foreign), *_left(lies), *_sign_ins(observed, used)]
    findings += [
        Finding(catalogue.NOT_CHECKED, Severity.WARNING, f"not checked: {what}") for what in not_checked
    ]
    return _plan(context, desired, observed, changes, findings)


def _meant(desired: Desired) -> str:
    """Say by what an application is found."""
    wanted = desired.application
    if wanted.client_id is not None:
        return f"has the client id {wanted.client_id}"
    return f"has the uniqueName '{wanted.unique_name}'"


def _sign_ins(observed: Observed, used: LastUse | None) -> list[Finding]:
    """Say of each credential when it signed in last, as far as that was read: something may rely on it."""
    if used is None:
        return []
    keys = [
        *(("secret", item.key_id) for item in (*observed.secrets, *observed.principal_secrets)),
        *(
            ("certificate", item.key_id)
            for item in (*observed.certificates, *observed.principal_certificates)
        ),
    ]
    if used.read is None:
        words = f"when it signed in last was not read: {used.unread}"
        return [Finding(catalogue.LAST_SIGN_INS, Severity.INFO, words)]
    return [
        Finding(catalogue.LAST_SIGN_INS, Severity.INFO, f"{kind} {key}: {used.words(key)}", value=key)
        for kind, key in keys
    ]


def _limits(observed: Observed, app: application.Observed) -> list[Change]:
    """Return the end of Exchange's limits of ours, before the application: they would outlive it."""
    ours, seen = mailbox_scope.made(app.tags), observed.exchange
    if ours and (seen is None or seen.unread):
        why = f"Exchange's role assignments: {seen.unread if seen else 'not read'}"
        held = {"assignments": sorted(ours)}
        return [Change(mailbox_scope.ADDRESS, Action.HANDOFF, why, held)]
    there = {item.id: item for item in (seen.assignments if seen else ())}
    return [
        Change(
            f"{mailbox_scope.ADDRESS}[{key}]",
            Action.DELETE,
            "it would outlive the application" if key in there else "it is gone; its record is not",
            {"role": there[key].role, "reaches": there[key].reaches} if key in there else {"recorded": True},
            None,
            mailbox_scope.Remove(key),
        )
        for key in sorted(ours)
    ]


def _parts(desired: Desired, observed: Observed) -> list[Change]:
    """Return what goes with the application: its principal, the grant, each of our secrets."""
    changes = []
    if (principal := observed.service_principal) is not None:
        changes.append(Change(service_principal.ADDRESS, Action.DELETE, _WITH, {"id": principal.id}))
    if consent.granted(observed.role, observed.assignments):
        held = {"permission": f"{consent.RESOURCE}: {desired.consent.permission.name}"}
        changes.append(Change(consent.ADDRESS, Action.DELETE, _WITH, held))
    for item in client_secret.marked(desired.client_secret, observed.secrets):
        known: Mapping[str, Any] = {
            "keyId": item.key_id,
            "hint": item.hint,
            "endDateTime": f"{item.end:%Y-%m-%d}",
        }
        address = f"{client_secret.ADDRESS}[{item.key_id}]"
        changes.append(Change(address, Action.DELETE, _WITH, known))
    return changes


def _places(lies: Sequence[Lies]) -> list[Change]:
    return [
        Change(
            f"{DELIVERY}[{item.label}]",
            Action.DELETE,
            "--forget: its value is of no more use",
            {"place": item.label},
            None,
            Forget(item.label),
        )
        for item in lies
        if item.forget
    ]


def _said(item: Lies) -> str:
    if item.untouched is not None:
        return f"what is at the place of the value is left as it is: {item.untouched}"
    return f"the delivered value still lies at {item.label}"


def _way(item: Lies) -> str | None:
    if item.untouched is not None:
        return item.way
    if not item.named:
        return "To have it removed, where that sink can: name the place with --deliver, and pass --forget."
    return "Pass --forget to have it removed there." if item.can else None


def _left(lies: Sequence[Lies]) -> list[Finding]:
    """Say where a value stays."""
    return [
        Finding(
            catalogue.VALUE_LEFT,
            Severity.INFO,
            _said(item),
            _way(item),
            value=item.label,
        )
        for item in lies
        if not item.forget
    ]


def _refusals(desired: Desired, observed: Observed, foreign: Sequence[str]) -> list[Finding]:
    found, app = [], observed.application
    assert app is not None
    if desired.application.client_id is not None:
        text = f"'{app.display_name}' ({app.app_id}) was not made by provision: client_id adopted it"
        found.append(Finding(catalogue.DESTROY_ADOPTED, Severity.ERROR, text, value=app.app_id))
    found += [
        Finding(
            catalogue.DESTROY_SHARED, Severity.ERROR, f"it would end with the application: {what}", value=what
        )
        for what in foreign
    ]
    return found


def purging(context: Context, desired: Desired, observed: Observed, gone: Gone | None) -> Plan:
    """Return the plan that removes a soft-deleted application for good; its principal goes first.

    Without it nobody could find the principal any more, which is an object of its own.
    """
    if gone is None:
        why = f"nothing is deleted: no deleted application {_meant(desired)}"
        return _plan(context, desired, observed, (Change(application.ADDRESS, Action.NO_OP, why),), ())
    changes = []
    if gone.principal_id is not None:
        step: object = service_principal.Purge(gone.principal_id)
        held = {"id": gone.principal_id}
        changes.append(Change(service_principal.ADDRESS, Action.DELETE, "for good", held, None, step))
    before = {"displayName": gone.display_name, "appId": gone.app_id, "id": gone.id, "deleted": gone.deleted}
    why = "for good: nobody can bring it back"
    changes.append(Change(application.ADDRESS, Action.DELETE, why, before, None, application.Purge(gone.id)))
    return _plan(context, desired, observed, tuple(changes), ())


def restoration(
    context: Context, desired: Desired, observed: Observed, gone: Gone, limit: Iterable[Change] = ()
) -> Plan:
    """Return the plan that brings application, principal and grant back, and after them Exchange's limit."""
    after = {"displayName": gone.display_name, "appId": gone.app_id, "id": gone.id}
    why = f"deleted {gone.deleted[:10]}; it comes back with its ids, secrets and certificates"
    changes = [Change(application.ADDRESS, Action.CREATE, why, None, after, application.Restore(gone.id))]
    changes += [*returning(desired, observed, gone.principal_id, granted=False), *limit]
    findings = [
        Finding(catalogue.SIGNS_IN_AGAIN, Severity.WARNING, f"it signs in again: {what}", value=what)
        for what in gone.credentials
    ]
    findings.append(Finding(catalogue.NOT_CHECKED, Severity.WARNING, _FEDERATED, fix=_LOOK))
    return _plan(context, desired, observed, tuple(changes), findings)


def returning(
    desired: Desired, observed: Observed, principal_id: str | None, *, granted: bool
) -> list[Change]:
    """Return the changes after which a restored application has its principal and its grant again."""
    changes = []
    if principal_id is not None:
        why = "Graph does not bring it back with its application"
        step: object = service_principal.Restore(principal_id)
        changes.append(
            Change(service_principal.ADDRESS, Action.CREATE, why, None, {"id": principal_id}, step)
        )
    change = consent.diff(desired.consent, observed.role, (observed.role,) if granted else ())
    if change.action is Action.CREATE:
        why = "granted anew, unless it comes back with the principal"
        change = Change(change.address, change.action, why, change.before, change.after, change.step)
    return [*changes, change]


def rest(context: Context, desired: Desired, observed: Observed, changes: Sequence[Change]) -> Plan:
    """Return the plan of what an interrupted run left."""
    return _plan(context, desired, observed, changes, ())


def nothing(context: Context, desired: Desired, observed: Observed) -> Plan:
    """Return the plan of a registration that is there whole."""
    change = Change(application.ADDRESS, Action.NO_OP, "it is there: nothing is to be restored")
    return _plan(context, desired, observed, (change,), ())
