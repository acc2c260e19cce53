"""What SECURITY.md lists: the hosts that are asked, and what a config may read in a pipeline."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest

from provision.clouds import CLOUDS
from tests.support import Program, write_config

PAGE = (Path(__file__).parents[1] / "SECURITY.md").read_text()


def test_the_hosts_are_those_of_the_table() -> None:
    """Each cloud's row, in its order."""
    rows = re.findall(r"^\| `([\w-]+)` \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert rows == [
        (name, cloud.graph.removeprefix("https://"), cloud.login.removeprefix("https://"))
        for name, cloud in CLOUDS.items()
    ]


@pytest.mark.parametrize("verb", ["plan", "doctor", "expiry"])
def test_no_other_host_is_asked(provision: Program, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """By any library: every look-up of a name goes through here, and finds nobody."""
    names: set[str] = set()

    def nobody(host: Any, *_: Any, **__: Any) -> Any:
        names.add(host.decode() if isinstance(host, bytes) else str(host))
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, "11111111-2222-4333-8444-555555555555")
    assert provision(verb, write_config(), "--timeout", "1", "--auth", "environment").code != 0
    hosts = {host.removeprefix("https://") for host in (CLOUDS["global"].graph, CLOUDS["global"].login)}
    assert names
    assert names <= hosts


PIPELINES = {"CI": "true", "TF_BUILD": "True", "GITLAB_CI": "true"}


@pytest.mark.parametrize("variable", PIPELINES)
def test_a_config_in_a_pipeline_reads_what_is_listed(
    provision: Program, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """By ``--var``, or by a name in PROVISION_ENV_ALLOW; a default does not hide that one is withheld."""
    monkeypatch.setenv("DATABASE_URL", "canary")
    monkeypatch.setenv("PLAIN", "fine")
    write_config(display_name='"${DATABASE_URL:-x} ${PLAIN}"')
    argv = ("validate", "prod.yaml", "--ci", "none", "-o", "json")
    assert provision(*argv).code == 0
    monkeypatch.setenv(variable, PIPELINES[variable])
    ran = provision(*argv)
    assert ran.code == 65
    assert "canary" not in ran.out + ran.err
    assert {"DATABASE_URL", "PLAIN"} <= set(re.findall(r"[A-Z_]{5,}", ran.out))
    assert "PROVISION_ENV_ALLOW" in ran.out
    assert provision(*argv, "--var", "DATABASE_URL=a", "--var", "PLAIN=b").code == 0
    monkeypatch.setenv("PROVISION_ENV_ALLOW", "PLAIN, DATABASE_URL")
    assert provision(*argv).code == 0
    assert provision("plan", "prod.yaml", "--ci", "none", "--sandbox").code == 0
    monkeypatch.setenv("PROVISION_ENV_ALLOW", "PLAIN")
    assert provision("plan", "prod.yaml", "--ci", "none", "--sandbox").code == 65
