"""From desired and observed to a plan: every kind's diff in order, every finding, the digest."""

from __future__ import annotations

from datetime import datetime

from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import Finding, Severity, catalogue
from provision.plan.digest import digest
from provision.plan.model import Plan, Target
from provision.resources import (
    Desired,
    Observed,
    app_management_policy,
    application,
    client_secret,
    consent,
    mailbox,
    service_principal,
)


def build(
    target: Target,
    desired: Desired,
    observed: Observed,
    records: client_secret.Records,
    *,
    now: datetime,
) -> Plan:
    """Return the plan. ``now`` is the service's time; ``records`` lacks nothing but the tenant's tags."""
    app = observed.application
    records = client_secret.Records(
        tenant=app.delivered if app else frozenset(), sink=records.sink, journal=records.journal
    )
    wanted = desired.application
    if desired.consent.mode is not consent.Mode.NONE:
        wanted = application.with_permission(wanted, permission(observed.role))
    limits = app_management_policy.limits(observed.policy, created=app.created if app else None, now=now)
    changes = (
        application.diff(wanted, app),
        service_principal.diff(observed.service_principal),
        consent.diff(desired.consent, observed.role, observed.assignments),
        *client_secret.diff(desired.client_secret, observed.secrets, records, limits, now=now),
    )
    findings = (
        *mailbox.check(desired.mailbox, observed.mailbox),
        *consent.check(desired.consent, observed.role, observed.assignments),
        *service_principal.check(observed.service_principal),
        *client_secret.check(desired.client_secret, observed.secrets, records, limits, now=now),
        *_not_checked(observed),
    )
    return Plan(
        target=target,
        desired=desired,
        observed=observed,
        changes=changes,
        findings=tuple(sorted(findings, key=_by_severity)),
        digest=digest(target, desired, observed, changes),
    )


def permission(role: consent.Role) -> application.Permission:
    """Return ``Mail.Send`` as an application declares it."""
    return application.Permission(
        MICROSOFT_GRAPH_APP_ID, role.role_id, f"{consent.RESOURCE}: {consent.PERMISSION} (application)"
    )


def _not_checked(observed: Observed) -> list[Finding]:
    findings = [
        Finding(catalogue.NOT_CHECKED, Severity.WARNING, f"not checked: {what}")
        for what in observed.not_checked
    ]
    if observed.policy.needs:
        findings.append(
            Finding(
                catalogue.POLICY_NOT_CHECKED,
                Severity.WARNING,
                f"app management policy: not checked: needs {observed.policy.needs}",
            )
        )
    return findings


def _by_severity(finding: Finding) -> tuple[int, str, str]:
    order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    return order.index(finding.severity), finding.entry.code, finding.message
