"""What apply refuses: each with its code, before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import TENANT, Program, Tenant, write_config

UPSERT = {"Prefer": "create-if-missing"}
ADOPTED = "11111111-2222-4333-8444-555555555555"


def adopt(client_id: str, path: str = "prod.yaml") -> str:
    """Write a config that adopts a registration."""
    write_config(path)
    text = Path(path).read_text().replace("application:\n", f"application:\n  client_id: {client_id}\n")
    Path(path).write_text(text)
    return path


def refused(provision: Program, config: str, *more: str, code: int = 5) -> Any:
    """Run apply, expect a refusal, and see that nothing was written; returns the error document."""
    before = Tenant().writes
    ran = provision(
        "apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", *more
    )
    assert ran.code == code, ran.out + ran.err
    assert Tenant().writes == before
    assert not Path("out.secret").exists()
    document = ran.json
    assert document["format"] == "provision.error/2"
    assert document["message"]
    assert document["fix"]
    return document


def test_a_unique_name_that_another_tool_holds(provision: Program, config: str) -> None:
    """Without our tag it is somebody else's; the refusal says whose, and how to adopt it."""
    tenant = Tenant()
    tenant.do("PATCH", "/applications(uniqueName='collab-prod')", {"displayName": "Bicep's"}, UPSERT)
    app = tenant.application()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    error = refused(provision, config)
    assert error["error"] == "foreign-unique-name"
    assert "Bicep's" in error["message"]
    assert app["appId"] in error["message"]


def test_client_id_and_name_that_name_two(provision: Program) -> None:
    """Both are listed; neither is touched."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    tenant.do("PATCH", "/applications(uniqueName='collab-prod')", {"displayName": "One"}, UPSERT)
    two = tenant.do("POST", "/applications", {"displayName": "Two"})
    error = refused(provision, adopt(two["appId"]))
    assert error["error"] == "identity-conflict"
    assert "One" in error["message"]
    assert "Two" in error["message"]


def test_a_soft_deleted_application_of_the_same_name(provision: Program, config: str) -> None:
    """Its name stays reserved for 30 days: the refusal says which object it is."""
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:first.secret").code == 0
    tenant = Tenant()
    app = tenant.application()
    tenant.do("DELETE", f"/applications/{app['id']}")
    error = refused(provision, config)
    assert error["error"] == "soft-deleted"
    assert app["id"] in error["message"]


def test_a_soft_deleted_application_to_adopt(provision: Program) -> None:
    """client_id may name a deleted one too."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    app = tenant.do("POST", "/applications", {"displayName": "Gone"})
    tenant.do("DELETE", f"/applications/{app['id']}")
    assert refused(provision, adopt(app["appId"]))["error"] == "soft-deleted"


def test_an_application_that_is_not_there(provision: Program) -> None:
    """A mistyped client_id is said to be just that."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    assert refused(provision, adopt(ADOPTED))["error"] == "client-id-not-found"


def test_an_application_of_another_tenant(provision: Program) -> None:
    """Only its principal is here: Windows Azure Active Directory stands for any such."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    error = refused(provision, adopt("00000002-0000-0000-c000-000000000000"))
    assert error["error"] == "other-tenants-application"


def test_secrets_blocked_by_policy(provision: Program, config: str) -> None:
    """No write; the refusal names the policy and has the request for an exception."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    restrictions = {
        "passwordCredentials": [
            {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
        ]
    }
    tenant.do(
        "PATCH",
        "/policies/defaultAppManagementPolicy",
        {"isEnabled": True, "applicationRestrictions": restrictions},
    )
    error = refused(provision, config)
    assert error["error"] == "secrets-blocked"
    assert "POST /v1.0/policies/appManagementPolicies {" in error["fix"]


@pytest.mark.parametrize("allowed", [False, True])
def test_a_mailbox_that_is_not_there(provision: Program, config: str, allowed: bool) -> None:
    """An error finding: plan says so, apply refuses, --allow mailbox-missing goes on."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    tenant.do("DELETE", "/users/noreply@agency.example")
    # A rehearsal makes the mailbox the first time it is named; it is gone again for good only if
    # somebody else has the address, so look at it as a user without a mailbox.
    tenant.do(
        "POST",
        "/users",
        {
            "accountEnabled": True,
            "displayName": "No mailbox",
            "mailNickname": "noreply",
            "userPrincipalName": "noreply@agency.example",
            "passwordProfile": {"password": "Xy7-rehearsal-only"},
        },
    )
    plan = provision("plan", config, "--sandbox", "-o", "json")
    assert plan.code == 0
    errors = [finding for finding in plan.json["findings"] if finding["severity"] == "error"]
    assert [finding["name"] for finding in errors] == ["mailbox-missing"]
    if allowed:
        ran = provision(
            "apply",
            config,
            "--sandbox",
            "--yes",
            "--deliver",
            "file:out.secret",
            "--allow",
            "mailbox-missing",
        )
        assert ran.code == 0, ran.err
    else:
        assert refused(provision, config)["error"] == "mailbox-missing"


def test_custom_hosts_need_leave(provision: Program) -> None:
    """Credentials go to Microsoft's hosts alone, unless it is allowed by name."""
    cloud = "{graph: 'https://graph.evil.example', login: 'https://login.evil.example', portal: 'https://portal.evil.example'}"
    config = write_config()
    Path(config).write_text(
        Path(config).read_text().replace(f"id: {TENANT}", f"id: {TENANT}\n  cloud: {cloud}")
    )
    ran = provision("plan", config, "-o", "json")
    assert ran.code == 5
    assert ran.json["error"] == "custom-cloud"
    assert ran.json["where"].startswith("prod.yaml:6:")
    assert provision("apply", config, "--sandbox", "--yes").code == 0  # a rehearsal reaches no host


def test_a_command_sink_in_a_pipeline_needs_leave(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config in a pull request must not run commands; plan never does, so plan may go on."""
    monkeypatch.setenv("CI", "true")
    config = write_config(more="secret:\n  delivery:\n    command:\n      argv: [touch, ran]\n")
    ran = provision("apply", config, "--yes", "-o", "json")
    assert ran.code == 5
    assert ran.json["error"] == "command-sink"
    assert not Path("ran").exists()
