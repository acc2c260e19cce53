"""How far Exchange lets an application reach, by what Graph shows of its assignments: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from provision.errors import Severity, catalogue
from provision.products.permissions import PERMISSIONS, SEND
from provision.resources import mailbox_scope
from provision.resources.mailbox_scope import Assignment, Observed, Reach, Standing, standing

ADDRESS, USER = "Foia@example.gov", "U1"
MAIL_SEND = "Application Mail.Send"
NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)


def to(place: str, key: str = "a1", role: str = MAIL_SEND) -> Assignment:
    """An assignment to a place."""
    return Assignment(key, role, place)


def scoped(text: str, key: str = "a1") -> Assignment:
    """An assignment with a custom scope."""
    return Assignment(key, MAIL_SEND, "", "one box", text)


THIS, EVERYWHERE = to("/users/u1"), to("/", "a2")
GROUP, UNIT, OTHER = to("/groups/g1", "a3"), to("/administrativeunits/n1", "a4"), to("/users/u2", "a5")
BY_ADDRESS = scoped("PrimarySmtpAddress -eq 'foia@EXAMPLE.gov'")
UNKNOWN = scoped("CustomAttribute1 -eq 'mail'", "a6")
LIMITED = "Exchange limits it to Foia@example.gov (assignment a1)"
ALL = "Exchange lets it send mail of every mailbox of the organization (assignment a2)"
NONE = "Exchange lets it send mail of no mailbox, Foia@example.gov included"
G1, U2, N1 = (
    "the direct members of the group g1",
    "the mailbox of the user u2",
    "the administrative unit n1",
)
HERE_TOO = "Exchange lets it send mail of this mailbox, and of others, too: "
NOT_TOLD = (
    "Exchange limits it to the management scope 'one box' (CustomAttribute1 -eq 'mail'); whether that is "
    "Foia@example.gov alone, Graph does not tell"
)
THIRD = scoped("CustomAttribute1 -eq 'x'", "a7")
TWO_NOT_TOLD = NOT_TOLD.replace(";", "; the management scope 'one box' (CustomAttribute1 -eq 'x');")


@pytest.mark.parametrize(
    ("assignments", "reach", "here", "words"),
    [
        ([], Reach.NOTHING, False, NONE),
        ([THIS], Reach.THIS, True, LIMITED),
        ([BY_ADDRESS], Reach.THIS, True, LIMITED),
        ([EVERYWHERE], Reach.ORGANIZATION, True, ALL),
        ([THIS, EVERYWHERE], Reach.ORGANIZATION, True, ALL),
        ([OTHER], Reach.OTHERS, False, f"Exchange lets it send mail of other mailboxes: {U2}"),
        ([GROUP], Reach.OTHERS, None, f"Exchange lets it send mail of other mailboxes: {G1}"),
        ([UNIT], Reach.OTHERS, None, f"Exchange lets it send mail of other mailboxes: {N1}"),
        ([THIS, OTHER], Reach.OTHERS, True, HERE_TOO + U2),
        ([THIS, GROUP, OTHER, OTHER], Reach.OTHERS, True, f"{HERE_TOO}{U2}; {G1}"),
        ([UNKNOWN], Reach.UNKNOWN, None, NOT_TOLD),
        ([THIS, UNKNOWN], Reach.UNKNOWN, True, NOT_TOLD),
        ([UNKNOWN, THIRD], Reach.UNKNOWN, None, TWO_NOT_TOLD),
        ([EVERYWHERE, to("/", "a7")], Reach.ORGANIZATION, True, ALL.replace("a2", "a2, a7")),
        ([to("/", role="Application Calendars.Read")], Reach.NOTHING, False, NONE),
        ([to("/", "a2", "Application Mail Full Access")], Reach.ORGANIZATION, True, ALL),
        ([to("/", "a2", "Application Exchange Full Access")], Reach.ORGANIZATION, True, ALL),
        ([to("/", role="Application Mail.Read")], Reach.NOTHING, False, NONE),
    ],
)
def test_the_widest_counts(
    assignments: list[Assignment], reach: Reach, here: bool | None, words: str
) -> None:
    """Of those whose role lets mail be sent; what is not sure is said to be not known."""
    found = standing(Observed(tuple(assignments)), ADDRESS, USER, SEND, granted=False)
    assert (found.reach, found.here, found.words) == (reach, here, words)
    assert (not found.assignments) == (reach is Reach.NOTHING)


@pytest.mark.parametrize(
    ("observed", "here"),
    [
        (Observed(), False),
        (Observed((OTHER,)), False),
        (Observed((OTHER, THIS)), True),
        (Observed((OTHER, UNKNOWN)), None),
        (Observed((EVERYWHERE,)), True),
        (Observed(unread="needs X"), None),
    ],
)
def test_a_grant_of_entra_makes_a_limit_void(observed: Observed, here: bool | None) -> None:
    """It is said first, whether or not Exchange could be read."""
    found = standing(observed, ADDRESS, USER, SEND, granted=True)
    words = "Entra grants Mail.Send for every mailbox, whatever Exchange limits"
    assert found == Standing(Reach.GRANT, words, here, observed.assignments)


def test_what_was_not_read_is_not_known() -> None:
    """With the reason."""
    found = standing(Observed(unread="needs X"), ADDRESS, USER, SEND, granted=False)
    words = "whether Exchange lets the application send mail was not read: needs X"
    assert found == Standing(Reach.UNKNOWN, words, None)


@pytest.mark.parametrize(
    ("item", "user", "here"),
    [
        (to("/users/u1"), "U1", True),
        (to("/users/u2"), "U1", False),
        (to("/users/u1"), None, None),
        (scoped("PrimarySmtpAddress -eq 'other@example.gov'"), "U1", False),
        (scoped("( primarysmtpaddress -EQ 'foia@example.gov' )"), None, True),
        (scoped("  ExternalDirectoryObjectId -eq 'u1' "), "U1", True),
        (scoped("  (PrimarySmtpAddress -eq 'foia@example.gov')  "), None, True),
        (scoped("ExternalDirectoryObjectId -eq 'u2'"), "U1", False),
        (scoped("ExternalDirectoryObjectId -eq 'u1'"), None, None),
        (scoped("PrimarySmtpAddress -eq 'o''brien@example.gov'"), None, False),
        (scoped("PrimarySmtpAddress -like 'foia*'"), "U1", None),
        (scoped("PrimarySmtpAddress -eq 'foia@example.gov' -or Name -eq 'x'"), "U1", None),
        (scoped(""), "U1", None),
        (
            Assignment("a1", MAIL_SEND, "/groups/g", "", "PrimarySmtpAddress -eq 'foia@example.gov'"),
            "U1",
            None,
        ),
    ],
)
def test_whether_an_assignment_reaches_this_mailbox(
    item: Assignment, user: str | None, here: bool | None
) -> None:
    """By the user's id or by one comparison of the scope; of anything else Graph does not tell."""
    assert standing(Observed((item,)), ADDRESS, user, SEND, granted=False).here is here


def test_an_apostrophe_in_an_address() -> None:
    """Exchange writes it twice."""
    item = scoped("PrimarySmtpAddress -eq 'o''brien@example.gov'")
    assert standing(Observed((item,)), "o'brien@example.gov", None, SEND, granted=False).here is True


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (to("/"), "the whole organization"),
        (THIS, "the mailbox of the user u1"),
        (GROUP, G1),
        (UNIT, N1),
        (to("/things/t1"), "things t1"),
        (scoped("Name -eq 'x'"), "the management scope 'one box' (Name -eq 'x')"),
        (scoped(""), "the management scope 'one box'"),
    ],
)
def test_where_a_role_holds(item: Assignment, words: str) -> None:
    """In words that an administrator of Exchange knows."""
    assert item.reaches == words


@pytest.mark.parametrize(
    ("permission", "also"),
    [
        ("Mail.Send", set()),
        ("Mail.Read", {"Application Mail.ReadWrite"}),
        ("Mail.ReadBasic.All", {"Application Mail.Read", "Application Mail.ReadWrite"}),
    ],
)
def test_which_roles_do_as_much(permission: str, also: set[str]) -> None:
    """Its own, those above it, and the two that let everything be done."""
    full = {"Application Mail Full Access", "Application Exchange Full Access"}
    found = mailbox_scope.roles_of(PERMISSIONS[permission])
    own = PERMISSIONS[permission].exchange_role
    assert found == also | full | {own}


@pytest.mark.parametrize(
    ("reach", "making", "entry", "severity"),
    [
        (Reach.THIS, False, catalogue.SCOPE_LIMITED, Severity.INFO),
        (Reach.THIS, True, catalogue.SCOPE_LIMITED, Severity.INFO),
        (Reach.OTHERS, False, catalogue.SCOPE_WIDER, Severity.WARNING),
        (Reach.ORGANIZATION, True, catalogue.SCOPE_EVERYWHERE, Severity.WARNING),
        (Reach.UNKNOWN, False, catalogue.SCOPE_UNKNOWN, Severity.WARNING),
        (Reach.NOTHING, False, catalogue.SCOPE_NOTHING, Severity.WARNING),
        (Reach.NOTHING, True, None, None),
        (Reach.GRANT, False, None, None),
    ],
)
def test_what_is_said_of_it(reach: Reach, making: bool, entry: object, severity: Severity | None) -> None:
    """Nothing where the plan sets the limit itself, or the finding about the grant says it."""
    found = mailbox_scope.findings(Standing(reach, "words", None), making=making)
    assert [(item.entry, item.severity, item.message) for item in found] == (
        [(entry, severity, "words")] if entry else []
    )


@pytest.mark.parametrize(
    ("tags", "made", "begun"),
    [
        ([], {}, False),
        (["provision:scoped:a1:20260504T123015Z"], {"a1": NOW}, False),
        (["provision:scoped:A1:20260504T123015Z", "provision:scoping:20260504T123015Z"], {"a1": NOW}, True),
        (["provision:scoped:a1"], {}, False),
        (["provision:scoped:a1:yesterday"], {}, False),
        (["scoped:a1:20260504T123015Z"], {}, False),
        (["provision:newest:collab:20260504T123015Z"], {}, False),
        (["x:20260504T123015Z"], {}, False),
    ],
)
def test_what_tags_say_that_we_made(tags: list[str], made: dict[str, datetime], begun: bool) -> None:
    """By id and moment; what is no such tag is left alone."""
    assert (mailbox_scope.made(tags), mailbox_scope.begun(tags)) == (made, begun)


@pytest.mark.parametrize(
    ("minutes", "left"),
    [([], False), ([10], False), ([11], True), ([99, 5], False), ([99, 11], True), ([None], True)],
)
def test_a_run_that_is_surely_over(minutes: list[int | None], left: bool) -> None:
    """Ten minutes after it began, if no other began since; a time that nobody can read is an old one."""
    tags = [
        "provision:scoping:" + ("x" if ago is None else f"{NOW - timedelta(minutes=ago):%Y%m%dT%H%M%SZ}")
        for ago in minutes
    ]
    assert mailbox_scope.left_begun(["provision", *tags], NOW) is left


def test_tags_are_written_as_they_are_read() -> None:
    """In the service's time, with ids in lower case; and taken away with what was about to be made."""
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    mine, about = mailbox_scope.scoped_tag("A1", there), mailbox_scope.scoping_tag(there)
    assert (mine, about) == ("provision:scoped:a1:20260504T123015Z", "provision:scoping:20260504T123015Z")
    other = mailbox_scope.scoped_tag("a10", NOW)
    assert mailbox_scope.without([mine.upper(), about, other, "own"], "A1") == {other, "own"}
