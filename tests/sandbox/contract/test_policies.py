"""App management policies: https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy."""

from __future__ import annotations

from typing import Any

from ..world import ADMIN, World
from .asserting import ADMINISTRATOR, NOBODY, done, get, link, listed, new_app, new_principal, refused

DEFAULT = "/policies/defaultAppManagementPolicy"
CUSTOM = "/policies/appManagementPolicies"


def rule(kind: str, longest: str | None = None, **more: Any) -> dict[str, Any]:
    return {"restrictionType": kind, "state": "enabled", "maxLifetime": longest, **more}


def set_default(world: World, *rules: Any, part: str = "applicationRestrictions") -> None:
    body = {"isEnabled": True, part: {"passwordCredentials": list(rules)}}
    done(world.graph(ADMINISTRATOR, "PATCH", DEFAULT, body))


def custom(world: World, *rules: Any) -> Any:
    body = {"displayName": "Strict", "isEnabled": True, "restrictions": {"passwordCredentials": list(rules)}}
    return world.make(ADMINISTRATOR, CUSTOM, body)


def add(world: World, app: Any) -> Any:
    return world.graph(ADMINISTRATOR, "POST", f"/applications/{app['id']}/addPassword", {})


def test_a_tenant_that_set_nothing(world: World) -> None:
    """https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get."""
    policy = get(world, DEFAULT)
    assert policy["@odata.context"].endswith("$metadata#policies/defaultAppManagementPolicy/$entity")
    assert policy["id"] == "00000000-0000-0000-0000-000000000000"
    assert policy["displayName"] == "Default app management tenant policy"
    assert policy["isEnabled"] is False
    assert policy["servicePrincipalRestrictions"] == {"passwordCredentials": [], "keyCredentials": []}


def test_a_lifetime_refuses_what_lives_longer(world: World) -> None:
    """microsoft-365-agents-toolkit issue 10998: two years by default are too long."""
    app = new_app(world)
    set_default(world, rule("passwordLifetime", "P180D"))
    error = refused(
        add(world, app),
        400,
        "CredentialInvalidLifetimeAsPerAppPolicy",
        "Credential lifetime exceeds the max value allowed as per assigned policy",
    )
    assert [(d["code"], d["target"]) for d in error["details"]] == [("InvalidKeyEndDate", "EndDate")]
    (kept,) = get(world, DEFAULT)["applicationRestrictions"]["passwordCredentials"]
    assert kept["maxLifetime"] == "P180D"
    assert kept["restrictForAppsCreatedAfterDateTime"] is None


def test_secrets_can_be_forbidden(world: World) -> None:
    """https://learn.microsoft.com/graph/api/resources/passwordcredentialconfiguration: passwordAddition."""
    app = new_app(world)
    set_default(world, rule("passwordAddition"))
    refused(add(world, app), 400, "CredentialTypeNotAllowedAsPerAppPolicy")
    principal = new_principal(world, app)
    path = f"/servicePrincipals/{principal['id']}/addPassword"
    assert world.graph(ADMINISTRATOR, "POST", path, {}).status_code == 200  # its own restrictions are others
    set_default(world, rule("passwordAddition"), part="servicePrincipalRestrictions")
    refused(world.graph(ADMINISTRATOR, "POST", path, {}), 400, "CredentialTypeNotAllowedAsPerAppPolicy")


def test_only_those_created_since(world: World) -> None:
    """The same page: restrictForAppsCreatedAfterDateTime."""
    app = new_app(world)
    set_default(world, rule("passwordAddition", restrictForAppsCreatedAfterDateTime="2999-01-01T00:00:00Z"))
    assert add(world, app).status_code == 200
    set_default(world, rule("passwordAddition", restrictForAppsCreatedAfterDateTime="2001-01-01T00:00:00Z"))
    assert add(world, app).status_code == 400
    set_default(world, {**rule("passwordAddition"), "state": "disabled"})
    assert add(world, app).status_code == 200


def test_a_custom_one_replaces_the_tenants(world: World) -> None:
    """applicationauthenticationmethodpolicy: one for each object, instead of the default, not beside it."""
    app, other = new_app(world), new_app(world)
    set_default(world, rule("passwordLifetime", "P180D"))
    policy = custom(world, rule("passwordAddition"))
    assert policy["restrictions"]["keyCredentials"] == []
    done(link(world, f"/applications/{app['id']}/appManagementPolicies", policy["id"]))
    refused(add(world, app), 400, "CredentialTypeNotAllowedAsPerAppPolicy", "'Strict'")
    refused(add(world, other), 400, "CredentialInvalidLifetimeAsPerAppPolicy")
    path = f"{CUSTOM}/{policy['id']}"
    done(world.graph(ADMINISTRATOR, "PATCH", path, {"restrictions": {"passwordCredentials": []}}))
    assert add(world, app).status_code == 200


def test_assigning_reading_and_taking_away(world: World) -> None:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-list-appliesto, -post-appliesto."""
    app = new_app(world)
    principal = new_principal(world, app)
    policy = custom(world)
    for path in (f"/applications/{app['id']}", f"/servicePrincipals/{principal['id']}"):
        done(link(world, f"{path}/appManagementPolicies", policy["id"]))
        assert [p["id"] for p in listed(world, f"{path}/appManagementPolicies")] == [policy["id"]]
        assert len(listed(world, f"{path}/appManagementPolicies/$ref")) == 1
    applies = listed(world, f"{CUSTOM}/{policy['id']}/appliesTo?$select=id")
    assert {a["id"] for a in applies} == {app["id"], principal["id"]}
    done(
        world.graph(
            ADMINISTRATOR, "DELETE", f"/applications/{app['id']}/appManagementPolicies/{policy['id']}/$ref"
        )
    )
    url = f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{policy['id']}"
    by_query = f"/servicePrincipals/{principal['id']}/appManagementPolicies/$ref?@id={url}"
    done(world.graph(ADMINISTRATOR, "DELETE", by_query))
    assert listed(world, f"{CUSTOM}/{policy['id']}/appliesTo") == []
    refused(
        link(world, f"/applications/{app['id']}/appManagementPolicies", app["id"]), 400, "Request_BadRequest"
    )


def test_the_same_for_what_else_can_be_asked_of_them(world: World) -> None:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-list, -get, -delete."""
    policy = custom(world)
    assert [p["id"] for p in listed(world, CUSTOM)] == [policy["id"]]
    assert get(world, f"{CUSTOM}/{policy['id']}")["displayName"] == "Strict"
    app = new_app(world)
    done(link(world, f"/applications/{app['id']}/appManagementPolicies", policy["id"]))
    done(world.graph(ADMINISTRATOR, "DELETE", f"{CUSTOM}/{policy['id']}"))
    assert listed(world, f"/applications/{app['id']}/appManagementPolicies") == []
    refused(world.graph(ADMINISTRATOR, "GET", f"{CUSTOM}/{NOBODY}"), 404, "Request_ResourceNotFound")


def test_what_a_policy_must_say(world: World) -> None:
    """https://learn.microsoft.com/graph/api/appmanagementpolicy-post."""
    for faulty in (
        {},
        {"displayName": "x", "colour": "red"},
        {"displayName": "x", "restrictions": {"passwordCredentials": [rule("colour")]}},
        {"displayName": "x", "restrictions": {"passwordCredentials": [rule("passwordLifetime")]}},
        {"displayName": "x", "restrictions": {"passwordCredentials": [rule("passwordAddition")] * 2}},
        {"displayName": "x", "restrictions": {"keyCredentials": [rule("passwordAddition")]}},
        {
            "displayName": "x",
            "restrictions": {"passwordCredentials": [rule("passwordLifetime", "half a year")]},
        },
        {"displayName": "x", "id": NOBODY},
    ):
        refused(world.graph(ADMINISTRATOR, "POST", CUSTOM, faulty), 400, "Request_BadRequest")


def test_whom_a_restriction_exempts(world: World) -> None:
    """appmanagementpolicyactorexemptions: who carries the attribute, its value with its case."""
    app = new_app(world)
    me = f"/users/{get(world, '/me')['id']}"
    exempt = {"id": "Policy_Exemptions", "operator": "equals", "value": "Exempt"}
    kind = "#microsoft.graph.customSecurityAttributeStringValueExemption"
    actors = {"customSecurityAttributes": [{"@odata.type": kind, **exempt}]}
    set_default(world, rule("passwordAddition", excludeActors=actors))
    assert add(world, app).status_code == 400
    sets = {"Policy": {"@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"}}
    for value, status in (("exempt", 400), ("Exempt", 200), (None, 400)):
        body = {"customSecurityAttributes": {"Policy": {**sets["Policy"], "Exemptions": value}}}
        done(world.graph(ADMINISTRATOR, "PATCH", me, body))
        assert add(world, app).status_code == status
        read = get(world, f"{me}?$select=id,customSecurityAttributes")["customSecurityAttributes"]
        assert (read or {}).get("Policy", {}).get("Exemptions") == value


def test_attributes_have_a_right_of_their_own(world: World) -> None:
    """https://learn.microsoft.com/graph/custom-security-attributes-examples, prerequisites."""
    me = f"/users/{get(world, '/me')['id']}"
    assert "customSecurityAttributes" not in get(world, me)
    assert world.graph(ADMIN, "GET", f"{me}?$select=id").status_code == 200
    asked = world.graph(ADMIN, "GET", f"{me}?$select=id,customSecurityAttributes")
    refused(asked, 403, "Authorization_RequestDenied")
    body = {"customSecurityAttributes": "Exempt"}
    refused(world.graph(ADMINISTRATOR, "PATCH", me, body), 400, "Request_BadRequest")


def test_a_secret_of_the_services_is_no_custom_one(world: World) -> None:
    """applicationauthenticationmethodpolicy, note on customPasswordAddition."""
    set_default(world, rule("customPasswordAddition"))
    assert add(world, new_app(world)).status_code == 200
