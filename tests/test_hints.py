"""Every suggestion that is made by likeness, against words where likeness misleads.

A row is what somebody writes, and the words that the hint may name; none: it must suggest nothing. In most
rows a suggestion by spelling alone gives another answer.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision import likeness
from provision.errors import catalogue
from tests.support import TENANT, Program, write_config

CLOUDS = {
    "GCCH": ["gcc-high"], "GCC-H": ["gcc-high"], "gcc_high": ["gcc-high"], "GCC High": ["gcc-high"],
    "GCCHigh": ["gcc-high"], "L4": ["gcc-high"], "IL4": ["gcc-high"], "Arlington": ["gcc-high"],
    "O365USGovGCCHigh": ["gcc-high"], "gcc-hgih": ["gcc-high"], "GCC": ["gcc"], "GCC Moderate": ["gcc"],
    "gccx": ["gcc", "gcc-high"], "usgov": ["gcc-high", "dod"], "USGov": ["gcc-high", "dod"],
    "AzureUSGovernment": ["gcc-high", "dod"], "MAG": ["gcc-high", "dod"], "Fairfax": ["gcc-high", "dod"],
    "gov": ["gcc", "gcc-high", "dod"], "IL5": ["dod"], "L5": ["dod"], "mil": ["dod"], "USGovDoD": ["dod"],
    "commercial": ["global"], "public": ["global"], "AzureCloud": ["global"], "worldwide": ["global"],
    "globl": ["global"], "Mooncake": ["china"], "AzureChinaCloud": ["china"], "21Vianet": ["china"],
    "Blackforest": ["global"], "AzureGermanCloud": ["global"], "IL6": [], "USNat": [], "USSec": [],
    "aws": [],
    # names of several words, as Microsoft's pages, portals and modules have them
    "US Government L4": ["gcc-high"], "US Government L5 (DOD)": ["dod"], "DoD L5": ["dod"], "DoD5": ["dod"],
    "DoD IL5": ["dod"], "GCC High L4": ["gcc-high"], "GCC-H IL4": ["gcc-high"], "Impact Level 5": ["dod"],
    "Microsoft Graph for US Government L4": ["gcc-high"], "Microsoft Graph global service": ["global"],
    "azure us government": ["gcc-high", "dod"], "Microsoft Azure Government": ["gcc-high", "dod"],
    "US Gov": ["gcc-high", "dod"], "AzGov": ["gcc-high", "dod"], "US DoD East": ["dod"], "DoD Azure": ["dod"],
    "Office 365 GCC High": ["gcc-high"], "M365 GCC": ["gcc"], "GCC (worldwide)": ["gcc"], "GCC Low": ["gcc"],
    "Azure Commercial": ["global"], "21 Vianet": ["china"], "Azure China 21Vianet": ["china"],
    "Microsoft Graph China operated by 21Vianet": ["china"], "CN": ["china"], "Germany": ["global"],
    "AzureGermanyCloud": ["global"], "FedRAMP High": ["gcc", "gcc-high", "dod"],
    # contradictions are a choice; a part that nobody knows, or that means another cloud, is no answer
    "GCC High/DoD": ["gcc-high", "dod"], "IL4/IL5": ["gcc-high", "dod"], "GCC L5": ["gcc", "dod"],
    "GCC-J": ["gcc", "gcc-high"], "US Gov Secret": [], "AWS GovCloud": [], "Azure Stack Hub": [],
    "Azure Local": [], "DoD Secret": [], "US Nat cloud": [], "usgovl6": [], "DoD L6": [],
    "Microsoft": [], "test tenant": [], "sovereign cloud": [], "EU": [], "nonprod": [], "none": [],
    # slips in them
    "AzureUSGoverment": ["gcc-high", "dod"], "goverment": ["gcc", "gcc-high", "dod"],
    "commerical": ["global"], "usgovsecrets": [], "usgovl7": [],
    # hosts
    "graph.microsoft.us": ["gcc-high"], "https://dod-graph.microsoft.us": ["dod"],
    "login.microsoftonline.us": ["gcc-high", "dod"], "https://portal.azure.cn/": ["china"],
    "graph.microsoft.com": ["global", "gcc"], "graph.microsoft.com.evil.example": [],
}  # fmt: skip


def asked(text: str) -> list[str]:
    """The words that a hint asks for, which it does once."""
    said = re.findall(r"[Dd]id you mean ([^?]*)\?", text)
    assert len(said) < 2, text
    return re.findall(r"'([^']+)'", said[0]) if said else []


@pytest.mark.parametrize(("written", "meant"), CLOUDS.items(), ids=CLOUDS)
def test_a_cloud_as_people_call_it(provision: Program, written: str, meant: list[str]) -> None:
    """It is answered with the right one, or with the choice; never with the nearest spelling."""
    config = Path(write_config())
    config.write_text(config.read_text().replace(TENANT, f"{TENANT}\n  cloud: '{written}'"))
    ran = provision("validate", str(config))
    assert (ran.code, asked(ran.err)) == (65, meant)


# section, key, what the hint may name
KEYS = [
    ("application", "name", ["display_name"]), ("application", "id", ["client_id"]),
    ("application", "app_id", ["client_id"]), ("application", "object_id", []),
    ("application", "description", ["notes"]), ("application", "redirect_urls", ["redirect_uris"]),
    ("application", "reply_urls", ["redirect_uris"]), ("application", "admin_uri", ["admin_url"]),
    ("application", "owner", ["owners"]), ("application", "audience", ["sign_in_audience"]),
    ("application", "address", []), ("application", "clinet_id", ["client_id"]),
    ("application", "scope", ["mail.scope"]), ("application", "secret", ["secret"]),
    ("tenant", "name", ["id"]), ("tenant", "tenant_id", ["id"]), ("tenant", "domain", ["id"]),
    ("tenant", "environment", ["cloud"]), ("tenant", "description", []), ("tenant", "cluod", ["cloud"]),
    ("mail", "name", []), ("mail", "id", []), ("mail", "email", ["address"]), ("mail", "from", ["address"]),
    ("mail", "mailbox", ["address"]), ("mail", "adress", ["address"]), ("mail", "to", []),
    ("mail", "permissions", []), ("mail", "lifetime", ["secret.lifetime"]),
    ("secret", "id", []), ("secret", "name", ["description"]), ("secret", "expiry", ["lifetime"]),
    ("secret", "key_id", []), ("secret", "value", []), ("secret", "sink", ["delivery"]),
    ("secret", "renew", ["renew_before"]), ("secret", "lifetimes", ["lifetime"]),
    ("", "tenant_id", ["tenant.id"]), ("", "client_id", ["application.client_id"]),
    ("", "email", ["mail.address"]), ("", "environment", []), ("", "extend", ["extends"]),
    ("", "id", []), ("", "tags", []), ("", "client_secret", []),
]  # fmt: skip


@pytest.mark.parametrize(("section", "key", "meant"), KEYS, ids=[f"{s}.{k}" for s, k, _ in KEYS])
def test_a_key(provision: Program, section: str, key: str, meant: list[str]) -> None:
    """A plain word inside a section is not another section's key."""
    config = Path(write_config())
    text = config.read_text()
    if section in ("", "secret"):
        text += f"secret:\n  {key}: x\n" if section else f"{key}: x\n"
    else:
        text = text.replace(f"{section}:\n", f"{section}:\n  {key}: x\n")
    config.write_text(text)
    ran = provision("validate", str(config))
    assert (ran.code, asked(ran.err)) == (65, meant), ran.err
    if meant:
        assert re.search(rf"(Write|Move it:) {re.escape(meant[0])}\.", ran.err)


WORDS = [
    ("product", "FOIAXpress Collaboration", ["collaboration"]), ("product", "FOIAXpress PAL", ["pal"]),
    ("product", "Public Access Link", ["pal"]), ("product", "FOIAXpress", ["foiaxpress"]),
    ("product", "foiaexpress", ["foiaxpress"]), ("product", "eCASE", ["ecase"]), ("product", "paul", []),
    ("product", "case", ["ecase"]), ("product", "outlook", []),
    ("consent", "granted", ["grant"]), ("consent", "manual", ["handoff"]), ("consent", "none", ["handoff"]),
    ("consent", "handover", ["handoff"]), ("consent", "admin", ["grant", "handoff"]),
    ("consent", "grand", ["grant"]), ("consent", "hand-off", ["handoff"]),
    ("sign_in_audience", "multitenant", ["AzureADMultipleOrgs"]),
    ("sign_in_audience", "AzureADMyOrgs", ["AzureADMyOrg", "AzureADMultipleOrgs"]),
    ("sign_in_audience", "single", ["AzureADMyOrg"]), ("sign_in_audience", "all", []),
    ("scope", "organisation", ["organization"]), ("scope", "tenant", ["organization"]),
    ("scope", "Mail.Send", []), ("scope", "user", ["mailbox"]), ("scope", "shared", []),
    ("finding", "undeclared", []), ("finding", "undeclared-secrets", ["undeclared-secret"]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "written", "meant"), WORDS, ids=[f"{k}={w}" for k, w, _ in WORDS])
def test_a_word(provision: Program, key: str, written: str, meant: list[str]) -> None:
    """The words that a key takes have other names, too."""
    config = Path(write_config(more="scope: x\nsign_in_audience: x\nconsent: x\n"))
    text = "\n".join(line for line in config.read_text().splitlines() if not line.endswith(": x"))
    text = re.sub(r"\nproduct: .*", "", text)
    quoted = f'{key}: "{written}"'
    if key in ("product", "consent"):
        text += f"\n{quoted}\n"
    elif key == "finding":
        text += f"\ndrift: {{ignore: [{{{quoted}, value: x, reason: y}}]}}\n"
    else:
        section = "mail" if key == "scope" else "application"
        text = text.replace(f"{section}:\n", f"{section}:\n  {quoted}\n")
    config.write_text(text)
    ran = provision("validate", str(config))
    assert (ran.code, asked(ran.err)) == (65, meant), ran.err


SINKS = {
    "mail.secret": ["file:mail.secret"], "./out": ["file:./out"], "C:\\out.secret": ["file:C:\\out.secret"],
    "keyvault:": ["key_vault:URL"], "vault:x": ["key_vault:x"], "files:x": ["file:x"],
    "https://v.vault.azure.net": ["key_vault:https://v.vault.azure.net"],
    "https://github.com/o/r": ["github:o/r"], "gitlab:o/r": [], "stdout": [], "none": [], "git:x": [],
    "termnal": ["terminal"], "screen": ["terminal"], "devops:x": ["azure_devops:x"],
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), SINKS.items(), ids=SINKS)
def test_a_sink(provision: Program, config: str, written: str, meant: list[str]) -> None:
    """A path or an address tells the sink; the name of another service does not."""
    ran = provision("plan", config, "--sandbox", "--deliver", written)
    assert (ran.code, asked(ran.err)) == (64, meant), ran.err


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("file", "Write {file: {path: PATH}}."), ("keyvault", "Write {key_vault: {vault: NAME}}."),
        ("file:out.secret", "Write {file: {path: PATH}}."), ("mail.secret", "Write {file: {path: PATH}}."),
        ("termnal", "Did you mean 'terminal'?"), ("github", "Write {github: {repository: OWNER/NAME}}."),
    ],
)  # fmt: skip
def test_a_delivery_of_one_word(provision: Program, written: str, fix: str) -> None:
    """A sink with options is shown as it is written, not left out of what there is."""
    ran = provision("validate", write_config(more=f"secret:\n  delivery: '{written}'\n"))
    assert ran.code == 65
    assert fix in ran.err


LINES = [
    ("create x", ["apply"]), ("deploy x", ["apply"]), ("preview x", ["plan"]), ("export x", []),
    ("remove x", ["destroy"]), ("delete x", ["destroy"]), ("status x", ["show", "expiry"]),
    ("renew x", ["rotate"]), ("diff x", ["plan", "drift"]), ("check x", ["validate", "doctor"]),
    ("aply x", ["apply"]), ("verfy x", ["verify"]), ("rollback x", []), ("config x", []), ("reset", []),
    ("sandbox sed", []), ("sandbox sedd", ["seed"]), ("sandbox clean", []),
    ("plan x --sandbx", ["--sandbox"]), ("show x --out f", []), ("apply x --auto-approve", ["--yes"]),
    ("apply x --force", []), ("rotate x --remove", []), ("rotate x --revoke-all", ["--emergency"]),
    ("verify x --to a@b.gov", ["--send-to"]), ("plan x --json", ["--output"]), ("plan x --tenant y", []),
    ("plan x -o md", ["markdown"]), ("plan x -o yaml", []), ("plan x --auth az", ["cli"]),
    ("plan x --auth interactive", ["device-code", "browser"]), ("plan x --auth azure", []),
    ("apply x --allow custom-sink", ["command-sink", "sink-host"]), ("apply x --allow all", []),
    ("apply x --allow mailbox-mising", ["mailbox-missing"]), ("apply x --allow consent", ["consent-pending"]),
    ("explain PRV999", []), ("explain PRV3O5", ["PRV305"]), ("explain 305", ["PRV305"]),
    ("explain PRV395", []), ("explain mailbox", ["mailbox-missing", "no-mailbox"]),
    ("explain consent", ["consent-missing", "consent-pending"]), ("explain secret", []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "meant"), LINES, ids=[line for line, _ in LINES])
def test_a_command_line(provision: Program, line: str, meant: list[str]) -> None:
    """Verbs, options, their values, and codes; what cannot be undone is never the nearest word."""
    ran = provision(*line.split())
    assert ran.code == 64, ran.err
    from provision.cli.main import VERBS

    missing = {"destroy", "init", "import", "restore"} - VERBS.keys()
    assert sorted(asked(ran.err)) == sorted(word for word in meant if word not in missing), ran.err


def test_there_are_at_least_sixty_traps() -> None:
    """Where likeness alone says something else."""
    assert len(CLOUDS) + len(KEYS) + len(WORDS) + len(SINKS) + len(LINES) >= 150


def test_two_names_that_are_as_near_are_both_named() -> None:
    """Rather than the first of them."""
    assert likeness.nearest("reed", ["read", "reel"]) == ("read", "reel")
    assert likeness.nearest("", ["read"]) == ()
    assert likeness.nearest("x" * 100_000, ["read"]) == ()
    assert likeness.question(()) is None
    assert likeness.question(("a", "b", "c")) == "Did you mean 'a', 'b' or 'c'?"
    for name in catalogue.ENTRIES:
        assert catalogue.near(name) == (name,)


IDS = [
    ("client_id is the tenant's", TENANT, f"client_id: {TENANT}", "the tenant's id"),
    ("in capitals", TENANT, f"client_id: {TENANT.upper()}", "the tenant's id"),
    ("Microsoft Graph", TENANT, "client_id: 00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
    ("Azure CLI", TENANT, "client_id: 04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Azure CLI"),
    ("Mail.Send", TENANT, "client_id: b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.Send"),
    ("owner is the tenant", TENANT, f"owners: [{TENANT}]", "tenant's id"),
    ("personal accounts", "9188040d-6c67-4c5b-b112-36a304b66dad", "owners: null", "personal accounts"),
]


@pytest.mark.parametrize(("tenant", "line", "said"), [row[1:] for row in IDS], ids=[row[0] for row in IDS])
def test_ids_in_each_others_place(provision: Program, tenant: str, line: str, said: str) -> None:
    """Offline, at the key."""
    config = Path(write_config(tenant=tenant))
    config.write_text(config.read_text().replace("application:\n", f"application:\n  {line}\n"))
    ran = provision("validate", str(config))
    assert ran.code == 65
    assert said in ran.err


@pytest.mark.parametrize("digest", ["abc", "sha256:abc", "0" * 64, "sha256:" + "g" * 64, "sha1:" + "0" * 64])
def test_what_is_no_digest_is_told_at_once(provision: Program, digest: str) -> None:
    """64, before the config is read."""
    ran = provision("apply", "missing.yaml", "--yes", "--expect-digest", digest)
    assert ran.code == 64
    assert "sha256:" in ran.err


PASTED = [
    ("The mailbox is either inactive, soft-deleted, or is hosted on-premise.", "no-mailbox"),
    ("Error: Insufficient privileges to complete the operation.", "no-permission"),
    ("Need admin approval", "consent-missing"),
    ("App needs permission to access resources in your organization\nthat only an admin can grant.",
     "consent-missing"),
    ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
     "smtp-auth"),
    ("ErrorAccessDenied: Access is denied. Check credentials and try again.", "send-refused"),
    ("soft-deleted", "soft-deleted"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), PASTED, ids=[name for _, name in PASTED])
def test_what_people_paste(provision: Program, text: str, name: str) -> None:
    """The sentences that Exchange, Graph and the consent page show without a code of their own."""
    ran = provision("explain", text, "-o", "json")
    assert (ran.code, ran.json["name"]) == (0, name)


@pytest.mark.parametrize(
    ("written", "proposal"),
    [
        # a path is proposed as it stands, unless nobody would deliver there
        ("out.secret", "file:out.secret"),
        ("kept/mail.secret", "file:kept/mail.secret"),
        ("/tmp/x.secret", "file:/tmp/x.secret"),
        ("/etc/shadow", "file:PATH"),
        ("/dev/stdout", "file:PATH"),
        ("/usr/local/bin/x", "file:PATH"),
        ("/proc/self/fd/1", "file:PATH"),
        ("C:\\Windows\\System32\\x", "file:PATH"),
        ("folder/", "file:PATH"),
        ("github.com/agency/mail", "file:PATH"),  # an address that lost its https://
        # an address as the browser or git shows it: the repository, and no other one
        ("https://github.com/agency/mail", "github:agency/mail"),
        ("https://github.com/agency/mail.git", "github:agency/mail"),
        ("https://github.com/agency/mail/settings/secrets/actions", "github:agency/mail"),
        ("https://github.com/agency", "github:OWNER/NAME"),
        ("https://github.agency.gov/a/b", "github:OWNER/NAME"),  # another host's a/b
        ("https://agency-kv.vault.azure.net", "key_vault:https://agency-kv.vault.azure.net"),
        ("https://agency-kv.vault.azure.net/secrets/x/0123", "key_vault:URL"),
        ("https://evil.example/vault.x", "key_vault:URL"),
        ("https://dev.azure.com/o/p?group=g", "azure_devops:https://dev.azure.com/o/p?group=g"),
        ("https://dev.azure.com/o/p/_library", "azure_devops:URL?group=NAME"),
    ],
)
def test_a_sink_is_proposed_whole_or_by_its_form(provision: Program, written: str, proposal: str) -> None:
    """Never another host, another repository, or a file of the system."""
    ran = provision("apply", write_config(), "--sandbox", "--deliver", written)
    assert ran.code == 64
    assert f"Did you mean '{proposal}'?" in ran.err
