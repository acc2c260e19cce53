"""One mailbox: the Exchange script, its quoting and its structure, and the way to it and back.

The script was never run against Exchange Online. Here it is read by a grammar of PowerShell that we did not
write, held against the parameters on Microsoft's pages, and, where pwsh is installed, parsed by PowerShell.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st

from provision.cli.main import run as run_program
from provision.clouds import CLOUDS
from provision.outcomes.exchange import MailboxLimit, mark
from provision.plan.model import Target
from provision.report.exchange import exchange_script
from provision.report.powershell import literal
from tests.support import TENANT, Program, Tenant, write_config

LIMIT = MailboxLimit(
    name="collab",
    target=Target.GRAPH,
    tenant_id=TENANT,
    environment="O365Default",
    client_id="71487acd-ec93-476d-bd0e-6c8b31831053",
    object_id="6233fba6-0198-4277-892f-9275bf728bcc",
    address="noreply@agency.example",
    granted=("https://graph.microsoft.com/v1.0/servicePrincipals/x/appRoleAssignments/y",),
)
# Every command of the script, with the parameters that it is given there. Those of Exchange are on
# https://learn.microsoft.com/powershell/module/exchange/NAME.
COMMANDS = {
    "Connect-ExchangeOnline": {"ExchangeEnvironmentName", "ShowBanner"},
    "Get-ApplicationAccessPolicy": set(),
    "Get-ConnectionInformation": set(),
    "Get-ManagementRoleAssignment": {"Role"},
    "Get-ManagementScope": set(),
    "Get-Recipient": {"Filter"},
    "Get-ServicePrincipal": set(),
    "New-ManagementRoleAssignment": {"Name", "App", "Role", "CustomResourceScope"},
    "New-ManagementScope": {"Name", "RecipientRestrictionFilter"},
    "New-ServicePrincipal": {"AppId", "ObjectId", "DisplayName"},
    "Remove-ManagementRoleAssignment": {"Identity", "Confirm"},
    "Remove-ManagementScope": {"Identity", "Confirm"},
    "Remove-ServicePrincipal": {"Identity", "Confirm"},
    "Set-ManagementScope": {"Identity", "RecipientRestrictionFilter"},
    "Test-ServicePrincipalAuthorization": {"Identity", "Resource"},
    "Format-Table": {"Property"},
    "Out-Null": set(),
    "Set-StrictMode": {"Version"},
    "Where-Object": set(),
    "Write-Host": set(),
    "Write-Warning": set(),
}
WRITES = ("New-", "Set-Management", "Remove-")
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))

hostile = st.one_of(
    st.text(),
    st.text(alphabet="'\"\u2018\u2019\u201a\u201b\u201c\u201d\u201e`$(){};#\n\r\0 @&|<>a"),
    st.sampled_from(["'; Remove-Item / #", "\u2019; Remove-Item /; \u2019", "$(whoami)", "`n", "<#", "#>"]),
)


def nodes(text: str, kind: str) -> Iterator[tree_sitter.Node]:
    """Yield the nodes of a kind in a script, which must be PowerShell throughout."""
    root = _PARSER.parse(text.encode()).root_node
    assert not root.has_error, text
    todo = [root]
    while todo:
        node = todo.pop()
        todo += node.children
        if node.type == kind:
            yield node


def said(node: tree_sitter.Node | None) -> str:
    """Return a node's text."""
    assert node is not None
    assert node.text is not None
    return node.text.decode()


def value_of(expression: str) -> str:
    """Read a literal back: single-quoted texts and characters by their number, joined; nothing else."""
    inner = expression[1:-1] if expression.startswith("(") else expression
    units = b""
    while inner:
        found = re.match(r"(?:'((?:[^']|'')*)'|\[char\]0x([0-9a-f]{4}))(?: \+ (?=.))?", inner)
        assert found, inner
        text, number = found.groups()
        units += bytes.fromhex(number) if number else text.replace("''", "'").encode("utf-16-be")
        inner = inner[found.end() :]
    return units.decode("utf-16-be", "surrogatepass")


@given(hostile)
def test_a_literal_is_the_text_and_nothing_else(text: str) -> None:
    """ASCII alone, so that no encoding and no typographic quote can end it; read back, it is the text."""
    written = literal(text)
    assert written.isascii()
    assert written.isprintable()
    assert value_of(written) == text
    assert not list(nodes(f"$x = {written}", "command"))


@given(hostile, hostile)
def test_no_value_becomes_code(address: str, url: str) -> None:
    """Whatever stands in a value, the script has the same commands, and the filter quotes it again."""
    script = exchange_script(replace(LIMIT, address=address, granted=(url,)))
    plain = exchange_script(LIMIT)
    assert script.isascii()
    assert sorted(map(said, nodes(script, "command"))) == sorted(map(said, nodes(plain, "command")))
    found = re.search(r"^\$Filter +(?:=) (.*)$", script, re.MULTILINE)
    assert found
    opath = value_of(found[1])
    assert opath.startswith("PrimarySmtpAddress -eq '")
    assert opath[24:-1].replace("''", "'") == address
    assert opath[24:-1].count("'") == 2 * address.count("'")


def test_the_checker_sees_what_it_is_for() -> None:
    """A value in double quotes or none is found out by the same means."""
    assert value_of(literal("it's")) == "it's"
    with pytest.raises(AssertionError):
        value_of("'it's'")
    bad = exchange_script(LIMIT).replace("$Mailbox        = ", "$Mailbox        = $(Remove-Item x) + ")
    assert len(list(nodes(bad, "command"))) == len(list(nodes(exchange_script(LIMIT), "command"))) + 1
    with pytest.raises(AssertionError):
        list(nodes(exchange_script(LIMIT) + "\n}", "command"))


@pytest.mark.parametrize("environment", ["O365USGovGCCHigh", None])
def test_every_command_and_parameter_is_a_documented_one(environment: str | None) -> None:
    """No parameter is invented, no command is left over in the table."""
    script = exchange_script(replace(LIMIT, environment=environment))
    seen: dict[str, set[str]] = {}
    for command in nodes(script, "command"):
        name = said(command.child_by_field_name("command_name"))
        elements = command.child_by_field_name("command_elements")
        given_to = {
            said(part).strip("-:")
            for part in (elements.children if elements else ())
            if part.type == "command_parameter"
        }
        seen.setdefault(name, set()).update(given_to)
    assert seen == COMMANDS
    assert not list(nodes(script, "expandable_string_literal"))  # all text is single-quoted
    assert not re.search(r"Invoke-Expression|\biex\b|SilentlyContinue|&\s", script)


def test_every_write_is_asked_for_by_should_process() -> None:
    """So -WhatIf writes nothing, whether or not a cmdlet heeds it."""
    for command in nodes(exchange_script(LIMIT), "command"):
        name = said(command.child_by_field_name("command_name"))
        if not name.startswith(WRITES) or name == "Set-StrictMode":
            continue
        node: tree_sitter.Node | None = command
        asked = ""
        while node is not None and "ShouldProcess" not in asked:
            node = node.parent
            if node is not None and node.type in ("if_statement", "elseif_clause"):
                asked = said(node.child_by_field_name("condition"))
        assert "ShouldProcess($" in asked, name
        assert f"'{name}')" in asked, (name, asked)


def test_it_looks_before_it_makes() -> None:
    """Get- before New-, of each kind; and the scope whose filter differs is set."""
    script = exchange_script(LIMIT)
    for kind in ("ServicePrincipal", "ManagementScope", "ManagementRoleAssignment"):
        assert script.index(f"= @(Get-{kind}") < script.index(f"    New-{kind}")
    assert script.index("RecipientFilter -ne $ScopeFilter") < script.index("    Set-ManagementScope")
    assert script.index("    Remove-ManagementRoleAssignment") < script.index("    Remove-ManagementScope")


def test_names_fit_and_say_whose_they_are() -> None:
    """64 characters at most; two configs never share one, nor two principals of one."""
    long = [mark("a" * 60 + tail) for tail in ("b", "c", "")]
    assert len(set(long)) == 3
    assert max(map(len, long)) == 55
    assert len(replace(LIMIT, name="a" * 64).assignment) == 64
    assert (LIMIT.scope, LIMIT.assignment) == ("provision-collab", "provision-collab-6233fba6")


def test_each_cloud_has_its_environment() -> None:
    """As on the page of Connect-ExchangeOnline; hosts of nobody's cloud make the parameter mandatory."""
    assert {name: cloud.exchange for name, cloud in CLOUDS.items()} == {
        "global": "O365Default",
        "gcc": "O365Default",
        "gcc-high": "O365USGovGCCHigh",
        "dod": "O365USGovDoD",
        "china": "O365China",
    }
    assert replace(CLOUDS["global"], name="custom").exchange is None
    assert "[Parameter(Mandatory)] [string] $Exchange" in exchange_script(replace(LIMIT, environment=None))


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell (pwsh) is not installed here")
def test_powershell_parses_it(tmp_path: Path) -> None:
    """PowerShell's own parser finds no error."""
    path = tmp_path / "limit.ps1"
    path.write_text(exchange_script(replace(LIMIT, address="o'brien$x`@agency.example")))
    code = (
        "$errors = $null; [System.Management.Automation.Language.Parser]::ParseFile("
        f"'{path}', [ref] $null, [ref] $errors) | Out-Null; exit $errors.Count"
    )
    ran = subprocess.run(["pwsh", "-NoProfile", "-Command", code], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stdout


# The verb


def one_mailbox(scope: str = "mailbox", address: str = "noreply@agency.example") -> str:
    """Write a config for one mailbox."""
    return write_config(address=f"{address}\n  scope: {scope}")


def apply(provision: Program, config: str, *more: str) -> None:
    """Apply it to the embedded sandbox, with the secret in a file."""
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", *more)
    assert ran.code == 0, ran.err + ran.out


def test_the_script_has_the_applications_own_ids(provision: Program) -> None:
    """In every format and to a file; nothing is written in Graph."""
    config = one_mailbox()
    assert provision("exchange", config, "--sandbox", "-o", "json").json["error"] == "not-applied"
    apply(provision, config)
    tenant = Tenant()
    app = tenant.application()
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    writes = tenant.writes
    as_json = provision("exchange", config, "--sandbox", "-o", "json").json
    assert (as_json["oauth_client_id"], as_json["object_id"]) == (app["appId"], principal["id"])
    assert as_json["grants_in_entra"] == []
    script = provision("exchange", config, "--sandbox", "--out", "limit.ps1")
    assert (script.code, script.out) == (0, "")
    text = Path("limit.ps1").read_text()
    assert text == provision("exchange", config, "--sandbox").out == as_json["script"]
    assert f"$ObjectId       = '{principal['id']}'" in text
    assert text.rstrip() in provision("exchange", config, "--sandbox", "-o", "markdown").out
    slip = provision("exchange", config, "--sandbox", "--out", config)
    assert (slip.code, "is no script of ours" in slip.err) == (64, True)
    assert tenant.writes == writes
    assert "throw 'This script was written in a rehearsal" in text


def test_the_sheet_names_the_command(provision: Program) -> None:
    """Instead of a consent link, in text and Markdown; and the finding leads to it."""
    config = one_mailbox()
    apply(provision, config)
    whole = f"provision exchange {config} --sandbox"
    assert f"'{whole}'" in provision("show", config, "--sandbox").out
    assert f"`{whole}`" in provision("show", config, "--sandbox", "-o", "markdown").out
    (finding,) = [
        f
        for f in provision("plan", config, "--sandbox", "-o", "json").json["findings"]
        if f["name"] == "scope-nothing"
    ]
    assert "provision exchange" in finding["fix"]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        (("--sandbox", "--undo"), "usage"),
        (("--sandbox", "--run"), "usage"),
        (("--run",), "powershell-missing"),
        (("--sandbox", "--out", "no/such/folder.ps1"), "disk"),
    ],
)
def test_what_cannot_be_done(
    provision: Program, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], name: str
) -> None:
    """A name from the catalogue, before Graph is asked where that is possible."""
    config = one_mailbox()
    apply(provision, config)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert provision("exchange", config, *more, "-o", "json").json["error"] == name


def test_nothing_to_limit_for_the_organization(provision: Program, config: str) -> None:
    """mail.scope: organization is refused, and told the order."""
    ran = provision("exchange", config, "--sandbox", "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "scope-is-organization")


class Pwsh:
    """A stand-in for pwsh that writes down what it was given."""

    def __init__(self, folder: Path, *, module: bool = True, code: int = 0) -> None:
        self.seen = folder / "seen"
        program = folder / "pwsh"
        program.write_text(
            f'#!/bin/sh\ncase "$*" in *Get-Module*) exit {0 if module else 3};; esac\n'
            'case "$*" in *-EncodedCommand*) exit 1;; esac\n'  # a sign-in, which asks each tool that is there
            f'printf "%s\\n" "$*" > {self.seen}; cat "$3" >> {self.seen}; echo told; exit {code}\n'
        )
        program.chmod(0o755)


def run_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: MailboxLimit, *argv: str, pwsh: Pwsh | None = None
) -> tuple[Pwsh, int]:
    """Run ``exchange --run`` with a stand-in for pwsh, and for the look at the tenant."""
    from provision.engine import exchange as engine

    there = pwsh or Pwsh(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    async def known(_: object) -> MailboxLimit:
        return limit

    monkeypatch.setattr(engine, "limit", known)
    return there, run_program(["exchange", one_mailbox(), "--run", *argv])


def test_run_asks_and_runs_the_script(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody to ask: not run. With --yes: the very script, -Undo only if asked for, and no file is left."""
    pwsh, code = run_here(monkeypatch, tmp_path, LIMIT)
    assert (code, pwsh.seen.exists()) == (64, False)
    pwsh, code = run_here(monkeypatch, tmp_path, LIMIT, "--yes")
    assert code == 0
    argv, _, script = pwsh.seen.read_text().partition("\n")
    assert script == exchange_script(LIMIT)
    assert re.fullmatch(r"-NoProfile -File (\S+\.ps1)", argv)
    assert not Path(argv.split()[-1]).exists()
    out, err = capfd.readouterr()
    assert "told" in err
    assert out == ""
    pwsh, code = run_here(monkeypatch, tmp_path, LIMIT, "--yes", "--undo")
    assert pwsh.seen.read_text().partition("\n")[0].endswith(".ps1 -Undo")


def test_run_that_fails_or_may_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A script's failure is ours; without the module, or in a pipeline without leave, it is not run."""
    _, code = run_here(monkeypatch, tmp_path, LIMIT, "--yes", pwsh=Pwsh(tmp_path, code=1))
    assert code == 1
    assert "exchange-script-failed" in capfd.readouterr().err
    pwsh, code = run_here(monkeypatch, tmp_path, LIMIT, "--yes", pwsh=Pwsh(tmp_path, module=False))
    assert code == 5
    assert "no module ExchangeOnlineManagement" in capfd.readouterr().err
    monkeypatch.setenv("CI", "true")
    pwsh, code = run_here(monkeypatch, tmp_path, LIMIT, "--yes", pwsh=Pwsh(tmp_path))
    assert "[PRV342 exchange-run]" in capfd.readouterr().err
    pwsh.seen.unlink(missing_ok=True)
    _, code = run_here(monkeypatch, tmp_path, LIMIT, "--yes", "--allow", "exchange-run", pwsh=pwsh)
    assert (code, pwsh.seen.exists()) == (0, True)


# The way there and back


SEED = """\
tenant: {{id: {tenant}, domain: agency.example}}
users:
  - {{user_principal_name: noreply@agency.example, mailbox: shared}}
  - {{user_principal_name: head@agency.example, mailbox: user}}
mailbox_scopes: [{{client_id: {client_id}, addresses: [noreply@agency.example]}}]
"""


def exchange_does_it(provision: Program, client_id: str) -> None:
    """What an Exchange administrator does, done on the sandbox."""
    Path("seed.yaml").write_text(SEED.format(tenant=TENANT, client_id=client_id))
    ran = provision("sandbox", "seed", "seed.yaml")
    assert ran.code == 0, ran.err


def rungs(provision: Program, config: str) -> dict[str, str]:
    """Verify with a test mail; each rung's verdict."""
    ran = provision(
        "verify",
        config,
        "--sandbox",
        "--secret-from",
        "file:out.secret",
        "--send-to",
        "head@agency.example",
        "-o",
        "json",
    )
    return {rung["rung"]: rung["verdict"] for rung in ran.json["rungs"]}


def test_from_nothing_to_proof_for_one_mailbox_alone(provision: Program) -> None:
    """Made, not yet let; let by Exchange, proven; another mailbox of the tenant is refused."""
    config = one_mailbox()
    apply(provision, config)
    app = Tenant().application()
    assert app["requiredResourceAccess"] == []
    principal = Tenant().get(f"/servicePrincipals(appId='{app['appId']}')")
    assert Tenant().get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"] == []
    assert rungs(provision, config)["send"] == "fail"
    exchange_does_it(provision, app["appId"])
    assert {name: verdict for name, verdict in rungs(provision, config).items() if name != "seen"} == {
        "reach": "skipped",
        "token": "pass",
        "role": "skipped",
        "mailbox": "skipped",
        "send": "pass",
    }
    other = one_mailbox(address="head@agency.example")
    assert rungs(provision, other)["send"] == "fail"


def test_from_the_organization_to_one_mailbox_and_back(provision: Program) -> None:
    """At every step mail flows; the union is an error everywhere; nothing is removed but by a person."""
    apply(provision, write_config())
    config = one_mailbox()  # the config first: only then there is a script
    tenant = Tenant()
    app = tenant.application()
    declared = app["requiredResourceAccess"]
    assert declared
    planned = provision("plan", config, "--sandbox", "-o", "json").json
    found = {finding["name"]: finding for finding in planned["findings"]}
    assert (found["unscoped-grant"]["severity"], found["asks-for-everyone"]["severity"]) == (
        "error",
        "warning",
    )
    assert "provision exchange" in found["unscoped-grant"]["fix"]
    assert {tuple(c["change"]["actions"]) for c in planned["resource_changes"]} == {("no-op",)}
    refused = provision("apply", config, "--sandbox", "--yes", "-o", "json")
    drifted = provision("drift", config, "--sandbox", "-o", "json")
    assert drifted.code == 4
    names = [d["name"] for d in drifted.json["findings"]]
    assert "unscoped-grant" in names
    assert names.count("undeclared-permission") == 1
    assert "asks-for-everyone" not in names
    assert refused.code == 5
    apply(provision, config, "--allow", "unscoped-grant")
    assert tenant.application()["requiredResourceAccess"] == declared  # rule 3

    exchange_does_it(provision, app["appId"])
    assert rungs(provision, config)["role"] == "fail"  # both: the scope limits nothing
    assert rungs(provision, write_config())["send"] == "pass"  # and the product still sends
    (url,) = provision("exchange", one_mailbox(), "--sandbox", "-o", "json").json["grants_in_entra"]
    tenant = Tenant()
    tenant.do("DELETE", url.removeprefix("https://graph.microsoft.com/v1.0"))
    assert rungs(provision, config)["send"] == "pass"
    tenant = Tenant()
    tenant.do("PATCH", f"/applications/{app['id']}", {"requiredResourceAccess": []})
    clean = provision("plan", config, "--sandbox", "-o", "json").json
    assert {finding["name"] for finding in clean["findings"]} == {"scope-unknown"}
    assert json.dumps(clean["resource_changes"]).count('"no-op"') == len(clean["resource_changes"])

    back = write_config()  # the grant first, then Exchange's -Undo
    apply(provision, back)
    assert rungs(provision, back)["send"] == "pass"
