"""What is printed to be done next can be pasted, and is the right thing: the reproductions of new users."""

from __future__ import annotations

import io
import json
import re
import shlex
import time
from pathlib import Path

import pytest

from provision.again import Again
from provision.errors import catalogue
from tests.support import Program, Ran, Tenant, write_config

SANDBOX = ("--sandbox", "--deliver", "file:out.secret")


def commands(text: str) -> list[str]:
    """The commands that a text names, without the quotes around them."""
    found = re.findall(r"(['`])(provision [a-z]+(?: [^'`]+)?)\1", text)
    others = ("docs", "example", "explain", "sandbox", "schema")
    return [command for _, command in found if command.split()[1] not in others]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("run 'provision apply' again", "run 'provision apply a.yaml --sandbox --var X=1' again"),
        ("'provision rotate CONFIG --confirm'", "'provision rotate a.yaml --confirm --sandbox --var X=1'"),
        ("`provision show`", "`provision show a.yaml --sandbox --var X=1`"),
        ("'provision validate'", "'provision validate a.yaml --var X=1'"),
        ("'provision explain PRV305'", "'provision explain PRV305'"),
        ("'provision sandbox serve'", "'provision sandbox serve'"),
        ("Run 'provision --help'.", "Run 'provision --help'."),
        ("it's 'mine', and provision apply", "it's 'mine', and provision apply"),
    ],
)
def test_a_command_in_a_text_is_made_whole(text: str, whole: str) -> None:
    """With the config and the options that count for that verb."""
    assert Again(("a.yaml",), ("--sandbox",), ("--var", "X=1")).worded(text) == whole


@pytest.mark.parametrize(
    "path", ["a b.yaml", "it's.yaml", "$HOME.yaml", "~me.yaml", "a;b.yaml", "`x`.yaml", "ä.yaml"]
)
def test_a_shell_reads_back_what_was_meant(path: str) -> None:
    """Whatever the file is called."""
    assert shlex.split(Again((path,), ("--deliver", "file:{name} x")).command("apply")) == [
        "provision",
        "apply",
        path,
        "--deliver",
        "file:{name} x",
    ]


@pytest.mark.parametrize("output", ["text", "markdown", "json", "html"])
def test_every_printed_command_runs(provision: Program, output: str) -> None:
    """From a result, a rotation and a plan; in the folder where it was printed."""
    import html

    config = write_config("my config.yaml", more="secret:\n  renew_before: ${DAYS}\n")
    options = (*SANDBOX, "--var", "DAYS=20d")
    printed = []
    for verb in ("apply", "rotate", "plan", "show"):
        yes = ("--yes",) if verb in ("apply", "rotate") else ()
        ran = provision(verb, config, *options, *yes, "-o", output)
        assert ran.code == 0, ran.err
        text = json.dumps(ran.json, ensure_ascii=False) if output == "json" else html.unescape(ran.out)
        printed += commands(text.replace('\\"', '"') if output == "json" else text)
    for command in dict.fromkeys(printed):
        words = shlex.split(command)[1:]
        assert words[1] == config, command
        assert "--sandbox" in words
        assert "DAYS=20d" in words
        assert provision(*words, *(("--yes",) if words[0] in ("apply", "rotate") else ())).code == 0, command
    assert printed or output == "json"


def test_an_error_names_the_command_with_its_config(provision: Program, config: str) -> None:
    """show before apply."""
    ran = provision("show", config, "--sandbox")
    assert commands(ran.err) == ["provision apply prod.yaml --sandbox"]


def test_verify_before_apply(provision: Program, config: str) -> None:
    """It looked, and there is none: what helps is to apply, not another option."""
    ran = provision("verify", config, "--sandbox", "--secret-from", "file:out.secret")
    assert "PRV311" in ran.err
    assert commands(ran.err) == ["provision apply prod.yaml --sandbox"]
    assert "--client-id" not in ran.err


def test_a_file_that_is_not_there(provision: Program, config: str, applied: Ran) -> None:
    """The first thing to say of it."""
    ran = provision("verify", config, "--sandbox", "--secret-from", "file:mail.secret")
    assert "there is no file mail.secret" in ran.err


def renewed_elsewhere(provision: Program, config: str, applied: Ran) -> str:
    """Put the value aside with its record, and have a colleague renew it; return the key of the old one."""
    Path("mine").mkdir(mode=0o700)
    for name in ("out.secret", "out.secret.provision.json"):
        Path(name).rename(f"mine/{name}")
    assert provision("rotate", config, *SANDBOX, "--yes").code == 0
    return str(applied.json["outputs"]["secret_key"]["key_id"])


class TestTheOldValue:
    """A value that no secret has any more is told at once: no waiting makes it right."""

    def test_one_that_was_renewed_elsewhere(self, provision: Program, config: str, applied: Ran) -> None:
        """Its key by the record beside the file, and the present one by its beginning."""
        old = renewed_elsewhere(provision, config, applied)
        assert (
            provision(
                "rotate", config, *SANDBOX, "--yes", "--confirm", "--secret-from", "file:out.secret"
            ).code
            == 0
        )
        began = time.monotonic()
        ran = provision("verify", config, "--sandbox", "--secret-from", "file:mine/out.secret")
        assert ran.code == 1
        assert f"It is the secret {old}, which was removed." in ran.out
        assert f"The present one begins with {Path('out.secret').read_text()[:3]}" in ran.out
        assert ran.err.count("may not have reached") == 0
        assert time.monotonic() - began < 30

    def test_one_that_nothing_begins_like(
        self, provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Right after the application was made, too, when waiting helps the value that is right."""
        monkeypatch.setattr("sys.stdin", io.StringIO("kwx8Q~wrong\n"))
        ran = provision("verify", config, "--sandbox", "--secret-from", "-")
        assert ran.code == 1
        assert "No secret of this application begins as it does. The present one begins with" in ran.out
        assert "may not have reached" not in ran.err
        assert "kwx" not in ran.out + ran.err  # letters that no id has


def test_a_misspelt_address(provision: Program, config: str, applied: Ran) -> None:
    """The first thing to do is to compare it; the place is told."""
    wrong = write_config("wrong.yaml", address="norepply@agency.example", name="collab-wrong")
    state = Path(".provision/sandbox.json")
    Tenant(state).do  # noqa: B018 - the tenant is there
    seed = Path("seed.yaml")
    seed.write_text("tenant: {id: 3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690, domain: agency.example}\n")
    assert provision("sandbox", "seed", "seed.yaml", "--state", "other.json").code == 0
    ran = provision("plan", wrong, "--sandbox-at", "other.json", "-o", "json")
    found = {finding["name"]: finding for finding in ran.json["findings"]}
    if "mailbox-missing" in found:  # the embedded sandbox makes no user in a tenant that came from a seed
        assert found["mailbox-missing"]["fix"].startswith(
            "Compare mail.address in wrong.yaml:10:12 with Exchange"
        )


class TestTheLostSecret:
    """Where it went, and what helps if it is not there any more."""

    def test_another_place_than_it_was_delivered_to(
        self, provision: Program, config: str, applied: Ran
    ) -> None:
        """--deliver given to a run that makes no secret is not ignored without a word."""
        ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:mail.secret")
        assert ran.code == 0
        assert "file:mail.secret was not used: the secret was delivered earlier (begins with" in ran.out
        assert "the one delivered earlier, to file:out.secret" in ran.out
        assert f"provision rotate {config} --sandbox --deliver file:mail.secret" in commands(ran.out)
        assert not Path("mail.secret").exists()

    @pytest.mark.parametrize("output", ["text", "markdown", "html"])
    def test_show_says_where_it_went(
        self, provision: Program, config: str, applied: Ran, output: str
    ) -> None:
        """Without --deliver, by the journal of this machine; and what to do if it is lost."""
        import html

        Path("out.secret").unlink()
        ran = provision("show", config, "--sandbox", "-o", output)
        assert "the one delivered earlier, to file:out.secret (begins with" in ran.out
        assert f"provision rotate {config} --sandbox" in html.unescape(ran.out)
        told = provision("show", config, "--sandbox", "-o", "json").json["outputs"]["secret_key"]
        assert told["delivered_to"] == "file:out.secret"

    def test_the_second_one_is_lost_as_well(self, provision: Program, config: str, applied: Ran) -> None:
        """While a rotation waits, what makes another is --again; it is named."""
        assert provision("rotate", config, *SANDBOX, "--yes").code == 0
        ran = provision("rotate", config, *SANDBOX, "--yes")
        assert "nothing to do" in ran.out
        whole = f"provision rotate {config} --again --sandbox --deliver file:out.secret"
        assert whole in commands(ran.out)
        assert provision(*shlex.split(whole)[1:], "--yes").code == 0

    def test_a_place_that_holds_the_dead_one(self, provision: Program, config: str, applied: Ran) -> None:
        """A colleague renewed elsewhere: what lies here is said to be no use, and which one is."""
        old = renewed_elsewhere(provision, config, applied)
        confirm = ("--yes", "--confirm", "--secret-from", "file:out.secret")
        assert provision("rotate", config, *SANDBOX, *confirm).code == 0
        ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:mine/out.secret")
        assert ran.code == 0
        assert f"file:mine/out.secret holds the value of the secret {old}, which was removed" in ran.out
        assert f"The present one begins with {Path('out.secret').read_text()[:3]}" in ran.out


def test_the_last_line_says_that_apply_would_refuse(provision: Program, config: str) -> None:
    """A plan with errors counts what it would create; that nothing comes of it stands beside the count."""
    tenant = Tenant()
    tenant.sandbox.ensure_mailbox(tenant.id, "noreply@agency.example")
    blocked = {"passwordCredentials": [{"restrictionType": "passwordAddition", "state": "enabled"}]}
    tenant.do(
        "PATCH",
        "/policies/defaultAppManagementPolicy",
        {"isEnabled": True, "applicationRestrictions": blocked},
    )
    entry = catalogue.SECRETS_BLOCKED
    for output in ("text", "markdown"):
        said = provision("plan", config, "--sandbox", "-o", output).out
        assert f"Apply would refuse this: {entry.code} {entry.name}." in said


@pytest.mark.parametrize(
    ("answers", "goes_on"), [("yes", True), ("y yes", True), ("y y", False), ("no", False)]
)
def test_one_rule_for_yes(monkeypatch: pytest.MonkeyPatch, answers: str, goes_on: bool) -> None:
    """yes alone counts; a y is asked about once."""
    import click

    from provision.cli.console import ask
    from provision.errors import ProvisionError

    said = iter(answers.split())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: next(said))
    if goes_on:
        ask("Go on?", yes=False)
    else:
        with pytest.raises(ProvisionError, match="the answer was no"):
            ask("Go on?", yes=False)
    assert next(said, None) is None
