"""Single answers of the real service that people recorded or quoted, each with where it stands."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from provision.sandbox.faults import resource_units

from ..world import DOMAIN, GRAPH_APP, MAILER, World
from .asserting import ADMINISTRATOR, get, refused

APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"


def guids(text: str) -> list[str]:
    """The GUIDs that an id is made of."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return [str(uuid.UUID(bytes_le=raw[i : i + 16])) for i in range(0, len(raw), 16)]


def user(world: World, name: str) -> str:
    return str(get(world, f"/users/{name}@{DOMAIN}?$select=id")["id"])


def test_a_start_keeps_seven_digits(world: World) -> None:
    """Azure/azure-powershell, Application.Recording.json: sent with +08:00, answered in UTC."""
    app = world.make(ADMINISTRATOR, "/applications", {"displayName": "A"})
    sent = {"passwordCredential": {"startDateTime": "2026-11-12T17:05:26.1557753+08:00"}}
    made = world.make(ADMINISTRATOR, f"/applications/{app['id']}/addPassword", sent)
    assert made["startDateTime"] == "2026-11-12T09:05:26.1557753Z"


def test_an_end_that_is_not_sent_is_two_years_from_now(world: World) -> None:
    """The same recording: not two years from the start that was sent."""
    app = world.make(ADMINISTRATOR, "/applications", {"displayName": "A"})
    sent = {"passwordCredential": {"startDateTime": "2026-01-01T00:00:00Z"}}
    made = world.make(ADMINISTRATOR, f"/applications/{app['id']}/addPassword", sent)
    end = datetime.fromisoformat(made["endDateTime"][:19]).replace(tzinfo=UTC)
    assert abs((end - world.sandbox.clock.now()).days - 730) <= 1


@pytest.mark.parametrize("member", ["origin", "lang"])
def test_a_member_that_a_scope_has_not(world: World, member: str) -> None:
    """microsoftgraph/msgraph-bicep-types issue 130; the wiki of OfficeDev/TeamsFx."""
    scope = {
        "id": str(uuid.uuid4()),
        "adminConsentDescription": "a",
        "adminConsentDisplayName": "a",
        "isEnabled": True,
        "type": "User",
        "value": "a",
        member: "x",
    }
    body = {"displayName": "A", "api": {"oauth2PermissionScopes": [scope]}}
    text = f"Expected property '{member}' is not present on resource of type 'PermissionScope'"
    refused(world.graph(ADMINISTRATOR, "POST", "/applications", body), 400, "Request_BadRequest", text)


def test_a_delegated_grant_is_named_by_what_it_joins(world: World) -> None:
    """Azure/azure-cli issue 20974: the bytes of client, resource and person."""
    app = world.make(ADMINISTRATOR, "/applications", {"displayName": "A"})
    client = world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})["id"]
    graph = get(world, f"/servicePrincipals(appId='{GRAPH_APP}')")["id"]
    person = user(world, "ann")
    body = {"clientId": client, "resourceId": graph, "scope": "User.Read"}
    for more, ids in (
        ({"consentType": "AllPrincipals"}, [client, graph]),
        ({"consentType": "Principal", "principalId": person}, [client, graph, person]),
    ):
        made = world.make(ADMINISTRATOR, "/oauth2PermissionGrants", body | more)
        assert guids(made["id"]) == ids
    # MicrosoftDocs/azure-docs issue 105249
    changed = world.graph(
        ADMINISTRATOR, "PATCH", f"/oauth2PermissionGrants/{made['id']}", {"principalId": user(world, "root")}
    )
    refused(changed, 400, "Request_BadRequest", "Property cannot be updated: principalId")


def test_an_app_role_assignment_begins_with_its_principal(world: World) -> None:
    """Ids in answers of real tenants; what stands behind the principal is not known."""
    app = world.make(ADMINISTRATOR, "/applications", {"displayName": "A"})
    principal = world.make(ADMINISTRATOR, "/servicePrincipals", {"appId": app["appId"]})["id"]
    graph = get(world, f"/servicePrincipals(appId='{GRAPH_APP}')")
    role = next(r["id"] for r in graph["appRoles"] if r["value"] == "Mail.Send")
    body = {"principalId": principal, "resourceId": graph["id"], "appRoleId": role}
    made = world.make(ADMINISTRATOR, f"/servicePrincipals/{principal}/appRoleAssignments", body)
    assert len(made["id"]) == 43
    assert guids(made["id"])[0] == principal


def test_a_role_assignment_is_named_by_role_and_principal(world: World) -> None:
    """The examples of graph/api/rbacapplication-post-roleassignments."""
    person = user(world, "ann")
    body = {
        "roleDefinitionId": APPLICATION_ADMINISTRATOR,
        "principalId": person,
        "directoryScopeId": "/",
    }
    made = world.make(ADMINISTRATOR, "/roleManagement/directory/roleAssignments", body)
    joined, _, scope = made["id"].rpartition("-")
    assert (guids(joined), scope) == ([APPLICATION_ADMINISTRATOR, person], "1")


def test_a_role_says_what_it_may(world: World) -> None:
    """entra/identity/role-based-access-control/permissions-reference."""
    path = f"/roleManagement/directory/roleDefinitions/{APPLICATION_ADMINISTRATOR}"
    text = "Can create and manage all aspects of app registrations and enterprise apps."
    assert get(world, path)["description"] == text


def test_an_application_holds_no_role(world: World) -> None:
    """MicrosoftDocs/azure-docs issue 68960: its principal does."""
    app = world.make(ADMINISTRATOR, "/applications", {"displayName": "A"})
    role = next(
        r for r in get(world, "/directoryRoles")["value"] if r["displayName"] == "Global Administrator"
    )
    target = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{app['id']}"}
    answer = world.graph(ADMINISTRATOR, "POST", f"/directoryRoles/{role['id']}/members/$ref", target)
    refused(answer, 400, "Request_BadRequest", "Objects of type Application cannot be assigned to roles.")


def test_what_a_person_created(world: World) -> None:
    """graph/api/user-list-createdobjects."""
    made = world.make(ADMINISTRATOR, "/applications", {"displayName": "ConVol"})
    found = get(world, "/me/createdObjects")["value"]
    assert [(o["@odata.type"], o["id"]) for o in found] == [("#microsoft.graph.application", made["id"])]
    assert get(world, f"/users/ann@{DOMAIN}/createdObjects")["value"] == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/plain", "Entity only allows writes with a JSON Content-Type header."),
        ("application/x-www-form-urlencoded", "Entity only allows writes with a JSON Content-Type header."),
        ("", "Write requests (excluding DELETE) must contain the Content-Type header declaration."),
    ],
)
def test_a_write_says_that_it_is_json(world: World, kind: str, text: str) -> None:
    """Both texts: node-red-contrib-onedrive's notes, and many who met the first."""
    headers = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}"} | (
        {"Content-Type": kind} if kind else {}
    )
    url = "https://graph.microsoft.com/v1.0/applications"
    answer = world.send("POST", url, content=b'{"displayName":"B"}', headers=headers)
    refused(answer, 400, "BadRequest", text)
    assert get(world, "/applications?$filter=displayName eq 'B'")["value"] == []


# -- mail ----------------------------------------------------------------------------------------


def sent(world: World, content: bytes) -> Any:
    headers = {"Authorization": f"Bearer {world.token(MAILER)}", "Content-Type": "text/plain"}
    url = f"https://graph.microsoft.com/v1.0/users/noreply@{DOMAIN}/sendMail"
    return world.send("POST", url, content=content, headers=headers)


def test_a_message_may_be_sent_in_mime(world: World) -> None:
    """graph/api/user-sendmail, example 4."""
    mime = f"From: <noreply@{DOMAIN}>\r\nTo: Ann <ann@{DOMAIN}>\r\nSubject: Internal\r\n\r\nhello\r\n"
    answer = sent(world, base64.b64encode(mime.encode()))
    assert (answer.status_code, answer.content) == (202, b"")
    person = world.sandbox.store.tenants[next(iter(world.sandbox.store.tenants))]
    found = [m.props for m in person.all("message")]
    assert {m["subject"] for m in found} == {"Internal"}
    assert {m["body"]["content"].strip() for m in found} == {"hello"}


def test_mime_that_is_no_base64(world: World) -> None:
    """The same page: what is sent is base64."""
    text = "Invalid base64 string for MIME content."
    refused(sent(world, b"###not base64###"), 400, "ErrorMimeContentInvalidBase64String", text)


def test_mime_to_nobody(world: World) -> None:
    """As for a message in JSON."""
    refused(sent(world, base64.b64encode(b"Subject: x\r\n\r\nhello")), 400, "ErrorInvalidRecipients")


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (
            {"internetMessageHeaders": [{"name": "In-Reply-To", "value": "<a@b>"}]},
            "InvalidInternetMessageHeader",
            "The internet message header name 'In-Reply-To' should start with 'x-' or 'X-'.",
        ),
        (
            {"toRecipients": {"emailAddress": {"address": "a@b.example"}}},
            "RequestBodyRead",
            "An unexpected 'StartObject' node was found for property named 'toRecipients' when reading from"
            " the JSON reader. A 'StartArray' node was expected.",
        ),
    ],
)
def test_a_message_that_is_refused(world: World, more: dict[str, Any], code: str, text: str) -> None:
    """Quoted by WPO365, terminal42 and others; a C++ client's thread on the second."""
    recipients = [{"emailAddress": {"address": "a@b.example"}}]
    body = {"message": {"subject": "x", "toRecipients": recipients} | more}
    refused(world.graph(MAILER, "POST", f"/users/noreply@{DOMAIN}/sendMail", body), 400, code, text)


# -- what a request costs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "units"),
    [
        ("GET", "applications", 2),
        ("GET", "applications?$filter=displayName eq 'x'", 2),
        ("GET", "applications?$select=id", 1),
        ("GET", "applications?$top=5", 1),
        ("GET", "applications?$top=100", 2),
        ("GET", "applications?$select=id&$expand=owners", 2),
        ("GET", "applications?$select=id&$top=1", 1),
        ("GET", "applications/x", 1),
        ("PATCH", "applications/x", 1),
        ("POST", "applications", 1),
        ("GET", "users", 2),
        ("GET", "users/x", 1),
        ("GET", "servicePrincipals", 1),
        ("GET", "servicePrincipals/x/appRoleAssignments", 2),
        ("GET", "oauth2PermissionGrants", 2),
        ("GET", "oauth2PermissionGrants/x", 2),
        ("GET", "groups/x/members", 3),
        ("GET", "groups/x/transitiveMembers", 5),
        ("POST", "directoryObjects/getByIds", 5),
        ("POST", "me/checkMemberGroups", 4),
        ("GET", "me/memberOf", 2),
        ("GET", "organization", 1),
    ],
)
def test_what_a_request_costs(method: str, target: str, units: int) -> None:
    """graph/throttling-limits, identity and access: base costs and what changes them."""
    path, _, query = target.partition("?")
    assert resource_units.of(method, f"/v1.0/{path}", query) == units


def test_the_cost_is_told(world: World) -> None:
    """Azure/azure-powershell, Application.Recording.json: a list of applications costs 2."""
    assert world.graph(ADMINISTRATOR, "GET", "/applications").headers["x-ms-resource-unit"] == "2"
    assert world.graph(ADMINISTRATOR, "GET", "/organization").headers["x-ms-resource-unit"] == "1"
