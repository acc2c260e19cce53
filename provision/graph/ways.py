"""The ways to sign in: what each tries, and how it is described when it fails.

Source: https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

from __future__ import annotations

from enum import StrEnum

from provision.values import dataclass


class Auth(StrEnum):
    """The ways to sign in, as ``--auth`` names them."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    CLI = "cli"
    WORKLOAD = "workload"
    MANAGED = "managed"
    GITHUB = "github"
    AZURE_PIPELINES = "azure-pipelines"
    DEVICE_CODE = "device-code"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Way:
    """How a way to sign in is described when it fails: what was tried, and what to do next."""

    tried: str
    next: str  # may name {tenant}
    auth: Auth | None = None  # None: nobody chose it


_TOLD: dict[Auth, tuple[str, str]] = {
    Auth.DEFAULT: (
        "environment variables, workload identity, managed identity, Azure CLI, and the other "
        "sources of DefaultAzureCredential",
        "Run 'az login --tenant {tenant}', set the AZURE_… variables of an application, "
        "or choose a way with --auth.",
    ),
    Auth.ENVIRONMENT: (
        "the variables AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET or "
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "Set all of these variables, or choose another way with --auth.",
    ),
    Auth.CLI: (
        "the account that 'az login' signed in",
        "Run 'az login --tenant {tenant} --allow-no-subscriptions' "
        "(in a national cloud 'az cloud set' first).",
    ),
    Auth.WORKLOAD: (
        "the variables AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE",
        "Have the pipeline write its federated token to a file, and name it in that variable.",
    ),
    Auth.MANAGED: (
        "this machine's managed identity",
        "Run on a machine that has a managed identity, or choose another way with --auth.",
    ),
    Auth.GITHUB: (
        "GitHub's token for this job, as the identity of AZURE_CLIENT_ID",
        "Give the job 'permissions: id-token: write', set AZURE_CLIENT_ID, and compare the federated "
        "credential's subject, issuer and audience with docs/ci.md.",
    ),
    Auth.AZURE_PIPELINES: (
        "the service connection of this job in Azure Pipelines",
        "Run it in an AzureCLI@2 task with the service connection, and map the variable "
        "SYSTEM_ACCESSTOKEN: $(System.AccessToken) in its env; ci/azure-pipelines.yml does both.",
    ),
    Auth.DEVICE_CODE: (
        "a sign-in with a code on another device",
        "Run again and enter the code in time; Conditional Access may forbid this way.",
    ),
    Auth.BROWSER: ("a sign-in in the browser", "Run on a machine with a browser, or use --auth device-code."),
}
WAYS: dict[Auth, Way] = {auth: Way(tried, following, auth) for auth, (tried, following) in _TOLD.items()}
GIVEN = Way(
    "the administrator of the served sandbox",
    "Look whether 'provision sandbox serve' still runs, and start it anew if not.",
)
