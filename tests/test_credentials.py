"""Signing in: what each way says when it fails. There is no network here, and none is reached."""

from __future__ import annotations

import gc
import os
import socket
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from provision.cli.options import AUTHS
from tests.support import TENANT, Program, Ran, write_config
from tests.test_redaction import DRESSES, TOKEN

# What is said to have been tried, and what to do next, for each way on a machine that has nothing for it.
# The exit code is 77 where nothing could be tried, 69 where the login service would have to be asked.
WAYS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "default": (
        77,
        ("environment variables", "workload identity", "managed identity", "Azure CLI"),
        "az login",
    ),
    "environment": (
        77,
        ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"),
        "Set all of these variables",
    ),
    "cli": (
        77,
        ("'az login'", "Azure CLI not found"),
        f"az login --tenant {TENANT} --allow-no-subscriptions",
    ),
    "workload": (77, ("AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"), "federated token"),
    "managed": (77, ("managed identity",), "Run on a machine that has a managed identity"),
    "device-code": (69, ("login.microsoftonline.com cannot be reached",), "HTTPS_PROXY"),
    "browser": (69, ("login.microsoftonline.com cannot be reached",), "HTTPS_PROXY"),
}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """No network, no tools, no home: returns what was tried to be connected to."""
    asked: list[Any] = []

    def refused(self: socket.socket, address: Any) -> NoReturn:
        asked.append(address)
        raise OSError(101, "Network is unreachable")

    def unknown(host: Any, *_: Any, **__: Any) -> NoReturn:
        asked.append(host)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "connect_ex", refused)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr("webbrowser.open", lambda *_, **__: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(("IDENTITY_", "MSI_", "IMDS_", "SYSTEM_", "ACTIONS_")):
            monkeypatch.delenv(name)
    # azure-identity's own patience, which no test should wait for
    monkeypatch.setattr(time, "sleep", lambda _: None)
    yield asked
    with warnings.catch_warnings():  # azure-identity's browser credential leaves its local server open
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def plan(provision: Program, *more: str) -> Ran:
    """Plan against the real cloud."""
    return provision("plan", write_config(), "-o", "json", *more)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_says_what_was_tried_and_what_to_do_next(provision: Program, way: str) -> None:
    """One error in words, in seconds, and nothing about Python."""
    code, tried, following = WAYS[way]
    began = time.monotonic()
    ran = plan(provision, "--auth", way)
    assert time.monotonic() - began < 20
    assert ran.code == code, ran.out
    assert ran.json["error"] == ("sign-in" if code == 77 else "unreachable")
    for part in tried:
        assert part in ran.json["message"]
    assert following in ran.json["fix"]
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) < 10
    as_text = provision("plan", "prod.yaml", "--auth", way)
    assert as_text.code == code
    assert following in as_text.err


def test_every_way_is_tried_here() -> None:
    """But for those that only a pipeline has, whose own tests are elsewhere."""
    assert set(AUTHS) == {*WAYS, "github", "azure-pipelines"}


def test_the_way_that_is_not_there_is_a_wrong_command_line(provision: Program) -> None:
    """64, with the choices."""
    ran = plan(provision, "--auth", "password")
    assert ran.code == 64
    assert "device-code" in ran.json["message"]


def test_a_national_cloud_is_asked_at_its_own_login_host(provision: Program, offline: list[Any]) -> None:
    """GCC High's, and no worldwide one is connected to."""
    config = write_config(tenant=f"{TENANT}\n  cloud: gcc-high")
    ran = provision("plan", config, "-o", "json", "--auth", "device-code")
    assert ran.code == 69
    assert "login.microsoftonline.us cannot be reached" in ran.json["message"]
    assert not [host for host in offline if "graph.microsoft.com" in str(host)]


def test_a_half_set_environment(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of the variables: said the same way, and no value of theirs is repeated."""
    monkeypatch.setenv("AZURE_CLIENT_ID", "11111111-2222-4333-8444-555555555555")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "canary-6f1d0b")
    ran = plan(provision, "--auth", "environment", "-v")
    assert (ran.code, ran.json["error"]) == (77, "sign-in")
    assert "canary-6f1d0b" not in ran.out + ran.err


def test_a_federated_token_that_is_not_there(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that the variable names is missing: 77, and its path is said."""
    monkeypatch.setenv("AZURE_CLIENT_ID", "11111111-2222-4333-8444-555555555555")
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/no/such/token")
    ran = plan(provision, "--auth", "workload")
    assert ran.code == 77, ran.out
    assert "/no/such/token" in ran.json["message"]


def test_an_az_that_is_not_signed_in(provision: Program, tmp_path: Path) -> None:
    """Azure CLI is there and says how to sign in; its words are kept."""
    az = tmp_path / "az"
    az.write_text("#!/bin/sh\necho \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n")
    az.chmod(0o755)
    ran = plan(provision, "--auth", "cli")
    assert ran.code == 77, ran.out
    assert "az login" in ran.json["message"]
    assert "--allow-no-subscriptions" in ran.json["fix"]


# What Entra says when it refuses a sign-in: name, exit code. users of other tools meet the same numbers.
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
REFUSALS = {
    "7000215": "sign-in",
    "7000222": "sign-in",
    "700016": "sign-in",
    "50011": "sign-in",
    "90094": "sign-in",
    "53003": "sign-in",
    "50076": "sign-in",
    "65001": "sign-in",
    "90002": "tenant-not-found",
    "90038": "tenant-not-found",
    "900382": "tenant-not-found",
}


@pytest.mark.parametrize("number", REFUSALS)
def test_what_entra_refuses_keeps_its_words(
    provision: Program, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    """The number is the service's code, its text and trace id stand in the message, the fix is ours."""
    from azure.core.exceptions import ClientAuthenticationError

    said = f"AADSTS{number}: Said by Entra. Trace ID: 0a1b2c3d Timestamp: 2026-01-15 12:00:00Z"

    class Refusing:
        def __init__(self, **_: Any) -> None:
            pass

        def get_token(self, *_: str, **__: Any) -> NoReturn:
            raise ClientAuthenticationError(f"Authentication failed: {said}\nContent: {{'error': 'invalid'}}")

    monkeypatch.setattr("azure.identity.EnvironmentCredential", Refusing)
    ran = plan(provision, "--auth", "environment")
    name = REFUSALS[number]
    assert (ran.code, ran.json["error"]) == (65 if name == "tenant-not-found" else 77, name), ran.out
    assert ran.json["service_code"] == f"AADSTS{number}"
    assert said in ran.json["message"]
    assert ran.json["fix"]
    if name == "tenant-not-found":
        assert TENANT in ran.json["message"]
        assert "tenant.cloud" in ran.json["fix"]


PROGRAMS = {
    "az": ("cli", "az", "#!/bin/sh\ncat answer\n"),
    "az that fails": ("cli", "az", "#!/bin/sh\ncat answer >&2\nexit 1\n"),
    "pwsh": ("default", "pwsh", "#!/bin/sh\ncat answer\n"),
    "pwsh that fails": ("default", "pwsh", "#!/bin/sh\ncat answer >&2\nexit 1\n"),
    "azd": ("default", "azd", "#!/bin/sh\ncat answer\n"),
    "azd that fails": ("default", "azd", "#!/bin/sh\ncat answer >&2\nexit 1\n"),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("dress", ["coloured", "wrapped", "as JSON, compact, behind a warning", "in base64"])
def test_no_answer_of_a_program_is_told_with_its_token(
    provision: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, dress: str
) -> None:
    """az, Azure PowerShell and azd, whatever they wrap a token in: on no stream, in no format."""
    auth, name, script = PROGRAMS[program]
    tool = tmp_path / name
    answer = tmp_path / "answer"
    answer.write_text(DRESSES[dress].replace("\0", "\x01"))
    tool.write_text(script.replace("cat answer", f"/bin/cat {answer}"))
    tool.chmod(0o755)
    ran = plan(provision, "--auth", auth, "--timeout", "5", "-v")
    assert ran.code != 0
    assert "Traceback" not in ran.err
    for piece in (TOKEN, TOKEN[:40], TOKEN[-40:]):
        assert piece not in ran.out + ran.err


def test_an_az_that_takes_its_time(provision: Program, tmp_path: Path) -> None:
    """It is waited for as long as --timeout says, and then the message speaks of the time."""
    az = tmp_path / "az"
    az.write_text("#!/bin/sh\n/bin/sleep 30\n")
    az.chmod(0o755)
    ran = plan(provision, "--auth", "cli", "--timeout", "1")
    assert (ran.code, ran.json["error"]) == (77, "sign-in")
    assert "1 s" in ran.json["message"]
    assert "--timeout" in ran.json["fix"]


@pytest.mark.parametrize("way", ["default", "environment"])
def test_variables_and_no_network(provision: Program, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """69 whichever way was chosen: a login does not mend a network."""
    monkeypatch.setenv("AZURE_CLIENT_ID", TENANT)
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "x")
    ran = plan(provision, "--auth", way)
    assert (ran.code, ran.json["error"]) == (69, "unreachable"), ran.out
    assert "az login" not in ran.json["fix"]
