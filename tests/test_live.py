"""The live suite against a served sandbox in place of a tenant: the spine, its cleaning, its recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main as conformance
from conformance.recording import load
from conformance.replaying import replay
from live import marker
from live.__main__ import main
from live.recorder import Raw
from live.sanitise import Leak, Sanitiser, check
from live.settings import Missing, read
from tests.sandbox.served import Served
from tests.support import TENANT

# What must be in no recording: each stands where a real tenant has something of its own.
DOMAIN = "canary-agency.example"
MAILBOX = f"canary-box@{DOMAIN}"
PERSON = "Canary McPerson"
OTHER_APP = "Canary Payroll"
CALLER = "22222222-2222-4222-8222-222222222222"
SECRET = "known-to-the-test-canary"
SEED = f"""\
tenant: {{id: {TENANT}, domain: {DOMAIN}, display_name: Canary Agency}}
users:
  - {{user_principal_name: {MAILBOX}, mailbox: shared, display_name: {PERSON}}}
  - {{user_principal_name: canary-to@{DOMAIN}, mailbox: user}}
applications: [{{displayName: {OTHER_APP}}}]
callers:
  - client_id: {CALLER}
    secret: {SECRET}
    display_name: Canary Pipeline
    roles: [Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All, User.ReadBasic.All,
            Mail.ReadBasic.All, Policy.Read.All]
"""
ENVIRONMENT = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": CALLER,
    "AZURE_CLIENT_SECRET": SECRET,
    "PROVISION_LIVE_MAILBOX": MAILBOX,
    "PROVISION_LIVE_SEND_TO": f"canary-to@{DOMAIN}",
}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A served sandbox whose tenant is full of canaries, and the environment that a user would set."""
    Path("seed.yaml").write_text(SEED)
    server = Served(seed_file=Path("seed.yaml"))
    monkeypatch.setenv("SSL_CERT_FILE", str(server.endpoint.ca_file))
    monkeypatch.setattr("live.tenant._PAUSE", 0.05)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


def live(served: Served, *argv: str) -> int:
    """Run the suite."""
    return main(["--sandbox-at", served.endpoint.url, *argv])


def graph(served: Served, method: str, path: str, body: Any = None) -> Any:
    """Ask the sandbox as its administrator."""
    answer = served.client.request(
        method, f"/v1.0{path}", json=body, headers={"Authorization": f"Bearer {served.token(TENANT)}"}
    )
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def names(served: Served) -> set[str]:
    """The applications that are there, and those that are deleted."""
    deleted = graph(served, "GET", "/directory/deletedItems/microsoft.graph.application")["value"]
    principals = graph(served, "GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    alive = graph(served, "GET", "/applications")["value"]
    return {item["displayName"] for item in (*alive, *deleted, *principals)}


def test_the_spine_leaves_nothing_and_its_recording_replays(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every step holds; nothing is left, deleted or alive; the recording is clean, and replays at 100 %."""
    before = names(served)
    assert live(served) == 0, capsys.readouterr()
    out = capsys.readouterr().out
    for step in ("plan", "apply", "again", "show", "verify", "rotate", "confirm", "drift"):
        assert f"\n  {step} " in out
    assert "seen" in out
    assert "send pass" in out
    assert names(served) == before
    (path,) = Path("live-recordings").glob("*.json")
    text = path.read_text()
    for canary in ("canary", "mcperson", TENANT, CALLER, SECRET, "localhost", "bearer", "eyj"):
        assert canary.lower() not in text.lower(), canary
    assert "addPassword" in text
    (recording,) = load(path)
    verdicts = replay(recording)
    compared = [verdict for verdict in verdicts if not verdict.skipped]
    assert [f"{v.exchange}: {d}" for v in verdicts for d in v.differences] == []
    methods = {(v.exchange.method, v.exchange.status) for v in compared}
    assert {("PATCH", 201), ("PATCH", 204), ("POST", 200), ("GET", 200), ("DELETE", 204)} <= methods
    assert len(compared) >= 15
    assert conformance([str(path), "--status", "100", "--shape", "100", "--values", "100"]) == 0
    # The replay can fail: a recording that says otherwise does.
    document = json.loads(text)
    made = next(e for e in document["exchanges"] if e["status"] == 201)
    made["response_body"]["signInAudience"] = "AzureADMultipleOrgs"
    path.write_text(json.dumps(document))
    assert conformance([str(path), "--values", "100"]) == 1


def test_a_replica_that_is_behind_is_waited_for(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a real tenant is: no step takes yesterday's answer for a fault, and all is purged in the end."""
    before = names(served)
    monkeypatch.setattr("live.spine._PAUSE", 1.0)
    monkeypatch.setattr("live.tenant._PAUSE", 1.0)
    assert served.control("POST", "weather", {"weather": "replication=2s,seed=3"}).is_success
    assert live(served) == 0, capsys.readouterr()
    assert served.control("POST", "weather", {"weather": ""}).is_success
    assert names(served) == before


def test_a_step_that_fails_is_told_and_cleaned_up_after(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle, by a wrong result or by anything else: what was made is purged."""
    from live.spine import Spine

    before = names(served)
    monkeypatch.setattr(Spine, "show", lambda self: self._that(False, "planted") or "")
    assert live(served) == 1
    assert "FAILED: planted" in capsys.readouterr().err
    assert names(served) == before

    def killed(_: Spine) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Spine, "rotate", killed)
    monkeypatch.setattr(Spine, "show", lambda _: "")
    with pytest.raises(KeyboardInterrupt):
        live(served)
    assert names(served) == before


def test_without_consent_it_still_holds(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An identity that may not grant: the consent is handed over, and the rest is tried all the same."""
    Path("seed.yaml").write_text(SEED.replace("AppRoleAssignment.ReadWrite.All, ", ""))
    other = Served(seed_file=Path("seed.yaml"))
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(other.endpoint.ca_file))
        assert live(other) == 0, capsys.readouterr()
        assert "consent required" in capsys.readouterr().out
    finally:
        other.close()


def test_leftovers_are_found_and_removed_only_if_asked(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name and age, both; a person's application that is called alike stays whatever is asked."""
    old = f"{marker.PREFIX}20200101-deadbeef"
    alike = f"{marker.PREFIX}of-somebody"
    for name, unique in ((old, old), (alike, alike), (f"{marker.PREFIX}20200101-cafecafe", None)):
        graph(
            served,
            "POST",
            "/applications",
            {"displayName": name, **({"uniqueName": unique} if unique else {})},
        )
    young = marker.new(datetime.now(UTC))
    graph(served, "POST", "/applications", {"displayName": young, "uniqueName": young})
    before = names(served)
    assert served.control("POST", "clock", {"advance": "P3D"}).is_success
    assert live(served) == 0
    out = capsys.readouterr().out
    assert old in out
    assert "They stay" in out
    assert names(served) == before
    assert live(served, "--clean-leftovers") == 0
    assert before - names(served) == {old, young}
    assert alike in names(served)


@pytest.mark.parametrize("gone", ["AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "PROVISION_LIVE_MAILBOX"])
def test_what_is_missing_is_said_and_nothing_is_touched(
    gone: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, all at once, and never exit 0."""
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("the network was used"))
    given = {name: value for name, value in ENVIRONMENT.items() if name != gone}
    assert main([], given) == 2
    assert gone in capsys.readouterr().err
    assert not Path("live-recordings").exists()


def test_all_that_is_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is wrong."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Missing) as found:
        read({"PROVISION_LIVE_CLOUD": "mars", "PROVISION_LIVE_SEND_TO": "x"}, Path())
    assert len(str(found.value).splitlines()) == 5


def test_names_that_are_old_enough() -> None:
    """The name and the date must both be: a name alone can be anybody's."""
    now = datetime(2026, 1, 10, tzinfo=UTC)
    name = f"{marker.PREFIX}20260108-0123abcd"
    assert marker.is_ours(marker.new(now))
    assert marker.is_leftover(name, "2026-01-08T10:00:00Z", now)
    assert not marker.is_leftover(name, "2026-01-09T10:00:00Z", now)
    assert not marker.is_leftover(marker.new(now - timedelta(hours=1)), "2026-01-01T00:00:00Z", now)
    assert not marker.is_leftover("provision-live-mail", "2020-01-01T00:00:00Z", now)
    assert not marker.is_leftover(name, None, now)


# The sanitiser alone


def raw(answer: Any, *, path: str = "/v1.0/applications", query: str = "", body: Any = None) -> Raw:
    """One exchange."""
    return Raw(
        "GET",
        path,
        query,
        {"Authorization": "Bearer x.y.z", "Prefer": "a"},
        body,
        200,
        {"Date": "d"},
        answer,
        datetime(2026, 1, 1, tzinfo=UTC),
    )


def sanitiser() -> Sanitiser:
    """One for the canaries' tenant."""
    return Sanitiser(tenant_ids={TENANT}, domains={DOMAIN}, root="https://graph.microsoft.us", marker="live-")


def test_whatever_is_not_known_is_replaced() -> None:
    """Texts of every kind; links between ids hold, times and the service's words stay."""
    grant = "A" * 20 + "b" * 23
    answer = {
        "id": TENANT,
        "displayName": PERSON,
        "notes": "call 555 0100",
        "mail": MAILBOX.upper(),
        "publisherDomain": "secret-name.onmicrosoft.com",
        "createdDateTime": "2026-01-01T00:00:00Z",
        "signInAudience": "AzureADMyOrg",
        "web": {"redirectUris": [f"https://{DOMAIN}/x"]},
        "n": 3,
        "b": True,
        "secretText": "real~secret",
        "hint": "rea",
        "grant": {"id": grant},
        "tags": ["a person's"],
        "@odata.context": f"https://graph.microsoft.us/v1.0/$metadata#users('{MAILBOX}')",
        "error": {"message": f"{MAILBOX} of tenant {TENANT} at SECRET-NAME.onmicrosoft.com"},
        "@odata.nextLink": f"https://graph.microsoft.us/v1.0/users?$skiptoken=abc&$filter=x eq '{MAILBOX}'",
    }
    other = raw(
        {"value": []},
        path=f"/v1.0/users/{MAILBOX.replace('@', '%40')}/x",
        query=f"$skiptoken=abc&$filter=appId%20eq%20%27{TENANT}%27",
    )
    found = sanitiser().recording([raw(answer), other], {"Bearer-canary", PERSON})
    text = json.dumps(found)
    for canary in (
        TENANT,
        "canary",
        "mcperson",
        "secret-name",
        "555 0100",
        "a person's",
        grant,
        "x.y.z",
        "real~",
    ):
        assert canary.lower() not in text.lower(), canary
    first, second = found["exchanges"]
    body = first["response_body"]
    assert (body["createdDateTime"], body["signInAudience"]) == ("2026-01-01T00:00:00Z", "AzureADMyOrg")
    assert (body["n"], body["b"]) == (3, True)
    assert body["id"] == found["tenants"][0]
    assert body["id"] in second["query"]
    assert body["error"]["message"].split()[0] == second["path"].split("/")[3]
    assert body["@odata.nextLink"].split("$skiptoken=")[1].split("&")[0] in second["query"]
    assert body["@odata.context"].startswith("https://graph.microsoft.com/v1.0/$metadata")
    assert first["request_headers"] == {"Prefer": "a"}
    again = sanitiser().recording([raw(answer)], ())
    assert again["tenants"] != found["tenants"]  # nobody can look one recording's stand-ins up in another


def test_others_objects_are_cut_from_lists() -> None:
    """One is kept for its shape; ours stay."""
    items = [{"displayName": f"{PERSON} {n}"} for n in range(9)] + [{"displayName": "live-1"}]
    (exchange,) = sanitiser().recording([raw({"value": items})], ())["exchanges"]
    assert len(exchange["response_body"]["value"]) == 2
    assert exchange["trimmed"]


@pytest.mark.parametrize("how", ["canary-x", "CANARY-X", "canary%2Dx"])
def test_what_slips_through_stops_the_recording(how: str) -> None:
    """The last look finds it however it is written, and does not tell it."""
    with pytest.raises(Leak) as found:
        check({"a": f"/{how}/"}, {"canary-x"})
    assert "canary" not in str(found.value)
