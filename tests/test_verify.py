"""verify: rung by rung, with rights in the tenant and without, and never a word of the secret."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import Sandbox, Weather
from tests.sandbox.served import Served, serving
from tests.support import TENANT, Program, Ran, Tenant, write_config

SANDBOX = ("--sandbox", "-o", "json")
FROM_FILE = ("--secret-from", "file:out.secret")
SEND = ("--send-to", "me@agency.example")
VERIFIED = ("--sandbox", "--yes", "--verify", "--allow", "rehearsal-delivery", "--deliver", "command:true")
SEED = f"""\
tenant: {{id: {TENANT}, domain: agency.example}}
users: [{{user_principal_name: noreply@agency.example, mailbox: shared}}]
callers:
  - client_id: 22222222-2222-4222-8222-222222222222
    secret: abc8Q~known-to-the-test
    roles: [Mail.Send]
"""


def rungs(ran: Ran) -> dict[str, Any]:
    """The verdict of each rung."""
    return {rung["rung"]: rung["verdict"] for rung in ran.json["rungs"]}


def test_every_rung(provision: Program, config: str, applied: Ran) -> None:
    """All that can be seen is seen; a message that was taken is called accepted, never delivered."""
    ran = provision("verify", config, *SANDBOX, *FROM_FILE, *SEND)
    assert ran.code == 0, ran.out
    seen = rungs(ran)
    assert seen.pop("seen") == "skipped"  # a person may not read another's mail, administrator or not
    made_up = dict.fromkeys(("reach", "mailbox"), "skipped")  # a rehearsal vouches for neither
    assert seen == made_up | dict.fromkeys(("token", "role", "send"), "pass")
    assert ran.json["proven"]
    assert ran.json["oauth_client_id"] == applied.json["outputs"]["oauth_client_id"]
    (last,) = [rung["message"] for rung in ran.json["rungs"] if rung["rung"] == "seen"]
    assert last == "not looked: takes Mail.Read"
    send = next(rung for rung in ran.json["rungs"] if rung["rung"] == "send")
    assert "accepted is not delivered" in send["message"]
    assert "provision verify collab-prod" in send["message"]


def test_without_a_message_nothing_is_proven(provision: Program, config: str, applied: Ran) -> None:
    """Nothing failed, and that is all that is said."""
    ran = provision("verify", config, *SANDBOX, *FROM_FILE)
    assert ran.code == 0
    assert (ran.json["passed"], ran.json["proven"]) == (True, False)
    assert rungs(ran)["send"] == "skipped"
    text = provision("verify", config, "--sandbox", *FROM_FILE).out
    assert "--send-to" in text
    assert "Proven" not in text


def test_no_output_tells_the_secret(provision: Program, config: str, applied: Ran) -> None:
    """In no format, verbose or not, whether it is taken or refused."""
    value = Path("out.secret").read_text()
    for output in ("text", "json", "markdown"):
        ran = provision("verify", config, "--sandbox", *FROM_FILE, *SEND, "-o", output, "-v")
        assert ran.code == 0
        assert value not in ran.out + ran.err


def test_a_fail_stops_the_climb(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent with a secret that is refused."""
    Tenant().advance(hours=1)
    monkeypatch.setattr("sys.stdin", io.StringIO("abc8Q~wrong\n"))
    ran = provision("verify", config, *SANDBOX, "--secret-from", "-", *SEND)
    assert ran.code == 1
    assert list(rungs(ran)) == ["reach", "token"]
    last = ran.json["rungs"][-1]
    assert last["service_code"] == "AADSTS7000215"
    assert last["request_id"]
    assert last["fix"]


@pytest.fixture
def served() -> Iterator[Served]:
    """A served sandbox with an application that somebody set up by hand."""
    with serving(SEED) as server:
        yield server


def test_with_the_four_values_alone(
    provision: Program, config: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product administrator without any right in Entra: the mailbox is skipped, the mail decides."""
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", "99999999-9999-4999-8999-999999999999")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "of nobody")
    monkeypatch.setenv("SSL_CERT_FILE", str(served.endpoint.ca_file))
    at = ("--sandbox-at", served.endpoint.url, "--auth", "environment", "-o", "json")
    typed = ("--client-id", "22222222-2222-4222-8222-222222222222", "--secret-from", "-")
    monkeypatch.setattr("sys.stdin", io.StringIO("abc8Q~known-to-the-test\n"))
    ran = provision("verify", config, *at, *typed, *SEND)
    assert ran.code == 0, ran.out + ran.err
    assert rungs(ran)["mailbox"] == "skipped"
    assert ran.json["proven"]
    assert "AADSTS" in ran.json["not_looked"]
    monkeypatch.setattr("sys.stdin", io.StringIO("abc8Q~known-to-the-test\n"))
    nobody = provision("verify", config, *at, "--secret-from", "-", *SEND)
    assert (nobody.code, nobody.json["error"]) == (64, "client-id-unknown")


def test_the_message_is_found_in_sent_items_by_who_may_read_them(
    provision: Program, config: str, served: Served
) -> None:
    """The served sandbox's administrator is an application that Exchange lets read."""
    assert (
        provision(
            "apply", config, "--sandbox-at", served.endpoint.url, "--yes", "--deliver", "file:out.secret"
        ).code
        == 0
    )
    ran = provision("verify", config, "--sandbox-at", served.endpoint.url, "-o", "json", *FROM_FILE, *SEND)
    assert ran.code == 0, ran.out
    assert rungs(ran)["send"] == "pass"
    assert rungs(ran)["seen"] == "pass"


def test_a_grant_beside_a_mailbox_scope(provision: Program, config: str, applied: Ran) -> None:
    """The two add up, so a token with Mail.Send is an error there."""
    address = "address: noreply@agency.example"
    Path(config).write_text(Path(config).read_text().replace(address, f"{address}\n  scope: mailbox"))
    ran = provision("verify", config, *SANDBOX, *FROM_FILE, *SEND)
    assert (ran.code, ran.json["rungs"][-1]["name"]) == (5, "unscoped-grant")


def test_replication_is_waited_out(provision: Program, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that no login server knows yet, and a grant that is not in the first token."""
    original, weather = Sandbox.open, Weather(replication=20, seed=3)

    def slow(*args: Any, **options: Any) -> Sandbox:
        sandbox = original(*args, **options)
        sandbox.weather = weather  # one for both runs, by the time that they pass in waiting
        weather.now = lambda: sandbox.clock.now().timestamp()
        return sandbox

    monkeypatch.setattr(Sandbox, "open", slow)
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret")
    assert ran.code == 0, ran.out + ran.err
    ran = provision("verify", config, *SANDBOX, *FROM_FILE, *SEND)
    assert ran.code == 0, ran.out + ran.err


def verified(provision: Program, monkeypatch: pytest.MonkeyPatch, typed: str, *more: str) -> Ran:
    """Verify with what somebody typed."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    return provision("verify", "prod.yaml", *SANDBOX, "--secret-from", "-", *more)


def failed(ran: Ran) -> dict[str, Any]:
    """The rung that failed."""
    (rung,) = [rung for rung in ran.json["rungs"] if rung["verdict"] == "fail"]
    return dict(rung)


def test_without_a_service_principal_it_says_so(provision: Program, config: str, applied: Ran) -> None:
    """Not the caller's login is at fault, and apply makes it."""
    tenant = Tenant()
    principal = tenant.get(f"/servicePrincipals(appId='{tenant.application()['appId']}')")
    tenant.do("DELETE", f"/servicePrincipals/{principal['id']}")
    ran = provision("verify", config, *SANDBOX, *FROM_FILE)
    assert ran.code == 1
    rung = failed(ran)
    assert (rung["name"], rung["service_code"]) == ("no-principal", "AADSTS7000229")
    assert "provision apply" in rung["fix"]
    assert "az login" not in ran.out


@pytest.mark.parametrize(
    ("dressed", "what"),
    [
        ('"{}"', "quotes"),
        ("\ufeff{}", "byte order mark"),
        ("Secret Key: {}", "the label 'Secret Key'"),
        ("AZURE_CLIENT_SECRET={}", "the label"),
        ("{},", "a comma"),
        ("\u201c{}\u201d", "quotes"),
    ],
)
def test_what_is_around_a_secret_is_told_at_once(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch, dressed: str, what: str
) -> None:
    """It signs in without, so that is what is wrong; nothing is waited for, and no value is shown."""
    value = Path("out.secret").read_text().strip()
    ran = verified(provision, monkeypatch, dressed.format(value))
    rung = failed(ran)
    assert (ran.code, rung["name"]) == (1, "secret-dressed")
    assert what in rung["message"]
    assert "trying again" not in ran.err
    assert value not in ran.out + ran.err


def test_each_id_in_the_box_of_the_secret_is_called_by_its_name(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secret ID, Object ID, client id, tenant id; any other id looks like one."""
    app = Tenant().application()
    ids = {
        app["passwordCredentials"][0]["keyId"]: "the Secret ID",
        app["id"]: "the Object ID",
        app["appId"]: "the OAuth Client ID",
        TENANT: "the Tenant ID",
        "99999999-0000-4000-8000-000000000001": "looks like an id",
    }
    for typed, what in ids.items():
        rung = failed(verified(provision, monkeypatch, typed))
        assert rung["name"] == "secret-id-pasted"
        assert what in rung["message"]


def test_an_object_id_in_the_box_of_the_client_id(provision: Program, config: str, applied: Ran) -> None:
    """The right one is offered, at once."""
    app = Tenant().application()
    ran = provision("verify", config, *SANDBOX, *FROM_FILE, "--client-id", app["id"])
    rung = failed(ran)
    assert rung["name"] == "object-id-entered"
    assert app["appId"] in rung["fix"]
    assert "trying again" not in ran.err
    unknown = provision("verify", config, *SANDBOX, *FROM_FILE, "--client-id", TENANT.replace("3", "4"))
    assert failed(unknown)["name"] == "application-unknown"
    assert "trying again" not in unknown.err  # the tenant was looked into


@pytest.mark.parametrize("typed", ["${SECRET}", "<secret>", "********", "A1" * 20])
def test_what_is_no_secret_is_not_asked_about(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """A placeholder that nobody filled in, or a thumbprint."""
    rung = failed(verified(provision, monkeypatch, typed))
    assert rung["name"] == "secret-refused"
    assert "is no secret" in rung["message"]


@pytest.mark.parametrize(
    "argv",
    [
        ("--send-to", "nobody"),
        ("--client-id", "x"),
        ("--secret-from", "command:cat"),
        ("--secret-from", "pigeon:x"),
        (),
    ],
)
def test_a_wrong_command_line(
    provision: Program, config: str, argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """64, with a next step; without a terminal the value has to come from somewhere."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    more = () if "--client-id" in argv else ("--client-id", TENANT)
    ran = provision("verify", config, *SANDBOX, *argv, *more)
    assert (ran.code, ran.json["error"]) == (64, "usage"), ran.out


def test_one_config_at_a_time(provision: Program) -> None:
    """There is one secret to type."""
    write_config("a.yaml", name="a-one")
    write_config("b.yaml", name="b-two")
    ran = provision("verify", "a.yaml", "b.yaml", *SANDBOX, *FROM_FILE)
    assert (ran.code, ran.json["error"]) == (64, "usage")


def test_apply_verifies_what_it_delivered(provision: Program, config: str) -> None:
    """The value is proved while it is at hand: no one is asked, and none is read back."""
    argv = ("apply", config, *VERIFIED, "-o")
    ran = provision(*argv, "json")
    assert ran.code == 0, ran.err
    found = ran.json["verification"]
    assert (found["format"], found["passed"], found["proven"]) == ("provision.verification/1", True, False)
    passed = [rung["rung"] for rung in found["rungs"] if rung["verdict"] == "pass"]
    assert passed == ["token", "role"]
    assert "delivered by this run" in provision(*argv, "json").json["unverified"]
    for form in ("text", "markdown", "html"):
        assert "delivered by this run" in provision(*argv, form).out


def test_apply_that_cannot_verify_says_why_and_what_fails_counts(provision: Program) -> None:
    """A consent that is still to come is no failure; a mailbox that is not there is."""
    argv = (*VERIFIED, "-o", "json")
    handoff = write_config("later.yaml", name="collab-later", more="consent: handoff\n")
    ran = provision("apply", handoff, *argv)
    assert (ran.code, ran.json["unverified"]) == (3, "the consent is still to be given")
    config = write_config()
    tenant = Tenant()
    tenant.do("DELETE", "/users/noreply@agency.example")
    person = {"displayName": "No mailbox", "mailNickname": "noreply", "accountEnabled": True}
    sign_in = {
        "userPrincipalName": "noreply@agency.example",
        "passwordProfile": {"password": "Xy7-rehearsal"},
    }
    tenant.do("POST", "/users", person | sign_in)
    ran = provision("apply", config, *argv, "--allow", "mailbox-missing")
    failed = [rung for rung in ran.json["verification"]["rungs"] if rung["verdict"] == "fail"]
    assert (ran.code, [rung["rung"] for rung in failed]) != (0, [])
    assert "mailbox" in failed[0]["rung"]
