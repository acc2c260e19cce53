"""The PowerShell script that limits an application to one mailbox in Exchange Online.

The script is ``exchange.ps1``. Every cmdlet, parameter and property in it is as Microsoft's pages have it,
which its comments name; it was never run against a real Exchange Online. Values from a config or from Graph
stand at its head, as literals, and nowhere else.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from provision import __version__
from provision.outcomes.exchange import MailboxLimit, Script
from provision.plan.model import Target
from provision.report.escape import code, fenced
from provision.report.formats import PLAIN, Medium
from provision.report.powershell import literal


def exchange_script(limit: MailboxLimit) -> str:
    """Return the script."""
    values = {
        "ConfigName": limit.name,
        "Target": limit.target.value,
        "TenantId": limit.tenant_id,
        "AppId": limit.client_id,
        "ObjectId": limit.object_id,
        "Mailbox": limit.address,
        "Filter": limit.filter,
        "Permission": limit.permission.name,
        "RoleName": limit.permission.exchange_role,
        "ScopeName": limit.scope,
        "AssignmentName": limit.assignment,
    }
    width = max(map(len, values))
    lines = [f"${name:<{width}} = {literal(value)}" for name, value in values.items()]
    granted = [f"    {literal(url)}" for url in limit.granted]
    lines += ["$GrantsInEntra = @(", *granted, ")"] if granted else ["$GrantsInEntra = @()"]
    if limit.environment is None:
        cloud = "    [Parameter(Mandatory)] [string] $ExchangeEnvironmentName"
    else:
        cloud = f"    [string] $ExchangeEnvironmentName = {literal(limit.environment)}"
    template = files("provision.report").joinpath("exchange.ps1").read_text(encoding="ascii")
    # Values come last and once, so that none is taken for a place to fill in.
    version = __version__
    if limit.target is Target.SANDBOX:
        version += " IN A REHEARSAL: its application is in no real tenant, and it refuses to run"
    head, _, body = template.replace("#VERSION#", version).replace("#CLOUD#", cloud).partition("#VALUES#")
    return head + "\n".join(lines) + body


def exchange_text(made: Script, _: Medium = PLAIN) -> str:
    """Return the script, unless a file has it."""
    return "" if made.saved else exchange_script(made.limit).removesuffix("\n")


def exchange_json(made: Script, _: Medium = PLAIN) -> dict[str, Any]:
    """Return the script and what it is for as ``provision.exchange/1``."""
    limit = made.limit
    return {
        "format": "provision.exchange/1",
        "target": limit.target.value,
        "name": limit.name,
        "tenant_id": limit.tenant_id,
        "oauth_client_id": limit.client_id,
        "object_id": limit.object_id,
        "mailbox": limit.address,
        "scope": limit.scope,
        "assignment": limit.assignment,
        "grants_in_entra": list(limit.granted),
        "script": exchange_script(limit),
    }


def exchange_markdown(made: Script, _: Medium = PLAIN) -> str:
    """Return the script as a Markdown page's code block."""
    script = exchange_script(made.limit).rstrip()
    return f"### Exchange steps: {code(made.limit.name)}\n\n{fenced(script, 'powershell')}"
