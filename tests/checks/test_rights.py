"""The judging of rights: pure, a row a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.checks import rights
from provision.checks.rights import NEEDS, judge, missing
from provision.outcomes.rights import Presence, Step
from provision.resources.caller import Caller, Kind

ALL_STEPS = frozenset(Step)
SCOPES = frozenset(
    {
        "Directory.AccessAsUser.All",
        "AppRoleAssignment.ReadWrite.All",
        "Policy.Read.All",
        "Mail.ReadBasic",
        "Directory.Read.All",
        "RoleManagement.ReadWrite.Exchange",
    }
)
PIPELINE = Caller(
    Kind.APPLICATION,
    id="1",
    name="pipeline",
    directory_roles=frozenset(),
    permissions=frozenset(
        {
            "Application.ReadWrite.All",
            "AppRoleAssignment.ReadWrite.All",
            "Directory.Read.All",
            "Policy.Read.All",
            "Mail.ReadBasic.All",
            "RoleManagement.ReadWrite.Exchange",
        }
    ),
)
PERSON = Caller(
    Kind.PERSON,
    id="2",
    permissions=SCOPES,
    complete=True,
    owns=False,
    directory_roles=frozenset({rights.GLOBAL_ADMINISTRATOR}),
)


def presences(caller: Caller, *, exists: bool = True) -> dict[Step, Presence]:
    """What is judged of every step."""
    return {right.step: right.presence for right in judge(caller, ALL_STEPS, exists=exists)}


def lacking(caller: Caller, *, exists: bool = True) -> set[Step]:
    """The steps that are not present."""
    return {
        step
        for step, presence in presences(caller, exists=exists).items()
        if presence is not Presence.PRESENT
    }


@pytest.mark.parametrize("caller", [PIPELINE, PERSON], ids=["application", "person"])
def test_who_has_everything_lacks_nothing(caller: Caller) -> None:
    """Every step there is, and each says by what."""
    assert lacking(caller) == set()
    assert all(right.detail for right in judge(caller, ALL_STEPS, exists=True))


@pytest.mark.parametrize(
    ("gone", "steps"),
    [
        ("Application.ReadWrite.All", {Step.CREATE, Step.CHANGE, Step.PRINCIPAL, Step.OWNERS}),
        ("AppRoleAssignment.ReadWrite.All", {Step.GRANT}),
        ("Directory.Read.All", {Step.OWNERS}),
        ("Policy.Read.All", {Step.POLICY}),
        ("RoleManagement.ReadWrite.Exchange", {Step.LIMIT, Step.SCOPE}),
        ("Mail.ReadBasic.All", {Step.MAILBOX}),
    ],
)
def test_one_permission_less_of_an_application(gone: str, steps: set[Step]) -> None:
    """Exactly the steps that it was needed for."""
    assert PIPELINE.permissions is not None
    assert lacking(replace(PIPELINE, permissions=PIPELINE.permissions - {gone})) == steps


@pytest.mark.parametrize(
    ("gone", "steps"),
    [
        (
            "Directory.AccessAsUser.All",
            {Step.CREATE, Step.CHANGE, Step.PRINCIPAL, Step.OWNERS},
        ),
        ("AppRoleAssignment.ReadWrite.All", {Step.GRANT}),
        ("Policy.Read.All", {Step.POLICY}),
        ("RoleManagement.ReadWrite.Exchange", {Step.LIMIT, Step.SCOPE}),
        ("Mail.ReadBasic", {Step.MAILBOX}),
    ],
)
def test_one_scope_less_of_a_person(gone: str, steps: set[Step]) -> None:
    """A Global Administrator whose program carries a scope less."""
    assert lacking(replace(PERSON, permissions=SCOPES - {gone})) == steps


APP_STEPS = {Step.CHANGE, Step.PRINCIPAL, Step.OWNERS, Step.LIMIT}


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        (rights.GLOBAL_ADMINISTRATOR, set()),
        (rights.PRIVILEGED_ROLE_ADMINISTRATOR, APP_STEPS),
        (rights.APPLICATION_ADMINISTRATOR, {Step.GRANT, Step.LIMIT}),
        (rights.CLOUD_APPLICATION_ADMINISTRATOR, {Step.GRANT, Step.LIMIT}),
        (rights.APPLICATION_DEVELOPER, {*APP_STEPS, Step.GRANT}),
        ("fe930be7-5e62-47db-91af-98c3a49a38b1", {*APP_STEPS, Step.GRANT}),
    ],
    ids=lambda value: rights.ROLE_NAMES.get(value) if isinstance(value, str) else "",
)
def test_what_a_persons_role_is_surely_not_good_for(role: str, steps: set[Step]) -> None:
    """Microsoft excludes application administrators from consent to Graph's application permissions."""
    found = presences(replace(PERSON, directory_roles=frozenset({role})))
    assert {step for step, presence in found.items() if presence is Presence.MISSING} == steps


def test_an_owner_without_a_role() -> None:
    """May do all to the application, and not consent."""
    owner = replace(PERSON, directory_roles=frozenset(), owns=True)
    assert lacking(owner) == {Step.CREATE, Step.GRANT, Step.LIMIT}
    assert presences(owner)[Step.CREATE] is Presence.UNKNOWN  # the tenant may let every member


def test_owned_by() -> None:
    """Enough for what it owns and for what it is about to create; of others' applications it is missing."""
    caller = replace(PIPELINE, permissions=frozenset({rights.OWNED_BY}), owns=False)
    first = presences(caller, exists=False)
    assert [first[step] for step in (Step.READ, Step.CREATE, Step.CHANGE, Step.PRINCIPAL)] == [
        Presence.PRESENT
    ] * 4
    assert first[Step.GRANT] is Presence.MISSING
    assert presences(caller)[Step.CHANGE] is Presence.MISSING
    assert presences(replace(caller, owns=True))[Step.CHANGE] is Presence.PRESENT
    assert presences(replace(caller, owns=None))[Step.CHANGE] is Presence.UNKNOWN


@pytest.mark.parametrize(
    "caller",
    [
        Caller(),
        replace(PERSON, permissions=None),
        replace(PERSON, directory_roles=None),
        replace(
            PERSON, directory_roles=frozenset({"aaaaaaaa-0000-4000-8000-000000000000"})
        ),  # the tenant's own
        replace(
            PERSON, directory_roles=frozenset(), complete=False
        ),  # one limited to the application is not seen
        replace(PIPELINE, permissions=frozenset(), directory_roles=None),
        replace(
            PIPELINE, permissions=frozenset(), directory_roles=frozenset({rights.APPLICATION_ADMINISTRATOR})
        ),
    ],
    ids=[
        "unreadable",
        "no scp",
        "no wids",
        "custom role",
        "scoped role",
        "roles not read",
        "application's role",
    ],
)
def test_what_is_not_sure_is_never_missing(caller: Caller) -> None:
    """A change is not refused for what cannot be told."""
    assert presences(caller)[Step.CHANGE] is Presence.UNKNOWN


def test_missing_leaves_consent_to_others() -> None:
    """What is only looked at is 'not checked', and consent is handed over."""
    nothing = replace(PIPELINE, permissions=frozenset())
    found = judge(nothing, ALL_STEPS, exists=True)
    assert Step.GRANT not in {right.step for right in missing(found)}
    assert {r.step for r in found if r.presence is Presence.NOT_CHECKED} == set(rights.OPTIONAL)


def test_what_is_not_due_is_not_needed() -> None:
    """Whatever the caller has."""
    found = judge(Caller(Kind.APPLICATION, permissions=frozenset()), {Step.READ}, exists=True)
    assert {r.step for r in found if r.presence is Presence.NOT_NEEDED} == ALL_STEPS - {Step.READ}


def test_the_table_is_whole() -> None:
    """Each step once, each with the page that says so, what suffices, and who gives it."""
    assert [need.step for need in NEEDS] == list(Step)
    assert all(need.source.startswith("https://learn.microsoft.com/") for need in NEEDS)
    for caller in (PIPELINE, PERSON):
        assert all(right.least and right.giver for right in judge(caller, ALL_STEPS, exists=True))
