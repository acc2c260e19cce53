"""What most tests use: a clean folder, the program run in this process, and the sandbox looked into."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from provision.cli.main import run as run_program
from provision.sandbox import Sandbox

TENANT = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
STATE = Path(".provision/sandbox.json")
CONFIG = """\
version: 1
name: collab-prod
product: collaboration
tenant:
  id: {tenant}
application:
  display_name: FOIAXpress Collaboration Mail
  admin_url: https://collab.agency.example
mail:
  address: noreply@agency.example
{more}"""


@dataclass(frozen=True)
class Ran:
    """What a run of the program came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as the one JSON document that it must be."""
        return json.loads(self.out)


Program = Callable[..., Ran]


@pytest.fixture(autouse=True)
def clean_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder of one's own, with an environment that says nothing."""
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    monkeypatch.chdir(folder)
    for name in list(os.environ):
        if name.startswith(("AZURE_", "PROVISION_", "GITHUB_", "TF_", "ARM_")) or name in (
            "CI", "NO_COLOR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GITLAB_CI", "TF_BUILD",
        ):  # fmt: skip
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def provision(capfd: pytest.CaptureFixture[str]) -> Program:
    """Run the program on arguments and return its code and streams."""

    def call(*argv: str) -> Ran:
        capfd.readouterr()
        code = run_program(argv)
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


def write_config(path: str = "prod.yaml", *, tenant: str = TENANT, more: str = "", **replaced: str) -> str:
    """Write a config that is right but for what is replaced, and return its path."""
    text = CONFIG.format(tenant=tenant, more=more)
    for old, new in replaced.items():
        key = old.replace("__", "-")
        lines = [
            line.split(":", 1)[0] + f": {new}" if line.strip().startswith(f"{key}:") else line
            for line in text.splitlines()
        ]
        text = "\n".join(lines) + "\n"
    Path(path).write_text(text)
    return path


@pytest.fixture
def config() -> str:
    """The path of a config that is right."""
    return write_config()


class Tenant:
    """The sandbox's tenant as an administrator with plain HTTP sees it: a client independent of ours."""

    def __init__(self, state: Path = STATE, tenant: str = TENANT) -> None:
        self.sandbox = Sandbox.open(state)
        self.id = self.sandbox.ensure_tenant(tenant)
        self._token = self.sandbox.administrator_token(self.id)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send one request to Graph v1.0."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.sandbox.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(
                    method,
                    f"https://graph.microsoft.com/v1.0{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {self._token}", **(headers or {})},
                )

        return asyncio.run(send())

    def get(self, path: str) -> Any:
        """Return what a GET answers, which must be a success."""
        response = self.call("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def do(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Make a change, which must succeed, and return the answer if there is one."""
        response = self.call(method, path, body, headers)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def application(self, name: str = "collab-prod") -> Any:
        """Return the application of that uniqueName."""
        return self.get(f"/applications(uniqueName='{name}')")

    @property
    def writes(self) -> int:
        """How many requests have changed something, as the sandbox counts them."""
        self.sandbox.refresh()
        return self.sandbox.store.writes

    def advance(self, **span: float) -> None:
        """Let the service's time pass."""
        self.sandbox.set_clock(advance=timedelta(**span))


@pytest.fixture
def applied(provision: Program, config: str) -> Ran:
    """The result of a first apply of the config."""
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 0, ran.err + ran.out
    return ran
