"""An internet of stand-ins: the services' host names lead there, every other name leads nowhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.keyvault.secrets._shared import http_challenge_cache

from provision.delivery import service
from tests.delivery.azure_devops_standin import DevOps
from tests.delivery.github_standin import TOKEN, Hub
from tests.delivery.key_vault_standin import Vault
from tests.delivery.standin import Hosting, resolver


@pytest.fixture(scope="module")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """One server for the tests of a file."""
    server = Hosting(tmp_path_factory.mktemp("tls"))
    yield server
    server.close()


@pytest.fixture
def internet(hosting: Hosting, clean_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Hosting:
    """The stand-ins' names and authority, for this test alone."""
    hosting.services.clear()
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in ("GH_TOKEN", "SYSTEM_ACCESSTOKEN"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(hosting.ca))
    monkeypatch.setattr(socket, "getaddrinfo", resolver(socket.getaddrinfo, hosting.port))
    return hosting


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited."""
    waited: list[float] = []
    monkeypatch.setattr(service, "sleep", waited.append)
    return waited


@pytest.fixture
def vault(internet: Hosting) -> Vault:
    """A vault in the worldwide cloud, which the client has not met before."""
    http_challenge_cache.clear()
    found = internet.services["agency.vault.azure.net"] = Vault()
    return found


@pytest.fixture
def hub(internet: Hosting, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """GitHub, and a token for it in the environment."""
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    found = internet.services["api.github.com"] = Hub()
    return found


@pytest.fixture
def devops(internet: Hosting) -> DevOps:
    """Azure DevOps Services."""
    found = internet.services["dev.azure.com"] = DevOps()
    return found
