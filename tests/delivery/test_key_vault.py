"""The real azure-keyvault-secrets client against a stand-in of the vault."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial

import pytest

from provision.delivery.interface import Retrieving, forgetting
from provision.errors import ProvisionError
from tests.delivery.key_vault_standin import TENANT, TOKEN, Vault
from tests.delivery.standin import LOSE_AFTER, LOSE_BEFORE, Hosting, Response
from tests.delivery.support import ENDS, KEY, NAME, STARTS, VALUE, Opened, Signed, deliver, refused

ARGUMENT = "key_vault:https://agency.vault.azure.net/secrets/mail"
OTHER = "0d2b1c3a-5e6f-4a7b-8c9d-0e1f2a3b4c5d"
UNUSABLE, FAILED, TAKEN = "sink-unusable", "delivery-failed", "place-taken"


@pytest.fixture
def opened() -> Opened:
    return Opened(Signed(TOKEN))


def test_a_version_has_value_end_and_marks(vault: Vault, opened: Opened) -> None:
    """Everything in one request; nothing is written by a probe, and recall names the key."""
    sink = opened(ARGUMENT)
    assert sink.recall() == frozenset()
    assert "shows on delivery" in sink.probe()
    assert vault.secrets == {}
    deliver(sink)
    (version,) = vault.secrets["mail"]
    assert version["value"] == VALUE
    assert version["attributes"]["exp"] == ENDS.timestamp()
    assert version["attributes"]["nbf"] == STARTS.timestamp()
    assert version["contentType"] == "Microsoft Entra client secret"
    assert version["tags"] == {
        "provision": "provision.delivery/2",
        "provision-config": NAME,
        "provision-owner": f"{NAME}@{TENANT}@graph:graph.microsoft.com",
        "provision-key-id": KEY,
        "provision-hint": VALUE[:3],
    }
    assert sink.recall() == {KEY}
    assert vault.count("PUT") == 1
    assert opened.signed_in == 1
    assert set(opened.credential.asked) == {("https://vault.azure.net/.default", TENANT)}


def test_a_forgotten_version_is_disabled(vault: Vault, opened: Opened) -> None:
    """Once; one of somebody else's is left as it is."""
    sink = forgetting(opened(ARGUMENT))
    assert sink is not None
    sink.forget()
    assert not sink.lies()
    deliver(opened(ARGUMENT))
    assert sink.lies()
    sink.forget()
    sink.forget()
    assert vault.secrets["mail"][0]["attributes"]["enabled"] is False
    assert not sink.lies()
    assert vault.count("PATCH") == 1
    vault.secrets["mail"][0]["attributes"]["enabled"] = True
    vault.secrets["mail"][0]["tags"] = {}
    sink.forget()
    assert vault.count("PATCH") == 1


def test_the_value_can_be_read_back(vault: Vault, opened: Opened) -> None:
    """For rotate --confirm; nobody else's."""
    sink = opened(ARGUMENT)
    assert isinstance(sink, Retrieving)
    refused(sink.retrieve, UNUSABLE, "no such secret")
    deliver(sink)
    assert sink.retrieve().reveal() == VALUE
    vault.secrets["mail"][0]["tags"] = {}
    refused(sink.retrieve, UNUSABLE, "was not written by provision")


def test_the_value_is_in_no_address_and_no_log(
    vault: Vault, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a URL or header, and not in the debug log of any library."""
    with caplog.at_level(logging.DEBUG):
        sink = opened(ARGUMENT)
        sink.probe()
        deliver(sink)
    assert vault.secrets["mail"]
    assert caplog.records
    assert VALUE not in caplog.text
    assert TOKEN not in caplog.text
    for request in vault.requests:
        assert VALUE not in request.path + str(request.query) + str(request.headers)


def test_a_rotation_makes_a_new_version_and_keeps_a_teams_tags(vault: Vault, opened: Opened) -> None:
    """The old version stays; tags of the team's own go along."""
    sink = opened(ARGUMENT)
    deliver(sink)
    vault.secrets["mail"][0]["tags"]["cost-centre"] = "42"
    sink.probe()
    deliver(sink, "new" + VALUE, OTHER)
    old, new = vault.secrets["mail"]
    assert (old["value"], new["value"]) == (VALUE, "new" + VALUE)
    assert new["tags"]["cost-centre"] == "42"
    assert sink.recall() == {OTHER}


def test_the_name_is_the_configs_by_default_and_a_vault_may_be_a_name(
    vault: Vault, internet: Hosting, opened: Opened
) -> None:
    """A bare name is a vault of the tenant's own cloud."""
    deliver(opened("key_vault:agency"))
    assert list(vault.secrets) == [NAME]
    government = internet.services["agency.vault.usgovcloudapi.net"] = Vault(
        "https://vault.usgovcloudapi.net"
    )
    deliver(Opened(Signed(TOKEN), cloud="gcc-high")("key_vault:agency"))
    assert government.secrets[NAME][0]["value"] == VALUE
    assert len(vault.secrets[NAME]) == 1
    refused(Opened(Signed(TOKEN), cloud="custom")("key_vault:agency").probe, UNUSABLE, "vault's address")


@pytest.mark.parametrize(
    ("tags", "value"),
    [
        ({}, "theirs"),
        (
            {
                "provision": "provision.delivery/1",
                "provision-config": "other",
                "provision-key-id": OTHER,
                "provision-hint": "the",
            },
            "theirs",
        ),
        (
            {
                "provision": "provision.delivery/1",
                "provision-config": NAME,
                "provision-key-id": OTHER,
                "provision-hint": "abc",
            },
            "theirs",
        ),
    ],
    ids=["no tags", "another config's", "tags copied to another value"],
)
def test_somebody_elses_version_is_refused(
    vault: Vault, opened: Opened, tags: dict[str, str], value: str
) -> None:
    """By the probe, by the delivery, and recall claims nothing."""
    vault.secrets["mail"] = [
        {
            "value": value,
            "id": "https://agency.vault.azure.net/secrets/mail/1",
            "tags": tags,
            "attributes": {"enabled": True},
        },
    ]
    sink = opened(ARGUMENT)
    assert sink.recall() == frozenset()
    theirs = tags.get("provision-config") == "other"
    words = "the secret of 'other'" if theirs else "was not written by provision"
    refused(sink.probe, TAKEN if theirs else UNUSABLE, words, "Choose another")
    refused(partial(deliver, sink), FAILED, words)
    assert [version["value"] for version in vault.secrets["mail"]] == [value]


def test_a_deleted_secret_is_refused(vault: Vault, opened: Opened) -> None:
    """Its name cannot be used until it is purged; without the right to look, the delivery finds out."""
    sink = opened(ARGUMENT)
    deliver(sink)
    vault.delete("mail")
    assert sink.recall() == frozenset()
    refused(sink.probe, UNUSABLE, "deleted secret of this name", "purge")
    error = refused(partial(deliver, sink), FAILED, "deleted secret of this name", "purge")
    assert error.service_code == "ObjectIsDeletedButRecoverable"
    assert "mail" not in vault.secrets


def test_a_disabled_version_holds_nothing(vault: Vault, opened: Opened) -> None:
    """Whose it is cannot be read, so the probe refuses; recall says that it holds no key."""
    sink = opened(ARGUMENT)
    deliver(sink)
    vault.secrets["mail"][0]["attributes"]["enabled"] = False
    assert sink.recall() == frozenset()
    refused(sink.probe, UNUSABLE, "disabled", "Enable")


def test_missing_rights_are_named(vault: Vault, opened: Opened) -> None:
    """Which role, and who gives it; a probe cannot see that writing is not allowed."""
    sink = opened(ARGUMENT)
    vault.rights = {"get"}
    sink.probe()
    error = refused(
        partial(deliver, sink), FAILED, "403 ForbiddenByRbac", "Key Vault Secrets Officer", "Owner"
    )
    assert (error.service_code, error.request_id) == ("ForbiddenByRbac", "req-0")
    vault.rights = set()
    refused(sink.probe, UNUSABLE, "403", "Key Vault Secrets Officer")
    refused(sink.recall, UNUSABLE, "403")
    assert vault.secrets == {}


def test_a_token_that_is_not_accepted(vault: Vault) -> None:
    """401 after the challenge was answered."""
    error = refused(Opened(Signed("wrong"))(ARGUMENT).probe, UNUSABLE, "401 Unauthorized", "tenant")
    assert error.request_id == "req-0"


def test_a_challenge_for_somebody_elses_resource_gets_no_token(vault: Vault, opened: Opened) -> None:
    """A host that asks for a token of another service is refused before anybody signs in."""
    vault.resource = "https://graph.microsoft.com"
    refused(opened(ARGUMENT).probe, UNUSABLE, "does not match")
    assert opened.credential.asked == []


def test_a_sign_in_that_fails(vault: Vault) -> None:
    """azure-identity's own words, in a line."""
    from azure.core.exceptions import ClientAuthenticationError

    class Refusing:
        def get_token(self, *_: str, **__: object) -> None:
            raise ClientAuthenticationError("AADSTS7000222: The provided client secret keys\nare expired.")

    refused(
        Opened(Refusing())(ARGUMENT).probe, UNUSABLE, "AADSTS7000222: The provided client secret keys are"
    )


@pytest.mark.parametrize("lost", [LOSE_BEFORE, LOSE_AFTER])
def test_a_lost_answer_is_repeated(vault: Vault, opened: Opened, lost: str, waits: list[float]) -> None:
    """Writing the same value twice makes two versions of it, which is harmless."""
    sink = opened(ARGUMENT)
    sink.probe()
    vault.befall("PUT", "/secrets/mail", lost)
    deliver(sink)
    assert {version["value"] for version in vault.secrets["mail"]} == {VALUE}
    assert len(vault.secrets["mail"]) == (2 if lost == LOSE_AFTER else 1)
    assert sink.recall() == {KEY}
    assert waits == [1.0]


def test_patience_has_an_end(vault: Vault, opened: Opened, waits: list[float]) -> None:
    """Five tries; and a wait that is longer than the budget is not begun."""
    sink = opened(ARGUMENT)
    sink.probe()
    vault.befall("PUT", "", LOSE_BEFORE, times=99)
    refused(partial(deliver, sink), FAILED, "cannot be reached", "tried 5 times")
    assert waits == [1.0, 2.0, 4.0, 8.0]
    vault.weather.clear()
    waits.clear()
    busy = {"error": {"code": "Throttled", "message": "Request was not processed because too many requests"}}
    vault.befall("PUT", "", Response(429, busy, {"Retry-After": "7"}))
    deliver(sink)
    assert waits == [7.0]
    vault.befall("PUT", "", Response(429, busy, {"Retry-After": "600"}))
    refused(partial(deliver, sink), FAILED, "429 Throttled", "asks to wait 600 seconds")
    assert waits == [7.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_fault_passes(vault: Vault, opened: Opened, status: int) -> None:
    """5xx, whatever stands in it."""
    sink = opened(ARGUMENT)
    sink.probe()
    vault.befall("PUT", "", Response(status, f"<h1>oops {VALUE}</h1>"), times=2)
    deliver(sink)
    assert vault.secrets["mail"][0]["value"] == VALUE
    vault.befall("PUT", "", Response(status, f"<h1>oops {VALUE}</h1>"), times=99)
    refused(partial(deliver, sink), FAILED, str(status))


def test_a_service_that_repeats_the_value_is_not_quoted(vault: Vault, opened: Opened) -> None:
    """Its message is one line, without the value, however long."""
    sink = opened(ARGUMENT)
    sink.probe()
    echo = {"error": {"code": "BadParameter", "message": f"no good:\n\x1b[31m{VALUE} " + "x" * 5000}}
    vault.befall("PUT", "", Response(400, echo))
    error = refused(partial(deliver, sink), FAILED, "400 BadParameter", "<secret>")
    assert "\x1b" not in error.message
    assert vault.count("PUT") == 1


def test_a_redirect_is_not_followed(vault: Vault, internet: Hosting, opened: Opened) -> None:
    """The value would go elsewhere with it."""
    elsewhere = internet.services["vault.agency.example"] = Vault()
    sink = opened(ARGUMENT)
    sink.probe()
    there = {"Location": "https://vault.agency.example/secrets/mail"}
    vault.befall("PUT", "", Response(307, None, there))
    refused(partial(deliver, sink), FAILED, "307")
    assert elsewhere.requests == []


def test_a_certificate_that_nobody_trusts(
    vault: Vault, opened: Opened, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    """It is not waited for."""
    monkeypatch.delenv("SSL_CERT_FILE")
    refused(opened(ARGUMENT).probe, UNUSABLE, "certificate verify failed")
    assert vault.requests == []
    assert waits == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 6))
def test_killed_anywhere_recall_is_right(vault: Vault, opened: Opened, number: int, after: bool) -> None:
    """There is one write, so a kill leaves the former version or the new one, each with its own tags."""
    sink = opened(ARGUMENT)
    deliver(sink)
    vault.killed_at(number, after=after)
    with suppress(ProvisionError):
        deliver(sink, "new" + VALUE, OTHER)
    killed = vault.lives()
    assert killed == (number <= 2)  # one look, one write
    current = vault.secrets["mail"][-1]["value"]
    assert sink.recall() == {OTHER if current == "new" + VALUE else KEY}
    assert (current == VALUE) == (number == 1 or (number == 2 and not after))
    deliver(sink, "third" + VALUE, KEY)
    assert vault.secrets["mail"][-1]["value"] == "third" + VALUE
