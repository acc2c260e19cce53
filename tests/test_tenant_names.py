"""A tenant is its id: a config may call it by a domain or in other letters, and nothing is keyed by that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import TENANT, Program, Tenant, journal, write_config

DOMAIN = "agency.example"


@pytest.fixture
def known() -> None:
    """The sandbox's tenant has a domain that a config may call it by."""
    Path(".provision").mkdir(mode=0o700)
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, f"noreply@{DOMAIN}")
    assert tenant.sandbox.ensure_tenant(DOMAIN) == TENANT


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("names", [(TENANT, DOMAIN), (TENANT.upper(), DOMAIN.upper()), (DOMAIN, TENANT)])
@pytest.mark.parametrize("verb", ["plan", "apply", "expiry"])
def test_one_application_declared_twice(provision: Program, names: tuple[str, str], verb: str) -> None:
    """Found out by whoever asks Graph, before anything is made."""
    for file, tenant in zip(("a.yaml", "b.yaml"), names, strict=True):
        write_config(file, tenant=tenant)
    more = ["--yes"] if verb == "apply" else []
    ran = provision(verb, "a.yaml", "b.yaml", "--sandbox", "-o", "json", *more)
    error = ran.json
    if verb == "plan":  # what only looks goes on with the other
        first, error = ran.json["plans"]
        assert first["name"] == "collab-prod"
    elif verb == "expiry":
        assert [item["readable"] for item in ran.json["configs"]] == [True, False]
        error = ran.json["configs"][1]["error"]
    assert (ran.code, error["error"]) == (65, "duplicate-name"), ran.out
    assert error["where"].startswith("b.yaml:2")
    assert "a.yaml:2" in error["message"]
    assert Tenant().get("/applications")["value"] == []


@pytest.mark.parametrize(
    ("tenants", "doubtful"),
    [
        ((TENANT, DOMAIN), True),
        ((DOMAIN, "other.example"), True),
        ((TENANT, "91d2a7c4-0f3e-4b58-8a6d-2c7e5f1b9034"), False),
    ],
)
def test_offline_it_is_said_that_they_may_be_one(
    provision: Program, tenants: tuple[str, str], doubtful: bool
) -> None:
    """No file is wrong for it: many customers may have a config of one name."""
    for file, tenant in zip(("a.yaml", "b.yaml"), tenants, strict=True):
        write_config(file, tenant=tenant)
    ran = provision("validate", "a.yaml", "b.yaml", "-o", "json")
    assert ran.code == 0, ran.out
    warnings = [warning for warning in ran.json["warnings"] if warning["error"] != "example-value"]
    assert [warning["error"] for warning in warnings] == ["duplicate-name"] * doubtful
    assert ("cannot be told offline" in ran.err) is doubtful


@pytest.mark.usefixtures("known")
def test_everything_goes_by_the_id(provision: Program) -> None:
    """Digest, journal and record are the same whatever the config calls its tenant."""
    digests = {
        provision("plan", write_config(tenant=name), "--sandbox", "-o", "json").json["digest"]
        for name in (TENANT, DOMAIN, DOMAIN.upper(), TENANT.upper())
    }
    assert len(digests) == 1
    deliver = ("--sandbox", "--deliver", "file:out.secret", "-o", "json")
    assert provision("apply", write_config(tenant=DOMAIN), *deliver, "--yes").code == 0
    assert json.loads(Path("out.secret.provision.json").read_text())["tenant_id"] == TENANT
    entries = [json.loads(line) for line in journal().read_text().splitlines() if line]
    assert {entry["tenant_id"] for entry in entries} == {TENANT}
    again = provision("apply", write_config(tenant=TENANT), *deliver, "--yes")
    assert again.code == 0
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
