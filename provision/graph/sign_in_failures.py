"""Why a sign-in failed, whichever way was tried, and what to do next: one classification for all of them.

azure-identity tells a failure in words, and a chain of credentials in a paragraph of words for each. Numbers
of the login service are looked for first, then what the libraries and programs say. Nothing here asks
anything. Sources: https://learn.microsoft.com/entra/identity-platform/reference-error-codes and
https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from provision.clouds import Cloud
from provision.errors import Entry, ProvisionError, catalogue
from provision.errors.codes import Kind, of_number
from provision.graph.ways import WAYS, Auth, Way
from provision.redaction import redacted

_AADSTS = re.compile(r"AADSTS(\d+)")
_ATTEMPT = re.compile(r"^\s*(\w+Credential): (.+(?:\n(?!\s*\w+Credential: ).*)*)", re.MULTILINE)
_BOILERPLATE = re.compile(
    r"\w+Credential:? |authentication unavailable\. (?=\S)|See the troubleshooting .*?: \S+ "
)
_REPEATED = re.compile(r"To mitigate this issue, please refer .*")

# What says that a host was not reached: of Python's libraries, Go's (azd), .NET's (PowerShell), Windows and
# curl.
_LOST = re.compile(
    r"Max retries exceeded|Failed to (?:establish a new connection|resolve)|NameResolutionError|getaddrinfo"
    r"|name resolution|Name or service not known|nodename nor servname|No such host|no such host"
    r"|Connection(?: was)? (?:refused|reset|aborted|timed out)|connection (?:refused|attempt failed)"
    r"|actively refused|Network is unreachable|No route to host|network is down|unreachable (?:host|network)"
    r"|timed out|(?:Request|Response|i/o) timeout"
    r"|deadline exceeded|CERTIFICATE_VERIFY_FAILED|certificate (?:verify failed"
    r"|has expired)"
    r"|SSL(?:Error|EOFError)|SSL connection could not|TLS handshake|x509:|ProxyError|Cannot connect to proxy"
    r"|Proxy Authentication Required|RemoteDisconnected|Connection broken|Status_NoNetwork|dial tcp"
    r"|EOF occurred in violation|Remote end closed|Temporary failure",
    re.IGNORECASE,
)
_EXPIRED = re.compile(
    r"(?:token|session|grant|sign-in|login|credentials?|password)s? (?:has|have|is|are|was)? ?(?:expired"
    r"|been revoked"
    r"|revoked|no longer valid)|expired (?:token|session|credential)|interaction_required"
    r"|AuthorizationCodeExpired"
    r"|re-?authenticat|(?:log|sign) ?in again",
    re.IGNORECASE,
)
_OTHER_TENANT = re.compile(
    r"does ?n[o']t exist in tenant|not found in (?:the )?tenant|no (?:access|account)s? (?:to|for"
    r"|in) (?:this )?tenant"
    r"|isn't configured to acquire tokens for tenant|tenant .{0,60}(?:does not match|mismatch)|wrong tenant",
    re.IGNORECASE,
)
_OTHER_CLOUD = re.compile(
    r"az cloud set|(?:other|another|wrong|different) cloud|cloud environment .* not", re.I
)
_POLICY = re.compile(
    r"conditional access|multi-?factor|strong auth|security defaults|device .{0,30}(?:compliant|managed)"
    r"|claims.?challenge|blocked by .{0,30}polic",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"temporarily_unavailable|Too many requests|status code:? (?:429|50[0234])|\b(?:429|503) ", re.I
)
_NOBODY = re.compile(
    r"az login|azd auth login|Connect-AzAccount|No accounts? (?:was|were) found|not (?:logged|signed) in"
    r"|no subscription"
    r"|not found on path|not installed|isn't fully configured|not (?:fully )?configured|Set all|is not set"
    r"|Not set:",
    re.IGNORECASE,
)
_SLOW = re.compile(r"Failed to invoke (?:the Azure CLI|PowerShell|the Azure Developer CLI)")
_PROGRAMS = {
    "AzureCliCredential": WAYS[Auth.CLI],
    "EnvironmentCredential": WAYS[Auth.ENVIRONMENT],
    "WorkloadIdentityCredential": WAYS[Auth.WORKLOAD],
    "ManagedIdentityCredential": WAYS[Auth.MANAGED],
    "AzurePowerShellCredential": Way(
        "the account of Azure PowerShell", "Run 'Connect-AzAccount -Tenant {tenant}' in PowerShell.", Auth.CLI
    ),
    "AzureDeveloperCliCredential": Way(
        "the account of Azure Developer CLI", "Run 'azd auth login --tenant-id {tenant}'.", Auth.CLI
    ),
}
_FEDERATED = (Auth.WORKLOAD, Auth.GITHUB, Auth.AZURE_PIPELINES)
# https://learn.microsoft.com/cli/azure/manage-clouds-azure-cli
_AZ_CLOUDS = {"gcc-high": "AzureUSGovernment", "dod": "AzureUSGovernment", "china": "AzureChinaCloud"}


def kind_of(text: str) -> Kind:
    """Return why one credential failed, by what it said."""
    for number in _AADSTS.findall(text):
        known = of_number(int(number))
        if known is not None and known.kind is not Kind.OTHER:
            return known.kind
    tests = (
        (_LOST, Kind.UNREACHABLE),
        (_BUSY, Kind.BUSY),
        (_POLICY, Kind.POLICY),
        (_OTHER_CLOUD, Kind.OTHER_CLOUD),
        (_OTHER_TENANT, Kind.OTHER_TENANT),
        (_EXPIRED, Kind.EXPIRED),
        (_SLOW, Kind.SLOW),
        (_NOBODY, Kind.NOBODY),
    )
    return next((kind for pattern, kind in tests if pattern.search(text)), Kind.OTHER)


def refused(
    error: BaseException,
    way: Way,
    tenant: str,
    cloud: Cloud,
    *,
    seconds: float,
    federation: str | None = None,
) -> ProvisionError:
    """Return the error for a sign-in that failed.

    ``seconds`` is how long a program was waited for; ``federation`` what to do where no federated credential
    fits the token that was presented, if that token could be looked at. Nothing that signs in is in the
    result.
    """
    text, kind = str(error), Kind.OTHER
    causes = tuple(_causes(error))
    told = next(
        (_words(item.stderr) for item in causes if isinstance(item, subprocess.CalledProcessError)), ""
    )
    attempts = _ATTEMPT.findall(text) if "Attempted credentials:" in text else []
    if attempts:
        way, text, kind = _decisive(attempts, way)
    elif any(isinstance(item, subprocess.TimeoutExpired) for item in causes):
        kind = Kind.SLOW
    else:
        kind = kind_of(f"{text}\n{told}" if told else text)
    if _connection_lost(error, causes):
        kind = Kind.UNREACHABLE
    elif kind is Kind.UNREACHABLE and way.auth is Auth.MANAGED:
        kind = Kind.NOBODY  # the address of a managed identity answers on its own machines only
    reason = _reason(text, attempts, kind)
    return _told(kind, reason, way=way, tenant=tenant, cloud=cloud, seconds=seconds, federation=federation)


def _decisive(attempts: list[tuple[str, str]], way: Way) -> tuple[Way, str, Kind]:
    """Return the attempt of a chain that came furthest: the others had nothing to try with.

    No managed identity answers on most machines, which says nothing of the network.
    """
    found = [(name, why, kind_of(why)) for name, why in attempts if not name.startswith("ManagedIdentity")]
    told = [item for item in found if item[2] not in (Kind.NOBODY, Kind.OTHER) or _AADSTS.search(item[1])]
    order = (Kind.UNREACHABLE, Kind.BUSY)
    told.sort(key=lambda item: order.index(item[2]) if item[2] in order else len(order))
    if not told:
        return way, "", Kind.NOBODY
    name, why, kind = told[0]
    return _PROGRAMS.get(name, way), why, kind


def _reason(text: str, attempts: list[tuple[str, str]], kind: Kind) -> str:
    if attempts and kind is Kind.NOBODY:
        return "; ".join(
            f"{name.removesuffix('Credential')}: {_first_sentence(why)}" for name, why in attempts
        )
    shown = _REPEATED.sub("", redacted(text))
    numbered = next((line.strip() for line in shown.splitlines() if "AADSTS" in line), None)
    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    return numbered or (" ".join(lines[:12]) if lines else "no reason given")


def _told(
    kind: Kind, reason: str, *, way: Way, tenant: str, cloud: Cloud, seconds: float, federation: str | None
) -> ProvisionError:
    codes = _AADSTS.findall(reason)
    code = f"AADSTS{codes[0]}" if codes else None
    entry: Entry = {
        Kind.UNREACHABLE: catalogue.UNREACHABLE,
        Kind.BUSY: catalogue.THROTTLED,
        Kind.OTHER_CLOUD: catalogue.TENANT_NOT_FOUND,
    }.get(kind, catalogue.SIGN_IN)
    message = f"sign-in failed; tried: {way.tried}. {reason}"
    if entry is catalogue.UNREACHABLE:
        message = f"{cloud.login.removeprefix('https://')} cannot be reached to sign in: {reason}"
    elif entry is catalogue.TENANT_NOT_FOUND:
        message = f"tenant '{tenant}' is not in the cloud '{cloud.name}'. {reason}"
    elif kind is Kind.SLOW:
        message += f" within {seconds:.0f} s, or it cannot be run"
    step = next_step(kind, way, cloud)
    return ProvisionError(
        entry, message, fix=federation or (step and step.format(tenant=tenant)), service_code=code
    )


def next_step(kind: Kind, way: Way, cloud: Cloud) -> str | None:
    """Return what to do next for a way that failed like this; ``None``: what the error's entry says.

    ``{tenant}`` may stand in it.
    """
    if kind in (Kind.UNREACHABLE, Kind.BUSY):
        return None
    if kind is Kind.OTHER_CLOUD:
        name = _AZ_CLOUDS.get(cloud.name, "AzureCloud")
        with_az = f" With Azure CLI run 'az cloud set --name {name}' before 'az login'."
        return catalogue.TENANT_NOT_FOUND.fix + (with_az if way.auth in (Auth.CLI, Auth.DEFAULT) else "")
    if way.auth in (Auth.ENVIRONMENT, Auth.MANAGED, *_FEDERATED):
        if way.auth is Auth.ENVIRONMENT and kind in _WITH_A_SECRET:
            return _WITH_A_SECRET[kind]
        return _AS_A_MACHINE.get(kind, way.next)
    return f"{_AS_A_PERSON[kind]} {way.next}".strip() if kind in _AS_A_PERSON else _EITHER.get(kind, way.next)


_EITHER = {
    Kind.NOT_ALLOWED: (
        "This identity is known and not let in: have it enabled, or assigned to the application "
        "(Entra > Enterprise applications > Properties, Users and groups)."
    ),
    Kind.SLOW: "Give it more time with --timeout, and run the program by hand: it may wait for an answer.",
}
_AS_A_PERSON = {
    Kind.EXPIRED: "The sign-in has run out or was revoked.",
    Kind.OTHER_TENANT: "That account is not in the tenant {tenant}.",
    Kind.POLICY: "A policy asks for more, such as a second factor, a known device or a place.",
}
_AS_A_MACHINE = {
    **_EITHER,
    Kind.EXPIRED: (
        "The token that proves this job has run out: get a new one right before the run, and see that "
        "the clock is right."
    ),
    Kind.OTHER_TENANT: (
        "That identity is not of the tenant {tenant}: set AZURE_TENANT_ID and AZURE_CLIENT_ID to "
        "an application that is in it."
    ),
    Kind.POLICY: (
        "A policy keeps this identity out: have whoever runs Conditional Access except it, or run from "
        "a place that the policy allows (Entra > Monitoring > Sign-in logs name the policy)."
    ),
}
_WITH_A_SECRET = {
    Kind.EXPIRED: (
        "The application's secret or certificate has ended: make a new one, and set "
        "AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH to it."
    ),
    Kind.CREDENTIAL: (
        "AZURE_CLIENT_SECRET must be the Value (not the Secret ID) of a secret of the application "
        "AZURE_CLIENT_ID in the tenant AZURE_TENANT_ID, or the certificate one that is registered there."
    ),
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _connection_lost(error: BaseException, causes: tuple[BaseException, ...]) -> bool:
    """Say whether the service was not reached; credentials that ask a person wrap what kept them."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError
    from azure.identity import CredentialUnavailableError

    if isinstance(error, CredentialUnavailableError):  # the service was not what lacked
        return False
    return any(isinstance(item, (ServiceRequestError, ServiceResponseError)) for item in causes)


def _words(said: object) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said or "")


def _first_sentence(why: str) -> str:
    lines = _REPEATED.sub("", redacted(why)).splitlines()
    return _BOILERPLATE.sub("", " ".join(line.strip() for line in lines)).split(". ")[0].strip().rstrip(".")
