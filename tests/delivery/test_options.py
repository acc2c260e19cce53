"""How sinks are written, in a config and behind --deliver; hosts that a config may not choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provision.config import load
from provision.delivery import parse_option
from provision.delivery.interface import variable_name
from provision.errors import ProvisionError
from tests.support import write_config

DEVOPS = "azure_devops:https://dev.azure.com/agency/Mail?group=g"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("key_vault:agency", {"vault": "agency"}),
        ("key_vault:agency/secrets/mail", {"vault": "agency", "secret": "mail"}),
        ("key_vault:https://Agency.vault.azure.net", {"vault": "https://agency.vault.azure.net"}),
        ("key_vault:https://agency.vault.azure.net/", {"vault": "https://agency.vault.azure.net"}),
        (
            "key_vault:https://agency.vault.azure.cn/secrets/a-1/",
            {"vault": "https://agency.vault.azure.cn", "secret": "a-1"},
        ),
        ("github:agency/mail.relay", {"repository": "agency/mail.relay"}),
        (
            "github:agency/mail?environment=prod%2Feu&secret=Key",
            {"repository": "agency/mail", "environment": "prod/eu", "secret": "KEY"},
        ),
        (DEVOPS, {"organization": "https://dev.azure.com/agency", "project": "Mail", "group": "g"}),
        (
            "azure_devops:https://agency.visualstudio.com/Mail%20Relay?group=my+group&variable=a.b",
            {
                "organization": "https://agency.visualstudio.com",
                "project": "Mail Relay",
                "group": "my group",
                "variable": "a.b",
            },
        ),
    ],
)
def test_what_deliver_takes(argument: str, expected: dict[str, Any]) -> None:
    """Read, and lower-cased where case does not matter."""
    assert parse_option(argument).options.model_dump(exclude_none=True) == expected


@pytest.mark.parametrize(
    "argument",
    [
        "key_vault:",
        "key_vault",
        "key_vault:http://agency.vault.azure.net",
        "key_vault:a",
        "key_vault:https://agency.vault.azure.net/keys/mail",
        "key_vault:https://agency.vault.azure.net/secrets/",
        "key_vault:https://agency.vault.azure.net/secrets/a_b",
        "key_vault:https://me@agency.vault.azure.net",
        "key_vault:https://agency.vault.azure.net/secrets/a/1234",
        "key_vault:https://a.example?x=1",
        "key_vault:https://agency.vault.azure.net\\@evil.example/secrets/a",
        "key_vault:https://a.example:x",
        "github:",
        "github:agency",
        "github:agency/mail/more",
        "github:../..",
        "github:agency/..",
        "github:agency/mail?branch=x",
        "github:agency/mail?secret=1A",
        "github:agency/mail?secret=GITHUB_X",
        "github:agency/mail?secret=",
        "github:agency/mail?environment=",
        "github:agency/mail?environment=..",
        "azure_devops:",
        "azure_devops:https://dev.azure.com/agency/Mail",
        "azure_devops:agency/Mail?group=g",
        "azure_devops:https://dev.azure.com/Mail?group=g",
        "azure_devops:http://dev.azure.com/agency/Mail?group=g",
        "azure_devops:https://me:pat@dev.azure.com/agency/Mail?group=g",
        f"{DEVOPS}&variable=secret.x",
        f"{DEVOPS}&variable=a-b",
        f"{DEVOPS}&variable=",
        f"{DEVOPS}&key=b",
        "azure_devops:https://dev.azure.com/agency/..?group=g",
    ],
)
def test_what_deliver_does_not_take(argument: str) -> None:
    """Each is said to be wrong in our own words, before anything is touched."""
    with pytest.raises(ProvisionError) as caught:
        parse_option(argument)
    assert caught.value.entry.name == "usage"
    assert "validation error" not in caught.value.message
    assert "Input" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("collab-prod", "COLLAB_PROD_CLIENT_SECRET"),
        ("3com", "APP_3COM_CLIENT_SECRET"),
        ("github-mail", "APP_GITHUB_MAIL_CLIENT_SECRET"),
        ("secret-mail", "APP_SECRET_MAIL_CLIENT_SECRET"),
        ("-a-", "_A__CLIENT_SECRET"),
    ],
)
def test_a_variable_is_named_after_the_config(name: str, variable: str) -> None:
    """And not as GitHub or Azure Pipelines reserve it."""
    assert variable_name(name) == variable
    assert parse_option(f"github:agency/mail?secret={variable}").options.secret == variable
    assert parse_option(f"{DEVOPS}&variable={variable}").options.variable == variable


KNOWN = [
    "key_vault: {vault: agency}",
    "key_vault: {vault: 'https://agency.vault.azure.net'}",
    "key_vault: {vault: 'https://agency.vault.azure.net:443'}",
    "key_vault: {vault: 'https://agency.vault.usgovcloudapi.net'}",
    "key_vault: {vault: 'https://agency.vault.azure.cn'}",
    "github: {repository: agency/mail}",
    "azure_devops: {organization: 'https://dev.azure.com/agency', project: Mail, group: mail}",
    "azure_devops: {organization: 'https://agency.visualstudio.com', project: Mail, group: mail}",
]
FOREIGN = [
    "key_vault: {vault: 'https://vault.azure.net.evil.example'}",
    "key_vault: {vault: 'https://agency.vault.azure.net.evil.example'}",
    "key_vault: {vault: 'https://evilvault.azure.net'}",
    "key_vault: {vault: 'https://a.b.vault.azure.net'}",
    "key_vault: {vault: 'https://agency.vault.azure.net:8443'}",
    "key_vault: {vault: 'https://127.0.0.1:8443'}",
    "azure_devops: {organization: 'https://dev.azure.com.evil.example/agency', project: Mail, group: mail}",
    "azure_devops: {organization: 'https://evil.example/dev.azure.com', project: Mail, group: mail}",
    "azure_devops: {organization: 'https://evilvisualstudio.com', project: Mail, group: mail}",
    "azure_devops: {organization: 'https://a.b.visualstudio.com', project: Mail, group: mail}",
]


def delivered_by(sink: str) -> str:
    return write_config(more=f"secret:\n  delivery:\n    {sink}\n")


@pytest.mark.parametrize("sink", KNOWN)
def test_hosts_that_are_known(sink: str) -> None:
    """Azure's clouds, and Azure DevOps Services."""
    options = load([delivered_by(sink)])[0].delivery.options
    assert options.foreign_host is None


@pytest.mark.parametrize("verb", ["plan", "apply"])
@pytest.mark.parametrize("sink", FOREIGN)
def test_a_config_alone_sends_nothing_to_other_hosts(provision: Any, sink: str, verb: str) -> None:
    """Neither value nor token: refused before anybody signs in, at the place in the file."""
    ran = provision(verb, delivered_by(sink), "-o", "json", *(["--yes"] if verb == "apply" else []))
    assert (ran.code, ran.json["error"]) == (5, "sink-host")
    assert ran.json["where"].startswith("prod.yaml:")
    assert "--allow sink-host" in ran.json["fix"]


def test_a_rehearsal_does_not_mind(provision: Any) -> None:
    """No configured sink is contacted there, so it may be any."""
    ran = provision("apply", delivered_by(FOREIGN[0]), "--sandbox", "--yes")
    assert ran.code == 0, ran.err
    assert Path(".provision/collab-prod.secret").is_file()


BAD = [
    ("key_vault: {}", "secret.delivery.key_vault.vault is missing"),
    ("key_vault: {vault: 'http://agency.vault.azure.net'}", "a vault is its name, or an address such as"),
    ("key_vault: {vault: 'https://agency.vault.azure.net/secrets/mail'}", "a vault is its name"),
    ("key_vault: {vault: agency, secret: a_b}", "1 to 127 letters, digits and hyphens"),
    ("key_vault: {vault: agency, token: x}", "'token'"),
    ("github: {repository: mail}", "a repository is written OWNER/NAME"),
    ("github: {repository: a/b, environment: ''}", "it is not the name of an environment"),
    ("github: {repository: a/b, secret: 1A}", "begins with no digit or GITHUB_"),
    ("github: {repository: a/b, api_url: 'https://evil.example'}", "'api_url'"),
    (
        "azure_devops: {organization: agency, project: Mail, group: g}",
        "an organization is an address such as",
    ),
    ("azure_devops: {organization: 'https://dev.azure.com', project: Mail, group: g}", "an organization is"),
    (
        "azure_devops: {organization: 'https://dev.azure.com/a', project: 'a/b', group: g}",
        "not the name of a project",
    ),
    ("azure_devops: {organization: 'https://dev.azure.com/a', project: b, group: 12}", "text is meant"),
]


@pytest.mark.parametrize(("sink", "message"), BAD, ids=[sink for sink, _ in BAD])
def test_faults_of_a_config(sink: str, message: str) -> None:
    """Said in the file's terms."""
    with pytest.raises(ProvisionError) as caught:
        load([delivered_by(sink)])
    said = " ".join(error.message + error.fix for error in caught.value.all)
    assert message in said, said
