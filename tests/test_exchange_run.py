"""The script that limits an application to one mailbox, run against a stand-in for Exchange's cmdlets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.report.exchange import exchange_script
from tests.exchange_standin import Exchange
from tests.powershell import Thrown
from tests.test_exchange import LIMIT

ADDRESS = LIMIT.address
SCRIPT = exchange_script(LIMIT)
OLD = f"PrimarySmtpAddress -eq '{ADDRESS}'"  # the scope of earlier versions' script


@pytest.fixture
def exchange() -> Exchange:
    """A tenant with somebody else's mailbox."""
    found = Exchange(LIMIT.tenant_id)
    found.recipient("head@agency.example")
    return found


@pytest.mark.parametrize("kind", ["UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"])
def test_one_mailbox_and_no_other(exchange: Exchange, kind: str) -> None:
    """The scope is the mailbox itself; a second run writes nothing; -Undo leaves nothing."""
    mailbox = exchange.recipient(
        ADDRESS.upper() if kind == "RoomMailbox" else ADDRESS, kind, "old@agency.example"
    )
    exchange.run(SCRIPT)
    assert exchange.scopes == [{"Name": LIMIT.scope, "RecipientFilter": f"Guid -eq '{mailbox['Guid']}'"}]
    assert [exchange.may_send_as(item) for item in exchange.recipients] == [False, True]
    made = list(exchange.writes)
    assert made == ["New-ServicePrincipal", "New-ManagementScope", "New-ManagementRoleAssignment"]
    exchange.run(SCRIPT)
    assert exchange.writes == made
    exchange.run(SCRIPT, undo=True)
    assert (exchange.principals, exchange.scopes, exchange.assignments) == ([], [], [])


@pytest.mark.parametrize(
    ("primary", "kind", "aliases", "says"),
    [
        (
            "head2@agency.example",
            "UserMailbox",
            (ADDRESS,),
            "is an alias of head2@agency.example (UserMailbox)",
        ),
        (
            "all@agency.example",
            "MailUniversalDistributionGroup",
            (ADDRESS,),
            "is an alias of all@agency.example",
        ),
        (ADDRESS, "MailUniversalDistributionGroup", (), "but a MailUniversalDistributionGroup"),
        (ADDRESS, "MailUniversalSecurityGroup", (), "but a MailUniversalSecurityGroup"),
        (ADDRESS, "DynamicDistributionGroup", (), "but a DynamicDistributionGroup"),
        (ADDRESS, "GroupMailbox", (), "but a GroupMailbox"),
        (ADDRESS, "MailContact", (), "but a MailContact"),
        (ADDRESS, "MailUser", (), "but a MailUser"),
        (ADDRESS, "GuestMailUser", (), "but a GuestMailUser"),
        (ADDRESS, "PublicFolder", (), "but a PublicFolder"),
    ],
)
def test_what_is_no_mailbox_of_this_address(
    exchange: Exchange, primary: str, kind: str, aliases: tuple[str, ...], says: str
) -> None:
    """An alias, a group, a contact, a mailbox elsewhere: said what it is, and nothing is written."""
    exchange.recipient(primary, kind, *aliases)
    with pytest.raises(Thrown) as caught:
        exchange.run(SCRIPT)
    assert says in str(caught.value)
    assert "mail.address" in str(caught.value)
    assert exchange.writes == []


def test_nobody_and_two(exchange: Exchange) -> None:
    """Counted."""
    with pytest.raises(Thrown, match="0 recipients have the address"):
        exchange.run(SCRIPT)
    exchange.recipient(ADDRESS)
    exchange.recipient("contact@agency.example", "MailContact", ADDRESS)
    with pytest.raises(Thrown, match="2 recipients have the address"):
        exchange.run(SCRIPT)
    assert exchange.writes == []


def test_a_mailbox_that_gets_the_address_later(exchange: Exchange) -> None:
    """The address moves: whoever has it now is not in the scope, until somebody runs the script again."""
    mailbox = exchange.recipient(ADDRESS)
    exchange.run(SCRIPT)
    mailbox.update(PrimarySmtpAddress="was@agency.example", EmailAddresses=["was@agency.example"])
    head = exchange.recipients[0]
    head["EmailAddresses"].append(ADDRESS)
    newcomer = exchange.recipient("new@agency.example", "SharedMailbox")
    assert [exchange.may_send_as(item) for item in (mailbox, head, newcomer)] == [True, False, False]
    head["EmailAddresses"].remove(ADDRESS)
    newcomer.update(PrimarySmtpAddress=ADDRESS, EmailAddresses=[ADDRESS])
    assert not exchange.may_send_as(newcomer)
    exchange.run(SCRIPT)
    assert [exchange.may_send_as(item) for item in (mailbox, head, newcomer)] == [False, False, True]
    (told,) = [text for text in exchange.warnings if "another filter" in text]
    assert mailbox["Guid"] in told


def test_the_scope_of_an_earlier_script_is_brought_in_line_and_told(exchange: Exchange) -> None:
    """It meant whoever has the address, an alias included; -WhatIf tells and leaves it."""
    mailbox = exchange.recipient(ADDRESS)
    exchange.run(SCRIPT)
    exchange.scopes[0]["RecipientFilter"] = OLD
    stranger = exchange.recipient("stranger@agency.example", "UserMailbox", ADDRESS)
    assert exchange.may_send_as(stranger)  # what was wrong with it
    exchange.recipients.remove(stranger)
    exchange.writes.clear()
    exchange.run(SCRIPT, what_if=True)
    assert (exchange.writes, exchange.scopes[0]["RecipientFilter"]) == ([], OLD)
    exchange.warnings.clear()
    exchange.run(SCRIPT)
    assert exchange.writes == ["Set-ManagementScope"]
    assert exchange.scopes[0]["RecipientFilter"] == f"Guid -eq '{mailbox['Guid']}'"
    assert OLD in exchange.warnings[0]
    stranger["EmailAddresses"].append(ADDRESS)
    assert not exchange.may_send_as(stranger)


def test_what_if_writes_nothing(exchange: Exchange) -> None:
    """And looks all the same."""
    exchange.recipient(ADDRESS)
    exchange.run(SCRIPT, what_if=True)
    assert exchange.writes == []


@pytest.mark.parametrize("address", ["o'brien@agency.example", "O'Brien@Agency.example"])
def test_an_apostrophe(exchange: Exchange, address: str) -> None:
    """In the look for the mailbox it is quoted as OPATH has it; the scope needs no address."""
    mailbox = exchange.recipient("o'brien@agency.example")
    exchange.run(exchange_script(replace(LIMIT, address=address)))
    assert exchange.may_send_as(mailbox)


@pytest.mark.parametrize("change", [{"tenant_id": "00000000-0000-4000-8000-000000000000"}])
def test_another_tenant_is_refused(exchange: Exchange, change: dict[str, Any]) -> None:
    """Before anything is looked at."""
    exchange.recipient(ADDRESS)
    with pytest.raises(Thrown, match="not connected to the tenant"):
        exchange.run(exchange_script(replace(LIMIT, **change)))
