"""What the first version left behind (commit 73b0acf): its journal, records, tags, state and saved plan.

``left.json`` was written by that version: a run of ``apply`` for each sink, a day later ``rotate`` for two of
them, and a saved plan. It converges here, or is refused with the way out before a secret is made.
"""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.cli import sinks
from tests.delivery.azure_devops_standin import BEARER, DevOps
from tests.delivery.github_standin import Hub
from tests.delivery.key_vault_standin import TOKEN as VAULT_TOKEN
from tests.delivery.key_vault_standin import Vault
from tests.delivery.support import Signed
from tests.support import Program, Ran, Tenant, write_config

LEFT = json.loads((Path(__file__).parent / "left.json").read_text())
SINKS = {
    "mail-file": "file:mail.secret",
    "mail-stand-in": None,
    "mail-vault": "key_vault:https://agency.vault.azure.net/secrets/mail",
    "mail-github": "github:agency/mail?environment=production/eu",
    "mail-devops": "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group=mail",
}
ROTATED = ("mail-file", "mail-vault")
OTHER_TENANT = "91d2a7c4-0f3e-4b58-8a6d-2c7e5f1b9034"


@pytest.fixture
def left(vault: Vault, hub: Hub, devops: DevOps) -> None:
    """The folder, the sandbox and the services as that version left them, a day after it."""
    Path(".provision").mkdir(mode=0o700)
    for name, text in LEFT["files"].items():
        Path(name).write_text(text)
        Path(name).chmod(0o600)
    found = copy.deepcopy(LEFT)
    vault.secrets = found["vault"]
    for path, there in found["github"].items():
        place = hub.places[path]
        place.secrets = {name: (value, at) for name, (value, at) in there["secrets"].items()}
        place.variables, place.noted = there["variables"], there["noted"]
    hub.now += timedelta(days=1)
    devops.groups = {int(number): group for number, group in found["devops"].items()}
    Tenant().sandbox.set_clock(now=datetime.fromisoformat(LEFT["now"]))


def run(
    provision: Program,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    name: str,
    *more: str,
    sink: str | None = "",
) -> Ran:
    """Run a verb for a config as that version was run, its secret going where it went."""
    token = VAULT_TOKEN if name == "mail-vault" else BEARER
    monkeypatch.setattr(sinks, "credential", lambda *_, **__: Signed(token))
    to = SINKS[name] if sink == "" else sink
    argv = [*(["--deliver", to] if to else []), *more, "-o", "json"]
    return provision(verb, f"{name}.yaml", "--sandbox", "--allow", "rehearsal-delivery", *argv)


def keys(name: str) -> list[str]:
    """The ids of the application's secrets, the oldest first."""
    found = sorted(Tenant().application(name)["passwordCredentials"], key=lambda item: item["startDateTime"])
    return [item["keyId"] for item in found]


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("name", SINKS)
def test_it_is_as_before(provision: Program, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Nothing to do; the record that names no tenant counts for the one whose application has the key."""
    before = keys(name)
    ran = run(provision, monkeypatch, "apply", name, "--yes")
    assert ran.code == 0, ran.err + ran.out
    assert {change["status"] for change in ran.json["changes"]} == {"unchanged"}
    shown = run(provision, monkeypatch, "show", name).json["outputs"]["secret_key"]
    assert shown["key_id"] == before[-1]
    assert shown["delivered_to"] is not None
    assert keys(name) == before


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("name", SINKS)
def test_it_is_renewed_in_its_place(provision: Program, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The next secret takes the place of the one that was delivered there, and its record is the new one."""
    if name in ROTATED:
        ran = run(provision, monkeypatch, "rotate", name, "--confirm", "--yes")
        assert ran.code == 0, ran.err + ran.out
    before = keys(name)
    assert len(before) == 1
    ran = run(provision, monkeypatch, "rotate", name, "--yes")
    assert ran.code == 0, ran.err + ran.out
    assert len(keys(name)) == 2
    shown = run(provision, monkeypatch, "show", name).json["outputs"]["secret_key"]
    assert (shown["key_id"], shown["delivered_to"] is not None) == (keys(name)[-1], True)


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("name", SINKS)
def test_another_tenants_config_of_that_name_is_refused(
    provision: Program,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    vault: Vault,
    hub: Hub,
    devops: DevOps,
) -> None:
    """Nothing proves that the value is its own: both owners are named, and nothing is made or overwritten."""
    write_config(f"{name}.yaml", name=name, tenant=OTHER_TENANT)
    vault.tenant = OTHER_TENANT  # which moved; a vault of another tenant is refused before its record is read
    sink: Any = SINKS[name] or f"file:.provision/{name}.secret"
    services = (vault, hub, devops)
    values, writes = values_there(), [service.writes for service in services]
    ran = run(provision, monkeypatch, "apply", name, "--yes", sink=sink)
    assert (ran.code, ran.json["error"]) == (5, "place-taken"), ran.out
    for word in (f"'{name}', written by an earlier version", OTHER_TENANT):
        assert word in ran.json["message"]
    assert "another place" in ran.json["fix"]
    assert Tenant(tenant=OTHER_TENANT).get("/applications")["value"] == []
    assert (values_there(), [service.writes for service in services]) == (values, writes)


def values_there() -> dict[str, str]:
    """What lies in files, values and records."""
    return {str(path): path.read_text() for path in Path().rglob("*.secret*")}


@pytest.mark.usefixtures("left")
def test_a_saved_plan_is_applied_or_found_stale(provision: Program) -> None:
    """Whatever a plan binds by now: it is carried out as approved, or refused before anything is written."""
    before = Tenant().writes
    ran = provision(
        "apply",
        "mail-next.yaml",
        "--sandbox",
        "--yes",
        "--deliver",
        "file:next.secret",
        "--plan",
        "next.plan.json",
        "-o",
        "json",
    )
    if ran.code == 0:
        assert Path("next.secret").read_text()
    else:
        assert (ran.code, ran.json["error"]) in ((5, "stale-plan"), (5, "plan-file")), ran.out
        assert "provision plan" in ran.json["fix"] or "Run plan again" in ran.json["fix"]
        assert Tenant().writes == before
