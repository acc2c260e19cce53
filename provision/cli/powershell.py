"""PowerShell on this machine: whether it is there, and a script of ours run by it after a question."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from provision.cli.ci import inside
from provision.cli.console import ask, talk
from provision.cli.options import Common
from provision.errors import ProvisionError, catalogue
from provision.outcomes.exchange import MailboxLimit
from provision.report.escape import plain

_MODULE = "ExchangeOnlineManagement"


def refuse(options: Common) -> None:
    """Raise ``ProvisionError`` unless a script may be run here, before anything is looked at."""
    if options.sandbox:
        raise ProvisionError(catalogue.USAGE, "--run: a rehearsal's application is in no Exchange Online")
    if inside() and catalogue.EXCHANGE_RUN.name not in options.allow:
        raise ProvisionError(catalogue.EXCHANGE_RUN)
    pwsh = _pwsh()
    asked = f"if (Get-Module -ListAvailable -Name {_MODULE}) {{ exit 0 }} else {{ exit 3 }}"
    ran = subprocess.run(  # noqa: S603 - no shell, and nothing of a config in it
        [pwsh, "-NoProfile", "-NonInteractive", "-Command", asked],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if ran.returncode != 0:
        raise ProvisionError(catalogue.POWERSHELL_MISSING, f"PowerShell has no module {_MODULE}")


def run(script: str, limit: MailboxLimit, *, undo: bool, yes: bool) -> None:
    """Ask, and run the script; what it prints goes to stderr. ``ProvisionError`` if it fails."""
    what = "Remove" if undo else "Set"
    talk(
        f"{what} in Exchange Online of tenant {plain(limit.tenant_id)}: the scope {plain(limit.scope)} for "
        f"{plain(limit.address)}, and the role for application {plain(limit.client_id)}"
    )
    ask("Run it?", yes=yes)
    handle, name = tempfile.mkstemp(prefix="provision-", suffix=".ps1")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(script)
        argv = [_pwsh(), "-NoProfile", "-File", name, *(["-Undo"] if undo else [])]
        ran = subprocess.run(argv, stdout=sys.stderr, check=False)  # noqa: S603 - no shell
    finally:
        Path(name).unlink(missing_ok=True)
    if ran.returncode != 0:
        raise ProvisionError(
            catalogue.EXCHANGE_SCRIPT_FAILED, f"the Exchange script ended with {ran.returncode}"
        )


def _pwsh() -> str:
    found = shutil.which("pwsh")
    if found is None:
        raise ProvisionError(catalogue.POWERSHELL_MISSING, "pwsh is not on this machine")
    return found
