"""The report of ``provision doctor --support``: what somebody who helps must know, and nothing confidential.

Variables stand there by name alone, and only those that this program or its libraries read; of proxies and
certificates what kind they are; of configs the shape. No host is asked.
"""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from provision import bounded, network
from provision.cli import versions
from provision.config.search import candidates
from provision.config.shape import shape
from provision.errors import ProvisionError

_MOST = 20  # configs; who has hundreds has them of a few shapes
_LARGEST = 1024 * 1024
# What the program and its libraries read; a name of somebody's own may say whose it is.
VARIABLES = frozenset({
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ALL_PROXY", "all_proxy", "APPDATA",
    "AZD_IN_CLOUDSHELL", "AZURE_AUTHORITY_HOST", "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CONFIG_DIR",
    "AZURE_DEVOPS_EXT_PAT", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_PASSWORD",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST", "AZURE_REGIONAL_AUTHORITY_NAME", "AZURE_TENANT_ID",
    "AZURE_TOKEN_CREDENTIALS", "AZURE_USERNAME", "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "AZURESUBSCRIPTION_TENANT_ID", "BUILD_SOURCESDIRECTORY",
    "CACHE_DIRECTORY", "CI", "CURL_CA_BUNDLE", "GH_TOKEN", "GITHUB_ACTIONS", "GITHUB_API_URL", "GITHUB_ENV",
    "GITHUB_OUTPUT", "GITHUB_REF_NAME", "GITHUB_REF_PROTECTED", "GITHUB_REPOSITORY", "GITHUB_STEP_SUMMARY",
    "GITHUB_TOKEN", "GITHUB_WORKSPACE", "GITLAB_CI", "HOME", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY",
    "https_proxy", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "JOB_COMPLETION_INDEX", "LANG",
    "LC_ALL", "LC_CTYPE", "LOCALAPPDATA", "MSI_ENDPOINT", "MSI_SECRET", "NO_COLOR", "NO_PROXY", "no_proxy",
    "OPENSSL_CONF", "PROVISION_ENV_ALLOW", "PROVISION_GITHUB_TOKEN", "PROVISION_JOURNAL",
    "PROVISION_LOG_FILE", "PROVISION_SANDBOX", "PROVISION_SHARDS", "PROVISION_SINK_CLIENT_CERTIFICATE_PATH",
    "PROVISION_SINK_CLIENT_ID", "PROVISION_SINK_CLIENT_SECRET", "PROVISION_SINK_SERVICE_CONNECTION_ID",
    "PROVISION_SINK_TENANTS", "PYTHONHOME", "PYTHONIOENCODING", "PYTHONPATH", "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR", "SSL_CERT_FILE", "SYSTEM_ACCESSTOKEN", "SYSTEM_OIDCREQUESTURI", "TEMP", "TERM",
    "TF_BUILD", "TMP", "TMPDIR", "USERPROFILE", "XDG_CACHE_HOME",
})  # fmt: skip


def report(paths: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the report as Markdown, to be pasted into an issue."""
    parts = {
        "Versions": [f"{name} {version}" for name, version in versions.versions().items()],
        "Machine": list(_machine()),
        "Variables that are set": sorted(name for name in environment if name in VARIABLES),
        "Network": list(_network()),
    }
    parts |= {f"Config {number}": lines for number, lines in enumerate(_configs(paths), 1)}
    blocks = [
        f"### {title}\n\n```text\n" + "\n".join(lines or ["none"]) + "\n```" for title, lines in parts.items()
    ]
    return "\n\n".join(blocks)


def _machine() -> Iterator[str]:
    yield f"the program: {versions.installed()}"
    yield f"locale: {locale.setlocale(locale.LC_CTYPE)}; files in {locale.getencoding()}"
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        kind = "a terminal" if stream is not None and stream.isatty() else "no terminal"
        yield f"{name}: {kind}, {getattr(stream, 'encoding', None) or 'closed'}"
    yield f"this folder may be written to: {'yes' if os.access(Path(), os.W_OK) else 'no'}"


def _network() -> Iterator[str]:
    found = network.current()
    try:
        named = found.certificates
        names = [name for name in network.trust.VARIABLES if found.variables.get(name)]
        store = (
            "the system's store"
            if network.trust.has_store()
            else "Mozilla's list, for the system has no store"
        )
        yield (
            f"trusted: {len(named.ders)} certificates, by {' and '.join(names)}"
            if named
            else f"trusted: {store}"
        )
    except ProvisionError as error:
        yield f"trusted: {error.entry.code} {error.entry.name}"
    for scheme in ("https", "http"):
        name, value = network.proxies.chosen(scheme, found.variables)
        yield f"proxy for {scheme}: {_proxy(name, value) if name else 'no variable names one'}"


def _proxy(name: str, value: str) -> str:
    try:
        proxy = network.proxies.parsed(name, value) if value.strip() else None
    except ProvisionError as error:
        return f"{name}: {error.entry.code} {error.entry.name}"
    if proxy is None:
        return f"{name} says none"
    who = (
        ""
        if proxy.user is None
        else ", with a name"
        if proxy.password is None
        else ", with a name and a password"
    )
    return f"{name}: {proxy.scheme}://(host):{proxy.port}{who}"


def _configs(paths: Sequence[str]) -> Iterator[list[str]]:
    if not paths:
        return
    found = candidates(paths)
    for path in found.paths[:_MOST]:
        try:
            yield shape(bounded.read(path, _LARGEST)) if path not in found.faults else ["there is none"]
        except (OSError, ValueError):
            yield ["cannot be read"]
    if (more := len(found.paths) - _MOST) > 0:
        yield [f"and {more} more"]
