"""A server in a thread, and a client that trusts its authority alone."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from provision.sandbox.serving import announcement
from provision.sandbox.serving.server import Server


class Served:
    """A server in a thread, and a client that trusts its authority alone."""

    def __init__(self, **options: Any) -> None:
        self.server = Server(options.pop("state", None), port=0, **options)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.server.run, args=(self._on_ready,))
        self.thread.start()
        assert self.ready.wait(20)
        context = ssl.create_default_context(cafile=str(self.endpoint.ca_file))
        self.client = httpx.Client(verify=context, base_url=self.endpoint.url)

    def _on_ready(self, endpoint: announcement.Announcement) -> None:
        self.endpoint = endpoint
        self.ready.set()

    def token(self, tenant: str | None = None) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.endpoint.client_id,
            "client_secret": self.endpoint.client_secret,
            "scope": "https://localhost/.default",
        }
        answer = self.client.post(f"/{tenant or self.endpoint.tenant_id}/oauth2/v2.0/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def control(self, method: str, what: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"X-Sandbox-Key": self.endpoint.control_key if key is None else key}
        return self.client.request(method, f"/_sandbox/{what}", json=body, headers=headers)

    def close(self) -> None:
        self.client.close()
        self.server.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def serving(seed: str) -> Iterator[Served]:
    """A served sandbox that begins as this seed says, which is written into the working folder."""
    Path("seed.yaml").write_text(seed)
    server = Served(seed_file=Path("seed.yaml"))
    try:
        yield server
    finally:
        server.close()
