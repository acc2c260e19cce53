"""The whole program with these sinks: a rehearsal on the sandbox, delivered for real to a stand-in."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provision.cli import sinks
from tests.delivery.azure_devops_standin import BEARER, DevOps
from tests.delivery.github_standin import TOKEN as GITHUB_TOKEN
from tests.delivery.github_standin import Hub
from tests.delivery.key_vault_standin import TOKEN as VAULT_TOKEN
from tests.delivery.key_vault_standin import Vault
from tests.delivery.standin import Response, StandIn
from tests.delivery.support import Opened, Signed, refused
from tests.support import Program, Tenant, write_config

ALLOW = ("--allow", "rehearsal-delivery")
VAULT = "key_vault:https://agency.vault.azure.net/secrets/mail"
GITHUB = "github:agency/mail?environment=production/eu"
DEVOPS = "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group=mail"


def values_of(service: StandIn) -> list[str]:
    """The client secrets that a stand-in holds."""
    match service:
        case Vault():
            return [version["value"] for version in service.secrets.get("mail", [])]
        case Hub():
            return [value for value, _ in service.environment.secrets.values()]
        case DevOps():
            found = service.groups[7]["variables"].get("COLLAB_PROD_CLIENT_SECRET")
            return [found["value"]] if found else []
    raise AssertionError


@pytest.fixture(params=["key_vault", "github", "azure_devops"])
def sink(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, StandIn]:
    """What stands behind --deliver, and the service that it leads to."""
    argument, service, token = {
        "key_vault": (VAULT, "vault", VAULT_TOKEN),
        "github": (GITHUB, "hub", GITHUB_TOKEN),
        "azure_devops": (DEVOPS, "devops", BEARER),
    }[request.param]
    monkeypatch.setattr(sinks, "credential", lambda *_, **__: Signed(token))
    return argument, request.getfixturevalue(service)


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_apply_delivers_there_and_nowhere_else(
    provision: Program, sink: tuple[str, StandIn], clean_folder: Path, output: str
) -> None:
    """The value is in the service alone; a second run mints nothing, and show knows where it is."""
    argument, service = sink
    config = write_config()
    argv = (config, "--sandbox", "-v", *ALLOW, "--deliver", argument, "-o", output)
    first = provision("apply", *argv, "--yes")
    assert first.code == 0, first.err
    (value,) = values_of(service)
    writes = service.writes
    second = provision("apply", *argv, "--yes")
    shown = provision("show", *argv)
    assert (second.code, shown.code) == (0, 0)
    assert service.writes == writes
    assert len(Tenant().application()["passwordCredentials"]) == 1
    said = "".join(ran.out + ran.err for ran in (first, second, shown))
    assert value not in said
    for token in (VAULT_TOKEN, GITHUB_TOKEN, BEARER):
        assert token not in said
    assert argument.split(":", 1)[0] in shown.out
    held = [
        path for path in clean_folder.rglob("*") if path.is_file() and value.encode() in path.read_bytes()
    ]
    assert held == []


def test_a_failed_delivery_revokes_the_secret(provision: Program, sink: tuple[str, StandIn]) -> None:
    """Nothing of it is left in Entra, and nothing was delivered."""
    argument, service = sink
    service.befall("PUT", "", Response(500, {"message": "oops"}), times=99)
    ran = provision(
        "apply", write_config(), "--sandbox", "--yes", "-v", *ALLOW, "--deliver", argument, "-o", "json"
    )
    assert ran.code == 1
    assert "delivery-failed" in ran.out
    assert values_of(service) == []
    assert Tenant().application()["passwordCredentials"] == []


def test_destroy_has_it_forgotten(provision: Program, sink: tuple[str, StandIn], clean_folder: Path) -> None:
    """It is told where the value lies; --forget takes it away there, after the application, and once."""
    argument, service = sink
    config = write_config()
    argv = (config, "--sandbox", *ALLOW, "--deliver", argument)
    assert provision("apply", *argv, "--yes").code == 0
    (value,) = values_of(service)
    ended = (*argv, "--yes", "--allow", "destroy")
    told = provision("destroy", *argv, "--dry-run", "-o", "json")
    assert [f["name"] for f in told.json["findings"]] == ["value-left", "last-sign-ins"]
    assert "--forget" in told.json["findings"][0]["fix"]
    service.befall("GET", "", Response(400, {"message": "no"}), times=1)
    unread = provision("destroy", *ended, "--forget", "-o", "json")
    assert unread.code == 0, unread.err
    (finding,) = [f for f in unread.json["findings"] if f["name"] == "value-left"]
    assert "is left as it is" in finding["message"]
    assert values_of(service) == [value]
    ran = provision("destroy", *ended, "--forget", "-o", "json", "-v", "--log-file", "run.log")
    assert ran.code == 0, ran.err
    assert [change["status"] for change in ran.json["changes"]] == ["unchanged", "done"]
    if isinstance(service, Vault):  # its value is kept, and nobody can read it
        assert service.secrets["mail"][0]["attributes"]["enabled"] is False
    else:
        assert values_of(service) == []
    writes = service.writes
    assert provision("destroy", *ended, "--forget").code == 0
    assert service.writes == writes
    said = told.out + unread.out + ran.out + ran.err + Path("run.log").read_text()
    assert value not in said


def test_a_probe_that_fails_comes_before_the_secret(provision: Program, sink: tuple[str, StandIn]) -> None:
    """No application, no secret."""
    argument, service = sink
    service.befall("GET", "", Response(400, {"message": "no"}), times=99)
    ran = provision(
        "apply", write_config(), "--sandbox", "--yes", *ALLOW, "--deliver", argument, "-o", "json"
    )
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    assert Tenant().get("/applications")["value"] == []
    assert service.writes == 0


def test_a_rehearsal_does_not_contact_the_configs_own_sink(
    provision: Program, vault: Vault, hub: Hub, devops: DevOps
) -> None:
    """The stand-in file gets the value instead."""
    for number, more in enumerate(
        (
            "key_vault: {vault: agency}",
            "github: {repository: agency/mail}",
            "azure_devops: {organization: 'https://dev.azure.com/agency', project: Mail Relay, group: mail}",
        )
    ):
        config = write_config(name=f"app-{number}", more=f"secret:\n  delivery:\n    {more}\n")
        for verb in ("plan", "apply", "show"):
            ran = provision(verb, config, "--sandbox", *(["--yes"] if verb == "apply" else []))
            assert ran.code == 0, ran.err
        assert Path(f".provision/app-{number}.secret").is_file()
    assert vault.requests + hub.requests + devops.requests == []


@pytest.mark.parametrize(
    ("argument", "module", "extra"),
    [(VAULT, "azure.keyvault", "key-vault"), (GITHUB, "nacl", "github")],
)
def test_a_library_that_is_not_installed(
    vault: Vault, hub: Hub, monkeypatch: pytest.MonkeyPatch, argument: str, module: str, extra: str
) -> None:
    """Said plainly, with the line that installs it."""
    for name in list(sys.modules):
        if name.startswith(module):
            monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def without(name: str, *more: Any, **options: Any) -> Any:
        if name.startswith(module):
            raise ModuleNotFoundError(f"No module named '{module}'")
        return original(name, *more, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    opened = Opened(Signed(VAULT_TOKEN))
    for call in (opened(argument).probe,):
        error = refused(call, "sink-unusable", "is not installed", extra, "make install")
        assert "another project's" in (error.fix or "")
        assert error.exit == 1
    assert vault.requests == []


@pytest.mark.parametrize("argv", [["--help"], ["validate", "prod.yaml"], ["schema"]])
def test_libraries_are_loaded_when_a_sink_is_used(argv: list[str]) -> None:
    """Not by --help, validate or schema, though their options are in the schema."""
    write_config(more="secret:\n  delivery:\n    key_vault: {vault: agency}\n")
    code = (
        f"import sys; from provision.cli.main import run; code = run({json.dumps(argv)});"
        "heavy = ('azure', 'httpx', 'nacl', 'requests', 'msal');"
        "print(code, [m for m in heavy if m in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip().splitlines()[-1] == "0 []"


@pytest.mark.parametrize("sink", ["github"], indirect=True)
def test_no_secret_is_made_again_and_again_for_a_place_that_refuses(
    provision: Program, sink: tuple[str, Hub]
) -> None:
    """The trial cannot see that writing is not allowed: one secret is made and revoked, then none."""
    argument, hub = sink
    hub.rights = {"read"}
    argv = ("apply", write_config(), "--sandbox", "--yes", "-o", "json", *ALLOW, "--deliver", argument)
    first = provision(*argv)
    assert (first.code, "delivery-failed" in first.out) == (1, True)
    tries = hub.count("POST") + hub.count("PUT")
    for _ in range(2):
        again = provision(*argv)
        assert (again.code, again.json["error"]) == (5, "not-taken-before")
        assert "github:agency/mail" in again.json["message"]
    assert hub.count("POST") + hub.count("PUT") == tries
    assert Tenant().application()["passwordCredentials"] == []
    elsewhere = provision(*argv[:-1], "github:agency/mail")
    assert elsewhere.code == 1  # another place is another matter, and is tried
    hub.rights = {"read", "write"}
    told = provision(*argv, "--allow", "not-taken-before")
    assert told.code == 0, told.err
    assert provision("rotate", *argv[1:]).code == 0  # what was delivered since has ended the matter


@pytest.mark.parametrize("sink", ["azure_devops"], indirect=True)
def test_faults_are_tried_again_three_times(provision: Program, sink: tuple[str, DevOps]) -> None:
    """A fault may pass; three runs in a row that made a secret for nothing are enough."""
    argument, devops = sink
    devops.befall("PUT", "", Response(500, {"message": "oops"}), times=99)
    argv = ("apply", write_config(), "--sandbox", "--yes", "-o", "json", *ALLOW, "--deliver", argument)
    assert [provision(*argv).code for _ in range(4)] == [1, 1, 1, 5]
