"""Queries: https://learn.microsoft.com/graph/query-parameters and .../graph/aad-advanced-queries."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import World
from .asserting import ADMINISTRATOR, EVENTUAL, get, listed, new_app, new_principal, refused

NEEDS_HEADER = "Request_UnsupportedQuery"


def names(world: World, query: str, **headers: str) -> list[str]:
    return sorted(
        a["displayName"]
        for a in listed(world, f"/applications?{query}", **headers)
        if not a["displayName"].startswith("Caller ")
    )


@pytest.fixture
def apps(world: World) -> dict[str, Any]:
    """Four applications that differ."""
    wanted: dict[str, dict[str, Any]] = {
        "Mail One": {"tags": ["mail", "one"], "identifierUris": ["api://one"]},
        "Mail Two": {"tags": ["mail"], "notes": "n"},
        "O'Brien": {"signInAudience": "AzureADMultipleOrgs"},
        "zeta": {"description": "about mail"},
    }
    return {name: new_app(world, displayName=name, **more) for name, more in wanted.items()}


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("displayName eq 'Mail One'", ["Mail One"]),
        ("displayName eq 'mail one'", ["Mail One"]),
        ("displayName eq 'O''Brien'", ["O'Brien"]),
        ("startswith(displayName,'Mail')", ["Mail One", "Mail Two"]),
        ("startsWith(displayName, 'mail') and tags/any(t:t eq 'one')", ["Mail One"]),
        ("displayName in ('zeta', 'Mail Two')", ["Mail Two", "zeta"]),
        ("(displayName eq 'zeta') or (displayName eq 'Mail Two')", ["Mail Two", "zeta"]),
        ("identifierUris/any(u:u eq 'api://one')", ["Mail One"]),
        ("identifierUris/any(u:startswith(u,'api://'))", ["Mail One"]),
        ("tags/any(x:x eq 'mail') and not(tags/any(x:x eq 'one'))", ["Mail Two"]),
        ("signInAudience eq 'AzureADMultipleOrgs'", ["O'Brien"]),
        ("createdDateTime ge 2001-01-01 and displayName eq 'zeta'", ["zeta"]),
        ("createdDateTime le 2001-01-01T00:00:00Z", []),
        ("displayName ne 'zeta' and startswith(displayName,'z')", []),
        ("endsWith(displayName,'Two')", ["Mail Two"]),
        ("owners/$count eq 1", ["Mail One", "Mail Two", "O'Brien", "zeta"]),
        ("description eq null and displayName eq 'zeta'", []),
        ("DisplayName eq 'zeta'", ["zeta"]),
    ],
)
def test_filters(world: World, apps: dict[str, Any], clause: str, found: list[str]) -> None:
    """https://learn.microsoft.com/graph/filter-query-parameter: strings compare without case."""
    assert len(apps) == 4
    assert names(world, f"$filter={clause}&$count=true", **EVENTUAL) == found


@pytest.mark.parametrize("form", ["appId eq '{appId}'", "id eq '{id}'", "owners/any(o:o/id eq '{me}')"])
def test_filters_by_ids(world: World, form: str) -> None:
    """Recorded 2022 to 2024: how Azure CLI finds an application."""
    app = new_app(world)
    clause = form.format(**app, me=get(world, "/me")["id"])
    assert [a["id"] for a in listed(world, f"/applications?$filter={clause}")] == [app["id"]]


@pytest.mark.parametrize(
    ("clause", "code", "text"),
    [
        ("displayName ne 'x'", NEEDS_HEADER, "Filter operator 'NotEqualsMatch' is not supported."),
        ("endswith(displayName,'x')", NEEDS_HEADER, "Operator 'endsWith' is not supported because"),
        ("not(displayName eq 'x')", NEEDS_HEADER, "Filter operator 'NotMatch' is not supported."),
        ("tags/$count eq 0", NEEDS_HEADER, "Unsupported Query."),
        ("contains(displayName,'x')", NEEDS_HEADER, "Unsupported Query."),
        (
            "notes eq 'x'",
            NEEDS_HEADER,
            "Unsupported or invalid query filter clause specified for property 'notes'",
        ),
        ("colour eq 'red'", "BadRequest", "Could not find a property named 'colour' on type"),
        ("displayName eq red", "BadRequest", "Could not find a property named 'red'"),
        ("displayName eq 'x", "BadRequest", "unterminated string literal"),
        ("displayName eq 1", "BadRequest", "incompatible types"),
        ("displayName", "BadRequest", "single boolean value"),
        ("displayName eq", "BadRequest", "Syntax error"),
        ("shout(displayName)", "BadRequest", "unknown function"),
        ("tags eq 'x'", "BadRequest", "incompatible types"),
        ("displayName/any(d:d eq 'x')", "BadRequest", "Any/All may only be used following a collection."),
        ("appId eq 'x'", "Request_BadRequest", "Invalid value specified for property 'appId'"),
        ("id eq 'x'", "Request_BadRequest", "Invalid value specified for property 'id'"),
        ("", "BadRequest", "Invalid filter clause"),
        ("(" * 200 + "displayName eq 'x'" + ")" * 200, "BadRequest", "maximum depth"),
    ],
)
def test_filters_that_are_refused(world: World, clause: str, code: str, text: str) -> None:
    """aad-advanced-queries; microsoft-graph-docs-contrib issues 3042 and 1726."""
    refused(world.graph(ADMINISTRATOR, "GET", f"/applications?$filter={clause}"), 400, code, text)


def test_a_search_needs_the_header(world: World, apps: dict[str, Any]) -> None:
    """aad-advanced-queries: words of displayName and description; the index's own header."""
    assert apps
    plain = world.graph(ADMINISTRATOR, "GET", '/applications?$search="displayName:Mail"')
    refused(plain, 400, NEEDS_HEADER, "special request header: 'ConsistencyLevel: eventual'")
    assert names(world, '$search="displayName:one"', **EVENTUAL) == ["Mail One"]
    either = names(world, '$search="displayName:one" OR "description:mail"', **EVENTUAL)
    assert either == ["Mail One", "zeta"]
    both = names(world, "$search=\"displayName:mail\"&$filter=tags/any(t:t eq 'one')", **EVENTUAL)
    assert both == ["Mail One"]
    for text in ("mail", '"colour:red"'):
        assert (
            world.graph(ADMINISTRATOR, "GET", f"/applications?$search={text}", **EVENTUAL).status_code == 400
        )


def test_counts(world: World, apps: dict[str, Any]) -> None:
    """aad-advanced-queries: only with the header; /$count is text."""
    plain = get(world, "/applications?$count=true")
    assert "@odata.count" not in plain
    counted = get(world, "/applications?$count=true&$filter=startswith(displayName,'Mail')", **EVENTUAL)
    assert counted["@odata.count"] == 2
    number = world.graph(
        ADMINISTRATOR, "GET", "/applications/$count?$filter=displayName eq 'zeta'", **EVENTUAL
    )
    assert (number.text, number.headers["content-type"]) == ("1", "text/plain")
    refused(world.graph(ADMINISTRATOR, "GET", "/applications/$count"), 400, "Request_BadRequest")
    refused(world.graph(ADMINISTRATOR, "GET", "/applications?$count=maybe"), 400, "BadRequest")
    assert len(apps) == 4


def test_order(world: World, apps: dict[str, Any]) -> None:
    """aad-advanced-queries: with a filter, only as an advanced query."""
    found = [a["displayName"] for a in listed(world, "/applications?$orderby=displayName desc&$top=1")]
    assert found == ["zeta"]
    path = "/applications?$filter=startswith(displayName,'Mail')&$orderby=displayName desc"
    refused(world.graph(ADMINISTRATOR, "GET", path), 400, NEEDS_HEADER, "Sorting not supported")
    ordered = [a["displayName"] for a in listed(world, f"{path}&$count=true", **EVENTUAL)]
    assert ordered == ["Mail Two", "Mail One"]
    for path, kind in (("/applications?$orderby=appId", "Application"), ("/groups?$orderby=mail", "Group")):
        name = path.rpartition("=")[2]
        text = f"Unsupported sort property '{name}' for '{kind}'."
        refused(world.graph(ADMINISTRATOR, "GET", path), 400, NEEDS_HEADER, text)
    for clause in ("colour", "displayName sideways", ","):
        assert world.graph(ADMINISTRATOR, "GET", f"/applications?$orderby={clause}").status_code == 400
    assert len(apps) == 4


def test_pages(world: World, apps: dict[str, Any]) -> None:
    """https://learn.microsoft.com/graph/paging: absolute links with an opaque token, until there is none."""
    seen: list[str] = []
    path = "/applications?$top=3&$select=id&$count=true"
    pages = 0
    while path:
        page = get(world, path, **EVENTUAL)
        assert ("@odata.count" in page) == (pages == 0)
        seen += [a["id"] for a in page["value"]]
        following = page.get("@odata.nextLink", "")
        assert not following or following.startswith("https://graph.microsoft.com/v1.0/applications?")
        path = following.removeprefix("https://graph.microsoft.com/v1.0")
        pages += 1
    assert len(seen) == len(set(seen))
    assert {a["id"] for a in apps.values()} <= set(seen)
    assert pages == -(-len(seen) // 3)


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        (
            "$top=1000",
            NEEDS_HEADER,
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
        ("$top=0", NEEDS_HEADER, "Invalid page size specified: '0'."),
        ("$top=x", "BadRequest", "Invalid value 'x' for $top"),
        ("$skip=1", "Request_BadRequest", "'$skip' is not supported by the service."),
        ("$skiptoken=nonsense", "Directory_ExpiredPageToken", "page token"),
        ("$colour=red", "BadRequest", "$colour"),
        ("$select=id&$select=appId", "BadRequest", "more than once"),
        (
            "$select=colour",
            "BadRequest",
            "Could not find a property named 'colour' on type 'microsoft.graph.application'",
        ),
        ("$expand=colour", "BadRequest", "Could not find a property named 'colour'"),
        ("$expand=owners(", "BadRequest", "Parsing OData Select and Expand failed"),
    ],
)
def test_options_that_are_refused(world: World, query: str, code: str, text: str) -> None:
    """https://learn.microsoft.com/graph/query-parameters; texts seen in public clients."""
    refused(world.graph(ADMINISTRATOR, "GET", f"/applications?{query}"), 400, code, text)


def test_a_selection_is_named_in_the_context(world: World) -> None:
    """Recorded 2022-02 and later: only what was asked for, and the context says what that was."""
    app = new_app(world)
    found = get(world, f"/applications/{app['id']}?$select=Id,DISPLAYNAME")
    assert found == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications(id,displayName)/$entity",
        "id": app["id"],
        "displayName": "Mailer",
    }
    assert set(listed(world, "/applications?$select=id")[0]) == {"id"}


def test_an_expansion_comes_inside(world: World) -> None:
    """https://learn.microsoft.com/graph/api/application-list: owners, at most 20, each with its type."""
    app = new_app(world)
    found = get(world, f"/applications/{app['id']}?$expand=owners($select=id,displayName)&$select=id")
    me = get(world, "/me")
    owner = {"@odata.type": "#microsoft.graph.user", "id": me["id"], "displayName": me["displayName"]}
    assert found["owners"] == [owner]
    assert found["@odata.context"].endswith("#applications(id,owners(id,displayName))/$entity")
    new_principal(world, app)
    query = f"$expand=appRoleAssignments&$filter=appId eq '{app['appId']}'"
    (principal,) = listed(world, f"/servicePrincipals?{query}")
    assert principal["appRoleAssignments"] == []
    # To parts of the object, and only to them, the context is told (OData JSON format, 4.5.1).
    context = f"$metadata#servicePrincipals('{principal['id']}')/appRoleAssignments"
    assert principal["appRoleAssignments@odata.context"].endswith(context)
    assert "owners@odata.context" not in found


def test_options_without_their_dollar_and_plus_for_a_blank(world: World) -> None:
    """https://learn.microsoft.com/graph/query-parameters: the prefix is optional."""
    app = new_app(world, displayName="Two Words")
    found = listed(world, "/applications?filter=displayName+eq+'Two+Words'&select=id")
    assert found == [{"id": app["id"]}]
