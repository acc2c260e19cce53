"""What ``doctor`` tells of a pipeline's guards: what a job can see, and of the rest that it cannot."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from provision.graph import guards

# As https://docs.github.com/rest/deployments/environments#get-an-environment shows it, shortened.
GUARDED = {
    "name": "production",
    "can_admins_bypass": False,
    "protection_rules": [
        {"id": 1, "type": "required_reviewers", "prevent_self_review": True, "reviewers": [{"type": "Team"}]},
        {"id": 2, "type": "branch_policy"},
    ],
    "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
}
BARE = {
    "name": "production",
    "can_admins_bypass": True,
    "protection_rules": [],
    "deployment_branch_policy": None,
}


class Api:
    """GitHub's API for one environment."""

    status = 200
    answer: Any = GUARDED
    asked: list[tuple[str, str]]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The service, and the variables of a job that may ask it."""
    found = Api()
    found.asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(json.dumps(found.answer).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "agency/mail",
        "GITHUB_REF_NAME": "main",
        "GITHUB_REF_PROTECTED": "true",
        "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
        guards.TOKEN: "job-token",
    }.items():
        monkeypatch.setenv(name, value)
    yield found
    server.shutdown()
    server.server_close()


JOB = {"sub": "repo:agency/mail:environment:prod/1", "environment": "prod/1"}


def told(claims: dict[str, Any]) -> dict[str, bool | None]:
    """Return the guards by name."""
    return {guard.name: guard.there for guard in guards.seen(claims)}


def test_the_rules_of_the_jobs_environment_are_told(api: Api) -> None:
    """Each by itself, as they are; the token goes to GitHub alone."""
    names = ("branch rules", "environment", "self-review", "deployment branches", "administrators")
    assert told(JOB) == dict.fromkeys(names, True)
    api.answer = BARE
    assert told(JOB) == {**dict.fromkeys(names, False), "branch rules": True}
    assert api.asked[0] == ("/repos/agency/mail/environments/prod%2F1", "Bearer job-token")


def test_a_job_without_an_environment_has_no_approval(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is an unprotected branch called protected."""
    monkeypatch.setenv("GITHUB_REF_PROTECTED", "false")
    assert told({"sub": "repo:agency/mail:ref:refs/heads/main"}) == {
        "branch rules": False,
        "environment": False,
    }
    assert api.asked == []


@pytest.mark.parametrize(("status", "answer"), [(403, {}), (404, {}), (500, []), (200, []), (200, "x")])
def test_what_may_not_be_read_is_not_called_absent(api: Api, status: int, answer: Any) -> None:
    """It cannot be seen from here, with the right that would show it."""
    api.status, api.answer = status, answer
    assert told(JOB)["environment"] is None
    assert "actions: read" in guards.seen(JOB)[1].message


@pytest.mark.parametrize(
    ("name", "value"), [("HTTPS_PROXY", "socks5://x"), ("SSL_CERT_FILE", "/nowhere.pem")]
)
def test_it_is_asked_as_every_host_is(
    monkeypatch: pytest.MonkeyPatch, api: Api, name: str, value: str
) -> None:
    """By the network's variables as this program reads them; what is wrong with one is told."""
    monkeypatch.setenv("GITHUB_API_URL", "https://api.github.example")
    monkeypatch.setenv(name, value)
    found = guards.seen(JOB)[1]
    assert (found.name, found.there) == ("environment", None)
    assert name in found.message


def test_what_no_job_can_see_is_said(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token for Entra, without one for GitHub, in Azure Pipelines; elsewhere nothing."""
    assert told({})["environment"] is None
    monkeypatch.delenv(guards.TOKEN)
    assert told(JOB)["environment"] is None
    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.setenv("TF_BUILD", "True")
    assert told({}) == {"guards": None}
    monkeypatch.delenv("TF_BUILD")
    assert guards.seen(JOB) == ()
    assert api.asked == []
