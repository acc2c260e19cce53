"""Rotation with overlap: a new secret beside the old, and the old one's end once the new one is entered."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.support import TENANT, Program, Ran, Tenant, write_config

AT = ("--sandbox", "--yes", "-o", "json")
DELIVER = (*AT, "--deliver", "file:out.secret")
MARK = "FOIAXpress Collaboration SMTP [provision:collab-prod]"


def secrets() -> list[Any]:
    """The application's secrets, oldest first."""
    return sorted(Tenant().application()["passwordCredentials"], key=lambda item: item["startDateTime"])


def ids() -> list[str]:
    """Their key ids, oldest first."""
    return [item["keyId"] for item in secrets()]


def recorded() -> set[str]:
    """The key ids that the tenant's tags say were delivered."""
    tags = Tenant().application()["tags"]
    return {
        tag.removeprefix("provision:delivered:") for tag in tags if tag.startswith("provision:delivered:")
    }


@pytest.fixture
def rotated(provision: Program, config: str, applied: Ran) -> Ran:
    """The result of a first rotation; the value before it is kept in ``old.secret``."""
    Path("old.secret").write_text(Path("out.secret").read_text())
    ran = provision("rotate", config, *DELIVER)
    assert ran.code == 0, ran.out + ran.err
    return ran


def test_a_new_one_beside_the_old(config: str, provision: Program, applied: Ran, rotated: Ran) -> None:
    """Both are alive, both are on record, the file holds the new one, and the sheet says until when."""
    old, new = secrets()
    assert old["keyId"] == applied.json["outputs"]["secret_key"]["key_id"]
    told = rotated.json["outputs"]["secret_key"]
    assert told["key_id"] == new["keyId"]
    assert told["delivered_to"] == "file:out.secret"
    assert told["confirm_by"] == old["endDateTime"]
    assert Path("out.secret").read_text()[:3] == new["hint"]
    assert recorded() == {old["keyId"], new["keyId"]}
    assert [change["address"] for change in rotated.json["changes"]] == ["client_secret"]


def test_a_second_rotation_makes_no_third(provision: Program, config: str, rotated: Ran) -> None:
    """It says what waits and exits 0; plan and show say so too, with the date; nothing is written."""
    writes, before = Tenant().writes, ids()
    again = provision("rotate", config, *DELIVER)
    assert again.code == 0
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    for verb in ("plan", "show"):
        ran = provision(verb, config, "--sandbox", "-o", "json")
        assert "awaits-confirmation" in {finding["name"] for finding in ran.json["findings"]}
    shown = provision("show", config, "--sandbox")
    assert secrets()[0]["endDateTime"][:10] in shown.out
    assert (ids(), Tenant().writes) == (before, writes)


def test_again_replaces_the_unconfirmed_one(provision: Program, config: str, rotated: Ran) -> None:
    """The old one stays; the one that was never entered goes, after its successor was delivered."""
    old, unconfirmed = ids()
    ran = provision("rotate", config, "--again", *DELIVER)
    assert ran.code == 0, ran.out
    kept, new = ids()
    assert kept == old
    assert new not in (old, unconfirmed)
    assert recorded() == {old, new}
    assert Path("out.secret").read_text()[:3] == secrets()[1]["hint"]
    assert "awaits-confirmation" not in {finding["name"] for finding in ran.json["findings"]}
    (waits,) = [
        f
        for f in provision("plan", config, *DELIVER[:1], "-o", "json").json["findings"]
        if f["name"] == "awaits-confirmation"
    ]
    assert secrets()[1]["hint"] in waits["message"]


def test_confirm_proves_and_retires_the_old(provision: Program, config: str, rotated: Ran) -> None:
    """The value is read back, it signs in, and the old secret and its record go."""
    _, new = ids()
    ran = provision("rotate", config, "--confirm", *AT, "--secret-from", "file:out.secret")
    assert ran.code == 0, ran.out
    assert ran.json["proof"] == "token"
    assert ids() == [new]
    assert recorded() == {new}
    assert "awaits-confirmation" not in {finding["name"] for finding in ran.json["findings"]}
    writes = Tenant().writes
    again = provision("rotate", config, "--confirm", *AT)
    assert again.code == 0
    assert {change["status"] for change in again.json["changes"]} == {"unchanged"}
    assert Tenant().writes == writes


def test_confirm_by_standard_input(
    provision: Program, config: str, rotated: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person pipes in is proved the same."""
    monkeypatch.setattr("sys.stdin", io.StringIO(Path("out.secret").read_text() + "\n"))
    ran = provision("rotate", config, "--confirm", *AT, "--secret-from", "-")
    assert (ran.code, ran.json["proof"]) == (0, "token")
    assert len(ids()) == 1


def test_confirm_unseen_says_that_nothing_was_proved(provision: Program, config: str, rotated: Ran) -> None:
    """With --yes and no value the record of the delivery has to do, and it says so."""
    ran = provision("rotate", config, "--confirm", *AT)
    assert (ran.code, ran.json["proof"]) == (0, "none")
    assert len(ids()) == 1


@pytest.mark.parametrize(
    ("value", "name", "words"),
    [
        pytest.param("old.secret", "wrong-secret", "older secret", id="the old value is still entered"),
        pytest.param("key id", "wrong-secret", "Secret ID", id="the Secret ID instead of the Value"),
        pytest.param(
            "abc8Q~something-else-altogether-000000", "wrong-secret", "begins otherwise", id="another"
        ),
        pytest.param("padded", "wrong-secret", "whitespace", id="a blank came along"),
        pytest.param("same start", "not-proven", "AADSTS7000215", id="cut off or mistyped"),
    ],
)
def test_confirm_refuses_what_is_not_the_new_secret(
    provision: Program,
    config: str,
    rotated: Ran,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    name: str,
    words: str,
) -> None:
    """Nothing is removed while the product cannot be using the new one."""
    Tenant().advance(minutes=30)  # no longer young: a refusal is one
    text = {
        "old.secret": Path("old.secret").read_text(),
        "key id": ids()[1],
        "padded": Path("out.secret").read_text() + " ",
        "same start": Path("out.secret").read_text()[:-1],
    }.get(value, value)
    monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
    writes = Tenant().writes
    ran = provision("rotate", config, "--confirm", *AT, "--secret-from", "-")
    assert (ran.code, ran.json["error"]) == (5, name), ran.out
    assert words in ran.json["message"] + str(ran.json["service_code"])
    assert text not in ran.out + ran.err
    assert len(ids()) == 2
    assert Tenant().writes == writes


def test_emergency_makes_the_new_one_first_and_revokes_the_rest(
    provision: Program, config: str, rotated: Ran
) -> None:
    """A leak: whatever of ours is alive goes, once its successor was delivered."""
    before = ids()
    ran = provision("rotate", config, "--emergency", *DELIVER)
    assert ran.code == 0, ran.out
    (new,) = ids()
    assert new not in before
    assert recorded() == {new}
    assert [change["change"]["actions"] for change in ran.json["changes"]] == [
        ["create"],
        ["delete"],
        ["delete"],
    ]


def test_emergency_keeps_the_old_where_the_new_cannot_be_delivered(
    provision: Program, config: str, applied: Ran
) -> None:
    """No delivery, no revocation: mail keeps flowing."""
    before = ids()
    ran = provision(
        "rotate", config, "--emergency", *AT, "--allow", "rehearsal-delivery", "--deliver", "command:false"
    )
    assert ran.code == 1
    assert ids() == before
    assert [change["status"] for change in ran.json["changes"]] == ["failed", "not-tried"]


def foreign(name: str) -> str:
    """Make a secret behind the tool's back, and return its key id."""
    tenant = Tenant()
    app = tenant.application()
    body = {"passwordCredential": {"displayName": name, "endDateTime": "2030-01-01T00:00:00Z"}}
    made = str(tenant.do("POST", f"/applications/{app['id']}/addPassword", body)["keyId"])
    tenant.advance(minutes=11)  # by then no run is taken for its maker
    return made


@pytest.mark.parametrize("name", ["Somebody else's", MARK], ids=["foreign", "with our mark copied"])
def test_foreign_secrets_survive_everything(provision: Program, config: str, applied: Ran, name: str) -> None:
    """Not confirm, not emergency, not again removes a secret that nothing says we delivered."""
    theirs = foreign(name)
    for mode in ((), ("--again",), ("--confirm",), ("--emergency",)):
        deliver = () if mode == ("--confirm",) else ("--deliver", "file:out.secret")
        ran = provision("rotate", config, *mode, *AT, *deliver)
        # In an emergency a copy of our mark may be what leaked: it is told, and never forgotten.
        assert ran.code == (4 if mode == ("--emergency",) and name == MARK else 0)
        assert theirs in ids()
    assert len(ids()) == 2


def test_revoke_takes_a_marked_secret_of_unknown_origin_alone(
    provision: Program, config: str, applied: Ran
) -> None:
    """Foreign ones, delivered ones and unknown ids are refused; the marked one without a record goes."""
    (ours,) = ids()
    theirs, unknown = foreign("theirs"), foreign(MARK)
    for key in (theirs, ours, "00000000-0000-4000-8000-000000000000"):
        ran = provision("rotate", config, "--revoke", key, *AT)
        assert (ran.code, ran.json["error"]) == (5, "not-ours")
    assert len(ids()) == 3
    assert provision("rotate", config, "--revoke", unknown.upper(), *AT).code == 0
    assert set(ids()) == {ours, theirs}


def test_before_the_first_apply(provision: Program, config: str) -> None:
    """There is nothing to rotate yet, and rotate makes no application."""
    ran = provision("rotate", config, *DELIVER)
    assert (ran.code, ran.json["error"]) == (1, "not-applied")
    assert Tenant().get("/applications")["value"] == []


@pytest.mark.parametrize(
    "argv",
    [
        ("--confirm", "--again"),
        ("--emergency", "--revoke", "x"),
        ("--secret-from", "-"),
        ("--confirm", "--secret-from", "command:cat"),
        ("--confirm", "--secret-from", "pigeon:x"),
    ],
)
def test_words_that_do_not_go_together(provision: Program, config: str, argv: tuple[str, ...]) -> None:
    """A wrong command line is 64, before anything is looked at."""
    ran = provision("rotate", config, *argv, *AT)
    assert (ran.code, ran.json["error"]) == (64, "usage")


def test_stdin_cannot_hold_the_value_and_the_answer(provision: Program, config: str) -> None:
    """--secret-from - needs --yes."""
    ran = provision("rotate", config, "--confirm", "--secret-from", "-", "--sandbox", "-o", "json")
    assert (ran.code, ran.json["error"]) == (64, "usage")


def test_without_a_terminal_and_yes_nothing_happens(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question has to be answered by somebody."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    before = ids()
    for mode in ((), ("--emergency",)):
        ran = provision("rotate", config, *mode, "--sandbox", "--deliver", "file:out.secret", "-o", "json")
        assert (ran.code, ran.json["error"]) == (64, "not-interactive")
    assert ids() == before


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_the_question_names_the_day_of_a_shorter_life(
    provision: Program, config: str, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was allowed by name is said where the answer is given; without that it is refused, unasked."""
    short = write_config(more="secret:\n  lifetime: 20d\n  renew_before: 5d\n")
    limit = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P20D"}
    restrictions = {"passwordCredentials": [limit]}
    policy = {"isEnabled": True, "applicationRestrictions": restrictions}
    Tenant().do("PATCH", "/policies/defaultAppManagementPolicy", policy)
    before, writes = ids(), Tenant().writes
    asked = ("rotate", short, "--sandbox", "--deliver", "file:out.secret")
    refused = provision(*asked, "--yes", "-o", "json")
    assert (refused.code, refused.json["error"]) == (5, "shorter-life")
    (old,) = secrets()
    assert old["endDateTime"][:10] in refused.json["message"]
    assert (ids(), Tenant().writes) == (before, writes)
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    ran = provision(*asked, "--allow", "shorter-life")
    assert ran.code != 0
    asked_of = (ran.out + ran.err).partition("Make this change?")[0].splitlines()
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    assert provision(*asked, "--allow", "shorter-life").code == 0
    new = secrets()[-1]
    assert f"ends {new['endDateTime'][:10]}, before the one that it replaces" in asked_of[-1]
    assert f"{new['endDateTime'][:10]} is the last day" in asked_of[-1]


def test_of_three_alive_the_value_tells_which_is_entered(
    provision: Program, config: str, rotated: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renewed while it waited: --confirm wants a value, or to be allowed; nothing is removed before."""
    Tenant().advance(days=155)
    assert provision("apply", config, *DELIVER).code in (0, 4)
    assert len(ids()) == 3
    before, writes = ids(), Tenant().writes
    confirm = ("rotate", config, "--confirm", *AT)
    refused = provision(*confirm)
    assert (refused.code, refused.json["error"]) == (5, "proof-needed")
    assert (ids(), Tenant().writes) == (before, writes)
    monkeypatch.setattr("sys.stdin", io.StringIO(Path("old.secret").read_text()))
    wrong = provision(*confirm, "--secret-from", "-")
    assert (wrong.json["error"], ids()) == ("wrong-secret", before)
    allowed = provision(*confirm, "--allow", "proof-needed")
    assert (allowed.code, allowed.json["proof"]) == (0, "none")
    assert ids() == before[-1:]


def test_two_secrets_are_all_that_a_personal_audience_allows(provision: Program, config: str) -> None:
    """The limit, reached by somebody else's secrets, is explained before anything is written."""
    more = "  sign_in_audience: AzureADandPersonalMicrosoftAccount\nmail:"
    text = Path(config).read_text().replace("mail:", more)
    Path(config).write_text(text)
    assert provision("apply", config, *DELIVER).code == 0
    foreign("theirs")
    writes = Tenant().writes
    ran = provision("rotate", config, *DELIVER)
    assert (ran.code, ran.json["error"]) == (5, "secret-limit")
    assert "2" in ran.json["message"]
    assert Tenant().writes == writes


def test_the_newest_counts_even_if_it_ends_first(provision: Program, config: str, applied: Ran) -> None:
    """A shorter lifetime makes a new secret that ends before the old one: it is still the one to enter."""
    short = write_config(more="secret:\n  lifetime: 20d\n  renew_before: 5d\n")
    ran = provision("rotate", short, *DELIVER, "--allow", "shorter-life")
    old, new = secrets()
    assert new["endDateTime"] < old["endDateTime"]
    assert ran.json["outputs"]["secret_key"]["key_id"] == new["keyId"]
    confirmed = provision("rotate", short, "--confirm", *AT, "--secret-from", "file:out.secret")
    assert confirmed.json["proof"] == "token"
    assert ids() == [new["keyId"]]
    assert TENANT in confirmed.out
