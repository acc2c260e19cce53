"""Whole plans word for word, ``plan_cases.txt``: each change with its step, each finding with its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.plan import audience
from provision.plan.model import Target
from provision.resources import Desired, Observed, app_management_policy, application, consent, mailbox
from provision.resources.app_management_policy import ADDITION, LIFETIME, Policy, Restriction
from provision.resources.owner import Candidate
from tests import cases
from tests.plan.given import (
    APP,
    DESIRED,
    KEY,
    NOW,
    OBSERVED,
    RECORDS,
    SECRET,
    URI,
    planned,
    there,
    wanted,
)
from tests.plan.test_audience import CHANGES, LIMITS, THERE, WANTED, _uris
from tests.plan.test_rules import RULES

NEWER = replace(SECRET, key_id="b", hint=None, start=NOW - timedelta(days=1))
TWINS = (
    "provision",
    f"provision:delivered:{KEY}",
    "provision:delivered:b",
    f"provision:succeeds:none:{KEY}",
    "provision:succeeds:none:b",
)
BOTH = replace(RECORDS, tenant=frozenset({KEY, "b"}), newest=frozenset({"b"}))
PERSONAL = "AzureADandPersonalMicrosoftAccount"
UNMADE = replace(OBSERVED, application=None, service_principal=None, assignments=(), secrets=())
OTHER = application.Permission("r2", "p2")


def policies(*restrictions: Restriction) -> app_management_policy.Observed:
    """The tenant's default policy."""
    return app_management_policy.Observed(default=Policy("default", enabled=True, restrictions=restrictions))


NO_SECRETS = Restriction(ADDITION, enabled=True, max_lifetime=None, created_after=None)
SHORT = Restriction(LIFETIME, enabled=True, max_lifetime=timedelta(days=30), created_after=None)
YOUNG = replace(NO_SECRETS, created_after=NOW.replace(month=1))
EXEMPTED = (DESIRED, replace(OBSERVED, policy=policies(replace(SHORT, exempts=(("Agency_Robot", "yes"),)))))

Given = tuple[Desired, Observed, dict[str, Any]]
CASES: dict[str, Given] = {
    "as declared": (DESIRED, OBSERVED, {}),
    "nothing there": (DESIRED, UNMADE, {}),
    "nothing there, with everything declared": (
        wanted(
            owners=("O2", "o1"),
            notes="n",
            service_management_reference="ref",
            sign_in_audience=PERSONAL,
            redirect_uris=(URI, "https://b.example.gov/x"),
        ),
        UNMADE,
        {},
    ),
    "nothing there, no owners": (wanted(owners=()), UNMADE, {}),
    "consent is handed over": (
        replace(DESIRED, consent=consent.Desired(consent.Mode.HANDOFF)),
        replace(OBSERVED, assignments=()),
        {},
    ),
    "no consent": (replace(DESIRED, consent=consent.Desired(consent.Mode.NONE)), UNMADE, {}),
    "rehearsed": (DESIRED, OBSERVED, {"target": Target.SANDBOX}),
    "everything differs": (
        wanted(owners=("o1", "O2"), notes="n", display_name="Post", service_management_reference="ref"),
        there(
            owners=("o2", "o3"),
            tags=("own",),
            unique_name=None,
            redirect_uris=("HTTPS://A.example.gov/x",),
            permissions=(OTHER, replace(OTHER, label="Graph: X")),
            required_resource_access=({"resourceAppId": "r2"},),
        ),
        {},
    ),
    "adopted": (wanted(client_id=APP.app_id), there(tags=("own",), unique_name=None), {}),
    "adopted, with another's name": (wanted(client_id=APP.app_id), there(tags=(), unique_name="bicep"), {}),
    "adopted, and not stamped": (
        wanted(client_id=APP.app_id, stamp=False),
        there(tags=("own",), unique_name=None, permissions=(), required_resource_access=()),
        {},
    ),
    "not stamped, and not granted": (
        wanted(client_id=APP.app_id, stamp=False),
        replace(
            there(tags=("own",), unique_name=None, permissions=(), required_resource_access=()),
            assignments=(),
        ),
        {},
    ),
    "its tags were wiped": (DESIRED, replace(there(tags=()), secrets=(SECRET, NEWER)), {}),
    "its tags were wiped, others are there": (DESIRED, there(tags=("x", "y")), {}),
    "its tags were wiped, without a secret": (DESIRED, replace(there(tags=()), secrets=()), {}),
    "its tags were wiped, and client_id names it": (wanted(client_id=APP.app_id), there(tags=()), {}),
    "the same resource is asked for": (
        DESIRED,
        there(
            permissions=(),
            required_resource_access=(
                {"resourceAppId": "r2", "resourceAccess": [{"id": "p2", "type": "Scope"}]},
                {"resourceAppId": "00000003-0000-0000-C000-000000000000", "resourceAccess": [{"id": "s"}]},
            ),
        ),
        {},
    ),
    "the same resource is asked for, of nothing": (
        DESIRED,
        there(
            permissions=(),
            required_resource_access=({"resourceAppId": "00000003-0000-0000-c000-000000000000"},),
        ),
        {},
    ),
    "two of one generation": (
        DESIRED,
        replace(there(tags=TWINS), secrets=(SECRET, NEWER)),
        {"records": BOTH},
    ),
    "two of one generation, hints unknown, and a third without a record": (
        DESIRED,
        replace(
            there(tags=TWINS),
            secrets=(replace(SECRET, hint=None), NEWER, replace(NEWER, key_id="c")),
        ),
        {"records": BOTH},
    ),
    "two of one generation, hints known": (
        DESIRED,
        replace(there(tags=TWINS), secrets=(SECRET, replace(NEWER, hint="def"))),
        {"records": BOTH},
    ),
    "one waits": (
        DESIRED,
        replace(there(tags=TWINS[:3]), secrets=(replace(SECRET, hint=None), NEWER)),
        {"records": BOTH},
    ),
    "personal accounts, two secrets, one is due": (
        wanted(sign_in_audience=PERSONAL),
        replace(
            there(sign_in_audience=PERSONAL, token_version=2),
            secrets=(replace(SECRET, end=NOW), replace(SECRET, key_id="x", display_name="x")),
        ),
        {},
    ),
    "personal accounts, one secret, one is due": (
        wanted(sign_in_audience=PERSONAL),
        replace(there(sign_in_audience=PERSONAL), secrets=(replace(SECRET, end=NOW),)),
        {},
    ),
    "personal accounts, two secrets, none is due": (
        wanted(sign_in_audience=PERSONAL),
        replace(
            there(sign_in_audience=PERSONAL, token_version=2),
            secrets=(SECRET, replace(SECRET, key_id="x", display_name="x")),
        ),
        {},
    ),
    "two secrets, one is due": (
        DESIRED,
        replace(OBSERVED, secrets=(replace(SECRET, end=NOW), replace(SECRET, key_id="x", display_name="x"))),
        {},
    ),
    "policy forbids secrets": (
        DESIRED,
        replace(OBSERVED, secrets=(), policy=policies(NO_SECRETS, SHORT)),
        {},
    ),
    "policy forbids secrets of young applications": (
        DESIRED,
        replace(OBSERVED, secrets=(), policy=policies(YOUNG)),
        {},
    ),
    "policy forbids secrets of young applications, and it is about to be made": (
        DESIRED,
        replace(UNMADE, policy=policies(YOUNG)),
        {},
    ),
    "policy forbids secrets, and a custom one is there": (
        DESIRED,
        replace(
            OBSERVED,
            secrets=(),
            policy=replace(policies(SHORT), custom=Policy("own", enabled=True, restrictions=(NO_SECRETS,))),
        ),
        {},
    ),
    "what was not checked": (
        DESIRED,
        replace(OBSERVED, not_checked=("a: needs X", "b"), policy=app_management_policy.Observed(needs="P")),
        {},
    ),
    "owners that cannot be": (
        DESIRED,
        replace(
            OBSERVED,
            owner_candidates=(
                Candidate("1", None),
                Candidate("2", "group", "Admins"),
                Candidate("3", "application", "Pipe", "4"),
                Candidate("5", None, "", "6"),
                Candidate("7", "device", ""),
                Candidate("8", "user"),
            ),
        ),
        {},
    ),
    "everything is wrong with it": (
        DESIRED,
        there(disabled="isDisabled", verified_publisher="Agency", locked=("a", "b"), unique_name="other"),
        {},
    ),
    "the mailbox is a group's": (
        DESIRED,
        replace(OBSERVED, mailbox=mailbox.Observed(mailbox.State.NO_USER, group="Team")),
        {"consented": consent.Detail.PARTIAL},
    ),
    "the mailbox is not there": (
        DESIRED,
        replace(OBSERVED, mailbox=mailbox.Observed(mailbox.State.NO_MAILBOX, "no licence")),
        {"consented": consent.Detail.REVOKED},
    ),
    "the mailbox was not seen": (
        DESIRED,
        replace(OBSERVED, mailbox=mailbox.Observed(mailbox.State.NOT_CHECKED, "X")),
        {"consented": consent.Detail.DELEGATED_ONLY},
    ),
    "examples were left": (
        replace(
            DESIRED, tenant="agency.example", mailbox=replace(DESIRED.mailbox, address="a@b.example.org")
        ),
        OBSERVED,
        {},
    ),
    "examples were left, rehearsed": (
        replace(DESIRED, tenant="agency.example"),
        OBSERVED,
        {"target": Target.SANDBOX},
    ),
    "the limit is set by Graph, and Entra still grants": (
        replace(
            DESIRED,
            consent=consent.Desired(consent.Mode.NONE),
            mailbox=mailbox.Desired("foia@example.gov", mailbox.Scope.MAILBOX, by_graph=True),
        ),
        OBSERVED,
        {},
    ),
    "policy frees some callers": (EXEMPTED[0], EXEMPTED[1], {}),
    "policy frees some callers, and it is tried": (*EXEMPTED, {"allowed": {"lifetime-over-policy"}}),
    **{f"rule: {name}": (desired, observed, {}) for name, (desired, observed, _) in RULES.items()},
}


def answer(case: str) -> list[str]:
    """The changes, then the findings, then whether it is a person's or a program's turn."""
    desired, observed, more = CASES[case]
    records = more.get("records", RECORDS)
    rest = {name: value for name, value in more.items() if name != "records"}
    plan = planned(desired, observed, records, **rest)
    summary = ", ".join(f"{count} {name}" for name, count in plan.summary().items() if count)
    return [
        *cases.changed(plan.changes),
        *cases.found(plan.findings),
        f"{summary}; {len(plan.pending)} pending",
    ]


ANSWERS = cases.answers(Path(__file__).with_name("plan_cases.txt"), list(CASES), answer)


@pytest.mark.parametrize("case", CASES)
def test_a_whole_plan(case: str) -> None:
    """As it was reviewed."""
    assert answer(case) == ANSWERS[case], cases.ANEW


AUDIENCES = {
    **{
        f"{present} to {asked}, {'ours' if tags else 'adopted'}": (
            replace(WANTED, sign_in_audience=asked),
            replace(THERE, sign_in_audience=present, tags=tags),
        )
        for present, asked in [*CHANGES, ("NewOne", "AzureADMyOrg"), ("AzureADMyOrg", "NewOne")]
        for tags in (("provision",), ())
    },
    **{
        f"limit: {name}": (
            replace(WANTED, sign_in_audience=asked),
            replace(
                THERE,
                redirect_uris=uris,
                other_uris=tuple(("spa", uri) for uri in _uris(elsewhere, "spa")),
            ),
        )
        for name, (asked, uris, elsewhere, _) in LIMITS.items()
    },
    "under another platform": (
        WANTED,
        replace(THERE, redirect_uris=(), other_uris=(("spa", URI), ("x", WANTED.redirect_uris[0]))),
    ),
}


def told(case: str) -> list[str]:
    """The findings."""
    return cases.found(audience.check(*AUDIENCES[case]))


AUDIENCE = cases.answers(Path(__file__).with_name("audience_cases.txt"), list(AUDIENCES), told)


@pytest.mark.parametrize("case", AUDIENCES)
def test_what_a_change_of_the_audience_breaks(case: str) -> None:
    """As it was reviewed; before anything is there, nothing breaks."""
    assert told(case) == AUDIENCE[case]
    assert list(audience.check(WANTED, None)) == []
