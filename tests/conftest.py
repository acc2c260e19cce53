"""Fixtures of most tests: a clean folder, the program run in this process, a config, a first apply."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from provision.cli import session
from provision.cli.main import run as run_program
from provision.clouds import Cloud
from provision.graph.client import Graph
from provision.graph.connect import in_process
from tests import calls
from tests.support import Program, Ran, Tenant, write_config

calls.guard()
# ``make soak``: four processes of the sandbox's sequences make 10,000 of them.
settings.register_profile(
    "soak",
    max_examples=2500,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_collection_finish() -> None:
    """Leave what the tests are made of out of every collection: Python would look at it again and again.

    The program has few collections, too, but where it is started as a program alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(autouse=True)
def clean_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder of one's own, with an environment that says nothing."""
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    monkeypatch.chdir(folder)
    for name in list(os.environ):
        if (
            name.startswith(("AZURE_", "PROVISION_", "GITHUB_", "TF_", "ARM_"))
            or name
            in (
                "CI",
                "NO_COLOR",
                "SSL_CERT_FILE",
                "REQUESTS_CA_BUNDLE",
                "GITLAB_CI",
                "TF_BUILD",
                "SSL_CERT_DIR",
                "CURL_CA_BUNDLE",
            )
            or name.lower().endswith("_proxy")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Nobody pulls the plug of this process; where that matters, a test kills one of its own.
    monkeypatch.setattr(os, "fsync", lambda _: None)
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


@pytest.fixture
def config() -> str:
    """The path of a config that is right."""
    return write_config()


@pytest.fixture
def applied(provision: Program, config: str) -> Ran:
    """The result of a first apply of the config."""
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 0, ran.err + ran.out
    return ran


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """A tenant that the program takes for a real one: a Graph of its own instead of the network's."""
    tenant = Tenant(Path("real.json"))
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")

    def connected(cloud: Cloud, name: str, _: object, **more: Any) -> Graph:
        token = tenant.sandbox.administrator_token(tenant.id)
        return in_process(tenant.sandbox.app, token, cloud, name, notify=more["notify"])

    monkeypatch.setattr(session, "over_the_network", connected)
    return tenant
