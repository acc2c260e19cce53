"""Why a sign-in failed: one classification for all ways, by numbers first, then by what programs say."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.identity import CredentialUnavailableError

from provision.clouds import CLOUDS
from provision.errors import ProvisionError, catalogue
from provision.errors.codes import Kind
from provision.graph.federation import credential_for
from provision.graph.sign_in_failures import kind_of, refused
from provision.graph.ways import GIVEN, WAYS, Auth
from tests.test_redaction import TOKEN

TENANT = "11111111-2222-4333-8444-555555555555"
# What the login service, az, azd, PowerShell and Python's libraries say, as public reports quote them.
SAID = {
    "AADSTS700082: The refresh token has expired due to inactivity.": Kind.EXPIRED,
    "AADSTS50173: The provided grant has expired due to it being revoked": Kind.EXPIRED,
    "AADSTS7000222: The provided client secret keys for app 'x' are expired.": Kind.EXPIRED,
    "AADSTS700024: Client assertion is not within its valid time range.": Kind.EXPIRED,
    "AADSTS50020: User account from identity provider does not exist in tenant": Kind.OTHER_TENANT,
    "AADSTS90072: User account does not exist in tenant": Kind.OTHER_TENANT,
    "AADSTS90038: Confidential Client is not supported in Cross Cloud request.": Kind.OTHER_CLOUD,
    "AADSTS900382: Confidential Client isn't supported in Cross Cloud request.": Kind.OTHER_CLOUD,
    "AADSTS90002: Tenant 'x' not found.": Kind.OTHER_CLOUD,
    "AADSTS53003: Access has been blocked by Conditional Access policies.": Kind.POLICY,
    "AADSTS50076: you must use multi-factor authentication to access": Kind.POLICY,
    "AADSTS530035: Access has been blocked by security defaults.": Kind.POLICY,
    "AADSTS50105: The signed in user is not assigned to a role": Kind.NOT_ALLOWED,
    "AADSTS7000112: Application 'x' is disabled.": Kind.NOT_ALLOWED,
    "AADSTS7000215: Invalid client secret provided.": Kind.CREDENTIAL,
    "AADSTS50126: Error validating credentials due to invalid username or password.": Kind.CREDENTIAL,
    "AADSTS700027: The certificate is not registered on application.": Kind.CREDENTIAL,
    "AADSTS700213: No matching federated identity record found": Kind.FEDERATION,
    "AADSTS7002138: No matching federated identity record found": Kind.FEDERATION,
    "AADSTS90033: A transient error has occurred.": Kind.BUSY,
    "Please run 'az login' to set up an account": Kind.NOBODY,
    "ERROR: not logged in, run `azd auth login` to login": Kind.NOBODY,
    "Please run 'Connect-AzAccount' to set up account": Kind.NOBODY,
    "Azure CLI not found on path": Kind.NOBODY,
    "EnvironmentCredential authentication unavailable. Environment variables are not fully configured.":
        Kind.NOBODY,
    "HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded": Kind.UNREACHABLE,
    "<urlopen error [Errno -3] Temporary failure in name resolution>": Kind.UNREACHABLE,
    "Post \"https://login.microsoftonline.com/x\": dial tcp: lookup: no such host": Kind.UNREACHABLE,
    "No such host is known. (login.microsoftonline.com:443)": Kind.UNREACHABLE,
    "A connection attempt failed because the connected party did not respond": Kind.UNREACHABLE,
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed": Kind.UNREACHABLE,
    "tls: failed to verify certificate: x509: certificate signed by unknown authority": Kind.UNREACHABLE,
    "('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))":
        Kind.UNREACHABLE,
    "The read operation timed out": Kind.UNREACHABLE,
    "Failed to invoke the Azure CLI": Kind.SLOW,
    "something else entirely": Kind.OTHER,
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_the_sort_of_failure_by_what_was_said(text: str) -> None:
    """A number counts before any wording."""
    assert kind_of(text) is SAID[text]


def told(error: Exception, auth: Auth = Auth.CLI, **more: Any) -> ProvisionError:
    """The error for a way that failed like this, in the worldwide cloud."""
    return refused(error, WAYS[auth], TENANT, CLOUDS["global"], seconds=7, **more)


CHAIN = """DefaultAzureCredential failed to retrieve a token from the included credentials.
Attempted credentials:
\tEnvironmentCredential: {environment}
\tManagedIdentityCredential: ManagedIdentityCredential authentication unavailable, no response; timed out
\tAzureCliCredential: {cli}
To mitigate this issue, please refer to the troubleshooting guidelines here at https://aka.ms/azsdk/x."""
UNSET = "EnvironmentCredential authentication unavailable. Environment variables are not fully configured."
NO_AZ = "Azure CLI not found on path"
LOST = "HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: /x"
CHAINS = {
    "nobody": (UNSET, NO_AZ, 77, "az login"),
    "no network for the variables": (f"Authentication failed: {LOST}", NO_AZ, 69, "HTTPS_PROXY"),
    "no network for az": (UNSET, f"ERROR: {LOST}", 69, "HTTPS_PROXY"),
    "the secret is over": ("Authentication failed: AADSTS7000222: expired", NO_AZ, 77, "AZURE_CLIENT_SECRET"),
    "az's sign-in is over": (UNSET, "ERROR: AADSTS700082: expired", 77, "has run out or was revoked"),
    "az is of another tenant": (UNSET, "ERROR: AADSTS50020: no such account", 77, "not in the tenant"),
    "az wants a second factor": (UNSET, "ERROR: AADSTS50076: use multi-factor", 77, "second factor"),
    "az was too slow": (UNSET, "Failed to invoke the Azure CLI", 77, "--timeout"),
}


@pytest.mark.parametrize("case", CHAINS)
def test_a_chain_is_judged_by_the_credential_that_came_furthest(case: str) -> None:
    """That no managed identity answers says nothing of the network."""
    environment, cli, code, following = CHAINS[case]
    error = told(ClientAuthenticationError(CHAIN.format(environment=environment, cli=cli)), Auth.DEFAULT)
    assert int(error.exit) == code, error.message
    assert following in error.fix
    assert "{tenant}" not in error.fix


NEXT = {
    (Auth.CLI, "AADSTS50020: no"): "az login --tenant",
    (Auth.ENVIRONMENT, "AADSTS700016: no application"): "AZURE_CLIENT_ID",
    (Auth.ENVIRONMENT, "AADSTS7000215: wrong"): "not the Secret ID",
    (Auth.ENVIRONMENT, "AADSTS7000222: expired"): "make a new one",
    (Auth.WORKLOAD, "AADSTS700024: too old"): "clock",
    (Auth.GITHUB, "AADSTS53003: blocked"): "Conditional Access",
    (Auth.DEVICE_CODE, "AADSTS53003: blocked"): "Conditional Access may forbid this way",
    (Auth.MANAGED, "AADSTS50105: not assigned"): "assigned",
    (Auth.CLI, "AADSTS900382: cross cloud"): "az cloud set --name AzureCloud",
    (Auth.BROWSER, "AADSTS50173: revoked"): "run out or was revoked",
}


@pytest.mark.parametrize(("auth", "said"), NEXT)
def test_the_next_step_is_one_of_the_way_that_was_tried(auth: Auth, said: str) -> None:
    """A pipeline is not told to run az login, nor a person to set variables."""
    error = told(ClientAuthenticationError(said), auth)
    assert NEXT[auth, said] in error.fix
    assert said in error.message
    assert error.service_code == said.partition(":")[0]
    if auth in (Auth.ENVIRONMENT, Auth.WORKLOAD, Auth.GITHUB, Auth.MANAGED):
        assert "az login" not in error.fix


@pytest.mark.parametrize("auth", [auth for auth in WAYS if auth is not Auth.MANAGED])
def test_no_network_is_the_same_for_all_ways(auth: Auth) -> None:
    """Whether a library or a program tells of it: 69, and the host that was meant."""
    for error in (ServiceRequestError("x"), ServiceResponseError("x"), ClientAuthenticationError(LOST)):
        assert told(error, auth).entry is catalogue.UNREACHABLE
        assert "login.microsoftonline.com cannot be reached" in told(error, auth).message


def test_a_program_that_took_too_long_is_said_to_have() -> None:
    """How long it was waited for, and how to wait longer."""
    error = CredentialUnavailableError("Failed to invoke the Azure CLI")
    error.__cause__ = subprocess.TimeoutExpired("az", 7)
    shown = told(error)
    assert "7 s" in shown.message
    assert "--timeout" in shown.fix


def test_what_a_program_said_beside_its_one_sentence_counts() -> None:
    """azure-identity makes one sentence of all that mentions az login; the network was what lacked."""
    error = CredentialUnavailableError("Please run 'az login' to set up an account")
    error.__cause__ = subprocess.CalledProcessError(1, "az", stderr=f"ERROR: {LOST}. Then run: az login")
    assert told(error).entry is catalogue.UNREACHABLE


@pytest.mark.parametrize("auth", WAYS)
def test_no_way_tells_a_token(auth: Auth) -> None:
    """Nor do its parts, in a chain or alone."""
    for text in (
        f'Unexpected output: "{TOKEN}"',
        CHAIN.format(environment=UNSET, cli=f"Unexpected: {TOKEN}"),
    ):
        error = told(ClientAuthenticationError(text), auth)
        assert TOKEN not in error.message + error.fix
        assert TOKEN[:40] not in error.message


def test_a_federated_credential_is_told_as_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The JSON in it is whole, and a brace that somebody left in a variable is no placeholder of ours."""
    monkeypatch.setenv("AZURE_CLIENT_ID", "{client}")
    asked = credential_for({"iss": "https://x.example", "sub": "repo:a/{tenant}:ref", "aud": "api://x"})
    error = told(ClientAuthenticationError("AADSTS700213: no match"), Auth.GITHUB, federation=asked)
    words = shlex.split(error.fix)
    assert words[words.index("--id") + 1] == "{client}"
    parameters = json.loads(words[words.index("--parameters") + 1].removesuffix("."))
    assert (parameters["subject"], parameters["audiences"]) == ("repo:a/{tenant}:ref", ["api://x"])


def test_where_nobody_chose_the_way() -> None:
    """The administrator of a served sandbox has a next step of its own."""
    error = refused(ClientAuthenticationError("no"), GIVEN, TENANT, CLOUDS["global"], seconds=1)
    assert "sandbox serve" in error.fix
