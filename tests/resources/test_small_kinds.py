"""Service principal, consent, mailbox and policy: the decisions of the small kinds, a row a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.change import Action
from provision.errors import Severity, catalogue
from provision.resources import app_management_policy as policies
from provision.resources import consent, mailbox, service_principal
from provision.resources.app_management_policy import ADDITION, LIFETIME, Limits, Policy, Restriction, limits
from provision.resources.consent import Detail, Mode, Role

ROLE = Role("graph", "mail-send")
OTHER, ELSEWHERE = Role("graph", "user-read"), Role("exchange", "mail-send")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("mode", "held", "action"),
    [
        (Mode.GRANT, [], Action.CREATE),
        (Mode.GRANT, [OTHER, ELSEWHERE], Action.CREATE),
        (Mode.GRANT, [OTHER, ROLE], Action.NO_OP),
        (Mode.HANDOFF, [], Action.HANDOFF),
        (Mode.HANDOFF, [ROLE], Action.NO_OP),
        (Mode.NONE, [], Action.NO_OP),
        (Mode.NONE, [ROLE], Action.NO_OP),
    ],
)
def test_the_grant(mode: Mode, held: list[Role], action: Action) -> None:
    """Only ``grant`` has a step, and the step names the role of this tenant."""
    change = consent.diff(consent.Desired(mode), ROLE, held)
    assert (change.address, change.action) == ("consent", action)
    assert change.step == (consent.Grant(ROLE) if action is Action.CREATE else None)
    shown = {"permission": "Microsoft Graph: Mail.Send", "kind": "application"}
    assert change.after == (None if action is Action.NO_OP else shown)


@pytest.mark.parametrize(
    ("mode", "held", "delegated", "seen", "detail", "explained"),
    [
        (Mode.GRANT, [ROLE], False, False, Detail.GRANTED, None),
        (Mode.HANDOFF, [ROLE, OTHER], True, True, Detail.GRANTED, None),
        (Mode.GRANT, [], False, False, Detail.REQUIRED, None),
        (Mode.GRANT, [OTHER], False, False, Detail.PARTIAL, catalogue.CONSENT_PARTIAL),
        (Mode.GRANT, [], True, False, Detail.DELEGATED_ONLY, catalogue.CONSENT_DELEGATED_ONLY),
        (Mode.GRANT, [OTHER], True, False, Detail.DELEGATED_ONLY, catalogue.CONSENT_DELEGATED_ONLY),
        (Mode.GRANT, [OTHER], True, True, Detail.REVOKED, catalogue.CONSENT_REVOKED),
        (Mode.NONE, [], True, True, Detail.NOT_NEEDED, None),
        (Mode.NONE, [ROLE], False, False, Detail.NOT_NEEDED, None),
    ],
)
def test_why_consent_is_not_there(
    mode: Mode, held: list[Role], delegated: bool, seen: bool, detail: Detail, explained: object
) -> None:
    """The most telling reason first: it was there once, before that somebody gave another kind."""
    found = consent.detail(consent.Desired(mode), ROLE, held, delegated=delegated, seen=seen)
    assert found is detail
    assert [finding.entry for finding in consent.explain(consent.Desired(mode), found)] == (
        [explained] if explained else []
    )


@pytest.mark.parametrize(
    ("mode", "held", "entries"),
    [
        (Mode.GRANT, [ROLE], []),
        (Mode.HANDOFF, [], []),
        (Mode.NONE, [ROLE], [(catalogue.UNSCOPED_GRANT, Severity.ERROR)]),
        (Mode.NONE, [OTHER], []),  # what Exchange allows is said by resources/mailbox_scope.py
    ],
)
def test_how_far_it_reaches(mode: Mode, held: list[Role], entries: list[object]) -> None:
    """Where Exchange is to limit it, a grant in Entra makes the limit void."""
    findings = consent.check(consent.Desired(mode), ROLE, held)
    assert [(finding.entry, finding.severity) for finding in findings] == entries
    guided = consent.check(consent.Desired(mode), ROLE, held, guided=True)
    assert [finding.severity for finding in guided] == [Severity.WARNING for _ in entries]


@pytest.mark.parametrize(
    ("state", "detail", "entry", "severity", "words"),
    [
        (mailbox.State.PRESENT, "", None, None, ""),
        (mailbox.State.NO_USER, "", catalogue.MAILBOX_MISSING, Severity.ERROR, "no user of this tenant"),
        (
            mailbox.State.NO_MAILBOX,
            "MailboxNotEnabledForRESTAPI",
            catalogue.MAILBOX_MISSING,
            Severity.ERROR,
            "(MailboxNotEnabledForRESTAPI)",
        ),
        (
            mailbox.State.NOT_CHECKED,
            "Mail.ReadBasic.All",
            catalogue.MAILBOX_NOT_CHECKED,
            Severity.WARNING,
            "needs Mail.ReadBasic.All",
        ),
    ],
)
def test_the_mailbox(
    state: mailbox.State, detail: str, entry: object, severity: Severity | None, words: str
) -> None:
    """What is missing stops; what could not be seen warns, and names the right."""
    desired = mailbox.Desired("foia@example.gov", mailbox.Scope.ORGANIZATION)
    findings = mailbox.check(desired, mailbox.Observed(state, detail))
    assert [(finding.entry, finding.severity) for finding in findings] == (
        [(entry, severity)] if entry else []
    )
    assert all("foia@example.gov" in finding.message and words in finding.message for finding in findings)


def test_the_principal() -> None:
    """One is made where there is none, shown in the portal's list; a disabled one is told, not changed."""
    made = service_principal.diff(None)
    assert (made.action, made.step) == (Action.CREATE, service_principal.Create())
    assert made.after == {"accountEnabled": True, "tags": ["WindowsAzureActiveDirectoryIntegratedApp"]}
    for enabled, entries in ((True, []), (False, [catalogue.PRINCIPAL_DISABLED])):
        there = service_principal.Observed("id", enabled)
        assert (service_principal.diff(there).action, service_principal.diff(there).step) == (
            Action.NO_OP,
            None,
        )
        assert [finding.entry for finding in service_principal.check(there)] == entries
    assert service_principal.check(None) == ()


def policy(*restrictions: Restriction, name: str = "default", enabled: bool = True) -> Policy:
    """One with these restrictions."""
    return Policy(name, enabled, restrictions)


def lifetime(days: int, *, enabled: bool = True, after: datetime | None = None) -> Restriction:
    """A secret's life is to be shorter than so many days."""
    return Restriction(LIFETIME, enabled, days * DAY, after)


NO_SECRETS = Restriction(ADDITION, True, None, None)


@pytest.mark.parametrize(
    ("observed", "created", "expected"),
    [
        (policies.Observed(), None, Limits()),
        (policies.Observed(needs="Policy.Read.All"), None, Limits()),
        (policies.Observed(policy()), None, Limits()),
        (policies.Observed(policy(lifetime(90))), None, Limits("default", False, 90 * DAY)),
        (policies.Observed(policy(lifetime(90), enabled=False)), None, Limits()),
        (policies.Observed(policy(lifetime(90, enabled=False))), None, Limits()),
        (policies.Observed(policy(lifetime(90), lifetime(30))), None, Limits("default", False, 30 * DAY)),
        (policies.Observed(policy(NO_SECRETS)), None, Limits("default", True, None)),
        (policies.Observed(policy(NO_SECRETS, lifetime(9))), None, Limits("default", True, 9 * DAY)),
        (policies.Observed(policy(Restriction("symmetricKeyAddition", True, None, None))), None, Limits()),
        (policies.Observed(policy(Restriction(LIFETIME, True, None, None))), None, Limits()),
        (
            policies.Observed(policy(Restriction(LIFETIME, True, None, None), lifetime(90))),
            None,
            Limits("default", False, 90 * DAY),
        ),
        # a custom policy takes the default's place, even where it is laxer; not verified: not where it is off
        (
            policies.Observed(policy(NO_SECRETS), policy(lifetime(90), name="own")),
            None,
            Limits("own", False, 90 * DAY),
        ),
        (policies.Observed(policy(NO_SECRETS), policy(name="own")), None, Limits()),
        (
            policies.Observed(policy(NO_SECRETS), policy(lifetime(9), name="own", enabled=False)),
            None,
            Limits("default", True, None),
        ),
        # by the application's age
        (policies.Observed(policy(lifetime(90, after=NOW))), NOW, Limits("default", False, 90 * DAY)),
        (policies.Observed(policy(lifetime(90, after=NOW))), NOW - DAY, Limits()),
        (policies.Observed(policy(lifetime(90, after=NOW))), None, Limits("default", False, 90 * DAY)),
        (policies.Observed(policy(lifetime(90, after=NOW + DAY))), None, Limits()),
        (
            policies.Observed(policy(lifetime(30, after=NOW), lifetime(90))),
            NOW - DAY,
            Limits("default", False, 90 * DAY),
        ),
    ],
)
def test_what_policy_allows(observed: policies.Observed, created: datetime | None, expected: Limits) -> None:
    """The strictest of what binds; an application that is about to be made is born now."""
    assert limits(observed, created=created, now=NOW) == expected
