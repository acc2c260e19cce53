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
from provision.checks.undeclared import deviation, of_key, of_surroundings, passwords
from provision.errors import Severity, catalogue
from provision.outcomes.drift import Deviation, Drift, Ignored
from provision.plan.model import Plan
from provision.resources import (
    Ignore,
    Surroundings,
    application,
    client_secret,
    consent,
    delivery_tags,
    mailbox_scope,
    service_principal,
)
from provision.resources.client_secret import Records

# What a plan says of what it could not see: known not to be known is no drift.
_NOT_SEEN = (
    catalogue.NOT_CHECKED,
    catalogue.POLICY_NOT_CHECKED,
    catalogue.MAILBOX_NOT_CHECKED,
    catalogue.SCOPE_UNKNOWN,
    catalogue.SCOPE_LIMITED,
)
# Said of a plan's secrets and permissions; told here one by one, with the value.
_TOLD_APART = (
    catalogue.SECRET_UNPROVEN,
    catalogue.SECRET_REMOVED,
    catalogue.ASKS_FOR_EVERYONE,
    catalogue.AUDIENCE_NARROWED,
    catalogue.REGISTRATION_DISABLED,
    catalogue.SCOPE_WIDER,
    catalogue.SCOPE_EVERYWHERE,
    catalogue.CONSENT_REVOKED,
    catalogue.CONSENT_PARTIAL,
    catalogue.CONSENT_DELEGATED_ONLY,
)
# What a plan may go on with is judged otherwise where the question is whether mail is sent.
_SEVERITIES = {
    catalogue.AWAITS_CONFIRMATION: Severity.INFO,  # our own doing, which ``expiry`` watches
    catalogue.EMERGENCY_UNFINISHED: Severity.ERROR,
    catalogue.LIVES_AS_LONG: Severity.INFO,
    catalogue.SCOPE_NOTHING: Severity.ERROR,
    catalogue.PRINCIPAL_DISABLED: Severity.ERROR,
}
# What becomes of a change's object.
_BECOMES = {Action.CREATE: "made", Action.DELETE: "removed", Action.HANDOFF: "made by somebody else"}


def judge(plan: Plan, records: Records, around: Surroundings, *, now: datetime) -> Drift:
    """Return every deviation from the config, undeclared things included, and those it says to ignore.

    ``now`` is the service's time.
    """
    found = list(_of_plan(plan, records, now=now))
    if plan.observed.application is not None:
        found += _of_secrets(plan, records, around, now=now)
        found += of_surroundings(plan, around, now=now)
    left, ignored, unused = _sorted_out(found, plan.desired.ignores)
    unseen = [f for f in plan.findings if f.entry in _NOT_SEEN and f.entry is not catalogue.SCOPE_LIMITED]
    not_checked = [finding.value or finding.message for finding in unseen]
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
        deviation(
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
    return fnmatchcase(item.value, entry.value.replace("[", "[[]"))


# What the plan says: its changes, and its findings


def _of_plan(plan: Plan, records: Records, *, now: datetime) -> Iterator[Deviation]:
    for finding in plan.findings:
        if finding.entry in (*_NOT_SEEN, *_TOLD_APART):
            continue
        severity = _SEVERITIES.get(finding.entry, finding.severity)
        at, value = finding.entry.address, finding.value
        yield deviation(finding.entry, severity, at, value, finding.message, fix=finding.fix)
    if plan.observed.application is None:  # the rest follows from it
        text = f"no application has the uniqueName '{plan.desired.application.unique_name}'"
        yield deviation(catalogue.APPLICATION_MISSING, Severity.ERROR, application.ADDRESS, plan.name, text)
        return
    for change in plan.changes:
        yield from _of_change(plan, change, records, now=now)


def _of_change(plan: Plan, change: Change, records: Records, *, now: datetime) -> Iterator[Deviation]:
    match change.action, change.address:
        case Action.NO_OP, _:
            return
        case _, consent.ADDRESS if change.after is None:  # it goes, and a finding of the plan says so
            return
        case Action.UPDATE, _:
            for name, value in (change.after or {}).items():
                yield from _of_property(change, name, value)
        case _, service_principal.ADDRESS:
            entry = catalogue.PRINCIPAL_MISSING
            yield deviation(entry, Severity.ERROR, change.address, "", entry.title)
        case _, consent.ADDRESS:
            entry, permission = catalogue.MAIL_NOT_GRANTED, plan.desired.consent.permission
            text = (
                f"{permission.name} is not granted: no mail will be {'sent' if permission.sends else 'read'}"
            )
            yield deviation(entry, Severity.ERROR, change.address, permission.name, text)
        case _, address if address.partition("[")[0] == mailbox_scope.ADDRESS:
            yield from _of_limit(change)
        case Action.CREATE, client_secret.ADDRESS:
            state = client_secret.standing(
                plan.desired.client_secret, plan.observed.secrets, records, now=now
            )
            severity = Severity.WARNING if state.current else Severity.ERROR
            value = of_key(state.current.display_name, state.current.key_id) if state.current else ""
            text = f"a client secret is to be made: {change.reason}"
            yield deviation(catalogue.SECRET_DUE, severity, change.address, value, text)
        case _, address if address.partition("[")[0] == client_secret.ADDRESS:  # an interrupted run left it
            text = f"{change.address} is to be removed: {change.reason}"
            yield deviation(
                catalogue.SECRET_UNPROVEN,
                Severity.WARNING,
                client_secret.ADDRESS,
                change.address,
                text,
                fix="Run 'provision apply': it removes the secret.",
            )
        case _:
            text = f"{change.address} is to be {_BECOMES[change.action]}: {change.reason}"
            yield deviation(catalogue.DIFFERS, Severity.WARNING, change.address, "", text)


def _of_limit(change: Change) -> Iterator[Deviation]:
    """Yield what of Exchange's limit differs: it is missing, or one of ours is still there."""
    missing = change.action is not Action.DELETE and change.after is not None
    severity = Severity.ERROR if missing else Severity.WARNING
    what = "is to be set" if missing else "is to be removed"
    text = f"Exchange's limit {what}: {change.reason}"
    yield deviation(catalogue.SCOPE_CHANGE, severity, mailbox_scope.ADDRESS, change.address, text)


def _of_property(change: Change, name: str, after: Any) -> Iterator[Deviation]:
    before = (change.before or {}).get(name)
    address = f"{change.address}.{name}"
    if isinstance(after, (list, tuple)):
        for lacking in after:
            if lacking not in (before or ()):
                text = f"{name}: {lacking} is declared and not there"
                yield deviation(catalogue.DIFFERS, Severity.WARNING, address, str(lacking), text)
        return
    text = f"{name} is {_quoted(before)}, and should be {_quoted(after)}"
    yield deviation(catalogue.DIFFERS, Severity.WARNING, address, "" if before is None else str(before), text)


def _quoted(value: Any) -> str:
    return "not set" if value is None else f"'{value}'"


# Secrets


def _of_secrets(plan: Plan, records: Records, around: Surroundings, *, now: datetime) -> Iterator[Deviation]:
    wanted, secrets = plan.desired.client_secret, plan.observed.secrets
    state = client_secret.standing(wanted, secrets, records, now=now)
    others = [item for item in secrets if item not in state.ours]
    yield from passwords(client_secret.ADDRESS, others, around.last_use, now=now)
    for item in state.unproven:
        if item.key_id in records.journal:
            continue  # its removal is a change of the plan
        value = of_key(item.display_name, item.key_id)
        text = f"secret {value} carries this config's mark, but nothing records that it was delivered"
        yield deviation(catalogue.SECRET_UNPROVEN, Severity.ERROR, client_secret.ADDRESS, value, text)
    for key_id in sorted(state.missing):
        tag = delivery_tags.DELIVERED_TAG + key_id
        text = (
            f"the tag {tag} records the delivery of a secret that is not there: if it is the one that is "
            "entered, no mail is sent"
        )
        yield deviation(catalogue.STALE_RECORD, Severity.ERROR, f"{application.ADDRESS}.tags", tag, text)
