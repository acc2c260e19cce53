"""``provision sandbox serve``: HTTPS, certificates, word left for clients, control, a clean stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509

from provision.sandbox import Weather
from provision.sandbox.serving import announcement, tls
from provision.sandbox.serving.server import address

from .served import Served
from .world import DOMAIN, SEED, TENANT


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED)
    running = Served(seed_file=seed)
    yield running
    running.close()


def test_what_is_left_is_found_by_the_url_and_private(served: Served) -> None:
    """Where the program finds it: the user's cache folder, 0600, gone with the server."""
    found = announcement.find(served.endpoint.url)
    assert found == served.endpoint
    assert announcement.find(served.endpoint.url.replace("localhost", "127.0.0.1")) == found
    assert announcement.find("https://localhost:1") is None
    for path in (found.secret_file, found.password_file, found.ca_file):
        assert str(path).startswith(os.environ["XDG_CACHE_HOME"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert found.control_key not in repr(found)
    assert found.client_secret not in json.dumps(found.public())


@pytest.mark.parametrize(
    ("name", "port", "url"),
    [
        ("localhost", 8443, "https://localhost:8443"),
        ("localhost", 443, "https://localhost"),
        ("::1", 8443, "https://[::1]:8443"),
        ("box.example", 443, "https://box.example"),
    ],
)
def test_the_usual_port_is_left_out(name: str, port: int, url: str) -> None:
    """MSAL for Node compares the authority's host with its known ones, from which the port is gone."""
    assert address(name, port) == url
    assert announcement.folder(url) == announcement.folder(f"{url.removesuffix(f':{port}')}:{port}")


def test_it_is_gone_when_the_server_stops() -> None:
    running = Served()
    running.close()
    assert announcement.find(running.endpoint.url) is None
    assert not running.endpoint.secret_file.exists()


def test_the_administrator_signs_in_as_application_and_as_person(served: Served) -> None:
    """Twice, for Graph answers differently: an application has no /me, a person owns what she makes."""
    app = {"Authorization": f"Bearer {served.token()}"}
    assert served.client.get("/v1.0/me", headers=app).status_code == 400
    form = {
        "grant_type": "password",
        "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "username": served.endpoint.user,
        "password": served.endpoint.password,
        "scope": f"{served.endpoint.url}/.default",
    }
    person = served.client.post("/organizations/oauth2/v2.0/token", data=form).json()["access_token"]
    me = served.client.get("/v1.0/me", headers={"Authorization": f"Bearer {person}"}).json()
    assert me["userPrincipalName"] == served.endpoint.user
    assert served.client.get("/v1.0/applications", headers=app).status_code == 200


def test_answers_name_the_host_and_port_they_were_asked_by(served: Served) -> None:
    """Every absolute URL has the request's own origin."""
    url = served.endpoint.url
    document = served.client.get(f"/{TENANT}/v2.0/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == f"{url}/{TENANT}/oauth2/v2.0/token"
    headers = {"Authorization": f"Bearer {served.token()}"}
    listed = served.client.get("/v1.0/users?$top=1", headers=headers).json()
    assert listed["@odata.context"].startswith(f"{url}/v1.0/$metadata#users")
    assert listed["@odata.nextLink"].startswith(f"{url}/v1.0/users?")


def test_the_server_says_nothing_of_itself_and_dates_by_the_sandbox(served: Served) -> None:
    """Uvicorn's own Date and Server headers are off."""
    served.server.sandbox.set_clock(now=datetime(2033, 1, 2, tzinfo=UTC))
    answer = served.client.get("/v1.0/applications")
    assert answer.headers.get_list("date") == [answer.headers["date"]]
    assert "02 Jan 2033" in answer.headers["date"]
    assert "server" not in answer.headers


def test_a_cut_connection_is_really_cut(served: Served) -> None:
    """Before the effect, and after it: the client gets no answer at all."""
    served.server.sandbox.weather.cut("GET", "/v1.0/applications", "before")
    served.server.sandbox.weather.cut("GET", "/v1.0/users", "after")
    for path in ("/v1.0/applications", "/v1.0/users"):
        with pytest.raises(httpx.TransportError):
            served.client.get(path)
    assert served.client.get("/v1.0/applications").status_code == 401


def test_control_needs_the_key(served: Served) -> None:
    """``X-Sandbox-Key``; without it nothing is told or done, and in-process there is no control at all."""
    for key in ("", "wrong", "ä"):
        if key.isascii():
            assert served.control("GET", "requests", key=key).status_code == 403
    assert served.control("POST", "nothing").status_code == 404
    token = served.token()
    served.client.get("/v1.0/applications", headers={"Authorization": f"Bearer {token}"})
    log = served.control("GET", "requests").json()["requests"]
    assert [(r["method"], r["status"]) for r in log][-1] == ("GET", 200)
    assert set(log[-1]) == {"method", "path", "status", "caller", "tenant_id", "ms"}


def test_control_of_clock_and_weather(served: Served) -> None:
    """``{"now": …}`` or ``{"advance": "P30D"}``; the weather's own words."""
    before = datetime.fromisoformat(served.control("GET", "clock").json()["now"])
    after = datetime.fromisoformat(served.control("POST", "clock", {"advance": "P30DT1H"}).json()["now"])
    assert timedelta(days=30) < after - before < timedelta(days=31)
    assert (
        served.control("POST", "clock", {"now": "2030-01-01T00:00:00Z"})
        .json()["now"]
        .startswith("2030-01-01")
    )
    for bad in (
        {},
        {"now": "soon"},
        {"advance": "P"},
        {"advance": "P9999999D"},
        {"now": 7},
        [1],
        {"now": "a", "advance": "b"},
    ):
        assert served.control("POST", "clock", bad).status_code == 400
    assert served.control("POST", "weather", {"weather": "throttle=100%"}).json() == {"weather": "throttle=1"}
    assert served.client.get("/v1.0/applications").status_code == 429
    assert served.control("POST", "weather", {"weather": "snow"}).status_code == 400
    assert served.control("POST", "weather", {"weather": ""}).status_code == 200
    assert served.client.get("/v1.0/applications").status_code == 401


def test_a_reset_brings_back_the_seed_and_keeps_the_administrators(served: Served) -> None:
    """``POST /_sandbox/reset``: as it was when it started, with the same credentials."""
    headers = {"Authorization": f"Bearer {served.token()}"}
    body = {"displayName": "gone", "signInAudience": "AzureADMyOrg"}
    assert served.client.post("/v1.0/applications", json=body, headers=headers).status_code == 201
    assert served.control("POST", "reset").status_code == 200
    # The token from before is still good, for its principal is there again.
    names = [
        a["displayName"] for a in served.client.get("/v1.0/applications", headers=headers).json()["value"]
    ]
    assert "gone" not in names
    assert len(names) == 7
    user = served.client.get(f"/v1.0/users/noreply@{DOMAIN}", headers=headers)
    assert user.status_code == 200


def test_the_authority_signs_these_names_only_and_for_days(served: Served) -> None:
    """Constrained (RFC 5280, 4.2.1.10), short-lived; its key is nowhere on disk."""
    ca = x509.load_pem_x509_certificate(served.endpoint.ca_file.read_bytes())
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert {str(n.value) for n in constraints.value.permitted_subtrees or ()} == {
        "localhost",
        "127.0.0.1/32",
        "::1/128",
    }
    assert ca.not_valid_after_utc - ca.not_valid_before_utc <= timedelta(days=8)
    cache = Path(os.environ["XDG_CACHE_HOME"])
    assert not [p for p in cache.rglob("*") if p.is_file() and "PRIVATE KEY" in p.read_text()]


def test_a_name_outside_of_the_constraint_is_not_trusted() -> None:
    """What the authority could not sign in a browser's eyes either."""
    chain = tls.make(["localhost"])
    leaf, ca = (x509.load_pem_x509_certificate(t.encode()) for t in (chain.certificate, chain.ca))
    builder = x509.verification.PolicyBuilder().store(x509.verification.Store([ca]))
    builder.build_server_verifier(x509.DNSName("localhost")).verify(leaf, [])
    with pytest.raises(x509.verification.VerificationError):
        builder.build_server_verifier(x509.DNSName("graph.microsoft.com")).verify(leaf, [])


def test_impersonation_certifies_the_clouds_names() -> None:
    """For a hosts file: Graph, login and management of the clouds, by the Host header."""
    running = Served(impersonate=True)
    try:
        context = ssl.create_default_context(cafile=str(running.endpoint.ca_file))
        port = int(running.endpoint.url.rsplit(":", 1)[1])
        for host in ("graph.microsoft.com", "login.microsoftonline.us", "management.azure.com"):
            raw = socket.create_connection(("127.0.0.1", port), timeout=5)
            with context.wrap_socket(raw, server_hostname=host) as wrapped:
                wrapped.sendall(f"GET /v1.0/x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                assert b"401" in wrapped.recv(100)
    finally:
        running.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_url_leads_to_the_address_that_was_asked_for(host: str) -> None:
    """localhost is 127.0.0.1 on many machines, and nothing else."""
    running = Served(host=host)
    try:
        assert (urlsplit(running.endpoint.url).hostname == "localhost") == (host == "127.0.0.1")
        assert running.client.get("/v1.0/x").status_code == 401
    finally:
        running.close()


def test_off_loopback_a_foreign_host_is_refused() -> None:
    """421 for a Host that is not ours; its own names are answered."""
    running = Served(host="0.0.0.0")
    try:
        port = int(running.endpoint.url.rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=str(running.endpoint.ca_file))
        with httpx.Client(verify=context, base_url=f"https://localhost:{port}") as client:
            assert client.get("/v1.0/x", headers={"Host": "evil.example"}).status_code == 421
            assert client.get("/v1.0/x").status_code == 401
    finally:
        running.close()


def test_sigterm_ends_it_cleanly_and_the_state_stays(tmp_path: Path) -> None:
    """One JSON line once it accepts connections; exit 0; the next server goes on with the state."""
    state = tmp_path / "state.json"
    program = "from provision.cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        program,
        "sandbox",
        "serve",
        "--port",
        "0",
        "--state",
        str(state),
        "-o",
        "json",
        "--weather",
        "latency=1ms",
    ]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for displayed in (0, 1):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
            try:
                assert process.stdout is not None
                said = json.loads(process.stdout.readline())
                assert _count_and_add_one(said) == displayed
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 0
            finally:
                process.kill()
        assert said["client_id"] in state.read_text()


def _count_and_add_one(said: dict[str, str]) -> int:
    """Sign in by what was printed, count the applications, and make one more."""
    context = ssl.create_default_context(cafile=said["ca_file"])
    with httpx.Client(verify=context, base_url=said["url"]) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": said["client_id"],
            "client_secret": Path(said["secret_file"]).read_text().strip(),
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = client.post(f"/{said['tenant_id']}/oauth2/v2.0/token", data=form)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        before = client.get("/v1.0/applications", headers=headers).json()["value"]
        client.post("/v1.0/applications", json={"displayName": "kept"}, headers=headers).raise_for_status()
        return len(before)


def test_two_tenants_have_the_same_administrator(tmp_path: Path) -> None:
    """Several tenants in one server: the same application id and secret signs in to each."""
    seed = tmp_path / "seed.yaml"
    seed.write_text("tenant: {domain: one.example}\n---\ntenant: {domain: two.example}\n")
    running = Served(seed_file=seed, weather=Weather())
    try:
        for domain in ("one.example", "two.example"):
            headers = {"Authorization": f"Bearer {running.token(domain)}"}
            found = running.client.get("/v1.0/organization", headers=headers).json()["value"][0]
            assert domain in [d["name"] for d in found["verifiedDomains"]]
    finally:
        running.close()
