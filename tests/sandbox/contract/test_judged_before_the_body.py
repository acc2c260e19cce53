"""What is refused before anybody looks into a body, and single members of one; each with where it stands."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ..world import DOMAIN, GRAPH_APP, MAIL_SEND, MAILER, World
from .asserting import ADMINISTRATOR, NOBODY, get, new_app, new_principal, refused

ROOT = "https://graph.microsoft.com/v1.0"
SEND = f"/users/noreply@{DOMAIN}/sendMail"
MAIL = json.dumps(
    {"message": {"subject": "x", "toRecipients": [{"emailAddress": {"address": f"ann@{DOMAIN}"}}]}}
).encode()
APP = json.dumps({"displayName": "B"}).encode()


def sent(
    world: World, path: str, content: bytes, kinds: list[str], who: str = ADMINISTRATOR, **more: str
) -> Any:
    """A POST whose ``Content-Type`` comes as often as there are kinds."""
    headers = [("Authorization", f"Bearer {world.token(who)}"), *(("Content-Type", k) for k in kinds)]
    headers += [(name.replace("_", "-"), value) for name, value in more.items()]
    return world.send("POST", ROOT + path, content=content, headers=headers)


# -- Content-Type --------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [["application/json, application/json"], ["application/json"] * 2])
def test_a_message_of_two_types(world: World, kinds: list[str]) -> None:
    """microsoft-graph-explorer-v4 issue 533, 2020-05: Exchange's reader; twice is once with a comma."""
    text = (
        "The specified content type 'application/json, application/json' contains either no media type or"
        " more than one media type, which is not allowed. You must specify exactly one media type as the"
        " content type."
    )
    refused(sent(world, SEND, MAIL, kinds, MAILER), 400, "RequestBodyRead", text)


@pytest.mark.parametrize("kind", ["text/html", "multipart/form-data; boundary=x", "message/rfc822"])
def test_a_message_of_a_type_that_exchange_cannot_read(world: World, kind: str) -> None:
    """microsoft-graph-docs issue 4648 (2019-05), CoasterKaty/PHPGraphMailer issue 14 (2024-01): 415."""
    text = "A supported MIME type could not be found that matches the content type of the response. None of"
    error = refused(sent(world, SEND, MAIL, [kind], MAILER), 415, "RequestBodyRead", text)
    assert error["message"].endswith(f"matches the content type '{kind}'.")


@pytest.mark.parametrize("kinds", [["text/html"], ["application/json", "application/json"], ["image;x"]])
def test_the_directory_says_it_otherwise(world: World, kinds: list[str]) -> None:
    """Met by many: the directory's reader has one text for all of them."""
    answer = sent(world, "/applications", APP, kinds)
    refused(answer, 400, "BadRequest", "Entity only allows writes with a JSON Content-Type header.")


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false",
        "application/vnd.graph+json",
    ],
)
@pytest.mark.parametrize(
    ("path", "content", "who"), [("/applications", APP, ADMINISTRATOR), (SEND, MAIL, MAILER)]
)
def test_json_with_parameters(world: World, kind: str, path: str, content: bytes, who: str) -> None:
    """RFC 9110, 8.3.1: parameters, in any case; the SDKs and PowerShell send them."""
    assert sent(world, path, content, [kind], who).is_success


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("importance", "urgent", "Requested value 'urgent' was not found."),
        ("subject", 5, "Cannot convert the literal '5' to the expected type 'Edm.String'."),
        ("isRead", "no", "Cannot convert the literal 'no' to the expected type 'Edm.Boolean'."),
        (
            "body",
            "hello",
            "An unexpected 'PrimitiveValue' node was found for property named 'body' when reading from the"
            " JSON reader. A 'StartObject' node was expected.",
        ),
        (
            "from",
            [],
            "An unexpected 'StartArray' node was found for property named 'from' when reading from the JSON"
            " reader. A 'StartObject' node was expected.",
        ),
    ],
)
def test_members_of_a_message(world: World, member: str, value: Any, text: str) -> None:
    """Microsoft.OData.Core's resources, as quoted of toRecipients, contentType and dates (2016 to 2026)."""
    body = json.loads(MAIL)
    body["message"][member] = value
    refused(world.graph(MAILER, "POST", SEND, body), 400, "RequestBodyRead", text)


def test_a_compressed_message(world: World) -> None:
    """msgraph-sdk-design, CompressionHandler.md: bodies in gzip, of Exchange too; what is not is 415."""
    zipped = gzip.compress(MAIL)
    json_type = ["application/json"]
    assert sent(world, SEND, zipped, json_type, MAILER, Content_Encoding="gzip").status_code == 202
    for encoding in ("br", "deflate", "zstd"):
        answer = sent(world, SEND, zipped, json_type, MAILER, Content_Encoding=encoding)
        assert answer.status_code == 415


# -- methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/servicePrincipals/{principal}/appRoleAssignedTo"),  # microsoft-graph-docs issue 7444
        ("PUT", "/applications/{app}"),
        ("DELETE", "/organization/x"),
        ("PATCH", "/applications/{app}/addPassword"),
        ("DELETE", "/me"),
        ("POST", "/organization"),  # msgraph json-batching page, its answer of 2025-02, item 4
    ],
)
def test_a_method_that_a_path_has_not(world: World, method: str, path: str) -> None:
    """The first and the last are quoted; one text for all, whatever the body holds."""
    app = new_app(world)
    at = path.format(app=app["id"], principal=new_principal(world, app)["id"])
    headers = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}", "Content-Type": "text/html"}
    answer = world.send(method, ROOT + at, content=b"{", headers=headers)
    text = "Specified HTTP method is not allowed for the request target."
    refused(answer, 405, "Request_BadRequest", text)


def test_a_wrong_method_is_the_callers_own_mistake(world: World) -> None:
    """Real Graph has no GET of an action either: nothing is missing here."""
    app = new_app(world)
    for method, path in (
        ("GET", SEND),
        ("DELETE", "/directory/deletedItems"),
        ("GET", f"/applications/{app['id']}/addPassword"),
    ):
        answer = world.graph(ADMINISTRATOR, method, path)
        assert (answer.status_code, answer.headers.get("x-sandbox-not-emulated")) == (405, None)
    told = world.graph(ADMINISTRATOR, "POST", "/domains", {"id": "a.example"})
    assert told.headers["x-sandbox-not-emulated"] == "POST domains"


def test_a_body_where_none_belongs_is_not_read(world: World) -> None:
    """RFC 9110, 9.3.1 and 9.3.5: PowerShell and curl send one with GET and DELETE."""
    app = new_app(world)
    headers = {"Authorization": f"Bearer {world.token(ADMINISTRATOR)}", "Content-Type": "application/json"}
    url = f"{ROOT}/applications/{app['id']}"
    assert world.send("GET", url, content=b"{", headers=headers).json()["id"] == app["id"]
    assert world.send("DELETE", url, content=b"{", headers=headers).status_code == 204


# -- queries and members of a body ---------------------------------------------------------------


def test_one_relation_of_a_role_assignment_at_a_time(world: World) -> None:
    """Measured on live tenants by the authors of four programs, 2026-08: principal or roleDefinition."""
    path = "/roleManagement/directory/roleAssignments?$expand="
    answer = world.graph(ADMINISTRATOR, "GET", f"{path}principal,roleDefinition")
    refused(answer, 400, "Request_BadRequest", "Only one property can be expanded in a single query.")
    assert "principal" in get(world, f"{path}principal")["value"][0]


@pytest.mark.parametrize("wanted", ["", None, "Microsoft Graph"])
def test_a_resource_that_is_no_id(world: World, wanted: Any) -> None:
    """Azure-Samples/ms-identity-javascript-react-spa-dotnetcore-webapi-obo issue 6: the member is named."""
    access = [{"resourceAppId": wanted, "resourceAccess": [{"id": MAIL_SEND, "type": "Role"}]}]
    body = {"displayName": "x", "requiredResourceAccess": access}
    text = "Invalid value specified for property 'resourceAppId' of resource 'RequiredResourceAccess'."
    answer = world.graph(ADMINISTRATOR, "POST", "/applications", body)
    (detail,) = refused(answer, 400, "Request_BadRequest", text)["details"]
    assert (detail["code"], detail["target"]) == ("InvalidValue", "resourceAppId")


@pytest.mark.parametrize("name", ["proxyAddresses"])
def test_what_exchange_sets_of_a_person(world: World, name: str) -> None:
    """Quoted in notes on shared mailboxes: Graph refuses what Exchange Online's commands set."""
    answer = world.graph(ADMINISTRATOR, "PATCH", f"/users/ann@{DOMAIN}", {name: ["smtp:a@contoso.example"]})
    refused(answer, 400, "Request_BadRequest", f"Property '{name}' is read-only and cannot be set.")


def test_the_publisher_domain_is_not_written(world: World) -> None:
    """Quoted of a publisher's verification: it is set by the portal alone."""
    app = new_app(world)
    answer = world.graph(
        ADMINISTRATOR, "PATCH", f"/applications/{app['id']}", {"publisherDomain": "a.example"}
    )
    refused(answer, 400, "Request_BadRequest", "Property 'publisherDomain' is read-only and cannot be set.")


def test_a_role_that_only_applications_hold(world: World) -> None:
    """Quoted of principals whose roles are not known yet: the resource is named by its client id."""
    person = get(world, f"/users/ann@{DOMAIN}")["id"]
    graph = get(world, f"/servicePrincipals(appId='{GRAPH_APP}')")["id"]
    body = {"principalId": person, "resourceId": graph, "appRoleId": MAIL_SEND}
    answer = world.graph(ADMINISTRATOR, "POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", body)
    text = f"Permission being assigned was not found on application '{GRAPH_APP}'"
    refused(answer, 400, "Request_BadRequest", text)


def test_a_federated_credential_by_name_of_an_application_that_has_none(world: World) -> None:
    """microsoftgraph/msgraph-bicep-types issue 271, 2025-11: the name stands where an id does."""
    app = new_app(world)
    answer = world.graph(
        ADMINISTRATOR, "GET", f"/applications/{app['id']}/federatedIdentityCredentials/app-fic"
    )
    text = (
        "Resource 'app-fic' does not exist or one of its queried reference-property objects are not present."
    )
    refused(answer, 404, "Request_ResourceNotFound", text)


def test_an_object_that_is_no_application_for_a_principal(world: World) -> None:
    """Quoted by many scripts: code and detail of a principal whose application is not there."""
    answer = world.graph(ADMINISTRATOR, "POST", "/servicePrincipals", {"appId": NOBODY})
    error = refused(answer, 400, "Request_BadRequest", "does not reference a valid application object.")
    assert [d["code"] for d in error["details"]] == ["NoBackingApplicationObject"]
