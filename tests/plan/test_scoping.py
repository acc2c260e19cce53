"""When Exchange's limit is set, when Entra's grant goes, and why either waits: a row a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provision.change import Action, Change
from provision.errors import Severity, catalogue
from provision.plan import scoping
from provision.resources import Desired, Observed, consent, mailbox
from provision.resources.mailbox_scope import (
    Assignment,
    Claim,
    Create,
    Reach,
    Remove,
    scoped_tag,
    scoping_tag,
)
from provision.resources.mailbox_scope import Observed as Exchange
from tests.plan.given import APP, DESIRED, NOW, ROLE, there

MAIL_SEND = "Application Mail.Send"
MINE, OTHERS = Assignment("a1", MAIL_SEND, "/users/u1"), Assignment("a9", MAIL_SEND, "/users/u9")
TWIN = Assignment("a8", MAIL_SEND, "/users/u1")
READING = Assignment("a2", "Application Mail.Read", "/users/u1")
SCOPED = Assignment("a3", MAIL_SEND, "", "one box", "PrimarySmtpAddress -eq 'foia@example.gov'")
HOUR = timedelta(hours=1)
SCRIPT = "an Exchange administrator runs the script of 'provision exchange'"
UNDO = "an Exchange administrator removes it, or runs the script with -Undo"
AFTER = {"role": MAIL_SEND, "mailbox": "foia@example.gov"}
GRANT = {"permission": "Microsoft Graph: Mail.Send", "kind": "application"}
BOX = mailbox.Observed(mailbox.State.PRESENT, user_id="U1")


def config(scope: str = "mailbox", *, by_graph: bool = True) -> Desired:
    """The config with this reach."""
    mode = consent.Mode.NONE if scope == "mailbox" else consent.Mode.GRANT
    box = mailbox.Desired("foia@example.gov", mailbox.Scope(scope), by_graph=by_graph)
    return replace(DESIRED, consent=consent.Desired(mode), mailbox=box)


def tenant(*tags: str, exchange: Exchange | None = None, granted: bool = False, **more: Any) -> Observed:
    """The tenant with these tags, and what Exchange shows."""
    assignments = (ROLE,) if granted else ()
    return replace(
        there(tags=("provision", *tags)),
        **{"mailbox": BOX, "exchange": exchange, "assignments": assignments, **more},
    )


def ours(key: str = "a1", *, hours: float = 5) -> str:
    """The tag of one that we made so many hours ago."""
    return scoped_tag(key, NOW - hours * HOUR)


def built(desired: Desired, observed: Observed, *allowed: str) -> scoping.Scoping:
    """What is due."""
    return scoping.build(desired, observed, now=NOW, allowed=allowed)


NO_ID = "the mailbox's object id is not known, which takes User.ReadBasic.All"
NOT_YET = "Exchange does not limit it to the mailbox yet"
LIMIT = {
    "not read": (
        tenant(),
        [Change("mailbox_scope", Action.HANDOFF, f"not read: {SCRIPT}", None, AFTER)],
        None,
    ),
    "not to be read": (
        tenant(exchange=Exchange(unread="needs X")),
        [Change("mailbox_scope", Action.HANDOFF, f"needs X: {SCRIPT}", None, AFTER)],
        None,
    ),
    "set before, now not to be read": (
        tenant(ours(hours=9), ours("a0", hours=5), exchange=Exchange(unread="needs X")),
        [Change("mailbox_scope", Action.NO_OP, "set on 2026-05-04 07:00 UTC; now not read: needs X")],
        None,
    ),
    "no object id": (
        tenant(exchange=Exchange(role_id="r1"), mailbox=replace(BOX, user_id=None)),
        [Change("mailbox_scope", Action.HANDOFF, f"{NO_ID}: {SCRIPT}", None, AFTER)],
        None,
    ),
    "no such role": (
        tenant(exchange=Exchange()),
        [
            Change(
                "mailbox_scope",
                Action.HANDOFF,
                f"Exchange offers no role '{MAIL_SEND}': {SCRIPT}",
                None,
                AFTER,
            )
        ],
        None,
    ),
    "not set": (
        tenant(exchange=Exchange(role_id="r1")),
        [Change("mailbox_scope", Action.CREATE, NOT_YET, None, AFTER)],
        Create(MAIL_SEND, "r1", "U1"),
    ),
    "set for others, and for another role": (
        tenant(exchange=Exchange((OTHERS, READING), "r1")),
        [Change("mailbox_scope", Action.CREATE, NOT_YET, None, AFTER)],
        Create(MAIL_SEND, "r1", "U1"),
    ),
    "set by us": (
        tenant(ours(), exchange=Exchange((READING, MINE), "r1")),
        [Change("mailbox_scope", Action.NO_OP, "set on 2026-05-04 07:00 UTC")],
        None,
    ),
    "set by somebody": (
        tenant(exchange=Exchange((MINE,), "r1")),
        [Change("mailbox_scope", Action.NO_OP, "it is there, and was not made by provision")],
        None,
    ),
    "set by a run that was ended": (
        tenant(scoping_tag(NOW), exchange=Exchange((MINE,), "r1")),
        [
            Change(
                "mailbox_scope",
                Action.UPDATE,
                "a run that was ended made it, and did not record it",
                {"recorded": False},
                {"recorded": True},
            )
        ],
        Claim("a1", Create(MAIL_SEND, "r1", "U1")),
    ),
    "made by two runs, one of them ended": (
        tenant(ours(), scoping_tag(NOW), exchange=Exchange((MINE, TWIN), "r1")),
        [
            Change("mailbox_scope", Action.NO_OP, "set on 2026-05-04 07:00 UTC"),
            Change(
                "mailbox_scope[a8]",
                Action.DELETE,
                "it was made twice",
                {"role": MAIL_SEND, "reaches": TWIN.reaches},
            ),
        ],
        None,
    ),
    "made by two runs, both of which recorded it": (
        tenant(ours(), ours("a8"), exchange=Exchange((MINE, TWIN), "r1")),
        [
            Change("mailbox_scope", Action.NO_OP, "set on 2026-05-04 07:00 UTC"),
            Change(
                "mailbox_scope[a8]",
                Action.DELETE,
                "it was made twice",
                {"role": MAIL_SEND, "reaches": TWIN.reaches},
            ),
        ],
        None,
    ),
    "an equal one before ours, made by somebody": (
        tenant(ours(), exchange=Exchange((TWIN, MINE), "r1")),
        [Change("mailbox_scope", Action.NO_OP, "set on 2026-05-04 07:00 UTC")],
        None,
    ),
    "an equal one beside ours, made by somebody": (
        tenant(ours(), exchange=Exchange((MINE, TWIN), "r1")),
        [Change("mailbox_scope", Action.NO_OP, "set on 2026-05-04 07:00 UTC")],
        None,
    ),
    "set by us, and another run left its mark": (
        tenant(ours(), scoping_tag(NOW - HOUR), exchange=Exchange((MINE,), "r1")),
        [
            Change(
                "mailbox_scope",
                Action.UPDATE,
                "set on 2026-05-04 07:00 UTC; the mark of a run that made none goes",
                {"begun": True},
                {"begun": False},
            )
        ],
        Claim("a1", Create(MAIL_SEND, "r1", "U1")),
    ),
    "begun, and not made": (
        tenant(scoping_tag(NOW), exchange=Exchange((), "r1")),
        [Change("mailbox_scope", Action.CREATE, NOT_YET, None, AFTER)],
        Create(MAIL_SEND, "r1", "U1"),
    ),
}


@pytest.mark.parametrize("case", LIMIT)
def test_the_limit(case: str) -> None:
    """It is set once, claimed where a run was ended, and handed over where it cannot be seen or set."""
    observed, expected, step = LIMIT[case]
    changes = built(config(), observed).changes
    assert list(changes) == expected
    assert changes[0].step == step


@pytest.mark.parametrize(("hours", "gone"), [(5, True), (2, True), (1.9, False)])
def test_that_of_another_mailbox_goes_two_hours_later(hours: float, gone: bool) -> None:
    """Only one of ours, and only once all of Exchange knows the new one."""
    observed = tenant(
        ours(hours=hours), ours("a9", hours=99), exchange=Exchange((MINE, OTHERS, READING), "r1")
    )
    later = built(config(), observed).changes[1:]
    why = "it was made for another mailbox"
    before = {"role": MAIL_SEND, "reaches": OTHERS.reaches}
    assert list(later) == ([Change("mailbox_scope[a9]", Action.DELETE, why, before)] if gone else [])
    assert [change.step for change in later] == ([Remove("a9")] if gone else [])
    # One that somebody set says nothing of since when it is there.
    unknown = tenant(ours("a9", hours=99), exchange=Exchange((MINE, OTHERS), "r1"))
    assert len(built(config(), unknown).changes) == 1


WAITS = {
    "nobody looked": (tenant(granted=True), "waits: the limit must be set and seen first"),
    "not read": (
        tenant(granted=True, exchange=Exchange(unread="needs X")),
        "waits: the limit must be set and seen first",
    ),
    "no object id": (
        tenant(granted=True, exchange=Exchange(), mailbox=replace(BOX, user_id=None)),
        "waits: the limit must be set and seen first",
    ),
    "not set": (
        tenant(granted=True, exchange=Exchange((OTHERS,), "r1")),
        "waits: it goes two hours after Exchange's limit is set",
    ),
    "set by somebody": (
        tenant(granted=True, exchange=Exchange((MINE,), "r1")),
        "waits: provision did not set the limit, and cannot know since when it is there; remove the grant as "
        "docs/one-mailbox.md says",
    ),
    "set an hour ago": (
        tenant(ours(hours=1), granted=True, exchange=Exchange((MINE,), "r1")),
        "waits until 2026-05-04 13:00 UTC: till then some servers may not know the limit",
    ),
    "set twice, first three hours ago": (
        tenant(ours(hours=3), ours("a8", hours=1), granted=True, exchange=Exchange((MINE, TWIN), "r1")),
        "due since 2026-05-04 11:00 UTC: 'provision apply CONFIG --allow remove-grant' removes it",
    ),
    "set two hours ago": (
        tenant(ours(hours=2), granted=True, exchange=Exchange((MINE,), "r1")),
        "due since 2026-05-04 12:00 UTC: 'provision apply CONFIG --allow remove-grant' removes it",
    ),
}


@pytest.mark.parametrize("case", WAITS)
def test_why_the_grant_waits(case: str) -> None:
    """It is a person's part, or that of a later run; the reason says which, and until when."""
    observed, why = WAITS[case]
    found = built(config(), observed)
    assert found.consent == Change("consent", Action.HANDOFF, why, GRANT)
    assert found.guided
    assert built(config(), observed, "remove-grant").consent is not None


def test_the_grant_goes_where_that_is_allowed() -> None:
    """Each of them, once the limit is in force everywhere."""
    observed = tenant(
        ours(hours=2),
        granted=True,
        exchange=Exchange((MINE,), "r1"),
        grants=(consent.Given("g1", NOW), consent.Given("g2", None)),
    )
    found = built(config(), observed, "remove-grant").consent
    assert found == Change("consent", Action.DELETE, "Exchange limits it to the mailbox", GRANT)
    assert found is not None
    assert found.step == consent.Revoke(("g1", "g2"))


@pytest.mark.parametrize(
    "observed",
    [
        pytest.param(tenant(exchange=Exchange((MINE,), "r1")), id="none is there"),
        pytest.param(replace(tenant(granted=True), application=None), id="no application"),
        pytest.param(
            replace(tenant(granted=True), application=replace(APP, tags=())),
            id="not ours",
        ),
        pytest.param(
            replace(tenant(granted=True), application=replace(APP, unique_name="x")),
            id="of another config",
        ),
        pytest.param(
            replace(tenant(granted=True), application=replace(APP, permissions=())),
            id="never declared",
        ),
    ],
)
def test_a_grant_that_this_config_never_declared_is_left(observed: Observed) -> None:
    """Somebody else gave it: nothing is said of its going."""
    found = built(config(), observed)
    assert found.consent is None
    assert not found.guided


def test_a_limit_that_a_script_sets_is_no_change() -> None:
    """What Exchange lets it do is told; the grant is not spoken of."""
    granted = tenant(ours(), granted=True, exchange=Exchange((MINE,), "r1"))
    assert built(config(by_graph=False), granted).consent is None
    found = built(config(by_graph=False), tenant(granted=False, exchange=Exchange((MINE,), "r1")))
    assert (found.changes, found.consent) == ((), None)
    assert [item.entry for item in found.findings] == [catalogue.SCOPE_LIMITED]
    nothing = Exchange((), "r1")
    script, graph = (built(config(by_graph=it), tenant(exchange=nothing)) for it in (False, True))
    assert [item.entry for item in script.findings] == [catalogue.SCOPE_NOTHING]
    assert graph.findings == ()


def since(*hours: float | None) -> tuple[consent.Given, ...]:
    """Grants of so many hours ago."""
    return tuple(consent.Given("g", None if ago is None else NOW - ago * HOUR) for ago in hours)


BEFORE = {"role": MAIL_SEND, "reaches": MINE.reaches}
LATER = "till then some servers may not know the grant; run apply again"
TWO_HOURS = "mail.scope is organization, and Entra has granted it for two hours"
BACK = {
    "none of ours": (tenant(exchange=Exchange((MINE,))), []),
    "nobody looked": (
        tenant(ours("a1"), ours("a0")),
        [Change("mailbox_scope", Action.HANDOFF, f"not read: {UNDO}", {"assignments": ["a0", "a1"]})],
    ),
    "not read": (
        tenant(ours(), exchange=Exchange(unread="needs X")),
        [Change("mailbox_scope", Action.HANDOFF, f"needs X: {UNDO}", {"assignments": ["a1"]})],
    ),
    "granted two hours ago": (
        tenant(ours(), exchange=Exchange((MINE, OTHERS)), grants=since(2)),
        [Change("mailbox_scope[a1]", Action.DELETE, TWO_HOURS, BEFORE)],
    ),
    "granted twice": (
        tenant(ours(), exchange=Exchange((OTHERS, MINE)), grants=since(None, 1, 2)),
        [Change("mailbox_scope[a1]", Action.DELETE, TWO_HOURS, BEFORE)],
    ),
    "granted an hour ago": (
        tenant(ours(), exchange=Exchange((MINE,)), grants=since(1)),
        [Change("mailbox_scope[a1]", Action.HANDOFF, f"waits until 2026-05-04 13:00 UTC: {LATER}", BEFORE)],
    ),
    "granted nobody knows when": (
        tenant(ours(), exchange=Exchange((MINE,)), grants=since(None)),
        [
            Change(
                "mailbox_scope[a1]",
                Action.HANDOFF,
                f"waits until two hours after the grant in Entra: {LATER}",
                BEFORE,
            )
        ],
    ),
}


@pytest.mark.parametrize("case", BACK)
def test_the_way_back(case: str) -> None:
    """A limit of ours goes once the grant is known everywhere; what others set stays."""
    observed, expected = BACK[case]
    found = built(config("organization"), observed)
    assert list(found.changes) == expected
    assert [change.step for change in found.changes if change.action is Action.DELETE] == [
        Remove("a1") for change in expected if change.action is Action.DELETE
    ]
    assert found.consent is None


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        (tenant(), []),
        (tenant(exchange=Exchange()), []),
        (tenant(exchange=Exchange(unread="needs X")), ["needs X"]),
        (tenant(exchange=Exchange(unread="needs X"), service_principal=None), []),
    ],
)
def test_what_was_not_seen_beside_a_grant(observed: Observed, said: list[str]) -> None:
    """Assignments are looked for where there is a principal to have them."""
    found = built(config("organization"), observed).findings
    assert [(item.entry, item.severity) for item in found] == [
        (catalogue.NOT_CHECKED, Severity.INFO) for _ in said
    ]
    whole = [f"Exchange's role assignments: {why}" for why in said]
    assert [item.value for item in found] == whole
    assert [item.message for item in found] == [f"not checked: {what}" for what in whole]


def test_how_far_it_reaches_takes_a_principal() -> None:
    """Without one, or where nobody looked, there is nothing to say."""
    assert scoping.standing(config(), tenant()) is None
    assert scoping.standing(config(), tenant(exchange=Exchange(), service_principal=None)) is None
    found = scoping.standing(config(), tenant(exchange=Exchange((MINE,))))
    assert found is not None
    assert found.reach is Reach.THIS
    granted = scoping.standing(config(), tenant(exchange=Exchange((MINE,)), granted=True))
    assert granted is not None
    assert granted.reach is Reach.GRANT


OWN = {
    "nobody looked": (config(), tenant(), []),
    "the one limit": (config(), tenant(exchange=Exchange((MINE,))), []),
    "the one limit, no limit declared": (config("organization"), tenant(exchange=Exchange((MINE,))), ["a1"]),
    "ours, whatever it is": (config("organization"), tenant(ours(), exchange=Exchange((MINE,))), []),
    "another role": (config(), tenant(exchange=Exchange((READING,))), ["a2"]),
    "another mailbox": (config(), tenant(exchange=Exchange((MINE, OTHERS))), ["a9"]),
    "a scope of this mailbox": (config(), tenant(exchange=Exchange((SCOPED,))), []),
    "a scope that nobody can tell": (
        config(),
        tenant(exchange=Exchange((replace(SCOPED, filter="CustomAttribute1 -eq 'x'"),))),
        [],
    ),
    "a scope of another mailbox": (
        config(),
        tenant(exchange=Exchange((replace(SCOPED, filter="PrimarySmtpAddress -eq 'x@y.gov'"),))),
        ["a3"],
    ),
    "whose the mailbox is, is not known": (
        config(),
        tenant(exchange=Exchange((MINE,)), mailbox=replace(BOX, user_id=None)),
        ["a1"],
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_what_nobody_declared(case: str) -> None:
    """All but the config's one limit, and what we made."""
    desired, observed, expected = OWN[case]
    assert [item.id for item in scoping.undeclared(desired, observed)] == expected
