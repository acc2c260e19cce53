"""What ``--version`` says, and what a report to paste begins with: the program, and what it runs on."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from provision import __version__

DISTRIBUTION = "provision-entra-mail"
# What talks to a service, checks what comes in, or keeps what is sent from others' eyes.
LIBRARIES = (
    "msgraph-sdk",
    "microsoft-kiota-http",
    "azure-identity",
    "msal",
    "azure-core",
    "httpx",
    "truststore",
    "cryptography",
    "pydantic",
    "pyyaml",
    "click",
    "azure-keyvault-secrets",
    "pynacl",
)


def versions() -> dict[str, str]:
    """Return the version of each; a library that is not there says so."""
    import ssl

    release = re.match(r"[0-9.]*", platform.release())  # what follows may be a name of somebody's own
    system = f"{platform.system()} {release[0] if release else ''} {platform.machine()}"
    found = {
        "provision": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "openssl": ssl.OPENSSL_VERSION,
        "system": " ".join((system, *(part for part in platform.libc_ver() if part))),
    }
    return found | {name: _of(name) or "not installed" for name in LIBRARIES}


def shown() -> str:
    """Return them as lines; the first one is always ``provision VERSION``."""
    return "\n".join(f"{name} {version}" for name, version in versions().items())


def installed() -> str:
    """Say how the program was installed."""
    if _of(DISTRIBUTION) is None:
        return "not installed: it runs from its source"
    own = "in an environment of its own" if sys.prefix != sys.base_prefix else "in the system's Python"
    shipped = (Path(__file__).parents[1] / "shipped_files").is_dir()
    return f"{'from a wheel' if shipped else 'from a checkout'}, {own}"


def _of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
