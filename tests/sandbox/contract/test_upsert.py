"""``Prefer: create-if-missing``: https://learn.microsoft.com/graph/api/application-upsert."""

from __future__ import annotations

from typing import Any

from ..world import World
from .asserting import ADMINISTRATOR, NOBODY, done, get, listed, new_app, refused

NAME = "/applications(uniqueName='mailer')"


def upsert(world: World, path: str, body: Any) -> Any:
    return world.graph(ADMINISTRATOR, "PATCH", path, body, Prefer="create-if-missing")


def test_it_creates_then_updates(world: World) -> None:
    """application-upsert: 201 with the object, 204 with nothing."""
    made = upsert(world, NAME, {"displayName": "One"})
    assert made.status_code == 201
    assert made.json()["uniqueName"] == "mailer"
    assert "location" in made.headers
    done(upsert(world, NAME, {"displayName": "Two"}))
    found = get(world, NAME)
    assert (found["id"], found["displayName"]) == (made.json()["id"], "Two")
    assert len(listed(world, "/applications?$filter=uniqueName eq 'mailer'")) == 1


def test_without_the_preference_it_only_updates(world: World) -> None:
    """application-upsert: 404 when it is missing."""
    answer = world.graph(ADMINISTRATOR, "PATCH", NAME, {"displayName": "One"})
    refused(answer, 404, "Request_ResourceNotFound")


def test_a_new_one_needs_a_display_name(world: World) -> None:
    """application-upsert, request body."""
    refused(upsert(world, NAME, {"notes": "n"}), 400, "Request_BadRequest", "property 'displayName'")


def test_a_name_in_the_body_must_be_the_one_in_the_path(world: World) -> None:
    """application-upsert: the key is in the URL."""
    body = {"displayName": "x", "uniqueName": "other"}
    refused(upsert(world, NAME, body), 400, "Request_BadRequest", "'uniqueName'")


def test_a_secret_cannot_come_with_it(world: World) -> None:
    """application-upsert: credentials are made by their own actions."""
    upsert(world, NAME, {"displayName": "x"})
    answer = upsert(world, NAME, {"passwordCredentials": [{"displayName": "p"}]})
    refused(answer, 400, "Request_BadRequest", "must be generated using service actions")


def test_the_name_is_written_once(world: World) -> None:
    """msgraph-bicep-types issues 187 and 274: one later PATCH may fill it in, none may change it."""
    app = new_app(world)
    path = f"/applications/{app['id']}"
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"uniqueName": "mailer"}))
    assert get(world, NAME)["id"] == app["id"]
    refused(world.graph(ADMINISTRATOR, "PATCH", path, {"uniqueName": "other"}), 400, "Request_BadRequest")


def test_the_name_stays_taken_while_the_application_is_deleted(world: World) -> None:
    """msgraph-bicep-types issue 137: restore it or purge it, then go on."""
    app = upsert(world, NAME, {"displayName": "x"}).json()
    done(world.graph(ADMINISTRATOR, "DELETE", NAME))
    taken = upsert(world, NAME, {"displayName": "y"})
    refused(taken, 400, "Request_BadRequest", "Another object with the same value for property uniqueName")
    done(world.graph(ADMINISTRATOR, "DELETE", f"/directory/deletedItems/{app['id']}"))
    assert upsert(world, NAME, {"displayName": "y"}).status_code == 201


def test_a_name_without_blanks(world: World) -> None:
    """Seen in public clients: ``Property 'UniqueName' cannot contain whitespace.``"""
    answer = upsert(world, "/applications(uniqueName='a b')", {"displayName": "x"})
    refused(answer, 400, "Request_BadRequest", "Property 'UniqueName' cannot contain whitespace.")


def test_a_quote_in_a_key_is_doubled(world: World) -> None:
    """OData 4.01 URL conventions, 4.3."""
    assert upsert(world, "/applications(uniqueName='o''hara')", {"displayName": "x"}).status_code == 201
    assert get(world, "/applications(uniqueName='o''hara')")["uniqueName"] == "o'hara"


def test_only_by_the_unique_name(world: World) -> None:
    """application-upsert: an appId is the service's to give."""
    answer = upsert(world, f"/applications(appId='{NOBODY}')", {"displayName": "x"})
    assert answer.status_code == 400


def test_a_principal_by_its_app_id(world: World) -> None:
    """https://learn.microsoft.com/graph/api/serviceprincipal-upsert."""
    app = new_app(world)
    path = f"/servicePrincipals(appId='{app['appId']}')"
    made = upsert(world, path, {"notes": "n"})
    assert made.status_code == 201
    assert (made.json()["appId"], made.json()["notes"]) == (app["appId"], "n")
    done(upsert(world, path, {"notes": "m"}))
    unknown = upsert(world, f"/servicePrincipals(appId='{NOBODY}')", {})
    error = refused(unknown, 400, "Request_BadRequest", "does not reference a valid application object")
    assert error["details"][0]["code"] == "NoBackingApplicationObject"


def test_a_federated_credential_by_its_name(world: World) -> None:
    """https://learn.microsoft.com/graph/api/federatedidentitycredential-upsert."""
    app = new_app(world)
    path = f"/applications/{app['id']}/federatedIdentityCredentials(name='ci')"
    trusted = {"issuer": "https://ci.example", "subject": "main", "audiences": ["api://AzureADTokenExchange"]}
    assert upsert(world, path, trusted).status_code == 201
    done(upsert(world, path, {"subject": "release"}))
    assert get(world, path)["subject"] == "release"
