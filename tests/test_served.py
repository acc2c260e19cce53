"""The program against a served sandbox: sign-in by azure-identity, TLS, HTTP, all of it real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.served import Served, serving
from tests.support import TENANT, Program, write_config

SEED = f"""\
tenant: {{id: {TENANT}, domain: agency.example}}
users: [{{user_principal_name: noreply@agency.example, mailbox: shared}}]
callers:
  - {{client_id: 22222222-2222-4222-8222-222222222222, secret: known-to-the-test,
      roles: [Application.ReadWrite.OwnedBy]}}
"""
DELIVER = ("--yes", "--deliver", "file:out.secret", "-o", "json")


@pytest.fixture
def served() -> Iterator[Served]:
    """A served sandbox with one tenant, its mailbox, and a caller of few rights."""
    with serving(SEED) as server:
        yield server


@pytest.mark.parametrize("verb", [("plan",), ("apply", "--yes"), ("show",), ("consent", "--yes")])
def test_a_wrong_tenant_is_named(provision: Program, served: Served, verb: tuple[str, ...]) -> None:
    """By its OpenID document, not by what the sign-in's library says of its own settings."""
    other = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b691"
    path = write_config(tenant=other)
    ran = provision(*verb, path, "--sandbox-at", served.endpoint.url, "-o", "json")
    assert (ran.code, ran.json["error"]) == (65, "tenant-not-found"), ran.out
    assert ran.json["message"] == f"tenant '{other}' is not in the cloud 'sandbox'"
    assert "tenant.id" in ran.json["fix"]


def test_apply_and_again_over_https(provision: Program, config: str, served: Served) -> None:
    """The administrator is found by the URL alone; the second run sends nothing that writes."""
    at = ("--sandbox-at", served.endpoint.url)
    ran = provision("apply", config, *at, *DELIVER)
    assert ran.code == 0, ran.err + ran.out
    assert ran.json["target"] == "sandbox"
    assert ran.json["portal_url"] is None
    assert ran.json["consent"]["url"].startswith(f"{served.endpoint.url}/{TENANT}/adminconsent?")
    asked = len(served.control("GET", "requests").json()["requests"])
    again = provision("apply", config, *at, *DELIVER)
    assert again.code == 0, again.err
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    sent = served.control("GET", "requests").json()["requests"][asked:]
    later = [request for request in sent if request["path"].startswith("/v1.0/")]  # not the token
    assert later
    assert {request["method"] for request in later} == {"GET"}


def test_the_variables_sign_in_instead(
    provision: Program, config: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipeline of few rights: all is done but the consent and what it may not read."""
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", "22222222-2222-4222-8222-222222222222")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "known-to-the-test")
    monkeypatch.setenv("SSL_CERT_FILE", str(served.endpoint.ca_file))
    config = write_config(tenant=f"{TENANT}\n  cloud: global")
    more = ("--auth", "environment", "--log-file", "audit.jsonl")
    ran = provision("apply", config, "--sandbox-at", served.endpoint.url, *DELIVER, *more)
    assert ran.code == 3, ran.err + ran.out
    assert {change["address"]: change["status"] for change in ran.json["changes"]} == {
        "application": "done",
        "service_principal": "done",
        "consent": "handoff",
        "client_secret": "done",
    }
    assert {"mailbox-not-checked", "policy-not-checked"} <= {f["name"] for f in ran.json["findings"]}
    lines = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    (refused,) = [line for line in lines if line["result"] != "done"]  # what was tried is told, too
    assert (refused["status"], refused["result"]) == (403, "Authorization_RequestDenied")
    assert refused["url"].endswith("/appRoleAssignedTo")
    assert refused["who"]["appid"] == "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("url", "code", "name"),
    [
        ("https://localhost:9", 69, "sandbox-not-served"),
        ("http://localhost:8443", 64, "usage"),
        ("https://", 64, "usage"),
        ("https://user@localhost", 64, "usage"),
        ("https://localhost:port", 64, "usage"),
        ("https://localhost/v1.0", 64, "usage"),
    ],
)
def test_a_url_that_is_none_or_unknown(
    provision: Program, config: str, url: str, code: int, name: str
) -> None:
    """Said as what it is, before anything is sent."""
    ran = provision("plan", config, "--sandbox-at", url, "-o", "json")
    assert (ran.code, ran.json["error"]) == (code, name)


def test_no_real_credential_goes_to_another_machine(
    provision: Program, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZURE_… variables count on loopback alone: elsewhere only the sandbox's own administrator signs in."""
    monkeypatch.setenv("AZURE_CLIENT_ID", "22222222-2222-4222-8222-222222222222")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "a-real-secret")
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    ran = provision("plan", config, "--sandbox-at", "https://sandbox.example:8443", "-o", "json")
    assert (ran.code, ran.json["error"]) == (69, "sandbox-not-served")
