"""``provision orphans``: what carries our tag and no config names, judged by all configs or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provision.cli import session
from provision.graph.connect import in_process
from tests.support import TENANT, Program, Ran, Tenant, write_config

OTHER = "00000002-0000-4000-8000-0000000000bb"
DELIVER = ("--sandbox", "--yes", "--deliver", "file:{name}.secret")


@pytest.fixture
def two(provision: Program) -> None:
    """Two applications of ours in one tenant, one in another; beside them one of somebody else's."""
    Path("fleet").mkdir()
    for name, tenant in (("kept", TENANT), ("left", TENANT), ("far", OTHER)):
        write_config(f"fleet/{name}.yaml", name=f"{name}-one", tenant=tenant)
    assert provision("apply", "fleet", *DELIVER).code == 0
    Tenant().do("POST", "/applications", {"displayName": "Somebody else's", "tags": ["theirs"]})


def found(ran: Ran) -> list[str | None]:
    """Return the uniqueNames of what was found."""
    return [one["unique_name"] for tenant in ran.json["tenants"] for one in tenant["orphans"]]


def look(provision: Program, *argv: str) -> Ran:
    """Run the verb over the folder, as JSON."""
    return provision("orphans", *(argv or ("fleet",)), "--sandbox", "-o", "json")


def test_all_is_named(provision: Program, two: None) -> None:
    """0, in every tenant of the configs; nothing is written."""
    writes = Tenant().writes
    ran = look(provision)
    assert (ran.code, ran.json["format"], found(ran)) == (0, "provision.orphans/1", [])
    assert {tenant["tenant_id"]: tenant["tagged"] for tenant in ran.json["tenants"]} == {TENANT: 2, OTHER: 1}
    assert Tenant().writes == writes


def test_a_config_that_is_gone(provision: Program, two: None) -> None:
    """4, with the secret, the consent and the next step in words; never called unused, nothing to destroy."""
    Path("fleet/left.yaml").unlink()
    ran = look(provision)
    assert (ran.code, found(ran)) == (4, ["left-one"])
    (one,) = [one for tenant in ran.json["tenants"] for one in tenant["orphans"]]
    app = Tenant().application("left-one")
    assert (one["oauth_client_id"], one["object_id"]) == (app["appId"], app["id"])
    assert [s["key_id"] for s in one["secrets"]] == [s["keyId"] for s in app["passwordCredentials"]]
    assert (one["consent"], one["other_grants"]) == ("granted", 0)
    for output in ("text", "markdown"):
        ran = provision("orphans", "fleet", "--sandbox", "-o", output)
        assert ran.code == 4
        said = ran.out + ran.err
        assert "named by none of these configs" in said
        assert "import it" in said
        assert "unused" not in said
        assert "destroy" not in said
        assert "left" in said.replace("\\", "")


def test_a_client_id_names_it(provision: Program, two: None) -> None:
    """Whatever its uniqueName is."""
    Path("fleet/left.yaml").unlink()
    client_id = Tenant().application("left-one")["appId"]
    text = Path("fleet/kept.yaml").read_text().replace("kept-one", "adopted")
    Path("fleet/adopted.yaml").write_text(
        text.replace("application:\n", f"application:\n  client_id: {client_id}\n")
    )
    assert look(provision).code == 0


def test_no_tenant_is_judged_while_a_config_cannot_be_read(provision: Program, two: None) -> None:
    """65; the one that cannot be read may be the one that names it."""
    Path("fleet/left.yaml").write_text("name: [\n")
    ran = look(provision)
    assert (ran.code, ran.json["tenants"]) == (65, [])
    assert [error["config"] for error in ran.json["errors"]] == ["fleet/left.yaml"]
    for output in ("text", "markdown"):
        ran = provision("orphans", "fleet", "--sandbox", "-o", output)
        assert (ran.code, "No tenant was judged" in ran.out.replace("\\", "")) == (65, True)


def test_a_tenant_that_is_down(provision: Program, two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides no other, for what its configs name is known."""
    contacted = refuse(monkeypatch, OTHER)
    Path("fleet/left.yaml").unlink()
    ran = look(provision)
    assert (ran.code, found(ran)) == (69, ["left-one"])
    assert {tenant["tenant"]: tenant["readable"] for tenant in ran.json["tenants"]} == {
        TENANT: True,
        OTHER: False,
    }
    assert contacted == {TENANT, OTHER}


def refuse(monkeypatch: pytest.MonkeyPatch, *down: str) -> set[str]:
    """Have nobody answer for these tenants; return the set of those that were asked."""
    contacted: set[str] = set()

    def connected(app: Any, token: str, cloud: Any, tenant: str, **rest: Any) -> Any:
        async def watched(scope: Any, receive: Any, send: Any) -> None:
            contacted.add(tenant)
            if tenant in down:
                import httpx

                raise httpx.ConnectError("refused")
            await app(scope, receive, send)

        return in_process(watched, token, cloud, tenant, **rest)

    monkeypatch.setattr(session, "in_process", connected)
    return contacted


def test_a_tenant_that_the_configs_left(
    provision: Program, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--tenant: only that one is contacted, and a config that names another tenant names nothing there."""
    for name in ("kept", "left"):
        path = Path(f"fleet/{name}.yaml")
        path.write_text(path.read_text().replace(TENANT, OTHER))
    contacted = refuse(monkeypatch)
    ran = look(provision, "fleet", "--tenant", TENANT)
    assert (ran.code, sorted(map(str, found(ran)))) == (4, ["kept-one", "left-one"])
    assert contacted == {TENANT}
    contacted.clear()
    assert found(look(provision, "fleet", "--tenant", OTHER)) == []
    assert contacted == {OTHER}


def test_a_domain_may_be_that_tenant(provision: Program, two: None) -> None:
    """What cannot be told without asking elsewhere counts as named, and is noted."""
    path = Path("fleet/left.yaml")
    path.write_text(path.read_text().replace(TENANT, "agency.example"))
    ran = look(provision, "fleet", "--tenant", TENANT)
    assert (ran.code, found(ran)) == (0, [])
    assert "left-one" in ran.json["tenants"][0]["notes"][0]


@pytest.mark.parametrize(
    "more", [["--select", "name=kept*"], ["--changed", "list"], ["--shard", "1/2"], ["--tenant", "nonsense"]]
)
def test_a_part_of_the_configs_is_refused(provision: Program, two: None, more: list[str]) -> None:
    """64: what the others name would be found."""
    Path("list").write_text("fleet/kept.yaml\n")
    assert look(provision, "fleet", *more).code == 64
    if more[0] in ("--select", "--changed"):
        assert provision("drift", "fleet", "--sandbox", "--with-orphans", *more).code == 64


def test_drift_includes_it(provision: Program, two: None) -> None:
    """Over a folder, in every format and in the exit code; one file alone is refused."""
    assert provision("drift", "fleet", "--sandbox", "--with-orphans").code == 0
    Path("fleet/left.yaml").unlink()
    ran = provision("drift", "fleet", "--sandbox", "--with-orphans", "-o", "json")
    assert (ran.code, ran.json["format"]) == (4, "provision.drifts/1")
    assert [one["unique_name"] for tenant in ran.json["orphans"]["tenants"] for one in tenant["orphans"]] == [
        "left-one"
    ]
    for output in ("text", "markdown"):
        ran = provision("drift", "fleet", "--sandbox", "--with-orphans", "-o", output)
        assert (ran.code, "named by none of these configs" in ran.out) == (4, True)
    assert provision("drift", "fleet", "--sandbox").code == 0
    assert provision("drift", "fleet/kept.yaml", "--sandbox", "--with-orphans").code == 64


def test_more_than_a_page(provision: Program, two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are found."""
    tenant = Tenant()
    for number in range(5):
        tenant.do("POST", "/applications", {"displayName": f"Old {number}", "tags": ["provision"]})
    monkeypatch.setattr("provision.graph.application.PAGE", 2)
    ran = look(provision)
    assert (ran.code, len(found(ran))) == (4, 5)
