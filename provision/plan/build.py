"""Make a plan from desired and observed: the diff of every kind in order, all findings, the digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from provision.change import Change
from provision.clouds import MICROSOFT_GRAPH_APP_ID
from provision.errors import Finding, Severity, catalogue
from provision.plan import generation, guards, policy_request, rules, scoping
from provision.plan.digest import digest
from provision.plan.model import Context, Plan, Target
from provision.resources import (
    Desired,
    Observed,
    app_management_policy,
    application,
    client_secret,
    consent,
    delivery_tags,
    mailbox,
    service_principal,
)


def build(
    context: Context,
    desired: Desired,
    observed: Observed,
    records: client_secret.Records,
    *,
    now: datetime,
    consented: consent.Detail,
    allowed: Collection[str] = (),
) -> Plan:
    """Return the plan.

    ``now`` is the service's time, ``consented`` how the consent stands, ``allowed`` the names of what is let
    pass: a secret of a shorter life is made only with that.
    """
    app = observed.application
    wanted = desired.application
    if desired.consent.mode is not consent.Mode.NONE and not _is_enough(desired, observed):
        wanted = application.with_permission(wanted, permission(desired.consent, observed.role))
    limits, shorter = limits_of(observed, now=now, allowed=allowed), may_be_shorter(allowed)
    secrets = client_secret.standing(desired.client_secret, observed.secrets, records, now=now)
    limit = scoping.build(desired, observed, now=now, allowed=allowed)
    changes = (
        application.diff(wanted, app),
        service_principal.diff(observed.service_principal),
        limit.consent or consent.diff(desired.consent, observed.role, observed.assignments),
        *limit.changes,
        *client_secret.diff(
            desired.client_secret, observed.secrets, records, limits, now=now, shorter=shorter
        ),
    )
    findings = (
        *guards.check(desired, observed),
        *mailbox.check(desired.mailbox, observed.mailbox),
        *consent.check(desired.consent, observed.role, observed.assignments, guided=limit.guided),
        *limit.findings,
        *consent.explain(desired.consent, consented),
        *service_principal.check(observed.service_principal),
        *secret_findings(desired, observed, records, changes, now=now, allowed=allowed),
        *rules.check(desired, observed),
        *(rules.examples(desired) if context.target is Target.GRAPH else ()),
        *_not_checked(observed),
    )
    return assemble(
        context, desired, observed, changes, findings, consented=consented, standing=secrets, records=records
    )


def _is_enough(desired: Desired, observed: Observed) -> bool:
    """Say whether an adopted registration that is not stamped is left as it is: the grant is what counts.

    A grant needs no entry in the list that the portal shows:
    https://learn.microsoft.com/graph/permissions-grant-via-msgraph
    """
    return not desired.application.stamp and consent.granted(observed.role, observed.assignments)


def assemble(
    context: Context,
    desired: Desired,
    observed: Observed,
    changes: tuple[Change, ...],
    findings: Iterable[Finding],
    *,
    consented: consent.Detail,
    standing: client_secret.Standing | None,
    records: client_secret.Records,
    came: frozenset[str] = frozenset(),
) -> Plan:
    """Put a plan together: sort the findings by severity, and compute the digest."""
    return Plan(
        target=context.target,
        desired=desired,
        observed=observed,
        changes=changes,
        findings=by_severity(findings),
        digest=digest(context.target, desired, observed, changes),
        consent=consented,
        standing=standing,
        records=records,
        delivery=context.delivery,
        again=context.again,
        made_up=context.made_up,
        came=came,
    )


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order in which they are shown, the worst first."""
    return tuple(sorted(findings, key=_order))


def may_be_shorter(allowed: Collection[str]) -> bool:
    """Say whether a new secret may end before the one that it replaces."""
    return catalogue.SHORTER_LIFE.name in allowed


def limits_of(
    observed: Observed, *, now: datetime, allowed: Collection[str] = ()
) -> app_management_policy.Limits:
    """Return what policy allows for a secret of the application, which may not exist yet."""
    app, over = observed.application, catalogue.LIFETIME_OVER_POLICY.name in allowed
    return app_management_policy.limits(
        observed.policy, created=app.created if app else None, now=now, over=over
    )


def secret_findings(
    desired: Desired,
    observed: Observed,
    records: client_secret.Records,
    changes: Iterable[Change],
    *,
    now: datetime,
    allowed: Collection[str] = (),
) -> Iterator[Finding]:
    """Yield the findings about secrets; some depend on whether the changes make a new one."""
    mint = next((c.step for c in changes if isinstance(c.step, client_secret.Mint)), None)
    due, wanted = mint is not None, desired.client_secret
    state = client_secret.standing(wanted, observed.secrets, records, now=now)
    limits, shorter = limits_of(observed, now=now, allowed=allowed), may_be_shorter(allowed)
    pair = _two_delivered(desired, observed, state)
    for finding in client_secret.check(wanted, state, records, limits, mint, now=now, shorter=shorter):
        if finding.entry is catalogue.SECRETS_BLOCKED:
            yield replace(finding, fix=policy_request.words(desired, observed, now=now))
        elif pair is None or finding.entry is not catalogue.AWAITS_CONFIRMATION:
            yield finding
    if pair is not None:
        yield pair
    personal = desired.application.sign_in_audience in application.PERSONAL_AUDIENCES
    if due and personal and len(observed.secrets) >= client_secret.MOST_WITH_PERSONAL_ACCOUNTS:
        yield Finding(
            catalogue.SECRET_LIMIT,
            Severity.ERROR,
            f"the application has {len(observed.secrets)} secrets already, and with personal accounts as its "
            f"audience it may have {client_secret.MOST_WITH_PERSONAL_ACCOUNTS}",
        )


def _two_delivered(desired: Desired, observed: Observed, state: client_secret.Standing) -> Finding | None:
    """Return the finding that two delivered secrets are of one generation; no rotation waits then."""
    tags = observed.application.tags if observed.application else ()
    pair = generation.twins(state, delivery_tags.successions(tags))
    if pair is None:
        return None
    newer, older = pair
    return Finding(
        catalogue.TWO_DELIVERED,
        Severity.ERROR,
        f"two runs at the same time each handed over a secret for '{desired.name}': {newer.key_id} (begins "
        f"with {newer.hint or '?'}) and {older.key_id} (begins with {older.hint or '?'}); the last day to "
        f"enter the newest is {state.last_day:%Y-%m-%d}",
    )


def permission(desired: consent.Desired, role: consent.Role) -> application.Permission:
    """Return the product's permission as an application declares it."""
    return application.Permission(
        MICROSOFT_GRAPH_APP_ID,
        role.role_id,
        f"{consent.RESOURCE}: {desired.permission.name} (application)",
    )


def _not_checked(observed: Observed) -> list[Finding]:
    findings = [
        Finding(catalogue.NOT_CHECKED, Severity.WARNING, f"not checked: {what}", value=what)
        for what in observed.not_checked
    ]
    if observed.policy.needs:
        findings.append(
            Finding(
                catalogue.POLICY_NOT_CHECKED,
                Severity.WARNING,
                f"app management policy: not checked: needs {observed.policy.needs}",
                value=f"app management policy: needs {observed.policy.needs}",
            )
        )
    return findings


def _order(finding: Finding) -> tuple[int, str, str]:
    order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    return order.index(finding.severity), finding.entry.code, finding.message
