"""Exchange Online's RBAC for Applications by Graph: /beta/roleManagement/exchange.

https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments (example 5),
.../rbacapplication-list-roleassignments, .../unifiedroleassignment-delete (example 2), and
https://learn.microsoft.com/exchange/permissions-exo/application-rbac for what comes of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from provision.sandbox import Weather
from provision.sandbox.seeding.seed import apply as seeded

from ..world import DOMAIN, NOTHING, SCOPED, TENANT, World
from .asserting import ADMINISTRATOR, NOBODY, done, link, new_group, refused

BASE = "/roleManagement/exchange"
MAILER = NOTHING  # no grant in Entra: what it may, Exchange allows


def beta(world: World, method: str, path: str, body: Any = None, who: str = ADMINISTRATOR) -> Any:
    return world.graph(who, method, f"{BASE}{path}", body, version="beta")


def role(world: World, name: str = "Application Mail.Send") -> str:
    found = beta(world, "GET", f"/roleDefinitions?$filter=displayName eq '{name}'").json()["value"]
    assert len(found) == 1, found
    return str(found[0]["id"])


def user(world: World, name: str) -> str:
    return str(world.graph(ADMINISTRATOR, "GET", f"/users/{name}@{DOMAIN}").json()["id"])


def assign(
    world: World, place: str | None, scope: str | None = None, name: str = "Application Mail.Send"
) -> Any:
    body = {
        "principalId": f"/ServicePrincipals/{world.principal(MAILER)}",
        "roleDefinitionId": role(world, name),
        "directoryScopeId": place,
        "appScopeId": scope,
    }
    made = beta(world, "POST", "/roleAssignments", body)
    assert made.status_code == 201, made.text
    assert made.json() == {
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#roleManagement/exchange/roleAssignments"
        "/$entity",
        "id": made.json()["id"],
        **body,
    }
    return made.json()


def sends(world: World, name: str) -> bool:
    body = {"message": {"subject": "s", "toRecipients": [{"emailAddress": {"address": f"ann@{DOMAIN}"}}]}}
    answer = world.graph(MAILER, "POST", f"/users/{name}@{DOMAIN}/sendMail", body)
    if answer.status_code != 202:
        refused(answer, 403, "ErrorAccessDenied", "Access is denied.")
    return bool(answer.status_code == 202)


def test_one_mailbox_and_no_other(world: World) -> None:
    """Scope ``/Users/{id}``; without anything Exchange refuses, and after the removal it does again."""
    assert not sends(world, "noreply")
    made = assign(world, f"/Users/{user(world, 'noreply')}")
    assert sends(world, "noreply")
    assert not sends(world, "team")
    listed = beta(world, "GET", "/roleAssignments").json()["value"]
    assert [a["id"] for a in listed if a["directoryScopeId"]] == [made["id"]]
    assert beta(world, "GET", f"/roleAssignments/{made['id']}").json()["id"] == made["id"]
    done(beta(world, "DELETE", f"/roleAssignments/{made['id']}"))
    assert not sends(world, "noreply")
    refused(beta(world, "GET", f"/roleAssignments/{made['id']}"), 404, "Request_ResourceNotFound")


def test_the_whole_tenant_a_group_and_a_custom_scope(world: World) -> None:
    group = new_group(world)
    assert link(world, f"/groups/{group['id']}/members", user(world, "team")).status_code == 204
    made = assign(world, f"/groups/{group['id']}")  # CLI for Microsoft 365 writes it so
    assert (sends(world, "team"), sends(world, "noreply")) == (True, False)
    done(beta(world, "DELETE", f"/roleAssignments/{made['id']}"))
    attributes = {"Exclusive": False, "RecipientFilter": f"PrimarySmtpAddress -eq 'noreply@{DOMAIN}'"}
    scope = beta(
        world,
        "POST",
        "/customAppScopes",
        {"type": "RecipientScope", "displayName": "one", "customAttributes": attributes},
    ).json()
    assert scope["customAttributes"] == attributes
    assign(world, None, scope["id"])
    assert (sends(world, "team"), sends(world, "noreply")) == (False, True)
    shown = beta(world, "GET", "/roleAssignments?$expand=roleDefinition").json()["value"]
    assert "Application Mail.Send" in [a["roleDefinition"]["displayName"] for a in shown]
    assign(world, "/", name="Application Mail Full Access")
    assert sends(world, "team")


def test_what_an_assignment_needs(world: World) -> None:
    body = {
        "principalId": f"/ServicePrincipals/{world.principal(MAILER)}",
        "roleDefinitionId": role(world),
        "directoryScopeId": "/",
    }
    for change, status in (
        ({"principalId": f"/ServicePrincipals/{NOBODY}"}, 404),
        ({"principalId": MAILER}, 400),
        ({"roleDefinitionId": NOBODY}, 404),
        ({"directoryScopeId": None}, 400),
        ({"directoryScopeId": "/Rooms/x"}, 400),
        ({"directoryScopeId": f"/Users/{NOBODY}"}, 404),
        ({"appScopeId": NOBODY}, 400),
    ):
        assert beta(world, "POST", "/roleAssignments", body | change).status_code == status, change
    answer = world.graph(ADMINISTRATOR, "GET", f"{BASE}/roleAssignments")
    refused(answer, 400, "BadRequest", "Resource not found for the segment 'exchange'.")  # not in v1.0


def test_an_assignment_takes_its_time(world: World) -> None:
    """application-rbac: 30 minutes to two hours. ``exchange-lag`` goes by the sandbox's clock."""
    world.sandbox.weather = Weather.parse("exchange-lag=2h")
    made = assign(world, f"/Users/{user(world, 'noreply')}")
    for hours, expected in ((0, False), (1.9, False), (0.2, True)):
        world.sandbox.set_clock(advance=timedelta(hours=hours))
        assert sends(world, "noreply") is expected
    done(beta(world, "DELETE", f"/roleAssignments/{made['id']}"))
    for hours, expected in ((0, True), (1.9, True), (0.2, False)):
        world.sandbox.set_clock(advance=timedelta(hours=hours))
        assert sends(world, "noreply") is expected


RIGHTS = """\
tenant: {{id: {tenant}}}
users:
  - {{user_principal_name: exo@contoso.example, password: pw-exo, directory_roles: [Exchange Administrator]}}
callers:
  - {{client_id: 88888888-8888-4888-8888-888888888881, secret: {secret},
      roles: [RoleManagement.Read.Exchange]}}
  - {{client_id: 88888888-8888-4888-8888-888888888882, secret: {secret},
      roles: [RoleManagement.ReadWrite.Exchange]}}
"""


def test_rights(world: World, tmp_path: Any) -> None:
    """The permissions of the pages; a DELETE by an application is "Not supported" there."""
    from ..world import SECRET

    (tmp_path / "more.yaml").write_text(RIGHTS.format(tenant=TENANT, secret=SECRET))
    seeded(world.sandbox, tmp_path / "more.yaml")
    place = f"/Users/{user(world, 'noreply')}"
    made = assign(world, place)
    body = {k: made[k] for k in ("principalId", "roleDefinitionId", "directoryScopeId", "appScopeId")}
    reader, writer = (f"88888888-8888-4888-8888-88888888888{n}" for n in (1, 2))
    for who, reads, writes, removes in (
        (reader, 200, 403, 403),
        (writer, 200, 201, 403),
        (NOTHING, 403, 403, 403),
        ("ann", 403, 403, 403),
        ("exo", 200, 201, 204),
    ):
        assert beta(world, "GET", "/roleAssignments", who=who).status_code == reads, who
        assert beta(world, "POST", "/roleAssignments", body, who=who).status_code == writes, who
        assert beta(world, "DELETE", f"/roleAssignments/{made['id']}", who=who).status_code == removes, who


def test_what_a_seed_gives_is_shown_as_the_script_makes_it(world: World) -> None:
    """A management scope with a filter by ``Guid``; the script of ``provision exchange`` writes such."""
    listed = beta(world, "GET", "/roleAssignments").json()["value"]
    mine = [a for a in listed if a["principalId"] == f"/ServicePrincipals/{world.principal(SCOPED)}"]
    assert {a["directoryScopeId"] for a in mine} == {None}
    (scope,) = {a["appScopeId"] for a in mine}
    shown = beta(world, "GET", f"/customAppScopes/{scope}").json()
    assert shown["customAttributes"]["RecipientFilter"].startswith("Guid -eq '")


@pytest.mark.parametrize("text", ["exchange-lag=90m", "report-lag=2d", "exchange-lag=7200"])
def test_lags_are_read(text: str) -> None:
    found = Weather.parse(text)
    assert Weather.parse(str(found)) == found
    assert found.exchange_lag + found.report_lag in (5400, 172800, 7200)
