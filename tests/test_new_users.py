"""What new users of the first version met, as they met it: one test a story, by the command line alone.

Each fails on that version, for what its docstring says in the past tense.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import TENANT, Program, Ran, Tenant, write_config

OTHER = "91d2a7c4-0f3e-4b58-8a6d-2c7e5f1b9034"
SEED = """\
tenant: {id: 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690, domain: agency.example}
users:
  - {user_principal_name: noreply@agency.example, mailbox: shared}
"""
YES = ("--sandbox", "--yes")
VAULT = """\
secret:
  delivery:
    key_vault: {{vault: vendor, tenant: {tenant}, client_id: 5b0e7f3a-1c2d-4e3f-8a9b-0c1d2e3f4a5b}}
"""


def said(ran: Ran) -> str:
    """All that a run printed."""
    return ran.out + ran.err


class TestADeliveredSecretIsOverwritten:
    """Silently, by another tenant's run or by a rehearsal."""

    def test_two_customers_in_one_run(self, provision: Program) -> None:
        """Was: 4 done, twice, and one file was left. A place for each is what the refusal says, and works."""
        for name, tenant in (("c1", TENANT), ("c2", OTHER)):
            write_config(f"{name}.yaml", tenant=tenant)
        Path("secrets").mkdir(mode=0o700)
        assert provision("apply", ".", *YES, "--deliver", "file:secrets/{name}.secret").code == 64
        assert list(Path("secrets").iterdir()) == []
        assert provision("apply", ".", *YES, "--deliver", "file:secrets/{tenant}-{name}.secret").code == 0
        assert len(list(Path("secrets").glob("*.secret"))) == 2

    def test_one_customer_after_the_other(self, provision: Program) -> None:
        """Was: the second run's value stood in the file, and the first said that its own was delivered."""
        for name, tenant in (("c1", TENANT), ("c2", OTHER)):
            write_config(f"{name}.yaml", tenant=tenant)
        assert provision("apply", "c1.yaml", *YES, "--deliver", "file:mail.secret").code == 0
        value = Path("mail.secret").read_text()
        assert provision("apply", "c2.yaml", *YES, "--deliver", "file:mail.secret").code == 5
        assert Path("mail.secret").read_text() == value

    def test_a_rehearsal_after_the_real_run(self, provision: Program, config: str) -> None:
        """Was: "nothing real is touched", and the value was gone. Another sandbox stands for the real one."""
        argv = ("--yes", "--deliver", "file:mail.secret")
        assert provision("apply", config, "--sandbox-at", "real.json", *argv).code == 0
        value = Path("mail.secret").read_text()
        assert provision("apply", config, "--sandbox", *argv).code == 5
        assert Path("mail.secret").read_text() == value

    def test_a_rehearsal_and_the_real_sink(self, provision: Program, config: str) -> None:
        """Was: --deliver was obeyed, and a made-up value became the current one of a real vault."""
        assert provision("apply", config, *YES, "--deliver", "command:touch reached").code == 0
        assert not Path("reached").exists()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GCCH", "'gcc-high'"),
        ("usgov", "'gcc-high' or 'dod'"),
        ("IL5", "'dod'"),
        ("AzureUSGovernment", "'gcc-high' or 'dod'"),
        ("gov", "'gcc', 'gcc-high' or 'dod'"),
    ],
)
def test_the_cloud_as_everybody_calls_it(provision: Program, written: str, meant: str) -> None:
    """Was: for GCCH "Did you mean 'gcc'?", the worldwide cloud; for the others no answer."""
    config = Path(write_config())
    config.write_text(config.read_text().replace(TENANT, f"{TENANT}\n  cloud: {written}"))
    ran = provision("validate", str(config))
    assert ran.code == 65
    assert f"Did you mean {meant}?" in ran.err


class TestAMisspeltMailbox:
    """In a rehearsal, and in a tenant that is known."""

    def test_in_a_tenant_from_a_seed(self, provision: Program) -> None:
        """Was: "mailbox ok norepply@… is there", and apply was all green."""
        Path("seed.yaml").write_text(SEED)
        assert provision("sandbox", "seed", "seed.yaml").code == 0
        wrong = write_config(address="norepply@agency.example")
        assert "norepply@agency.example is there" not in provision("doctor", wrong, "--sandbox").out
        ran = provision("apply", wrong, *YES)
        assert ran.code == 5
        # was: "Create or license the mailbox" first; the place of the address was told nowhere
        assert re.search(r"Compare mail\.address in prod\.yaml:10:12\s+with\s+Exchange", said(ran))

    def test_in_one_that_is_made_up(self, provision: Program, config: str) -> None:
        """Was: "ok" for a tenant and a mailbox that were invented a moment ago."""
        checks = provision("doctor", config, "--sandbox", "-o", "json").json["checks"]
        states = {check["check"]: check["state"] for check in checks}
        assert "ok" not in {states[name] for name in ("login host", "cloud", "Graph", "sign-in", "mailbox")}


def test_ones_own_git_repository(provision: Program, config: str) -> None:
    """Was: `git add -A` staged the journal, the sandbox and the secret, and nobody warned."""
    subprocess.run(["git", "init", "-q"], check=True)
    ran = provision("apply", config, *YES, "--deliver", "file:mail.txt")
    assert ran.code == 0
    assert "git would take mail.txt" in " ".join(said(ran).split())
    subprocess.run(["git", "add", "-A"], check=True)
    done = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True)
    assert [name for name in done.stdout.split() if name.startswith(".provision")] == []


@pytest.mark.parametrize("verb", ["plan", "drift", "expiry"])
def test_one_unreadable_config(provision: Program, verb: str) -> None:
    """Was: 65 and no output at all for a fleet with one `oops: [`."""
    Path("fleet").mkdir()
    for name in ("one-mail", "two-mail"):
        write_config(f"fleet/{name}.yaml", name=name)
    assert provision("apply", "fleet", *YES).code == 0
    with Path("fleet/two-mail.yaml").open("a") as file:
        file.write("oops: [\n")
    ran = provision(verb, "fleet", "--sandbox")
    assert ran.code == 65
    assert "one-mail" in ran.out
    assert "two-mail" in ran.out
    if verb == "expiry":
        metrics = provision(verb, "fleet", "--sandbox", "-o", "prometheus").out
        assert re.search(r'provision_config_readable\{config="[^"]*two-mail[^}]*\} 0\n', metrics)


def test_the_vendors_own_vault(provision: Program) -> None:
    """Was: an unknown key; the vault had to trust the customer's tenant. Not by the config's word alone."""
    config = write_config(more=VAULT.format(tenant=OTHER))
    assert provision("validate", config).code == 0
    ran = provision("plan", config, "-o", "json")
    assert (ran.code, ran.json["error"]) == (5, "sink-tenant")
    assert "PROVISION_SINK_TENANTS" in ran.json["fix"]


def test_the_natural_layout(provision: Program) -> None:
    """Was: "name is missing. Add name." for the base, and "the folder holds no *.yaml"."""
    whole = Path(write_config()).read_text()
    Path("prod.yaml").unlink()
    for number in (1, 2):
        place = Path(f"configs/customers/cust{number:02d}")
        place.mkdir(parents=True)
        (place / "collab.yaml").write_text(f"version: 1\nextends: ../../base.yaml\nname: cust{number:02d}\n")
    Path("configs/base.yaml").write_text(whole.replace("name: collab-prod\n", ""))
    for folder in ("configs", "configs/customers"):
        ran = provision("validate", folder)
        assert ran.code == 0, ran.err
        assert "cust01" in ran.out
        assert "cust02" in ran.out


def test_the_failing_config_keeps_its_name(provision: Program) -> None:
    """Was: "provision: failed, …" among its neighbours, and `.name` of an error was its kind."""
    write_config("a.yaml", name="first-mail")
    write_config("b.yaml", name="wrong-mail")
    Path("wrong-mail.secret").write_text("somebody's")
    argv = ("apply", "a.yaml", "b.yaml", *YES, "--deliver", "file:{name}.secret", "-o")
    failed = provision(*argv, "json").json["results"][1]
    assert failed["name"] == "wrong-mail"
    assert (failed["config"], failed["error"]) == ("b.yaml", "sink-unusable")
    assert re.search(r"^#+ .*wrong-mail.*failed", provision(*argv, "markdown").out, re.MULTILINE)
    assert re.search(r"<h\d[^>]*>[^<]*wrong-mail", provision(*argv, "html").out)


class TestTheDigestOfASet:
    """It was all or nothing."""

    @pytest.fixture
    def plans(self, provision: Program) -> Any:
        for name in ("one-mail", "two-mail"):
            write_config(f"{name}.yaml", name=name)
        return provision("plan", "one-mail.yaml", "two-mail.yaml", "--sandbox", "-o", "json").json

    def test_which_one_differs_is_said(self, provision: Program, plans: Any) -> None:
        """Was: two hashes."""
        write_config("two-mail.yaml", name="two-mail", admin_url="https://other.agency.example")
        argv = ("--expect-digest", plans["digest"], "-o", "json")
        ran = provision("apply", "one-mail.yaml", "two-mail.yaml", *YES, *argv)
        assert ran.code == 5
        assert "two-mail" in ran.json["message"]

    def test_the_others_can_be_applied(self, provision: Program, plans: Any) -> None:
        """Was: all 60 were refused for one; no digest was of one config."""
        write_config("two-mail.yaml", name="two-mail", admin_url="https://other.agency.example")
        argv = [word for plan in plans["plans"] for word in ("--expect-digest", plan["digest"])]
        ran = provision("apply", "one-mail.yaml", "two-mail.yaml", *YES, *argv, "--keep-going")
        assert ran.code == 5
        assert [app["uniqueName"] for app in Tenant().get("/applications")["value"]] == ["one-mail"]

    def test_one_that_cannot_be_planned(self, provision: Program, plans: Any) -> None:
        """Was: no plan and no digest of any."""
        Path("two-mail.yaml").write_text("oops: [\n")
        ran = provision("plan", "one-mail.yaml", "two-mail.yaml", "--sandbox", "-o", "json")
        assert ran.json["plans"][0]["digest"] == plans["plans"][0]["digest"]


def test_configs_that_were_removed(provision: Program) -> None:
    """Was: nobody ever mentioned what was left in the tenant; there was no such verb."""
    for name in ("kept-mail", "left-mail"):
        write_config(f"{name}.yaml", name=name)
    assert provision("apply", "kept-mail.yaml", "left-mail.yaml", *YES).code == 0
    Path("left-mail.yaml").unlink()
    ran = provision("orphans", ".", "--sandbox")
    assert ran.code == 4
    assert "left-mail" in ran.out


class TestTheSecretIsLost:
    """Or is not where somebody looks for it."""

    def test_one_page_after_the_other(self, provision: Program, config: str, applied: Ran) -> None:
        """Was: "nothing to do" without a word on --deliver, then "holds no secret" of a missing file."""
        ran = provision("apply", config, *YES, "--deliver", "file:mail.secret")
        assert ran.code == 0
        assert "file:mail.secret was not used" in " ".join(said(ran).split())
        ran = provision("verify", config, "--sandbox", "--secret-from", "file:mail.secret")
        assert "there is no file mail.secret" in said(ran)

    def test_where_it_went(self, provision: Program, config: str, applied: Ran) -> None:
        """Was: only its beginning; the file had to be guessed."""
        assert "file:out.secret" in provision("show", config, "--sandbox").out

    def test_the_second_one_is_lost_too(self, provision: Program, config: str, applied: Ran) -> None:
        """Was: "nothing to do. Enter the newer one"; the way out was named nowhere."""
        assert provision("rotate", config, *YES, "--deliver", "file:out.secret").code == 0
        assert "--again" in said(provision("rotate", config, *YES, "--deliver", "file:out.secret"))


class TestAColleagueRenewedElsewhere:
    """And the old value is at hand."""

    @pytest.fixture
    def old(self, provision: Program, config: str, applied: Ran) -> str:
        """The key of the value in old.secret, which was removed."""
        Path("mine").mkdir(mode=0o700)
        for name in ("out.secret", "out.secret.provision.json"):
            Path(name).rename(f"mine/{name}")
        sink = ("--deliver", "file:out.secret")
        assert provision("rotate", config, *YES, *sink).code == 0
        done = provision("rotate", config, *YES, *sink, "--confirm", "--secret-from", "file:out.secret")
        assert done.code == 0, said(done)
        return str(applied.json["outputs"]["secret_key"]["key_id"])

    def test_it_is_told_at_once(self, provision: Program, config: str, old: str) -> None:
        """Was: a minute of waiting with 12 identical lines, then "compare its first three characters"."""
        ran = provision("verify", config, "--sandbox", "--secret-from", "file:mine/out.secret")
        assert ran.code == 1
        assert f"It is the secret {old}, which was removed." in ran.out
        assert "every server" not in ran.err

    def test_apply_beside_it(self, provision: Program, config: str, old: str) -> None:
        """Was: "nothing to do", with the dead value in the very file that --deliver names."""
        ran = provision("apply", config, *YES, "--deliver", "file:mine/out.secret")
        assert f"holds the value of the secret {old}, which was removed" in " ".join(said(ran).split())


def test_the_sheet_to_hand_over(provision: Program, config: str, applied: Ran) -> None:
    """Was: its title was "Nothing to do"."""
    title = re.search(r"<title>(.*?)</title>", provision("show", config, "--sandbox", "-o", "html").out)
    assert title is not None
    assert "Nothing to do" not in title[1]
    assert "values to enter" in title[1]


def test_the_log_says_who_delivered_what_for_whom(provision: Program, config: str) -> None:
    """Was: calls of Graph alone, without config, digest, version or run."""
    argv = ("--deliver", "file:out.secret", "--log-file", "audit.jsonl")
    assert provision("apply", config, *YES, *argv).code == 0
    lines = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    assert any(line.get("event") == "delivery" for line in lines), lines
    for line in lines:
        assert {"run", "tool_version", "config", "digest"} <= line.keys(), line


def test_a_value_that_no_secret_begins_like(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Was: waited for as if a server did not know it yet."""
    monkeypatch.setattr("sys.stdin", io.StringIO("abc8Q~wrong\n"))
    ran = provision("verify", config, "--sandbox", "--secret-from", "-")
    assert ran.code == 1
    assert "No secret of this application begins as it does" in ran.out
