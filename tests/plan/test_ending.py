"""What destroy, purge and restore do and refuse, a row a case; every step names the object that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.change import Action, Change
from provision.errors import Finding, Severity, catalogue
from provision.plan import ending
from provision.plan.ending import Forget, Gone, Lies
from provision.plan.model import Plan
from provision.resources import application, consent, mailbox_scope, service_principal
from provision.resources.last_use import Observed as LastUse
from provision.resources.mailbox_scope import Assignment
from provision.resources.undeclared import Certificate
from tests.plan.given import APP, CONTEXT, DESIRED, KEY, NOW, OBSERVED, ROLE, SECRET, there, wanted

APPLICATION = {"displayName": "Collaboration", "appId": APP.app_id, "id": APP.id}
WITH = "it goes with the application"
PRINCIPAL = "7ac36e1e-a077-4654-8e47-f71f608a9dd2"
OURS = Assignment("a1", "Application Mail.Send", "/users/u1")
THEIRS = Assignment("a2", "Application Mail.Read", "/")
TAGGED = ("provision", mailbox_scope.scoped_tag("A1", NOW))


def step_of(change: Change) -> tuple[str, Action, object]:
    """Where a change is, what it is, and by which step."""
    return change.address, change.action, change.step


def ended(observed: Any = OBSERVED, desired: Any = DESIRED, **more: Any) -> Plan:
    """The plan of destroy."""
    given: dict[str, Any] = {"foreign": (), "not_checked": (), "lies": (), **more}
    return ending.destruction(CONTEXT, desired, observed, **given)


def test_what_ends_with_an_application() -> None:
    """One request removes all of it; the plan shows each part, the secrets that carry our mark among them."""
    stranger = replace(SECRET, key_id="theirs", display_name="by hand")
    plan = ended(replace(OBSERVED, secrets=(SECRET, stranger)))
    assert plan.changes == (
        Change("application", Action.DELETE, "asked for; Entra keeps it for 30 days", APPLICATION, None),
        Change("service_principal", Action.DELETE, WITH, {"id": PRINCIPAL}),
        Change("consent", Action.DELETE, WITH, {"permission": "Microsoft Graph: Mail.Send"}),
        Change(
            f"client_secret[{KEY}]",
            Action.DELETE,
            WITH,
            {"keyId": KEY, "hint": "abc", "endDateTime": "2026-09-04"},
        ),
    )
    assert [change.step for change in plan.changes] == [application.Delete(APP.id), None, None, None]
    assert (plan.findings, plan.consent, plan.standing) == ((), consent.Detail.NOT_NEEDED, None)


def test_what_is_not_there_does_not_end() -> None:
    """Without a principal and a grant there is the application alone."""
    bare = replace(OBSERVED, service_principal=None, assignments=(), secrets=())
    assert [change.address for change in ended(bare).changes] == ["application"]


@pytest.mark.parametrize(
    ("exchange", "tags", "expected"),
    [
        (None, ("provision",), []),
        (None, TAGGED, [("mailbox_scope", Action.HANDOFF, None)]),
        (mailbox_scope.Observed(unread="needs X"), ("provision",), []),
        (mailbox_scope.Observed(unread="needs X"), TAGGED, [("mailbox_scope", Action.HANDOFF, None)]),
        (mailbox_scope.Observed((OURS, THEIRS)), ("provision",), []),
        (
            mailbox_scope.Observed((OURS, THEIRS)),
            TAGGED,
            [("mailbox_scope[a1]", Action.DELETE, mailbox_scope.Remove("a1"))],
        ),
    ],
)
def test_a_limit_of_ours_ends_before_the_application(
    exchange: mailbox_scope.Observed | None, tags: tuple[str, ...], expected: list[Any]
) -> None:
    """It would outlive it; where it is not seen, a person removes it; what others set stays."""
    plan = ended(replace(there(tags=tags), exchange=exchange))
    found = plan.changes[: len(expected)]
    assert [step_of(change) for change in found] == expected
    assert plan.changes[len(expected)].address == "application"
    for change in found:
        if change.action is Action.HANDOFF:
            unread = exchange.unread if exchange else "not read"
            assert change.reason == f"Exchange's role assignments: {unread}"
            assert change.before == {"assignments": ["a1"]}
        else:
            assert change.reason == "it would outlive the application"
            assert change.before == {"role": OURS.role, "reaches": OURS.reaches}


def test_limits_of_ours_that_are_gone_or_not_seen() -> None:
    """In the order of their ids; of one that is gone the record is all that ends."""
    tags = ("provision", *(mailbox_scope.scoped_tag(key, NOW) for key in ("a3", "a1", "a2")))
    plan = ended(replace(there(tags=tags), exchange=mailbox_scope.Observed((OURS, THEIRS))))
    gone, is_gone = {"recorded": True}, "it is gone; its record is not"
    assert [(change.address, change.reason, change.before) for change in plan.changes[:3]] == [
        (
            "mailbox_scope[a1]",
            "it would outlive the application",
            {"role": OURS.role, "reaches": OURS.reaches},
        ),
        (
            "mailbox_scope[a2]",
            "it would outlive the application",
            {"role": THEIRS.role, "reaches": THEIRS.reaches},
        ),
        ("mailbox_scope[a3]", is_gone, gone),
    ]
    assert [change.step for change in plan.changes[:3]] == [
        mailbox_scope.Remove(key) for key in ("a1", "a2", "a3")
    ]
    unseen = ended(there(tags=tags)).changes[0]
    assert (unseen.action, unseen.before) == (Action.HANDOFF, {"assignments": ["a1", "a2", "a3"]})


CREDENTIALS = replace(
    OBSERVED,
    certificates=(Certificate("c1", "C", NOW),),
    principal_secrets=(replace(SECRET, key_id="s1"),),
    principal_certificates=(Certificate("c2", None, NOW),),
)
NO_ROW = "no sign-in in the report, no proof (report read 2026-05-04 12:00 UTC)"
LAST = "last signed in 2026-05-04 12:00 UTC (report read 2026-05-04 12:00 UTC)"


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (None, []),
        (LastUse(unread="needs X"), [("when it signed in last was not read: needs X", "")]),
        (
            LastUse({"c1": NOW}, NOW),
            [
                (f"certificate c1: {LAST}", "c1"),
                (f"certificate c2: {NO_ROW}", "c2"),
                (f"secret {KEY}: {NO_ROW}", KEY),
                (f"secret s1: {NO_ROW}", "s1"),
            ],
        ),
    ],
)
def test_when_each_credential_signed_in_last(used: LastUse | None, said: list[tuple[str, str]]) -> None:
    """Of the application and of its principal: something may rely on it."""
    found = ended(CREDENTIALS, used=used).findings
    assert [(item.message, item.value) for item in found] == said
    assert {(item.entry, item.severity) for item in found} <= {(catalogue.LAST_SIGN_INS, Severity.INFO)}


def test_what_is_refused_unless_it_is_allowed() -> None:
    """What nobody declared would end, too; an adopted one is somebody's; what was not seen is said."""
    plan = ended(
        desired=wanted(client_id=APP.app_id), foreign=["owner B", "owner A"], not_checked=["owners: needs X"]
    )
    assert plan.findings == (
        Finding(
            catalogue.DESTROY_SHARED,
            Severity.ERROR,
            "it would end with the application: owner A",
            value="owner A",
        ),
        Finding(
            catalogue.DESTROY_SHARED,
            Severity.ERROR,
            "it would end with the application: owner B",
            value="owner B",
        ),
        Finding(
            catalogue.DESTROY_ADOPTED,
            Severity.ERROR,
            f"'Collaboration' ({APP.app_id}) was not made by provision: client_id adopted it",
            value=APP.app_id,
        ),
        Finding(catalogue.NOT_CHECKED, Severity.WARNING, "not checked: owners: needs X"),
    )
    assert plan.changes[0].before == {**APPLICATION, "undeclared": ["owner A", "owner B"]}


FORGOTTEN = Change(
    "delivery[file:a]", Action.DELETE, "--forget: its value is of no more use", {"place": "file:a"}
)
BY_NAME = "To have it removed, where that sink can: name the place with --deliver, and pass --forget."


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize(
    ("lies", "forgotten", "way"),
    [
        (Lies("file:a", forget=True, can=True), True, None),
        (Lies("file:a", forget=False, can=True), False, "Pass --forget to have it removed there."),
        (Lies("file:a", forget=False, can=False), False, None),
        (Lies("file:a", forget=False, can=True, named=False), False, BY_NAME),
        (Lies("file:a", forget=False, can=False, named=False), False, BY_NAME),
    ],
)
def test_where_a_value_lies(lies: Lies, forgotten: bool, way: str | None, present: bool) -> None:
    """It is removed on demand, or it is said that it stays, and what to do; application or not."""
    plan = ended(OBSERVED if present else replace(OBSERVED, application=None), lies=[lies])
    assert [(c, c.step) for c in plan.changes if c.address.startswith("delivery")] == (
        [(FORGOTTEN, Forget("file:a"))] if forgotten else []
    )
    assert [(f.entry, f.severity, f.value, f.fix) for f in plan.findings] == (
        [] if forgotten else [(catalogue.VALUE_LEFT, Severity.INFO, "file:a", way)]
    )
    assert (plan.changes[0].action is Action.NO_OP) is not present
    assert [item.message for item in plan.findings] == [
        "the delivered value still lies at file:a" for _ in plan.findings
    ]


@pytest.mark.parametrize("way", ["Remove the lines by hand.", None])
def test_a_place_that_is_left_as_it_is(way: str | None) -> None:
    """It says why, and what can be done about that alone."""
    lies = Lies("file:a", forget=False, can=True, untouched="it is somebody else's", way=way)
    (found,) = ended(lies=[lies]).findings
    assert found.message == "what is at the place of the value is left as it is: it is somebody else's"
    assert found.fix == way


def test_nothing_to_destroy() -> None:
    """It says which name it looked for."""
    (change,) = ended(replace(OBSERVED, application=None)).changes
    assert change == Change(
        "application", Action.NO_OP, "nothing is there: no application has the uniqueName 'collab-prod'"
    )


GONE = Gone("o1", "c1", "Collaboration", "2026-05-01T09:00:00Z", "p1", ("secret 'x' until 2026-09-04",))
HELD = {"displayName": "Collaboration", "appId": "c1", "id": "o1"}


def test_what_is_deleted_goes_for_good() -> None:
    """The principal first, for nobody could find it any more; without one the application alone."""
    plan = ending.purging(CONTEXT, DESIRED, OBSERVED, GONE)
    assert [(change, change.step) for change in plan.changes] == [
        (
            Change("service_principal", Action.DELETE, "for good", {"id": "p1"}),
            service_principal.Purge("p1"),
        ),
        (
            Change(
                "application",
                Action.DELETE,
                "for good: nobody can bring it back",
                {**HELD, "deleted": "2026-05-01T09:00:00Z"},
            ),
            application.Purge("o1"),
        ),
    ]
    alone = ending.purging(CONTEXT, DESIRED, OBSERVED, replace(GONE, principal_id=None))
    assert [step_of(change) for change in alone.changes] == [
        ("application", Action.DELETE, application.Purge("o1"))
    ]
    assert (alone.findings, plan.findings) == ((), ())


def test_nothing_to_purge() -> None:
    """It says which name it looked for."""
    plan = ending.purging(CONTEXT, DESIRED, OBSERVED, None)
    why = "nothing is deleted: no deleted application has the uniqueName 'collab-prod'"
    assert plan.changes == (Change("application", Action.NO_OP, why),)


def test_what_comes_back() -> None:
    """Application, principal and grant, each by its step; and whatever signs in again with it is told."""
    plan = ending.restoration(CONTEXT, DESIRED, replace(OBSERVED, assignments=()), GONE)
    why = "deleted 2026-05-01; it comes back with its ids, secrets and certificates"
    back = "Graph does not bring it back with its application"
    shown = {"permission": "Microsoft Graph: Mail.Send", "kind": "application"}
    assert plan.changes == (
        Change("application", Action.CREATE, why, None, HELD),
        Change("service_principal", Action.CREATE, back, None, {"id": "p1"}),
        Change(
            "consent", Action.CREATE, "granted anew, unless it comes back with the principal", None, shown
        ),
    )
    assert [change.step for change in plan.changes] == [
        application.Restore("o1"),
        service_principal.Restore("p1"),
        consent.Grant(ROLE),
    ]
    unseen, said = plan.findings
    assert (unseen.entry, unseen.severity) == (catalogue.NOT_CHECKED, Severity.WARNING)
    assert (said.entry, said.severity) == (catalogue.SIGNS_IN_AGAIN, Severity.WARNING)
    assert (said.message, said.value) == (f"it signs in again: {GONE.credentials[0]}", GONE.credentials[0])


@pytest.mark.parametrize(
    ("mode", "principal", "granted", "expected"),
    [
        (consent.Mode.GRANT, "p1", False, ["service_principal create", "consent create"]),
        (consent.Mode.GRANT, None, False, ["consent create"]),
        (consent.Mode.GRANT, None, True, ["consent no-op"]),
        (consent.Mode.HANDOFF, None, False, ["consent handoff"]),
        (consent.Mode.NONE, "p1", False, ["service_principal create", "consent no-op"]),
    ],
)
def test_what_a_restored_one_lacks(
    mode: consent.Mode, principal: str | None, granted: bool, expected: list[str]
) -> None:
    """Its principal and its grant, as far as they are not there; who hands consent over does so again."""
    desired = replace(DESIRED, consent=consent.Desired(mode))
    changes = ending.returning(desired, OBSERVED, principal, granted=granted)
    assert [f"{change.address} {change.action}" for change in changes] == expected
    if mode is consent.Mode.HANDOFF:
        assert changes[-1].reason.startswith("consent is handed over")


def test_what_is_whole_needs_nothing() -> None:
    """And what an interrupted run left is planned as it is given."""
    why = "it is there: nothing is to be restored"
    assert ending.nothing(CONTEXT, DESIRED, OBSERVED).changes == (Change("application", Action.NO_OP, why),)
    left = Change("consent", Action.CREATE, "left", None, {}, consent.Grant(ROLE))
    plan = ending.rest(CONTEXT, DESIRED, OBSERVED, [left])
    assert (plan.changes, plan.findings) == ((left,), ())
