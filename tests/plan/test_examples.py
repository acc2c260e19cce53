"""Example values that were left in: told wherever a real tenant is meant, and never in a rehearsal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Program, Tenant, write_config

OURS = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("tenant", "host", "address", "found"),
    [
        (OURS, "collab.agency.gov", "noreply@agency.gov", []),
        (OURS, "collab.agency.gov", "noreply@mail.agency.example", ["mail.address"]),
        (OURS, "collab.example.com", "noreply@agency.gov", ["application.admin_url"]),
        (OURS, "collab.test", "noreply@example.org", ["application.admin_url", "mail.address"]),
        ("agency.invalid", "notexample.com", "noreply@agency.gov", ["tenant.id"]),
        (OURS, "collab.agency.gov", "noreply@agencyexample.com", []),
        ("9B2E4D70-1C5F-4A86-B3D9-7E60F2A8C154", "a.gov", "noreply@example.example.gov", ["tenant.id"]),
    ],
)
def test_validate_names_each_at_its_line(
    provision: Program, tenant: str, host: str, address: str, found: list[str]
) -> None:
    """A warning, for the config is in order."""
    path = write_config(tenant=tenant, admin_url=f"https://{host}", address=address)
    lines = Path(path).read_text().splitlines()
    ran = provision("validate", path, "-o", "json")
    assert ran.code == 0, ran.err
    named = {"tenant.id": "  id:", "application.admin_url": "  admin_url:", "mail.address": "  address:"}
    places = [int(warning["where"].split(":")[1]) for warning in ran.json["warnings"]]
    assert [lines[place - 1].startswith(named[key]) for place, key in zip(places, found, strict=True)] == [
        True for _ in found
    ]
    assert {warning["error"] for warning in ran.json["warnings"]} <= {"example-value"}


def test_a_shell_that_rehearses_is_not_warned(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the example's values are right."""
    monkeypatch.setenv("PROVISION_SANDBOX", "1")
    assert provision("validate", config, "-o", "json").json["warnings"] == []


def test_a_plan_for_a_real_tenant_has_the_finding(provision: Program, config: str, real: Tenant) -> None:
    """Not so a rehearsal's. Nothing is refused for it, unless --fail-on says so."""

    def names(*more: str) -> list[str]:
        return [f["name"] for f in provision("plan", config, "-o", "json", *more).json["findings"]]

    assert "example-value" in names()
    assert "example-value" not in names("--sandbox")
    assert provision("plan", config).code == 0
    assert provision("plan", config, "--fail-on", "warning").code == 5
