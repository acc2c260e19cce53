"""Answers of the real service that people quoted, second lot: mail, queries, limits, tokens, borders."""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.seeding.seed import apply

from ..world import DOMAIN, GRAPH_APP, MAILER, SECRET, TENANT, World
from .asserting import ADMINISTRATOR, EVENTUAL, get, new_app, new_group, refused

PERSON = f"/users/ann@{DOMAIN}"
SEND = f"/users/noreply@{DOMAIN}/sendMail"
FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGVsbG8="}


def mail(**more: Any) -> Any:
    """A message that is accepted, and what is added to it."""
    recipients = [{"emailAddress": {"address": f"ann@{DOMAIN}"}}]
    body = {"contentType": "Text", "content": "hello"}
    return {"message": {"subject": "x", "body": body, "toRecipients": recipients} | more}


# -- Exchange ------------------------------------------------------------------------------------


def without(name: str) -> dict[str, str]:
    """The file without one of its members."""
    return {k: v for k, v in FILE.items() if k != name}


@pytest.mark.parametrize(
    ("attachments", "code", "text"),
    [
        (
            [without("@odata.type")],
            "RequestBodyRead",
            "The property 'contentBytes' does not exist on type 'microsoft.graph.attachment'. Make sure to"
            " only use property names that are defined by the type or mark the type as open type.",
        ),  # microsoft-graph-docs-contrib issue 310
        ([without("contentBytes")], "ErrorRequiredPropertyMissing", "Required property is missing."),
        (
            [FILE | {"contentBytes": "9j4AAQ*"}],
            "RequestBodyRead",
            "Cannot convert the literal '9j4AAQ*' to the expected type 'Edm.Binary'.",
        ),  # msgraph-sdk-powershell issue 3159
        (
            FILE,
            "RequestBodyRead",
            "An unexpected 'StartObject' node was found for property named 'attachments' when reading from"
            " the JSON reader. A 'StartArray' node was expected.",
        ),  # as of toRecipients
        (
            [FILE | {"fileName": "a"}],
            "RequestBodyRead",
            "The property 'fileName' does not exist on type 'microsoft.graph.fileAttachment'.",
        ),
    ],
)
def test_an_attachment_that_is_refused(world: World, attachments: Any, code: str, text: str) -> None:
    """The second: msgraph-sdk-python issue 667, 2024-04."""
    answer = world.graph(MAILER, "POST", SEND, mail(attachments=attachments))
    refused(answer, 400, code, text)


def test_an_attachment_that_is_taken(world: World) -> None:
    """graph/api/user-sendmail, example 3; base64 of any alphabet, lines and all."""
    raw = base64.encodebytes(bytes(range(256))).decode()
    answer = world.graph(MAILER, "POST", SEND, mail(attachments=[FILE, FILE | {"contentBytes": raw}]))
    assert answer.status_code == 202, answer.text


def test_five_headers_and_no_more(world: World) -> None:
    """GNOME/evolution-ews, camel-m365-folder.c, quoted 2020-07; graph/api/resources/internetmessageheader."""
    headers = [{"name": f"x-{n}", "value": "v"} for n in range(6)]
    assert world.graph(MAILER, "POST", SEND, mail(internetMessageHeaders=headers[:5])).status_code == 202
    answer = world.graph(MAILER, "POST", SEND, mail(internetMessageHeaders=headers))
    text = "Maximum number of headers in one message should be less than or equal to 5."
    refused(answer, 400, "InvalidInternetMessageHeaderCollection", text)


@pytest.mark.parametrize("address", ["@microsoft.com", "a@spf.example; b@spf.example", "no address"])
def test_a_recipient_that_is_no_address(world: World, address: str) -> None:
    """Quoted with a bare domain, and with several addresses in one text."""
    body = mail(toRecipients=[{"emailAddress": {"address": address}}])
    text = (
        f"At least one recipient is not valid., Recipient '{address}' is not resolved. All recipients must be"
        " resolved before a message can be submitted."
    )
    refused(world.graph(MAILER, "POST", SEND, body), 400, "ErrorInvalidRecipients", text)


def test_no_message(world: World) -> None:
    """learn.microsoft.com/en-us/answers/questions/1202189, 2023-04."""
    answer = world.graph(MAILER, "POST", SEND, {"subject": "x"})
    refused(answer, 400, "ErrorInvalidParameter", "The value of the parameter 'Message' is empty.")


def test_a_request_over_four_megabytes(world: World) -> None:
    """O365/python-o365 issue 472: 413; microsoft-graph-docs-contrib issue 682: its code and text."""
    answer = world.graph(MAILER, "POST", SEND, mail(body={"contentType": "Text", "content": "A" * 2**22}))
    refused(answer, 413, "BadRequest", "The maximum request length supported is 4MB.")


# -- queries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/directoryRoles", "/directoryRoleTemplates"])
def test_roles_come_on_one_page(world: World, path: str) -> None:
    """Measured on live tenants by the authors of several read-only clients, 2026."""
    text = "This resource does not support custom page sizes. Please retry without a page size argument."
    answer = world.graph(ADMINISTRATOR, "GET", f"{path}?$top=5")
    refused(answer, 400, "Request_UnsupportedQuery", text)


@pytest.mark.parametrize("cast", ["", "/microsoft.graph.user"])
def test_so_do_the_members_of_a_role(world: World, cast: str) -> None:
    """The same; a cast does not help, and of a group's members it is not so."""
    role = get(world, "/directoryRoles")["value"][0]["id"]
    path = f"/directoryRoles/{role}/members{cast}"
    refused(world.graph(ADMINISTRATOR, "GET", f"{path}?$top=999"), 400, "Request_UnsupportedQuery")
    assert get(world, path)["value"] is not None
    group = new_group(world)["id"]
    assert get(world, f"/groups/{group}/members?$top=5")["value"] == []


@pytest.mark.parametrize(
    "clause",
    [
        "officeLocation eq 'japan'",  # ms-identity-dotnetcore-b2c-account-management issue 9
        "showInAddressList eq true",  # learn.microsoft.com/en-us/answers/questions/728705
        "onPremisesSamAccountName eq 'a'",  # learn.microsoft.com/en-us/answers/questions/577870
        "companyName eq 'a'",  # this and the others: learn.microsoft.com/en-us/answers/questions/726469
        "employeeHireDate eq 2022-01-01T00:00:00Z",
        "employeeType eq 'a'",
        "faxNumber eq 'a'",
        "mobilePhone eq 'a'",
        "postalCode eq 'a'",
        "preferredLanguage eq 'a'",
        "streetAddress eq 'a'",
    ],
)
def test_properties_that_want_an_advanced_query(world: World, clause: str) -> None:
    """graph/aad-advanced-queries, "Support for filter": refused by default, answered as advanced query."""
    name = clause.split(maxsplit=1)[0]
    text = f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'."
    answer = world.graph(ADMINISTRATOR, "GET", f"/users?$filter={clause}")
    refused(answer, 400, "Request_UnsupportedQuery", text)
    advanced = world.graph(ADMINISTRATOR, "GET", f"/users?$count=true&$filter={clause}", None, **EVENTUAL)
    assert advanced.status_code == 200, advanced.text


def test_a_groups_description_wants_one_too(world: World) -> None:
    """learn.microsoft.com/en-us/answers/questions/726469."""
    answer = world.graph(ADMINISTRATOR, "GET", "/groups?$filter=description eq 'a'")
    refused(answer, 400, "Request_UnsupportedQuery", "property 'description' of resource 'Group'.")


def test_an_id_is_not_ordered(world: World) -> None:
    """graph/aad-advanced-queries, "Error handling"."""
    clause = "id ge '398164b1-5196-49dd-ada2-364b49f99b27'"
    answer = world.graph(ADMINISTRATOR, "GET", f"/users?$count=true&$filter={clause}", None, **EVENTUAL)
    refused(answer, 400, "Request_UnsupportedQuery", "The request uses a filter property that is not indexed")


def test_certificates_are_not_asked_for_by_their_end(world: World) -> None:
    """microsoft-graph-docs issue 19374: as an advanced query too."""
    clause = "keyCredentials/any(k:k/endDateTime ge 2021-01-02T12:00:00Z)"
    answer = world.graph(
        ADMINISTRATOR, "GET", f"/applications?$count=true&$filter={clause}", None, **EVENTUAL
    )
    text = "This query on 'Application' for 'KeyCredential' is not supported."
    refused(answer, 400, "Request_UnsupportedQuery", text)


@pytest.mark.parametrize("cast", ["", "/microsoft.graph.user"])
def test_a_relation_is_filtered_by_an_advanced_query_only(world: World, cast: str) -> None:
    """microsoft-graph-docs issues 11372 and 13114: the header alone does not help; ids do."""
    path = f"/groups/{new_group(world)['id']}/members{cast}"
    text = "The specified filter to the reference property query is currently not supported."
    clause = "accountEnabled eq false" if cast else "displayName eq 'x'"
    for headers in ({}, EVENTUAL):
        answer = world.graph(ADMINISTRATOR, "GET", f"{path}?$filter={clause}", None, **headers)
        refused(answer, 400, "Request_UnsupportedQuery", text)
    by_id = f"{path}?$filter=id eq '398164b1-5196-49dd-ada2-364b49f99b27'"
    assert get(world, by_id)["value"] == []
    if cast:
        assert get(world, f"{path}?$count=true&$filter={clause}", **EVENTUAL)["value"] == []


def test_a_search_expands_nothing(world: World) -> None:
    """microsoft-graph-docs-contrib issue 2577: the text is that of the missing header."""
    path = '/users?$search="displayName:user"&$expand=memberOf&$count=true'
    text = "Request with $search query parameter only works through MSGraph with a special request header"
    answer = world.graph(ADMINISTRATOR, "GET", path, None, **EVENTUAL)
    refused(answer, 400, "Request_UnsupportedQuery", text)


# -- a tenant that demands a service management reference ----------------------------------------


@pytest.fixture
def demanding(world: World, tmp_path: Path) -> World:
    """A tenant whose policy demands one."""
    file = tmp_path / "seed.yaml"
    file.write_text(f"tenant: {{id: {TENANT}}}\npolicy: {{service_management_reference: required}}\n")
    apply(world.sandbox, file)
    return world


def test_a_registration_without_a_reference(demanding: World) -> None:
    """microsoft-foundry/foundry-agent-webapp issue 3; the text: azure-cli pull request 31212."""
    answer = demanding.graph(ADMINISTRATOR, "POST", "/applications", {"displayName": "A"})
    text = (
        "ServiceManagementReference field is required for Create, but is missing in the request. Refer to the"
        " TSG `https://aka.ms/service-management-reference-error` for resolving the error"
    )
    refused(answer, 400, "ServiceTreeValueMissing", text)
    body = {"displayName": "A", "serviceManagementReference": "96524024-75b0-497b-ab38-0381399a6a9d"}
    assert demanding.make(ADMINISTRATOR, "/applications", body)["displayName"] == "A"


def test_a_change_of_one_that_had_none(world: World, tmp_path: Path) -> None:
    """What redeployments of older registrations meet: the notes of Azure-Samples on Service Tree."""
    app = new_app(world)
    file = tmp_path / "seed.yaml"
    file.write_text(f"tenant: {{id: {TENANT}}}\npolicy: {{service_management_reference: required}}\n")
    apply(world.sandbox, file)
    path = f"/applications/{app['id']}"
    text = "ServiceManagementReference field is required for Update, but is missing in the request."
    answer = world.graph(ADMINISTRATOR, "PATCH", path, {"notes": "x"})
    refused(answer, 400, "ServiceTreeValueMissing", text)
    more = {"notes": "x", "serviceManagementReference": "96524024-75b0-497b-ab38-0381399a6a9d"}
    assert world.graph(ADMINISTRATOR, "PATCH", path, more).status_code == 204


def test_a_reference_is_a_guid(demanding: World) -> None:
    """Quoted in the tests of a client of agent blueprints, 2026."""
    body = {"displayName": "A", "serviceManagementReference": "INC-1"}
    text = "Value for ServiceManagementReference must be a valid GUID."
    refused(demanding.graph(ADMINISTRATOR, "POST", "/applications", body), 400, "ServiceTreeInvalid", text)


# -- limits --------------------------------------------------------------------------------------


def test_a_hundred_owners_and_no_more(world: World) -> None:
    """Quoted of groups with 101 and 121 owners; the limit: directory-service-limits-restrictions."""
    app = new_app(world)
    tenant = next(iter(world.sandbox.store.tenants.values()))
    person = get(world, f"{PERSON}?$select=id")["id"]
    with world.sandbox.writing():
        record = tenant.get("application", app["id"])
        assert record is not None
        tenant.put(record.with_link("owners", [f"00000000-0000-4000-8000-{n:012}" for n in range(100)]))
    target = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"}
    answer = world.graph(ADMINISTRATOR, "POST", f"/applications/{app['id']}/owners/$ref", target)
    text = (
        "Unable to perform operation as '101' would exceed the maximum quota count '100' for forward-link"
        " 'owners'."
    )
    refused(answer, 403, "Directory_QuotaExceeded", text)


def test_a_dynamic_group_has_a_rule(world: World) -> None:
    """Quoted in a blog on groups by Graph, 2021-09."""
    body = {
        "displayName": "d",
        "mailNickname": "d",
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": ["DynamicMembership"],
    }
    answer = world.graph(ADMINISTRATOR, "POST", "/groups", body)
    refused(answer, 400, "Request_BadRequest", "A value is required for property 'membershipRule'")


# -- tokens --------------------------------------------------------------------------------------


def test_client_credentials_without_a_credential(world: World) -> None:
    """Recorded by the tests of Azure/azure-sdk-for-js, 2021-01: 401."""
    answer = world.token_answer(
        grant_type="client_credentials", client_id=MAILER, scope="https://graph.microsoft.com/.default"
    )
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (401, "invalid_client", [7000216])
    text = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant"
    assert body["error_description"].startswith(f"AADSTS7000216: {text}")


def test_a_public_client_with_a_secret(world: World) -> None:
    """Quoted by many whose application is both; the setting: isFallbackPublicClient."""
    app = new_app(world, isFallbackPublicClient=True)
    world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})
    secret = world.make(ADMINISTRATOR, f"/applications/{app['id']}/addPassword", {})["secretText"]
    form = {
        "client_id": app["appId"],
        "client_secret": secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = world.token_answer(grant_type="password", username=f"ann@{DOMAIN}", password="pw-ann", **form)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (401, "invalid_client", [700025])
    assert world.token_answer(grant_type="client_credentials", **form).status_code == 200


# -- the borders of the sandbox ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", f"{PERSON}/calendar", "GET users/{id}/calendar"),
        ("GET", "/me/drive/root/children", "GET me/drive/root/children"),
        ("POST", "/applications/x/addKey", "POST applications/{id}/addKey"),
        ("GET", "/applications/delta", "GET applications/delta"),
        ("GET", "/users/microsoft.graph.delta()", "GET users/microsoft.graph.delta"),
        ("POST", f"{PERSON}/messages", "POST users/{id}/messages"),
        ("GET", "/subscribedSkus", "GET subscribedSkus"),
        ("POST", "/invitations", "POST invitations"),
        ("GET", "/policies/conditionalAccessPolicies", "GET policies/conditionalAccessPolicies"),
        ("GET", f"{PERSON}/messages/a/attachments", "GET users/{id}/messages/a/attachments"),
        (
            "GET",
            f"/servicePrincipals(appId='{GRAPH_APP}')/synchronization",
            "GET servicePrincipals/{id}/synchronization",
        ),
        ("GET", "/aplications", None),
        ("GET", "/applications/x/owner", None),
        ("PATCH", "/applications", None),
        ("DELETE", "/organization/x", None),
    ],
)
def test_what_is_not_emulated_says_so(
    world: World, caplog: pytest.LogCaptureFixture, method: str, path: str, told: str | None
) -> None:
    """Names of v1.0's metadata; a mistake of the caller's is his own, and silent."""
    with caplog.at_level(logging.WARNING, "provision.sandbox"):
        answers = [world.graph(ADMINISTRATOR, method, path, {} if method != "GET" else None) for _ in "12"]
    assert [a.headers.get("x-sandbox-not-emulated") for a in answers] == [told, told]
    assert all(a.status_code in (400, 404, 405) for a in answers)
    assert len(caplog.records) == (told is not None)
    assert SECRET not in caplog.text
