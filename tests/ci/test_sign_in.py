"""Signing in with the pipeline's own token: what is asked of the host, and what is said when it lacks."""

from __future__ import annotations

import base64
import json
import shlex
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from provision.clouds import CLOUDS, Cloud
from provision.errors import ProvisionError
from provision.graph import federation
from provision.graph.credentials import credential
from provision.graph.tokens import claims_of
from provision.graph.ways import Auth
from provision.network import current
from tests.support import Program, write_config

TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"


class TokenService:
    """GitHub's token service, on loopback."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, list[str]], str]] = []
        self.status, self.answer = 200, json.dumps({"value": "assertion-1"})
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                service.asked.append((query, self.headers.get("Authorization", "")))
                self.send_response(service.status)
                self.end_headers()
                self.wfile.write(service.answer.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/token?api-version=2.0"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    """The service, and the variables of a job that may use it."""
    found = TokenService()
    monkeypatch.setenv("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", found.url)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
    yield found
    found.server.shutdown()
    found.server.server_close()


def assertion(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> tuple[Any, tuple[Any, ...]]:
    """Return what azure-identity would call for the assertion, and what it was made with."""
    made: list[Any] = []

    def taken(*args: Any, **kwargs: Any) -> str:
        made.extend([*args, kwargs])
        return "credential"

    monkeypatch.setattr("azure.identity.ClientAssertionCredential", taken)
    credential(Auth.GITHUB, TENANT, cloud, prompt=print, network=current())
    return made[2], tuple(made)


@pytest.mark.parametrize(
    ("cloud", "audience"),
    [
        ("global", "api://AzureADTokenExchange"),
        ("gcc", "api://AzureADTokenExchange"),
        ("gcc-high", "api://AzureADTokenExchangeUSGov"),
        ("dod", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_github_is_asked_for_the_clouds_audience(
    service: TokenService, monkeypatch: pytest.MonkeyPatch, cloud: str, audience: str
) -> None:
    """Each time anew, with the job's token; Entra is the config's cloud, and its tenant."""
    ask, made = assertion(monkeypatch, CLOUDS[cloud])
    assert made[0] == TENANT
    assert made[1] == "11111111-2222-3333-4444-555555555555"
    assert made[3]["authority"] == CLOUDS[cloud].login
    assert service.asked == []
    assert (ask(), ask()) == ("assertion-1", "assertion-1")
    expected = ({"api-version": ["2.0"], "audience": [audience]}, "Bearer request-token")
    assert service.asked == [expected, expected]


def test_another_home_tenant_is_taken_from_its_variable(
    service: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZURE_TENANT_ID names the identity's own."""
    monkeypatch.setenv("AZURE_TENANT_ID", "home")
    assert assertion(monkeypatch, CLOUDS["global"])[1][0] == "home"


@pytest.mark.parametrize(
    ("status", "answer"), [(403, "{}"), (200, "no json"), (200, "[]"), (200, '{"value": 1}')]
)
def test_an_answer_without_a_token_is_told(
    service: TokenService, monkeypatch: pytest.MonkeyPatch, status: int, answer: str
) -> None:
    """Its status, and nothing of what it said."""
    service.status, service.answer = status, answer
    ask, _ = assertion(monkeypatch, CLOUDS["global"])
    with pytest.raises(ClientAuthenticationError, match=f"answered {status} and no token"):
        ask()


def test_a_service_that_is_not_there_is_told(service: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    """As what cannot be reached."""
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:1/token")
    ask, _ = assertion(monkeypatch, CLOUDS["global"])
    with pytest.raises(ServiceRequestError):
        ask()


@pytest.mark.parametrize(
    ("auth", "names", "said"),
    [
        (Auth.GITHUB, federation.GITHUB, "id-token: write"),
        (Auth.AZURE_PIPELINES, federation.AZURE_PIPELINES, "SYSTEM_ACCESSTOKEN"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, auth: Auth, names: tuple[str, ...], said: str
) -> None:
    """Each variable by itself, and what to do."""
    for lacking in names:
        for name in names:
            monkeypatch.setenv(name, "x")
        monkeypatch.delenv(lacking)
        with pytest.raises(ProvisionError) as caught:
            credential(auth, TENANT, CLOUDS["global"], prompt=print, network=current())
        assert caught.value.entry.name == "sign-in"
        assert f"Not set: {lacking}" in caught.value.message
        assert said in caught.value.fix


def test_a_service_connection_is_used_as_the_task_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By azure-identity's own credential, with the variables of AzureCLI@2."""
    for name in federation.AZURE_PIPELINES:
        monkeypatch.setenv(name, f"value-of-{name}")
    made = credential(Auth.AZURE_PIPELINES, TENANT, CLOUDS["gcc-high"], prompt=print, network=current())
    assert type(made).__name__ == "AzurePipelinesCredential"
    monkeypatch.delenv("SYSTEM_OIDCREQUESTURI")


GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
PULL, ENVIRONMENT = "pull_request", "environment:production"
# What GitHub presents, by the kind of repository; https://docs.github.com/actions/reference/security/oidc
SUBJECTS = {
    "made or renamed since July 2026": ("repo:agency@123/mail@456:", GITHUB),
    "older": ("repo:agency/mail:", GITHUB),
    "customised": (
        "repo:agency@123/mail@456:job_workflow_ref:agency/ci/.github/workflows/x.yml@main:",
        GITHUB,
    ),
    "data residency": ("repo:agency@123/mail@456:", "https://token.actions.agency.ghe.com"),
    "Enterprise Server": ("repo:agency/mail:", "https://github.agency.example/_services/token"),
    "an issuer of the enterprise": ("repo:agency/mail:", f"{GITHUB}/agency"),
}


def token(subject: str, issuer: str, audience: str = AUDIENCE) -> str:
    """Return a token as GitHub's service signs one; nobody here looks at the signature."""
    claims = {"sub": subject, "iss": issuer, "aud": audience}
    words = ({"alg": "RS256"}, claims, {"signature": "canary-51c7"})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(word).encode()).decode().rstrip("=") for word in words
    )


class Entra:
    """In the place of azure-identity's credential and the service that it asks: one federated credential."""

    accepted: tuple[str, str, str] = ("", "", "")
    code = "700213"

    def __init__(self, tenant: str, client: str, func: Any, **_: Any) -> None:
        self.assertion = func

    def get_token(self, *_: str, **__: Any) -> Any:
        """Compare exactly, as Entra does."""
        claims = claims_of(self.assertion())
        if (claims["sub"], claims["iss"], claims["aud"]) != self.accepted:
            raise ClientAuthenticationError(
                f"AADSTS{self.code}: No matching federated identity record found for presented assertion "
                f"subject '{claims['sub']}'. Check your federated identity credential Subject, Audience and "
                "Issuer against the presented assertion. Trace ID: 1"
            )
        return SimpleNamespace(token="graph-token", expires_on=4102444800)


def documented() -> dict[str, tuple[str, ...]]:
    """Return the table of docs/ci.md: kind of repository -> subjects and issuer, with names filled in."""
    filled = {
        "OWNER-ID": "123",
        "REPOSITORY-ID": "456",
        "OWNER": "agency",
        "REPOSITORY": "mail",
        "SUBDOMAIN": "agency",
        "HOSTNAME": "github.agency.example",
    }
    page = (Path(__file__).parents[2] / "docs" / "ci.md").read_text()
    rows = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and "`repo:" in line and len(cells) == 4:
            text = [cell.strip("`") for cell in cells[1:]]
            for name, value in filled.items():
                text = [cell.replace(name, value) for cell in text]
            rows[cells[0]] = tuple(text)
    return rows


def test_the_documented_subjects_are_what_github_presents() -> None:
    """For each kind of repository that has a subject which can be known beforehand."""
    rows = documented()
    for kind in ("made or renamed since July 2026", "older", "data residency", "Enterprise Server"):
        subject, issuer = SUBJECTS[kind]
        (found,) = [row for name, row in rows.items() if kind.lower() in name.lower()]
        assert found == (f"{subject}{PULL}", f"{subject}{ENVIRONMENT}", issuer), kind


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *((kind, "700213") for kind in SUBJECTS),
        *(("older", code) for code in ("700211", "700212", "70021", "7002381")),
    ],
)
def test_a_refused_job_is_shown_what_it_presented(
    provision: Program, service: TokenService, monkeypatch: pytest.MonkeyPatch, kind: str, code: str
) -> None:
    """Subject, issuer and audience as a command to copy, by which Entra then takes it; never the token."""
    subject, issuer = SUBJECTS[kind]
    presented = token(f"{subject}{ENVIRONMENT}", issuer)
    service.answer = json.dumps({"value": presented})
    monkeypatch.setattr("azure.identity.ClientAssertionCredential", Entra)
    monkeypatch.setattr(Entra, "code", code)
    monkeypatch.setattr(Entra, "accepted", (f"repo:agency/mail:{PULL}", GITHUB, AUDIENCE))
    ran = provision("plan", write_config(), "--auth", "github", "-o", "json")
    assert (ran.code, ran.json["error"]) == (77, "sign-in")
    words = shlex.split(ran.json["fix"].replace(". docs/", " . docs/"))
    asked = json.loads(words[words.index("--parameters") + 1])
    assert words[words.index("--id") + 1] == "11111111-2222-3333-4444-555555555555"
    monkeypatch.setattr(Entra, "accepted", (asked["subject"], asked["issuer"], asked["audiences"][0]))
    assert f"AADSTS{code}" in ran.json["message"]
    assert presented not in ran.out + ran.err
    assert "canary" not in ran.out + ran.err
    assert Entra("", "", lambda: presented).get_token().token


def test_a_service_connection_and_a_file_are_shown_alike(
    provision: Program, service: TokenService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Azure DevOps is asked once more, and other hosts' file is read; without either there is nothing."""
    presented = token("sc://agency/project/provision-apply", "https://vstoken.dev.azure.com/1")
    Path("token").write_text(presented)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "token")
    monkeypatch.setenv("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "c")
    monkeypatch.setenv("AZURESUBSCRIPTION_CLIENT_ID", "d")
    monkeypatch.setenv("SYSTEM_ACCESSTOKEN", "request-token")
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", service.url.partition("?")[0])
    service.answer = json.dumps({"oidcToken": presented})
    cloud = CLOUDS["global"]
    for auth in (Auth.AZURE_PIPELINES, Auth.WORKLOAD):
        assert federation.presented(auth, cloud, current()) == presented
    assert service.asked[-1][0] == {"api-version": ["7.1"], "serviceConnectionId": ["c"]}
    for status, answer in ((500, "{}"), (200, "[]"), (200, '{"oidcToken": 1}'), (200, "no")):
        service.status, service.answer = status, answer
        assert federation.presented(Auth.AZURE_PIPELINES, cloud, current()) is None
    monkeypatch.delenv("AZURE_FEDERATED_TOKEN_FILE")
    assert federation.presented(Auth.WORKLOAD, cloud, current()) is None


def test_the_program_says_so_too(provision: Program, config: str) -> None:
    """77, with the name of the variable."""
    ran = provision("plan", config, "--auth", "github")
    assert ran.code == 77
    assert "AZURE_CLIENT_ID" in ran.err
