"""Many tenants in one run: one sign-in each, by an identity of a map; one's trouble is its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.many_tenants import Net, fleet, hosts, identities, network, quick
from tests.soak import soaking
from tests.support import Program, write_config

TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
APPLY = ("--yes", "--deliver", "file:{name}.secret", "--allow", "many-changes", "-o", "json")


def by_name(document: Any) -> dict[str, Any]:
    return {item["name"]: item for item in document["results"]}


def judged(net: Net, document: Any, whose: dict[str, Any]) -> None:
    """Each config came to what its tenant allows: done, waiting for a consent, or refused for a right."""
    found = by_name(document)
    assert found.keys() == whose.keys()
    for name, place in whose.items():
        item = found[name]
        if place.id in net.down:
            assert item["error"] == "unreachable", item
        elif place.id in net.throttled:
            assert item["error"] == "throttled", item
        elif place.number % 3 == 2:  # may only look
            assert item["error"] == "no-permission", item
        else:
            assert item["format"] == "provision.result/1", item
            assert item["tenant_id"] == place.id
            assert item["consent"]["state"] == ("granted" if place.number % 3 == 0 else "required")


def carried_out(provision: Program, monkeypatch: pytest.MonkeyPatch, tenants: int, each: int) -> None:
    net = network(monkeypatch, tenants)
    whose = fleet(net, each)
    map_file = identities(net, monkeypatch)
    net.down = {place.id for place in net.places[1:10:4][:3]}
    net.throttled = {net.places[2].id}
    with quick():
        ran = provision("apply", "fleet", "--identities", map_file, "--timeout", "3s", *APPLY)
    assert ran.code == 77, ran.err
    judged(net, ran.json, whose)
    # one sign-in a tenant, at its own cloud, as its own identity
    assert len(net.sign_ins) == len({tenant for _, tenant, _ in net.sign_ins}) == tenants
    for host, tenant, client_id in net.sign_ins:
        (place,) = [one for one in net.places if one.id == tenant]
        assert (host, client_id) == (
            {
                "global": "login.microsoftonline.com",
                "gcc-high": "login.microsoftonline.us",
                "dod": "login.microsoftonline.us",
                "china": "login.partner.microsoftonline.cn",
            }[place.cloud],
            place.client_id,
        )
    # no host sees a token of a tenant that is not of its cloud, and the login hosts see none
    allowed = hosts(net.places)
    seen = {(host, tenant) for host, tenant, _, _ in net.sent if tenant is not None}
    assert all(tenant in allowed.get(host, ()) for host, tenant in seen)
    assert "canary" not in ran.out + ran.err
    # in the others all is written that there is to write
    bad = net.down | net.throttled
    written = [net.written(one.id) for one in net.places if one.number % 3 == 0 and one.id not in bad]
    assert set(written) == {max(written)}
    assert max(written) >= 4 * each


@pytest.mark.soak
def test_rights_mixed_three_down_one_throttled(
    provision: Program, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """12 tenants with 36 configs; in a soak 50 with 500."""
    soaks = soaking(request.config)
    carried_out(provision, monkeypatch, *((50, 10) if soaks else (12, 3)))


def test_tenants_that_nobody_answers_for_hold_up_no_other(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than this machine would have threads; each is given up after the others have signed in."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    net = network(monkeypatch, 9)
    whose = fleet(net, 1)
    net.silent = {place.id for place in net.places[:6]}
    with quick():
        ran = provision("plan", "fleet", "--identities", identities(net, monkeypatch), "-o", "json")
    assert net.waited == [True] * len(net.silent)
    failed = {item["name"] for item in ran.json["plans"] if item.get("error") == "unreachable"}
    assert failed == {name for name, place in whose.items() if place.id in net.silent}


def test_a_missing_secret_is_one_tenants_trouble(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, nothing is asked for that tenant, and the other one is served."""
    net = network(monkeypatch, 3)
    fleet(net, 1)
    map_file = identities(net, monkeypatch)
    monkeypatch.delenv("AGENCY_2")
    Path("agency-1.key").write_text("")
    ran = provision("plan", "fleet", "--identities", map_file, "-o", "json")
    assert ran.code == 77
    first, second, third = ran.json["plans"]
    assert (first["error"], second["error"]) == ("sign-in", "sign-in")
    assert "agency-1.key is empty" in first["message"]
    assert "Not set: AGENCY_2" in second["message"]
    assert third["format"] == "provision.plan/1"
    assert {tenant for _, tenant, _ in net.sign_ins} == {net.places[2].id}


def test_a_config_chooses_among_those_that_the_run_was_given(
    provision: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By ``tenant.auth``, and only one that is for its tenant; each choice signs in for itself."""
    net = network(monkeypatch, 2)
    fleet(net, 2)
    map_file = identities(net, monkeypatch)
    given = yaml.safe_load(Path(map_file).read_text())["identities"]
    again = yaml.safe_load(Path(map_file).read_text())["identities"]["agency-1"]
    Path(map_file).write_text(yaml.safe_dump({"identities": given | {"second": again}}))

    def choose(path: str, name: str) -> None:
        text = Path(path).read_text().split("\n  auth:")
        Path(path).write_text(text[0].replace("tenant:\n", f"tenant:\n  auth: {name}\n"))

    ambiguous = provision("plan", "fleet", "--identities", map_file, "-o", "json")
    assert [item.get("error") for item in ambiguous.json["plans"]] == ["identity", "identity", None, None]
    assert "several identities are for the tenant" in ambiguous.json["plans"][0]["message"]
    choose("fleet/agency-001-00.yaml", "agency-1")
    choose("fleet/agency-001-01.yaml", "second")
    net.sign_ins.clear()
    assert provision("plan", "fleet", "--identities", map_file).code == 0
    assert len(net.sign_ins) == 3
    choose("fleet/agency-002-00.yaml", "agency-1")
    choose("fleet/agency-002-01.yaml", "nobody")
    ran = provision("apply", "fleet", "--identities", map_file, *APPLY)
    assert ran.code == 65
    said = [ran.json["message"], *(error["message"] for error in ran.json["errors"])]
    assert any("'agency-1' is not for the tenant" in text for text in said)
    assert any("'nobody' is none of them" in text for text in said)


def test_without_a_map_nobody_can_be_chosen(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything is sent; a rehearsal, where nobody signs in, goes on."""
    path = write_config()
    Path(path).write_text(Path(path).read_text().replace("tenant:\n", "tenant:\n  auth: agency-one\n"))
    ran = provision("plan", path, "-o", "json")
    assert (ran.code, ran.json["error"]) == (65, "identity")
    assert ran.json["where"] == "prod.yaml:5:9"
    assert provision("plan", path, "--sandbox").code == 0


def test_one_identity_for_every_tenant(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A multitenant application: without ``tenant`` it signs in to each, and to none that another is for."""
    net = network(monkeypatch, 2)
    fleet(net, 1)
    both = {"auth": "environment", "client_id": net.places[0].client_id, "client_secret": {"variable": "ALL"}}
    own = both | {
        "tenant": [net.places[1].id],
        "client_id": net.places[1].client_id,
        "client_secret": {"variable": "OWN"},
    }
    Path("map.yaml").write_text(yaml.safe_dump({"identities": {"everywhere": both, "own": own}}))
    monkeypatch.setenv("ALL", net.places[0].secret)
    monkeypatch.setenv("OWN", net.places[1].secret)
    assert provision("plan", "fleet", "--identities", "map.yaml").code == 0
    assert sorted((tenant, client) for _, tenant, client in net.sign_ins) == [
        (place.id, place.client_id) for place in net.places
    ]


def entry(**keys: object) -> str:
    """Return a map with one identity, right but for these keys."""
    right: dict[str, object] = {
        "auth": "environment",
        "client_id": "22222222-2222-4222-8222-222222222222",
        "client_secret": {"variable": "A_SECRET"},
    }
    return yaml.safe_dump({"identities": {"one": right | keys}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("identities: [", "did not find"),
        ("{}", "it holds one key, identities"),
        ("identities: {}", "there is no identity"),
        ("identities: {A: {auth: cli}}", "a name has 3 to 64 characters"),
        ("identities: {one: cli}", "'one' is no map of keys"),
        ("identities: {one: {}}", "auth is one of environment"),
        ("identities: {one: {auth: browser}}", "auth is one of environment"),
        ("identities: {one: {auth: cli, tennant: x}}", "no such key. Did you mean 'tenant'?"),
        ("identities: {one: {auth: cli, client_id: x}}", "auth cli takes no client_id"),
        ("identities: {one: {auth: github}}", "auth github needs client_id"),
        ("identities: {one: {auth: cli, tenant: nowhere}}", "tenant is an id or a domain"),
        ("identities: {one: {auth: cli, tenant: []}}", "tenant is an id or a domain"),
        ("identities: {one: {auth: cli, cloud: moon}}", "cloud is one of global"),
        (entry(client_id="x"), "client_id is not an id"),
        (entry(client_secret="canary-value"), "never is the value"),
        (entry(client_secret={"value": "canary-value"}), "write {var"),
        (entry(client_secret={"variable": "canary-value"}), "no name of"),
        (entry(client_certificate={"file": "x"}), "client_secret or"),
        ("identities: {one: {auth: cli}, one: {auth: cli, cloud: canary-value}}", "stands already in line 1"),
        ("canary-value: [", "did not find"),
    ],
)
def test_what_is_wrong_with_a_map(provision: Program, config: str, text: str, said: str) -> None:
    """Named with its line, before anything is read or sent; what stands there is not repeated."""
    Path("map.yaml").write_text(text)
    ran = provision("plan", config, "--identities", "map.yaml")
    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err
    assert "canary-value" not in ran.err


def test_a_map_that_is_not_there(provision: Program, config: str) -> None:
    ran = provision("plan", config, "--identities", "nowhere.yaml", "-o", "json")
    assert (ran.code, ran.json["error"]) == (64, "identities")
