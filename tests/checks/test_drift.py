"""What counts as drift, where, and how bad: a row a case, on values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provision.checks.drift import judge
from provision.errors import Entry, Severity, catalogue
from provision.outcomes.drift import Drift
from provision.plan.model import Plan
from provision.resources import (
    Ignore,
    Surroundings,
    client_secret,
    consent,
    mailbox,
    mailbox_scope,
    owner,
    service_principal,
)
from provision.resources.application import Permission
from provision.resources.undeclared import (
    Certificate,
    DelegatedGrant,
    FederatedCredential,
    Publisher,
    Settings,
)
from tests.plan.given import (
    APP,
    DESIRED,
    ENTRY,
    GRAPH,
    KEY,
    NOW,
    OBSERVED,
    RECORDS,
    ROLE,
    SECRET,
    URI,
    planned,
    there,
    wanted,
)

DAY = timedelta(days=1)
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
Found = tuple[Entry, Severity, str, str]  # what, how bad, where, and its value
NOTHING = Surroundings()
GRANTS = "service_principal.appRoleAssignments"
REACH = (catalogue.MAIL_FOR_EVERYONE, INFO, "consent", "Mail.Send")
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
SETTINGS = Settings(APP.id, APP.app_id, (("web", URI),), (), False, (), None, None, (), None)
MICROSOFT_GRAPH = Publisher(
    ROLE.resource_id,
    GRAPH,
    "Microsoft Graph",
    {ROLE.role_id: "Mail.Send", "r1": "User.Read.All"},
    {"s1": "User.Read"},
)


def secret(key_id: str, days: float, name: str | None = "somebody's") -> client_secret.Observed:
    """Another secret, which ends in so many days."""
    return client_secret.Observed(key_id, name, NOW - 9 * DAY, NOW + days * DAY, "xyz")


def key(key_id: str, days: float) -> Certificate:
    """A certificate, which ends in so many days."""
    return Certificate(key_id, None, NOW + days * DAY)


def settings(**of_settings: Any) -> Surroundings:
    """Settings beside those declared."""
    return Surroundings(settings=replace(SETTINGS, **of_settings))


def asking(*access: dict[str, str], resource: str = GRAPH) -> Plan:
    """An application that asks for more."""
    entry = {"resourceAppId": resource, "resourceAccess": list(access)}
    return planned(observed=there(required_resource_access=(ENTRY, entry)))


def drift(plan: Plan, around: Surroundings = NOTHING, records: client_secret.Records = RECORDS) -> Drift:
    """What is judged."""
    return judge(plan, records, around, now=NOW)


def found(result: Drift) -> list[Found]:
    """The deviations, beside that mail may be sent for everyone, which every plan here says."""
    shown = [(d.entry, d.severity, d.address, d.value) for d in result.deviations]
    return [item for item in shown if item != REACH]


AROUND: dict[str, tuple[Surroundings, list[Found]]] = {
    "nothing": (Surroundings(), []),
    "as declared": (settings(), []),
    "certificate": (
        Surroundings(certificates=(key("k", 1), key("e", 0))),
        [
            (catalogue.UNDECLARED_CERTIFICATE, ERROR, "application.keyCredentials", "without a name (k)"),
            (catalogue.UNDECLARED_CERTIFICATE, INFO, "application.keyCredentials", "without a name (e)"),
        ],
    ),
    "the principal's own": (
        Surroundings(
            principal_secrets=(secret("p", 1), secret("q", -1, None)), principal_certificates=(key("k", 1),)
        ),
        [
            (catalogue.UNDECLARED_SECRET, ERROR, "service_principal.passwordCredentials", "somebody's (p)"),
            (
                catalogue.UNDECLARED_CERTIFICATE,
                ERROR,
                "service_principal.keyCredentials",
                "without a name (k)",
            ),
            (
                catalogue.UNDECLARED_SECRET,
                INFO,
                "service_principal.passwordCredentials",
                "without a name (q)",
            ),
        ],
    ),
    "federated": (
        Surroundings(federated=(FederatedCredential("ci", "https://i", "s"),)),
        [
            (
                catalogue.UNDECLARED_FEDERATED_CREDENTIAL,
                ERROR,
                "application.federatedIdentityCredentials",
                "ci (issuer https://i, subject s)",
            )
        ],
    ),
    "owners, not managed": (
        Surroundings(
            owners=(owner.Observed("o", "user", "Ann", "ann@x"),),
            principal_owners=(owner.Observed("p", "servicePrincipal", None, None),),
        ),
        [
            (catalogue.UNDECLARED_OWNER, INFO, "application.owners", "Ann (ann@x, user, o)"),
            (catalogue.UNDECLARED_OWNER, INFO, "service_principal.owners", "servicePrincipal, p"),
        ],
    ),
    "granted to people": (
        Surroundings(
            delegated=(
                DelegatedGrant(ROLE.resource_id, "User.Read", True),
                DelegatedGrant("x", "y", False),
            ),
            publishers=(MICROSOFT_GRAPH,),
        ),
        [
            (
                catalogue.UNDECLARED_GRANT,
                WARNING,
                "service_principal.oauth2PermissionGrants",
                "Microsoft Graph: User.Read (delegated, for everybody)",
            ),
            (
                catalogue.UNDECLARED_GRANT,
                WARNING,
                "service_principal.oauth2PermissionGrants",
                "x: y (delegated, for one person)",
            ),
        ],
    ),
    "assignment": (
        Surroundings(assignment_required=True),
        [(catalogue.ASSIGNMENT_REQUIRED, WARNING, "service_principal.appRoleAssignmentRequired", "true")],
    ),
    "redirect URIs": (
        settings(redirect_uris=(("web", URI.replace("foia", "FOIA")), ("web", "https://b"), ("spa", URI))),
        [
            (catalogue.UNDECLARED_REDIRECT_URI, WARNING, "application.spa.redirectUris", URI),
            (catalogue.UNDECLARED_REDIRECT_URI, WARNING, "application.web.redirectUris", "https://b"),
        ],
    ),
    "implicit": (
        settings(implicit=("enableIdTokenIssuance",)),
        [
            (
                catalogue.IMPLICIT_GRANT,
                WARNING,
                "application.web.implicitGrantSettings",
                "enableIdTokenIssuance",
            )
        ],
    ),
    "public client": (
        settings(public_client=True),
        [(catalogue.PUBLIC_CLIENT, WARNING, "application.isFallbackPublicClient", "true")],
    ),
    "other settings": (
        settings(
            identifier_uris=("api://x",),
            home_page="https://h",
            logout="https://l",
            offered=(("appRoles", "r"),),
        ),
        [
            (catalogue.UNDECLARED_SETTING, WARNING, "application.appRoles", "r"),
            (catalogue.UNDECLARED_SETTING, WARNING, "application.identifierUris", "api://x"),
            (catalogue.UNDECLARED_SETTING, WARNING, "application.web.logoutUrl", "https://l"),
            (catalogue.UNDECLARED_SETTING, INFO, "application.web.homePageUrl", "https://h"),
        ],
    ),
    "disabled": (
        settings(disabled="disabledByMicrosoftStatus: DisabledDueToViolation"),
        [
            (
                catalogue.REGISTRATION_DISABLED,
                ERROR,
                "application.disabledByMicrosoftStatus",
                "disabledByMicrosoftStatus: DisabledDueToViolation",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", AROUND)
def test_what_stands_around(case: str) -> None:
    """Each with its place and its value; the worst first."""
    around, expected = AROUND[case]
    assert found(drift(planned(), around)) == expected


MORE = replace(
    OBSERVED,
    assignments=(ROLE, consent.Role("x", "r"), consent.Role("x", DEFAULT_ACCESS)),
)
PLANS: dict[str, tuple[Plan, list[Found]]] = {
    "as declared": (planned(), []),
    "nothing there": (
        planned(observed=replace(OBSERVED, application=None)),
        [(catalogue.APPLICATION_MISSING, ERROR, "application", "collab-prod")],
    ),
    "a title": (
        planned(wanted(display_name="New")),
        [(catalogue.DIFFERS, WARNING, "application.displayName", "Collaboration")],
    ),
    "notes never set": (
        planned(wanted(notes="ours")),
        [(catalogue.DIFFERS, WARNING, "application.notes", "")],
    ),
    "an address that is gone": (
        planned(observed=there(redirect_uris=())),
        [(catalogue.DIFFERS, WARNING, "application.redirectUris", URI)],
    ),
    "no principal": (
        planned(observed=replace(OBSERVED, service_principal=None)),
        [(catalogue.PRINCIPAL_MISSING, ERROR, "service_principal", "")],
    ),
    "principal disabled": (
        planned(
            observed=replace(OBSERVED, service_principal=service_principal.Observed("id", enabled=False))
        ),
        [(catalogue.PRINCIPAL_DISABLED, ERROR, "service_principal.accountEnabled", "")],
    ),
    "not granted": (
        planned(observed=replace(OBSERVED, assignments=())),
        [(catalogue.MAIL_NOT_GRANTED, ERROR, "consent", "Mail.Send")],
    ),
    "not granted, by somebody else": (
        planned(
            replace(DESIRED, consent=consent.Desired(consent.Mode.HANDOFF)), replace(OBSERVED, assignments=())
        ),
        [(catalogue.MAIL_NOT_GRANTED, ERROR, "consent", "Mail.Send")],
    ),
    "granted more": (
        planned(observed=MORE),
        [
            (catalogue.UNDECLARED_GRANT, ERROR, GRANTS, "x: default access (application)"),
            (catalogue.UNDECLARED_GRANT, ERROR, GRANTS, "x: r (application)"),
        ],
    ),
    "asks for more": (
        asking({"id": "r1", "type": "Role"}, {"id": "s1", "type": "Scope"}),
        [
            (
                catalogue.UNDECLARED_PERMISSION,
                WARNING,
                "application.requiredResourceAccess",
                f"{GRAPH}: r1 (application)",
            ),
            (
                catalogue.UNDECLARED_PERMISSION,
                WARNING,
                "application.requiredResourceAccess",
                f"{GRAPH}: s1 (delegated)",
            ),
        ],
    ),
    "asks a person for the same": (
        asking({"id": ROLE.role_id, "type": "Scope"}),
        [
            (
                catalogue.UNDECLARED_PERMISSION,
                WARNING,
                "application.requiredResourceAccess",
                f"{GRAPH}: {ROLE.role_id} (delegated)",
            )
        ],
    ),
    "no mailbox": (
        planned(observed=replace(OBSERVED, mailbox=mailbox.Observed(mailbox.State.NO_USER))),
        [(catalogue.MAILBOX_MISSING, ERROR, "mailbox", "")],
    ),
    "made for another": (
        planned(observed=there(unique_name="old")),
        [(catalogue.MADE_FOR_ANOTHER, WARNING, "application.uniqueName", "old")],
    ),
    "another's secret": (
        planned(observed=replace(OBSERVED, secrets=(SECRET, secret("x", 5), secret("y", -5)))),
        [
            (catalogue.UNDECLARED_SECRET, ERROR, "client_secret", "somebody's (x)"),
            (catalogue.UNDECLARED_SECRET, INFO, "client_secret", "somebody's (y)"),
        ],
    ),
}


@pytest.mark.parametrize("case", PLANS)
def test_what_the_plan_says(case: str) -> None:
    """A change that is due is drift, at its property; so is a finding, at its own address."""
    plan, expected = PLANS[case]
    assert found(drift(plan)) == expected


def test_permissions_have_names_where_the_tenant_tells_them() -> None:
    """By the resource's client id or its object id, in any case; else by what is known."""
    plan = asking({"id": "R1", "type": "Role"}, {"id": "S1", "type": "Scope"}, resource=GRAPH.upper())
    values = [d.value for d in drift(plan, Surroundings(publishers=(MICROSOFT_GRAPH,))).deviations]
    assert "Microsoft Graph: User.Read.All (application)" in values
    assert "Microsoft Graph: User.Read (delegated)" in values


@pytest.mark.parametrize(
    ("declared", "severity", "left"),
    [(None, INFO, ["a", "b"]), ((), ERROR, ["a", "b"]), (("A",), ERROR, ["b"]), (("a", "b"), ERROR, [])],
)
def test_owners(declared: tuple[str, ...] | None, severity: Severity, left: list[str]) -> None:
    """Where they are managed, whoever is not declared may add a secret."""
    around = Surroundings(
        owners=(owner.Observed("a", "user", None, None), owner.Observed("b", "user", None, None))
    )
    result = [
        item
        for item in found(drift(planned(wanted(owners=declared)), around))
        if item[2] == "application.owners"
    ]
    undeclared = [item for item in result if item[0] is catalogue.UNDECLARED_OWNER]
    assert [item[3].rpartition(" ")[2] for item in undeclared] == left
    assert {item[1] for item in undeclared} <= {severity}
    said = [item.message for item in drift(planned(wanted(owners=declared)), around).deviations]
    known = "; application.owners manages none" if declared is None else ", and is not declared"
    assert [text for text in said if text.startswith("owner ")] == [
        f"owner user, {name} may add secrets{known}" for name in left
    ]


LATE = replace(SECRET, start=NOW - 170 * DAY, end=NOW + 10 * DAY)
MARKED = client_secret.Observed("m", DESIRED.client_secret.display_name, NOW - DAY, NOW + 100 * DAY, "mmm")


@pytest.mark.parametrize(
    ("secrets", "records", "expected"),
    [
        pytest.param(
            (LATE,),
            RECORDS,
            [(catalogue.SECRET_DUE, WARNING, "client_secret", f"{LATE.display_name} ({KEY})")],
            id="due",
        ),
        pytest.param(
            (), client_secret.Records(), [(catalogue.SECRET_DUE, ERROR, "client_secret", "")], id="none"
        ),
        pytest.param(
            (),
            RECORDS,
            [
                (catalogue.STALE_RECORD, ERROR, "application.tags", f"provision:delivered:{KEY}"),
                (catalogue.SECRET_DUE, ERROR, "client_secret", ""),
            ],
            id="removed",
        ),
        pytest.param(
            (SECRET, MARKED),
            RECORDS,
            [(catalogue.SECRET_UNPROVEN, ERROR, "client_secret", f"{MARKED.display_name} (m)")],
            id="marked, and no record",
        ),
        pytest.param(
            (SECRET, MARKED),
            replace(RECORDS, journal=frozenset({"m"})),
            [(catalogue.SECRET_UNPROVEN, WARNING, "client_secret", "client_secret[m]")],
            id="left by an interrupted run",
        ),
        pytest.param(
            (SECRET, MARKED),
            replace(RECORDS, tenant=RECORDS.tenant | {"m"}, newest=frozenset({"m"})),
            [(catalogue.AWAITS_CONFIRMATION, INFO, "client_secret", "")],
            id="waits for confirmation",
        ),
    ],
)
def test_secrets(
    secrets: tuple[client_secret.Observed, ...], records: client_secret.Records, expected: list[Found]
) -> None:
    """What is gone, or unproven, and may be the one that is entered, stops the mail."""
    plan = planned(observed=replace(OBSERVED, secrets=secrets), records=records)
    kinds = {item[0] for item in expected}
    shown = [item for item in found(drift(plan, records=records)) if item[0] in kinds]
    assert sorted(shown, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("ignore", "left", "ignored"),
    [
        (Ignore("undeclared-redirect-uri", "https://b", "old"), 1, 1),
        (Ignore("undeclared-redirect-uri", "https://*", "old"), 0, 2),
        (Ignore("undeclared-redirect-uri", "https://?", "old"), 0, 2),
        (Ignore("undeclared-redirect-uri", "https://[bc]", "old"), 2, 0),  # no sets of letters
        (Ignore("undeclared-redirect-uri", "HTTPS://b", "old"), 2, 0),
        (Ignore("undeclared-setting", "https://b", "old"), 2, 0),
    ],
)
def test_what_is_let_pass(ignore: Ignore, left: int, ignored: int) -> None:
    """By name and value; what lets nothing pass is said, for it may be misspelt."""
    plan = planned(replace(DESIRED, ignores=(ignore,)))
    result = drift(plan, settings(redirect_uris=(("web", "https://b"), ("web", "https://c"))))
    shown = [item[0] for item in found(result)]
    assert shown.count(catalogue.UNDECLARED_REDIRECT_URI) == left
    assert [item.reason for item in result.ignored] == ["old"] * ignored
    assert (catalogue.UNUSED_IGNORE in shown) is (not ignored)
    assert result.clean is (left == 0)


def test_what_could_not_be_seen_is_no_drift() -> None:
    """It is listed once, in words that need no code."""
    observed = replace(
        OBSERVED,
        mailbox=mailbox.Observed(mailbox.State.NOT_CHECKED, "Mail.ReadBasic.All"),
        policy=replace(OBSERVED.policy, needs="Policy.Read.All"),
        not_checked=("owners: needs Directory.Read.All",),
    )
    result = drift(
        planned(observed=observed), Surroundings(not_checked=("owners: needs Directory.Read.All",))
    )
    assert found(result) == []
    assert result.not_checked == (
        "app management policy: needs Policy.Read.All",
        "mailbox foia@example.gov: needs Mail.ReadBasic.All",
        "owners: needs Directory.Read.All",
    )


@pytest.mark.parametrize(
    ("exchange", "deviations", "not_checked"),
    [
        pytest.param(
            mailbox_scope.Observed((mailbox_scope.Assignment("a1", "Application Mail.Send", "/users/u1"),)),
            [],
            (),
            id="as declared",
        ),
        pytest.param(
            mailbox_scope.Observed(unread="needs X"),
            [],
            ("whether Exchange lets the application send mail was not read: needs X",),
            id="not read",
        ),
        pytest.param(mailbox_scope.Observed(), [catalogue.SCOPE_NOTHING], (), id="no mail is sent"),
    ],
)
def test_a_limit_that_a_script_sets(
    exchange: mailbox_scope.Observed, deviations: list[Entry], not_checked: tuple[str, ...]
) -> None:
    """As declared it is nothing to tell; what was not read is told in its own words."""
    box = mailbox.Desired("foia@example.gov", mailbox.Scope.MAILBOX, by_graph=False)
    observed = replace(
        there(permissions=(), required_resource_access=()),
        assignments=(),
        exchange=exchange,
        mailbox=mailbox.Observed(mailbox.State.PRESENT, user_id="U1"),
    )
    result = drift(
        planned(replace(DESIRED, consent=consent.Desired(consent.Mode.NONE), mailbox=box), observed)
    )
    assert [item[0] for item in found(result)] == deviations
    assert result.not_checked == not_checked


def test_what_stands_around_nothing_is_not_told() -> None:
    """Without an application there is one deviation, whatever was read beside it."""
    plan = planned(observed=replace(OBSERVED, application=None, secrets=(secret("x", 5),)))
    around = Surroundings(certificates=(key("k", 1),))
    assert [item[0] for item in found(drift(plan, around))] == [catalogue.APPLICATION_MISSING]


def test_one_mailbox_alone() -> None:
    """With Exchange's limit the permission is not to be asked for, nor granted."""
    narrow = replace(DESIRED, consent=consent.Desired(consent.Mode.NONE))
    result = found(
        drift(
            planned(narrow, replace(OBSERVED, application=replace(APP, permissions=(Permission("a", "b"),))))
        )
    )
    assert [(item[0], item[1]) for item in result] == [
        (catalogue.UNSCOPED_GRANT, ERROR),
        (catalogue.UNDECLARED_PERMISSION, WARNING),
    ]
