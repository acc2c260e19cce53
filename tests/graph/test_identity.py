"""Whether an answer is about what was asked for: the comparisons, by table."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import Entry, ProvisionError, catalogue
from provision.graph.identity import Held, holder_of, refuse_other, refuse_other_context, same
from provision.graph.mailbox import answers_to

ONE, TWO = "686d736f-a077-4654-8e47-f71f608a9dd2", "0207ee96-1111-4654-8e47-f71f608a9dd2"
OTHER, UNUSABLE = catalogue.OTHER_OBJECT, catalogue.GRAPH_ANSWER
ROOT = "https://graph.microsoft.com/v1.0"
CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#"


@pytest.mark.parametrize(
    ("record", "asked", "refused"),
    [
        ({"id": ONE}, {"id": ONE}, None),
        ({"id": ONE.upper()}, {"id": ONE}, None),  # ids compare without case
        ({"id": TWO}, {"id": ONE}, OTHER),
        ({"id": ONE[:-1]}, {"id": ONE}, OTHER),
        ({"id": ""}, {"id": ONE}, OTHER),
        ({}, {"id": ONE}, UNUSABLE),
        ({"id": None}, {"id": ONE}, UNUSABLE),
        ({"id": [ONE]}, {"id": ONE}, UNUSABLE),
        ({"uniqueName": "one"}, {"uniqueName": "one"}, None),
        ({"uniqueName": "one-2"}, {"uniqueName": "one"}, OTHER),
        ({"uniqueName": None}, {"uniqueName": "one"}, UNUSABLE),
        ({"id": ONE, "appId": TWO}, {"appId": ONE}, OTHER),  # right elsewhere is not right
        ({"uniqueName": "one", "displayName": "Two"}, {"uniqueName": "one", "displayName": "One"}, OTHER),
        ({"displayName": "One "}, {"displayName": "One"}, None),
        (
            {"principalId": ONE, "resourceId": TWO, "appRoleId": ONE},
            {"principalId": ONE, "resourceId": TWO, "appRoleId": TWO},
            OTHER,
        ),
    ],
)
def test_a_record_says_what_it_is(
    record: dict[str, Any], asked: dict[str, str], refused: Entry | None
) -> None:
    """What was asked for, something else, or nothing at all."""
    if refused is None:
        refuse_other(record, "reading", **asked)
        return
    with pytest.raises(ProvisionError) as error:
        refuse_other(record, "reading", **asked)
    assert error.value.entry is refused


@pytest.mark.parametrize(
    ("holders", "holder", "refused"),
    [
        ([], ONE, None),
        ([], None, None),
        ([ONE, ONE.upper()], ONE, None),
        ([ONE], None, None),  # a replica does not show the principal yet
        ([TWO], ONE, OTHER),
        ([ONE, TWO], ONE, OTHER),
        ([ONE, TWO], None, OTHER),
        ([None], ONE, UNUSABLE),
    ],
)
def test_all_grants_are_those_of_one_principal(
    holders: list[str | None], holder: str | None, refused: Entry | None
) -> None:
    """The items of a list name their holder themselves."""
    items = [{"principalId": each} for each in holders]

    def judged() -> tuple[str, ...]:
        return Held("grants", "principalId", holder_of(items, "grants", "principalId"), ("a",)).by(holder)

    if refused is None:
        assert judged() == ("a",)
        return
    with pytest.raises(ProvisionError) as error:
        judged()
    assert error.value.entry is refused


@pytest.mark.parametrize(
    ("path", "context", "other"),
    [
        (f"/applications/{ONE}/appManagementPolicies", f"applications('{ONE}')/appManagementPolicies", False),
        (f"/applications/{ONE}/appManagementPolicies", f"applications('{TWO}')/appManagementPolicies", True),
        (f"/applications/{ONE.upper()}/owners?$select=id", f"applications('{ONE}')/owners", False),
        (f"/applications/{ONE}?$select=id", f"applications({TWO})/$entity", True),
        (f"/applications/{ONE}", "applications/$entity", False),
        (f"/applications/{ONE}/owners", f"directoryObjects('{TWO}')", False),  # another collection
        (f"/servicePrincipals(appId='{ONE}')/owners", f"servicePrincipals('{TWO}')/owners", False),
        (f"/applications/{ONE}/owners", None, False),
    ],
)
def test_a_context_names_the_object_of_the_address(path: str, context: str | None, other: bool) -> None:
    """Where an answer tells nothing else, below an object that was named by its id."""
    body = {"@odata.context": CONTEXT + context} if context else {}
    if not other:
        refuse_other_context(ROOT + path, body)
        return
    with pytest.raises(ProvisionError) as error:
        refuse_other_context(ROOT + path, body)
    assert error.value.entry is OTHER


@pytest.mark.parametrize(
    ("user", "address", "his"),
    [
        ({"userPrincipalName": "Mail@Agency.example"}, "mail@agency.example", True),
        ({"userPrincipalName": "a@agency.example", "mail": "m@agency.example"}, "m@agency.example", True),
        (
            {"userPrincipalName": "a@b.example", "proxyAddresses": ["SMTP:x@b.example", "smtp:m@b.example"]},
            "M@b.example",
            True,
        ),
        ({"userPrincipalName": "a@b.example", "proxyAddresses": ["smtp:xm@b.example"]}, "m@b.example", False),
        ({"userPrincipalName": "other@agency.example", "mail": None}, "mail@agency.example", False),
        ({"id": ONE, "userPrincipalName": "x@agency.example"}, ONE, True),
        ({}, "mail@agency.example", False),
    ],
)
def test_a_user_answers_to_an_address(user: dict[str, Any], address: str, his: bool) -> None:
    """By sign-in name, mail, or any of the addresses; the address of another is none of them."""
    assert answers_to(user, address) is his


@pytest.mark.parametrize(("one", "other", "equal"), [("A", "a", True), (" a", "a", True), ("a", "b", False)])
def test_case_does_not_count(one: str, other: str, equal: bool) -> None:
    """As Graph compares."""
    assert same(one, other) is equal
