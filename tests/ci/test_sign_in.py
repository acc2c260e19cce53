"""Signing in with the pipeline's own token: what is asked of the host, and what is said when it lacks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from provision.clouds import CLOUDS, Cloud
from provision.errors import ProvisionError
from provision.graph import federation
from provision.graph.credentials import Auth, credential
from tests.support import Program

TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"


class TokenService:
    """GitHub's token service, on loopback."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, list[str]], str]] = []
        self.status, self.answer = 200, json.dumps({"value": "assertion-1"})
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                service.asked.append((query, self.headers.get("Authorization", "")))
                self.send_response(service.status)
                self.end_headers()
                self.wfile.write(service.answer.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
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
    credential(Auth.GITHUB, TENANT, cloud, prompt=print, ca=None)
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
            credential(auth, TENANT, CLOUDS["global"], prompt=print, ca=None)
        assert caught.value.entry.name == "sign-in"
        assert f"Not set: {lacking}" in caught.value.message
        assert said in caught.value.fix


def test_a_service_connection_is_used_as_the_task_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By azure-identity's own credential, with the variables of AzureCLI@2."""
    for name in federation.AZURE_PIPELINES:
        monkeypatch.setenv(name, f"value-of-{name}")
    made = credential(Auth.AZURE_PIPELINES, TENANT, CLOUDS["gcc-high"], prompt=print, ca=None)
    assert type(made).__name__ == "AzurePipelinesCredential"
    monkeypatch.delenv("SYSTEM_OIDCREQUESTURI")


def test_the_program_says_so_too(provision: Program, config: str) -> None:
    """77, with the name of the variable."""
    ran = provision("plan", config, "--auth", "github")
    assert ran.code == 77
    assert "AZURE_CLIENT_ID" in ran.err
