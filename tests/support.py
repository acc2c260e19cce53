"""What tests of the whole program share: how it is run, a config, and the sandbox looked into."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

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

    def owned_by(self, object_id: str) -> None:
        """Make somebody an owner of the application."""
        reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}
        self.do("POST", f"/applications/{self.application()['id']}/owners/$ref", reference)

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
    def domain(self) -> str:
        """The tenant's default domain."""
        return str(next(d["id"] for d in self.get("/domains")["value"] if d["isDefault"]))

    @property
    def writes(self) -> int:
        """How many requests have changed something, as the sandbox counts them."""
        self.sandbox.refresh()
        return self.sandbox.store.writes

    def advance(self, **span: float) -> None:
        """Let the service's time pass."""
        self.sandbox.set_clock(advance=timedelta(**span))


def journal(home: str | Path = ".provision") -> Path:
    """The journal's only file: that of the one config that was worked on."""
    (found,) = Path(home, "journals").iterdir()
    return found
