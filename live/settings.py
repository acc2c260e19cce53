"""What a live run is given: by the environment, and nothing by default."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.clouds import CLOUDS

_ADDRESS = re.compile(r"[^@\s'\"/]+@[^@\s'\"/]+\.[^@\s'\"/]+")
_PROOFS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")


class Missing(Exception):
    """What has to be given yet, a line each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))


@dataclass(frozen=True)
class Settings:
    """One live run."""

    tenant: str
    mailbox: str
    send_to: str | None
    cloud: str
    auth: str
    folder: Path  # where the recording goes
    sandbox: str | None = None  # a served sandbox in place of the tenant, for tests of this package


def read(environment: Mapping[str, str], folder: Path, sandbox: str | None = None) -> Settings:
    """Return the settings; ``Missing`` with all that lacks. Nothing is sent anywhere."""
    lines: list[str] = []
    tenant = environment.get("AZURE_TENANT_ID", "")
    if not tenant:
        lines.append("AZURE_TENANT_ID: the tenant's id; take one for tests")
    auth = "environment"
    if environment.get("AZURE_CLIENT_ID"):
        if not any(environment.get(name) for name in _PROOFS):
            lines.append(f"a credential for AZURE_CLIENT_ID: {', '.join(_PROOFS[:-1])} or {_PROOFS[-1]}")
    elif sandbox is None:
        auth = "cli"
        if not _az_is_signed_in():
            lines.append("AZURE_CLIENT_ID with a credential, or 'az login --tenant TENANT'")
    mailbox = environment.get("PROVISION_LIVE_MAILBOX", "")
    if not _ADDRESS.fullmatch(mailbox):
        lines.append("PROVISION_LIVE_MAILBOX: the address of a mailbox in that tenant")
    send_to = environment.get("PROVISION_LIVE_SEND_TO") or None
    if send_to is not None and not _ADDRESS.fullmatch(send_to):
        lines.append("PROVISION_LIVE_SEND_TO: an address that the test mail may go to")
    cloud = environment.get("PROVISION_LIVE_CLOUD") or "global"
    if cloud not in CLOUDS:
        lines.append(f"PROVISION_LIVE_CLOUD: one of {', '.join(CLOUDS)}")
    if lines:
        raise Missing(lines)
    return Settings(tenant, mailbox, send_to, cloud, auth, folder, sandbox)


def _az_is_signed_in() -> bool:
    az = shutil.which("az")
    if az is None:
        return False
    ran = subprocess.run(  # noqa: S603 - no shell, no argument of anybody's
        [az, "account", "show", "--output", "none"],
        capture_output=True,
        check=False,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
    )
    return ran.returncode == 0
