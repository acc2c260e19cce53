"""The registration's diff, a row a case: what is sent is what differs, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from provision.change import Action
from provision.resources import application
from provision.resources.application import Create, Permission, Update, diff

GRAPH = "00000003-0000-0000-c000-000000000000"
SEND = Permission(GRAPH, "b633e1c5-b582-4048-a93e-9f11b44c7e96", "Microsoft Graph: Mail.Send")
URI = "https://foia.example.gov/connectors/SMTP.aspx"
APP_ID, OTHER_ID = "0207ee96-a077-4654-8e47-f71f608a9dd2", "11111111-a077-4654-8e47-f71f608a9dd2"
DESIRED = application.Desired("collab-prod", "Collaboration", (URI,), "AzureADMyOrg", permission=SEND)
SEND_ROLE = {"id": SEND.role_id, "type": "Role"}
SEND_ENTRY = {"resourceAppId": GRAPH, "resourceAccess": [SEND_ROLE]}
AS_DECLARED = application.Observed(
    id="686d736f-a077-4654-8e47-f71f608a9dd2",
    app_id=APP_ID,
    display_name="Collaboration",
    unique_name="collab-prod",
    sign_in_audience="AzureADMyOrg",
    redirect_uris=(URI,),
    permissions=(SEND,),
    tags=("provision",),
    notes=None,
    created=datetime(2026, 1, 1, tzinfo=UTC),
    required_resource_access=(SEND_ENTRY,),
)
USER = {"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"}  # User.Read, of a person
SHOUTED = {"resourceAppId": GRAPH.upper(), "resourceAccess": [USER]}  # as an id may be written
LACKS: dict[str, Any] = {"permissions": ()}
FOREIGN = {"resourceAppId": "11111111-0000-0000-c000-000000000000", "resourceAccess": [USER]}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # what differs in what is declared; in what is there; the body that is sent
    "as declared": ({}, {}, {}),
    "another title": ({"display_name": "New"}, {}, {"displayName": "New"}),
    "no name yet": ({}, {"unique_name": None}, {"uniqueName": "collab-prod"}),
    "another tool's name is kept": ({}, {"unique_name": "theirs"}, {}),
    "audience": ({"sign_in_audience": "AzureADMultipleOrgs"}, {}, {"signInAudience": "AzureADMultipleOrgs"}),
    "notes not managed": ({}, {"notes": "theirs"}, {}),
    "notes set": ({"notes": "ours"}, {}, {"notes": "ours"}),
    "notes cleared": ({"notes": ""}, {"notes": "theirs"}, {"notes": ""}),
    "notes the same": ({"notes": "ours"}, {"notes": "ours"}, {}),
    "URI missing": ({}, {"redirect_uris": ()}, {"web": {"redirectUris": [URI]}}),
    "URIs of others are kept": (
        {},
        {"redirect_uris": ("https://a.example.gov/",)},
        {"web": {"redirectUris": ["https://a.example.gov/", URI]}},
    ),
    "host by another case is the same": ({}, {"redirect_uris": (URI.replace("foia", "FOIA"),)}, {}),
    "what is no address is kept": (
        {},
        {"redirect_uris": ("https://[broken",)},
        {"web": {"redirectUris": ["https://[broken", URI]}},
    ),
    "path by another case is another": (
        {},
        {"redirect_uris": (URI.lower(),)},
        {"web": {"redirectUris": [URI, URI.lower()]}},
    ),
    "permission missing": (
        {},
        LACKS | {"required_resource_access": ()},
        {"requiredResourceAccess": [SEND_ENTRY]},
    ),
    "permission beside others of the same resource": (
        {},
        LACKS | {"required_resource_access": (SHOUTED,)},
        {
            "requiredResourceAccess": [
                SHOUTED | {"resourceAccess": [USER, SEND_ROLE]},
            ]
        },
    ),
    "permission beside another resource": (
        {},
        LACKS | {"required_resource_access": (FOREIGN,)},
        {"requiredResourceAccess": [FOREIGN, SEND_ENTRY]},
    ),
    "permission there in capitals": (
        {},
        {"permissions": (Permission(GRAPH.upper(), SEND.role_id.upper()),)},
        {},
    ),
    "permission not wanted is left": ({"permission": None}, {}, {}),
    "permission there, and wanted in capitals": (
        {"permission": Permission(GRAPH.upper(), SEND.role_id.upper())},
        {},
        {},
    ),
    "permission wanted in capitals, beside another of that resource": (
        {"permission": Permission(GRAPH.upper(), SEND.role_id)},
        LACKS | {"required_resource_access": ({"resourceAppId": GRAPH, "resourceAccess": [USER]},)},
        {"requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": [USER, SEND_ROLE]}]},
    ),
    "scheme by another case is the same": ({}, {"redirect_uris": (URI.replace("https", "HTTPS"),)}, {}),
    "not stamped": ({"stamp": False, "client_id": APP_ID}, {"tags": (), "unique_name": None}, {}),
    "not stamped, and named by nobody: it is ours": ({"stamp": False}, {"tags": ()}, {"tags": ["provision"]}),
    "tag missing": ({}, {"tags": ("theirs",)}, {"tags": ["theirs", "provision"]}),
    "owners are no part of the body": ({"owners": ("a",)}, {"owners": ()}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_sent_is_what_differs(case: str) -> None:
    """One property a row; nothing undeclared is in the body, and nothing of others is lost."""
    declared, there, body = CASES[case]
    observed = replace(AS_DECLARED, **there)
    change = diff(replace(DESIRED, **declared), observed)
    assert change.address == "application"
    if not body and case != "owners are no part of the body":
        assert (change.action, change.step, change.after) == (Action.NO_OP, None, None)
        return
    assert change.action is Action.UPDATE
    assert isinstance(change.step, Update)
    assert (change.step.id, change.step.body) == (AS_DECLARED.id, body)


@pytest.mark.parametrize(
    ("declared", "there", "before", "after"),
    [
        ({"display_name": "New"}, {}, {"displayName": "Collaboration"}, {"displayName": "New"}),
        ({}, {"redirect_uris": ()}, {"redirectUris": []}, {"redirectUris": [URI]}),
        (
            {},
            {"permissions": (Permission("r", "p"),)},
            {"permissions": ["r: p"]},
            {"permissions": ["Microsoft Graph: Mail.Send", "r: p"]},
        ),
        ({}, {"tags": ("a",)}, {"tags": ["a"]}, {"tags": ["a", "provision"]}),
        ({"owners": ("b", "a")}, {"owners": ("A",)}, {"owners": ["A"]}, {"owners": ["A", "b"]}),
        ({"owners": ("a",)}, {"owners": ("c", "b")}, {"owners": ["b", "c"]}, {"owners": ["a", "b", "c"]}),
    ],
)
def test_a_reviewer_reads_what_is_there_and_what_will_be(
    declared: dict[str, Any], there: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Sorted, by names; the reason says which properties."""
    change = diff(replace(DESIRED, **declared), replace(AS_DECLARED, **there))
    assert (change.before, change.after) == (before, after)
    if "tags" not in after:
        assert change.reason == f"differs from the config in {', '.join(after)}"


@pytest.mark.parametrize(
    ("declared", "there", "added"),
    [
        (None, (), ()),
        ((), (), ()),
        (("a", "b"), ("B",), ("a",)),
        (("a",), ("a", "c"), ()),
        (("a",), None, ()),  # they could not be read
    ],
)
def test_owners_that_are_missing_are_added(
    declared: tuple[str, ...] | None, there: tuple[str, ...] | None, added: tuple[str, ...]
) -> None:
    """Ids compare without case; none is ever taken away."""
    change = diff(replace(DESIRED, owners=declared), replace(AS_DECLARED, owners=there))
    assert (change.step.add_owners if isinstance(change.step, Update) else ()) == added


@pytest.mark.parametrize("there", [{"unique_name": None}, {"tags": ()}])
def test_an_adoption_says_so(there: dict[str, Any]) -> None:
    """What was not ours before becomes ours by this change."""
    change = diff(replace(DESIRED, client_id=APP_ID), replace(AS_DECLARED, **there))
    assert change.reason == "adopts the registration that client_id names"


def test_wiped_tags_are_no_adoption() -> None:
    """No client id is in such a config; nor is a later change of what was adopted."""
    adopted = diff(replace(DESIRED, client_id=APP_ID, notes="n"), AS_DECLARED)
    assert adopted.reason == "differs from the config in notes"
    assert diff(DESIRED, replace(AS_DECLARED, tags=())).reason == "differs from the config in tags"


def test_a_creation_has_everything_declared() -> None:
    """One upsert makes it whole; what is not managed is not in it."""
    change = diff(replace(DESIRED, notes="ours", owners=("b", "a")), None)
    assert change.action is Action.CREATE
    assert change.step == Create(
        "collab-prod",
        {
            "displayName": "Collaboration",
            "signInAudience": "AzureADMyOrg",
            "web": {"redirectUris": [URI]},
            "requiredResourceAccess": [SEND_ENTRY],
            "tags": ["provision"],
            "notes": "ours",
        },
    )
    assert change.before is None
    assert change.after == {
        "uniqueName": "collab-prod",
        "displayName": "Collaboration",
        "signInAudience": "AzureADMyOrg",
        "redirectUris": [URI],
        "permissions": ["Microsoft Graph: Mail.Send"],
        "tags": ["provision"],
        "notes": "ours",
        "owners": ["a", "b"],
    }
    bare = diff(replace(DESIRED, permission=None), None)
    assert isinstance(bare.step, Create)
    assert bare.step.body["requiredResourceAccess"] == []
    assert not {"notes", "owners"} & {*bare.step.body, *(bare.after or {})}
    assert "'collab-prod'" in bare.reason


def test_what_is_there_is_not_written_over() -> None:
    """The lists that Graph gave are copied, never changed in place: the plan's observation stays as read."""
    observed = replace(
        AS_DECLARED,
        permissions=(),
        required_resource_access=({"resourceAppId": GRAPH, "resourceAccess": [USER]},),
    )
    diff(DESIRED, observed)
    assert observed.required_resource_access == ({"resourceAppId": GRAPH, "resourceAccess": [USER]},)
