"""What an adoption would break: the audience, the platforms of redirect URIs, their number; and owners."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.plan import audience
from provision.resources import application, owner
from provision.resources.application import Desired, Observed, Update
from provision.resources.owner import Candidate

URI = "https://collab.agency.example/connectors/SMTP.aspx"
WANTED = Desired("collab", "Mail", (URI,), "AzureADMyOrg")
THERE = Observed(
    id="o",
    app_id="a",
    display_name="Mail",
    unique_name="collab",
    sign_in_audience="AzureADMyOrg",
    redirect_uris=(URI,),
    permissions=(),
    tags=("provision",),
    notes=None,
    created=None,
)
MINE, ORGS = "AzureADMyOrg", "AzureADMultipleOrgs"
BOTH, PERSONAL = "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"
CHANGES = {
    (MINE, MINE): [],
    (MINE, ORGS): ["audience-widened"],
    (MINE, BOTH): ["audience-widened"],
    (MINE, PERSONAL): ["audience-widened", "audience-narrowed"],
    (ORGS, MINE): ["audience-narrowed"],
    (ORGS, ORGS): [],
    (ORGS, BOTH): ["audience-widened"],
    (BOTH, MINE): ["audience-narrowed"],
    (BOTH, ORGS): ["audience-narrowed"],
    (BOTH, PERSONAL): ["audience-narrowed"],
    (PERSONAL, MINE): ["audience-widened", "audience-narrowed"],
    (PERSONAL, BOTH): ["audience-widened"],
}


@pytest.mark.parametrize(("present", "wanted"), CHANGES)
def test_what_is_narrowed_is_told_as_loudly_as_what_is_widened(present: str, wanted: str) -> None:
    """Each as an error that is allowed by name, with the fix that keeps what is there."""
    desired, there = replace(WANTED, sign_in_audience=wanted), replace(THERE, sign_in_audience=present)
    own = [item for item in audience.check(desired, there) if item.entry.name == "audience-narrowed"]
    assert all(item.severity.value == "warning" for item in own)  # it undoes what somebody changed
    found = list(audience.check(desired, replace(there, tags=())))
    assert [item.entry.name for item in found] == CHANGES[present, wanted]
    for item in found:
        assert item.severity.value == "error"
        assert item.entry.allowable
    narrowed = [item for item in found if item.entry.name == "audience-narrowed"]
    assert all(present in (item.fix or "") for item in narrowed)


@pytest.mark.parametrize("wanted", [BOTH, PERSONAL])
@pytest.mark.parametrize("version", [None, 1])
def test_personal_accounts_bring_the_version_of_tokens_with_them(wanted: str, version: int | None) -> None:
    """Graph refuses the audience without version 2; with it there, it is not sent again."""
    desired = replace(WANTED, sign_in_audience=wanted)
    step = application.diff(desired, replace(THERE, token_version=version)).step
    assert isinstance(step, Update)
    assert step.body == {"signInAudience": wanted, "api": {"requestedAccessTokenVersion": 2}}
    settled = replace(THERE, sign_in_audience=wanted, token_version=2)
    assert application.diff(desired, settled).step is None


@pytest.mark.parametrize("platform", ["spa", "publicClient"])
def test_an_address_under_another_platform_is_foreseen(platform: str) -> None:
    """In whatever case scheme and host are written; another address there is nobody's matter."""
    for uri in (URI, URI.replace("https://collab", "HTTPS://Collab")):
        (found,) = audience.check(WANTED, replace(THERE, redirect_uris=(), other_uris=((platform, uri),)))
        assert found.entry.name == "redirect-uri-on-other-platform"
        assert platform in found.message
    elsewhere = replace(THERE, other_uris=((platform, "https://other.example/x"),))
    assert list(audience.check(WANTED, elsewhere)) == []


def _uris(count: int, name: str = "x") -> tuple[str, ...]:
    return tuple(f"https://collab.agency.example/{name}{number}" for number in range(count))


LIMITS = {
    "room for one more": (MINE, _uris(255), 0, []),
    "full": (MINE, _uris(256), 0, ["redirect-uri-limit"]),
    "full, over all platforms": (MINE, _uris(100), 156, ["redirect-uri-limit"]),
    "one left, over all platforms": (MINE, _uris(100), 155, []),
    "full, and nothing to add": (MINE, (URI, *_uris(255)), 10, []),
    "too many for personal accounts": (BOTH, (URI, *_uris(100)), 0, ["redirect-uri-limit"]),
    "as many as personal accounts allow": (BOTH, (URI, *_uris(99)), 0, []),
}


@pytest.mark.parametrize("case", LIMITS)
def test_the_limit_counts_what_is_there(case: str) -> None:
    """All platforms together, after the change; one that is over it and is not touched is no matter."""
    wanted, there, elsewhere, expected = LIMITS[case]
    other = tuple(("spa", uri) for uri in _uris(elsewhere, "spa"))
    observed = replace(THERE, redirect_uris=there, other_uris=other)
    found = audience.check(replace(WANTED, sign_in_audience=wanted), observed)
    assert [item.entry.name for item in found if not item.entry.allowable] == expected


OWNERS = {
    "user": (Candidate("1", "user"), None),
    "service principal": (Candidate("1", "servicePrincipal"), None),
    "nobody": (Candidate("1", None), "nobody of that object id"),
    "group": (Candidate("1", "group", "Admins"), "a group ('Admins') and cannot be an owner"),
    "application": (Candidate("1", "application", "Pipe", "2"), "an application registration ('Pipe')"),
    "device": (Candidate("1", "device", "PC"), "a device ('PC')"),
    "client id": (Candidate("1", None, "", "2"), "nobody of that object id"),
}


@pytest.mark.parametrize("case", OWNERS)
def test_who_cannot_be_an_owner_is_told_before_anything_is_made(case: str) -> None:
    """With the id that was meant, where one is known."""
    candidate, expected = OWNERS[case]
    found = list(owner.check([candidate]))
    assert bool(found) == (expected is not None)
    for item in found:
        assert expected is not None
        assert expected in item.message
        assert item.severity.value == "error"
        assert ("object id is 2" in (item.fix or "")) == (candidate.instead == "2")


def test_a_service_reference_is_set_and_then_left() -> None:
    """It is sent where it differs; without a word in the config it is nobody's matter."""
    desired = replace(WANTED, service_management_reference="96524024-75b0-497b-ab38-0381399a6aaa")
    step = application.diff(desired, THERE).step
    assert isinstance(step, Update)
    assert step.body == {"serviceManagementReference": desired.service_management_reference}
    there = replace(THERE, service_management_reference=desired.service_management_reference)
    assert application.diff(desired, there).step is None
    assert application.diff(WANTED, there).step is None
    made = application.diff(desired, None).step
    assert isinstance(made, application.Create)
    assert made.body["serviceManagementReference"] == desired.service_management_reference
