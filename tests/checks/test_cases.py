"""Rights, drift and expiry word for word: who may do what and why, what differs, which secret counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.change import Action, Change
from provision.checks import expiry, rights
from provision.checks.signs_in import PRINCIPAL, Holder
from provision.outcomes.expiry import Row, State
from provision.outcomes.rights import Presence, Right, Step
from provision.plan.ending import Forget
from provision.plan.model import Plan
from provision.products.permissions import PERMISSIONS
from provision.resources import (
    Ignore,
    Surroundings,
    application,
    client_secret,
    consent,
    mailbox_scope,
    service_principal,
)
from provision.resources.app_management_policy import Limits
from provision.resources.caller import Caller, Kind
from provision.resources.client_secret import Span
from provision.resources.last_use import Observed as LastUse
from provision.resources.undeclared import Certificate, Publisher
from tests import cases
from tests.checks.test_drift import AROUND, PLANS, drift
from tests.plan.given import DESIRED, GRAPH, NOW, OBSERVED, ROLE, SECRET, planned, there, wanted
from tests.resources import test_client_secret as secrets
from tests.resources.test_client_secret import NEW, OLD, Given, day, world

HERE = Path(__file__)
OWNED, ALL = frozenset({rights.OWNED_BY}), frozenset({rights.READ_WRITE_ALL})
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
SCOPES = frozenset({"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "Directory.Read.All"})


def program(*permissions: str, **more: Any) -> Caller:
    """An application with these permissions, and no role of the directory."""
    return Caller(
        Kind.APPLICATION, permissions=frozenset(permissions), **{"directory_roles": frozenset(), **more}
    )


def person(*roles: str, **more: Any) -> Caller:
    """A person with these roles, who signs in with enough scopes, and does not own the application."""
    given = {"permissions": SCOPES, "directory_roles": frozenset(roles), "complete": True, "owns": False}
    return Caller(Kind.PERSON, **{**given, **more})


CALLERS: dict[str, tuple[Caller, bool]] = {
    "nobody knows who": (Caller(), True),
    "a program without rights": (program(), True),
    "a program with another's rights": (program("Mail.Send"), True),
    "a program that may write all": (program(*ALL), True),
    "a program with everything": (program(*SCOPES, "Policy.Read.All", "Mail.ReadBasic.All"), True),
    "a program that owns it": (program(*OWNED, owns=True), True),
    "a program that does not": (program(*OWNED, owns=False), True),
    "a program that may": (program(*OWNED, owns=None), True),
    "a program that will": (program(*OWNED, owns=False), False),
    "a program that owns it and may read": (program(*OWNED, "Directory.Read.All", owns=True), True),
    "a program whose roles are not known": (program(directory_roles=None), True),
    "a program with a role": (program(directory_roles=frozenset({READER, "x"})), True),
    "a person without roles": (person(), True),
    "a person without scopes": (person(permissions=frozenset()), True),
    "a person by Azure CLI": (
        person(rights.GLOBAL_ADMINISTRATOR, permissions=frozenset({"Directory.AccessAsUser.All"})),
        True,
    ),
    "a person with two other roles": (person(USER_ADMINISTRATOR, READER), True),
    "a person with a role of the tenant's own": (person("zz", "own"), True),
    "a global administrator": (person(rights.GLOBAL_ADMINISTRATOR), True),
    "an application administrator": (person(rights.APPLICATION_ADMINISTRATOR), True),
    "an application developer": (person(rights.APPLICATION_DEVELOPER), True),
    "a privileged role administrator": (person(rights.PRIVILEGED_ROLE_ADMINISTRATOR), True),
    "a person who owns it": (person(owns=True), True),
    "a person who may own it": (person(owns=None), True),
    "a person whose roles may be more": (person(complete=False), True),
    "a person whose roles are not known": (person(directory_roles=None), True),
    "a person before it is there": (person(), False),
}


def judged(case: str) -> list[str]:
    """A line for each right."""
    caller, exists = CALLERS[case]
    found = rights.judge(caller, frozenset(Step), exists=exists)
    return [f"{one.step} {one.presence}: {one.detail} | {one.least} | {one.giver}" for one in found]


RIGHTS = cases.answers(HERE.with_name("rights_cases.txt"), list(CALLERS), judged)


@pytest.mark.parametrize("case", CALLERS)
def test_who_may_do_what(case: str) -> None:
    """As it was reviewed: what is surely missing, by what the rest is there, the least right."""
    assert judged(case) == RIGHTS[case]


LOOKING = {Step.READ, Step.POLICY, Step.MAILBOX, Step.SCOPE}
OWNERS = ("o1",)
MINT = client_secret.Mint("Mail", Span(days=9), Limits())
STEPS: list[tuple[object, tuple[str, ...] | None, set[Step]]] = [
    (None, OWNERS, set()),
    (application.Create("x", {}), None, {Step.CREATE}),
    (application.Create("x", {}), OWNERS, {Step.CREATE, Step.OWNERS}),
    (application.Update("x", {"notes": "n"}), OWNERS, {Step.CHANGE}),
    (application.Update("x", {}, OWNERS), None, {Step.OWNERS}),
    (application.Update("x", {"notes": "n"}, OWNERS), None, {Step.CHANGE, Step.OWNERS}),
    (application.Delete("x"), None, {Step.CHANGE}),
    (application.Restore("x"), None, {Step.CHANGE}),
    (application.Purge("x"), None, {Step.CHANGE}),
    (service_principal.Create(), None, {Step.PRINCIPAL}),
    (service_principal.Restore("x"), None, set()),
    (service_principal.Purge("x"), None, set()),
    (Forget("file:x"), None, set()),
    (consent.Grant(OBSERVED.role), None, {Step.GRANT}),
    (consent.Revoke(("x",)), None, {Step.GRANT}),
    (mailbox_scope.Create("r", "i", "u"), None, {Step.LIMIT}),
    (mailbox_scope.Remove("x"), None, {Step.LIMIT}),
    (
        mailbox_scope.Claim("x", mailbox_scope.Create("Application Mail.Send", "r1", "u1")),
        None,
        {Step.CHANGE},
    ),
    (MINT, None, {Step.CHANGE}),
    (client_secret.Record("x"), None, {Step.CHANGE}),
    (client_secret.Remove("x"), None, {Step.CHANGE}),
    (client_secret.Forget("x"), None, {Step.CHANGE}),
]


@pytest.mark.parametrize(("step", "owners", "taken"), STEPS)
def test_which_right_a_step_takes(step: object, owners: tuple[str, ...] | None, taken: set[Step]) -> None:
    """Beside those that every look takes."""
    change = Change("address", Action.UPDATE, "", None, None, step)
    plan = replace(planned(wanted(owners=owners)), changes=(change,))
    assert rights.steps_of(plan) == LOOKING | taken


@pytest.mark.parametrize(
    ("caller", "depends"),
    [
        (program(*OWNED), True),
        (program(*ALL), False),
        (program(*OWNED, *ALL), False),
        (program(), False),
        (Caller(Kind.APPLICATION), False),
        (Caller(), False),
        (person(), True),
        (person(READER), True),
        (person(directory_roles=None), True),
        (person(rights.GLOBAL_ADMINISTRATOR), False),
        (person(rights.CLOUD_APPLICATION_ADMINISTRATOR), False),
        (person(rights.PRIVILEGED_ROLE_ADMINISTRATOR), True),
    ],
)
def test_whose_rights_depend_on_owning_the_application(caller: Caller, depends: bool) -> None:
    """Only then it is asked for."""
    assert rights.depends_on_ownership(caller) is depends


def test_what_makes_a_plan_fail() -> None:
    """What is missing, but for what is handed over."""
    found = [Right(step, "", presence, "", "", "", "") for step in Step for presence in Presence]
    assert {(right.step, right.presence) for right in rights.missing(found)} == {
        (step, Presence.MISSING) for step in Step if step not in (Step.GRANT, Step.LIMIT)
    }
    read = {item.name: item for item in (DESIRED.consent.permission,)}["Mail.Send"]
    named = rights.judge(program(), {Step.GRANT}, exists=True, permission=replace(read, name="Mail.Read"))
    assert [right.what for right in named if right.step is Step.GRANT] == ["grant Mail.Read"]
    assert len({right.what for right in named}) == len(named)


def limit(action: Action, *, after: bool = True) -> Plan:
    """A plan with such a change of Exchange's limit."""
    change = Change("mailbox_scope[a1]", action, "why", None, {"role": "r"} if after else None)
    return replace(planned(), changes=(change,))


def changed(address: str, action: Action, **more: Any) -> Plan:
    """A plan with one such change."""
    return replace(planned(), changes=(Change(address, action, "why", **more),))


READING = mailbox_scope.Assignment("a9", "Application Mail.Read", "/")
UNNAMED = replace(SECRET, key_id="k", display_name=None, end=NOW)
KEYS = (("m", 2), ("k", 1))
USED = LastUse({"k": NOW}, NOW)
LOOKS: dict[str, tuple[Plan, Surroundings]] = {
    **{f"around: {name}": (planned(), around) for name, (around, _) in AROUND.items()},
    **{f"plan: {name}": (plan, Surroundings()) for name, (plan, _) in PLANS.items()},
    "limit to be set": (limit(Action.CREATE), Surroundings()),
    "limit handed over": (limit(Action.HANDOFF), Surroundings()),
    "limit to be removed": (limit(Action.DELETE), Surroundings()),
    "limit to be removed, the role known": (limit(Action.DELETE, after=False), Surroundings()),
    "limit that waits to go": (limit(Action.HANDOFF, after=False), Surroundings()),
    "a kind that drift does not know": (changed("toy", Action.CREATE), Surroundings()),
    "a kind that drift does not know goes": (changed("toy[1]", Action.DELETE), Surroundings()),
    "a kind that drift does not know is handed over": (changed("toy", Action.HANDOFF), Surroundings()),
    "an update without values": (changed("toy", Action.UPDATE), Surroundings()),
    "a list that lacks": (
        changed("toy", Action.UPDATE, before={"a": ["x"]}, after={"a": ["x", "y"], "b": ("z",)}),
        Surroundings(),
    ),
    "a value that was not set": (changed("toy", Action.UPDATE, after={"a": "x"}), Surroundings()),
    "a value that is to go": (
        changed("toy", Action.UPDATE, before={"a": "x"}, after={"a": None}),
        Surroundings(),
    ),
    "a secret that is to be removed": (changed("client_secret[x]", Action.DELETE), Surroundings()),
    "a certificate that ends now, and is used": (
        planned(),
        Surroundings(certificates=(Certificate("k", "C", NOW),), last_use=USED),
    ),
    "a secret of somebody, without a name, that ends now": (
        planned(observed=replace(OBSERVED, secrets=(SECRET, UNNAMED))),
        Surroundings(last_use=USED),
    ),
    "what Exchange gives beside": (
        planned(
            observed=replace(
                OBSERVED,
                exchange=mailbox_scope.Observed(
                    (mailbox_scope.Assignment("a9", "Application Mail.Read", "/"),)
                ),
            )
        ),
        Surroundings(),
    ),
    "a product that reads": (
        planned(
            replace(DESIRED, consent=consent.Desired(consent.Mode.GRANT, PERMISSIONS["Mail.Read"])),
            replace(OBSERVED, assignments=()),
        ),
        Surroundings(),
    ),
    "permissions in capitals, and parts of one": (
        planned(
            observed=there(
                required_resource_access=(
                    {
                        "resourceAppId": GRAPH.upper(),
                        "resourceAccess": [{"id": ROLE.role_id.upper(), "type": "Role"}, {}],
                    },
                    {},
                )
            )
        ),
        Surroundings(),
    ),
    "a permission of a resource that is not told": (
        planned(
            observed=there(required_resource_access=({"resourceAccess": [{"id": "p", "type": "Role"}]},))
        ),
        Surroundings(),
    ),
    "the product's permission, its id in capitals": (
        planned(
            observed=replace(
                OBSERVED,
                role=replace(ROLE, role_id=ROLE.role_id.upper()),
                assignments=(replace(ROLE, role_id=ROLE.role_id.upper()),),
            )
        ),
        Surroundings(),
    ),
    "a permission of a resource without a name": (
        planned(observed=replace(OBSERVED, assignments=(ROLE, consent.Role("x", "r")))),
        Surroundings(publishers=(Publisher("x", "y", "", {"r": "Read.All"}, {}),)),
    ),
    "what is ignored": (
        planned(
            replace(
                DESIRED,
                ignores=(
                    Ignore("undeclared-certificate", "C [1] (k)", "known"),
                    Ignore("undeclared-certificate", "C [2]*", "known, too"),
                    Ignore("undeclared-secret", "nobody's", "old"),
                ),
            )
        ),
        Surroundings(
            certificates=tuple(
                Certificate(key, f"C [{number}]", NOW + timedelta(days=9)) for key, number in KEYS
            )
        ),
    ),
    "two records of what is gone": (
        planned(records=client_secret.Records(tenant=frozenset({"z", "y", SECRET.key_id}))),
        Surroundings(),
    ),
}


def differs(case: str) -> list[str]:
    """A line for each deviation, for what is ignored, and for what was not seen."""
    plan, around = LOOKS[case]
    result = drift(plan, around, plan.records)
    lines = [
        f"{item.severity} {item.entry.name} {item.address} | {item.value} | {item.message} | {item.fix}"
        for item in result.deviations
        if item.entry.name != "mail-for-everyone"
    ]
    lines += [f"ignored: {item.deviation.value}, {item.reason}" for item in result.ignored]
    return [*lines, *(f"not checked: {what}" for what in result.not_checked)]


DRIFT = cases.answers(HERE.with_name("drift_cases.txt"), list(LOOKS), differs)


@pytest.mark.parametrize("case", LOOKS)
def test_what_differs(case: str) -> None:
    """As it was reviewed, with its words."""
    assert differs(case) == DRIFT[case]


HAND: Given = ("h", "", -9, 20)
ENDS: dict[str, dict[str, Any]] = {
    "none": {"given": []},
    "one": {"given": [NEW]},
    "its window has come": {"given": [("a", "d", -149, 31)]},
    "renewal is due": {"given": [("a", "d", -150, 30)], "within": 9},
    "two": {"given": [OLD, NEW]},
    "two, and the last day is near": {"given": [("a", "d", -160, 9), NEW]},
    "overdue": {"given": [("a", "d", -170, 20), ("b", "d", -155, 25)], "within": 9},
    "ended, and one of its end": {"given": [("a", "d", -180, 0), ("b", "d", -180, 0)]},
    "the newest was removed": {"given": [OLD, ("b", "g", -1, 179)]},
    "an older one was removed": {"given": [("a", "g", -9, 9), NEW]},
    "the newest was to go, and is gone": {"given": [("b", "gr", -1, 179)]},
    "the newest of three was removed": {
        "given": [("a", "d", -150, 90), ("b", "d", -99, 100), ("c", "g", -1, 179), ("x", "u", -1, 179)],
    },
    "the same secret twice as long": {"given": [("a", "d", -9, 20), ("b", "d", -9, 20)]},
    "leaked": {"given": [("a", "dl", -9, 171)]},
    "leaked, its successor delivered": {"given": [("a", "dl", -9, 171), NEW]},
    "to be replaced": {"given": [("b", "dr", -2, 178)]},
    "unproven": {"given": [("x", "u", -9, 171)]},
    "unproven, and ends soon": {"given": [("x", "u", -9, 5)]},
    "nobody has it": {"given": [("x", "ui", -9, 5)]},
    "somebody may have it, who knows": {"given": [("x", "di", -9, 5)]},
    "adopted": {"given": [HAND], "adopt": "h"},
    "somebody's": {"given": [("x", "o", -9, 30), ("y", "o", -9, 31), ("z", "o", -9, 0)]},
    "on the principal, and certificates": {
        "given": [NEW],
        "others": (
            Holder(
                PRINCIPAL,
                "p",
                (replace(SECRET, key_id="s", end=day(30)), replace(SECRET, key_id="t", end=day(31))),
                (Certificate("c", "C", day(30)), Certificate("d", None, day(0))),
            ),
        ),
    },
}


def rows(case: str) -> list[str]:
    """A line for each row."""
    given = dict(ENDS[case])
    seen, records = world(given["given"])
    somebody = {key for key, kind, *_ in given["given"] if kind == "o"}
    seen = [replace(item, display_name="x") if item.key_id in somebody else item for item in seen]
    desired = replace(secrets.DESIRED, adopt=given.get("adopt"))
    found = expiry.rows(
        expiry.Subject("tenant", "client"),
        desired,
        seen,
        records,
        within=Span(days=given.get("within", 30)),
        now=secrets.NOW,
        others=given.get("others", ()),
    )
    return [line(row) for row in found]


def line(row: Row) -> str:
    """All that is judged of one."""
    words = (
        "counts" if row.attention else "-",
        "ours" if row.ours else "-",
        "adopted" if row.adopted else "-",
    )
    dates = (f"{date:%Y-%m-%d}" if date else "-" for date in (row.renew, row.confirm_by))
    key = row.secret.key_id if row.secret else "-"
    return " ".join((key, row.state, *words, *dates, f"{row.kind} of the {row.holder}"))


EXPIRY = cases.answers(HERE.with_name("expiry_cases.txt"), list(ENDS), rows)


@pytest.mark.parametrize("case", ENDS)
def test_which_secret_counts(case: str) -> None:
    """As it was reviewed."""
    assert rows(case) == EXPIRY[case]
    assert {row.split()[1] for row in rows(case)} <= set(State)
