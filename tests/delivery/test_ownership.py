"""Whose a value is: a tenant's, a target's and a config's; nobody else's run overwrites it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from provision.delivery import Owner, parse_option
from provision.delivery.ownership import SANDBOX, Earlier, from_document, owner_in, to_document
from tests.delivery.azure_devops_standin import BEARER, DevOps
from tests.delivery.github_standin import Hub
from tests.delivery.key_vault_standin import TOKEN, Vault
from tests.delivery.support import KEY, NAME, TENANT, Opened, Signed, deliver, refused
from tests.support import Program, Tenant, write_config

OTHER_TENANT = "91d2a7c4-0f3e-4b58-8a6d-2c7e5f1b9034"
MINE = Owner(NAME, TENANT)
OTHERS = {
    "another tenant": replace(MINE, tenant_id=OTHER_TENANT),
    "a rehearsal": replace(MINE, target=SANDBOX, graph=""),
    "another config": replace(MINE, name="collab-two"),
    "another cloud's Graph": replace(MINE, graph="graph.microsoft.us"),
}
PLACES = {
    "file": "file:out.secret",
    "key_vault": "key_vault:https://agency.vault.azure.net/secrets/mail",
    "github": "github:agency/mail?secret=MAIL",
    "azure_devops": "azure_devops:https://dev.azure.com/agency/Mail%20Relay?group=mail&variable=MAIL",
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, vault: Vault, hub: Hub, devops: DevOps) -> str:
    """A place of each sink."""
    return str(request.param)


def opened(place: str, owner: Owner) -> Any:
    token = TOKEN if place == "key_vault" else BEARER
    return Opened(Signed(token), owner=owner)(PLACES[place])


@pytest.mark.parametrize("whose", OTHERS)
@pytest.mark.parametrize("swapped", [False, True])
def test_somebody_elses_value_stays(place: str, whose: str, swapped: bool) -> None:
    """Refused before anything is made, with both owners named; and by the delivery itself."""
    first, second = (OTHERS[whose], MINE) if swapped else (MINE, OTHERS[whose])
    deliver(opened(place, first), name=first.name)
    sink = opened(place, second)
    refused(sink.probe, "place-taken", str(first), str(second), "another place")
    refused(partial(deliver, sink, "Zz~another", name=second.name), "delivery-failed", str(first))
    assert sink.recall() == frozenset()
    assert opened(place, first).recall() == {KEY}


def test_ones_own_is_replaced(place: str) -> None:
    """The next secret of the same owner goes where the one before lies."""
    deliver(opened(place, MINE))
    sink = opened(place, MINE)
    sink.probe()
    other = KEY.replace("5f1c", "6f1c")
    deliver(sink, "Zz~another", other)
    assert opened(place, MINE).recall() == {other}


@pytest.mark.parametrize("owner", [MINE, *OTHERS.values()], ids=str)
def test_an_owner_is_read_as_it_was_written(owner: Owner) -> None:
    """In both forms: a word and a document."""
    assert owner_in(owner.text) == owner
    record = from_document(json.loads(json.dumps(to_document(owner, [{"key_id": KEY}]))))
    assert record is not None
    assert (record.owner, record.ids) == (owner, frozenset({KEY}))


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@b@", "a@b@graph:", "a@b@other", "@b@sandbox", "a@@sandbox", "a@b@sandboxes:x"]
)
def test_what_is_no_owner(text: str) -> None:
    """Nobody's."""
    assert owner_in(text) is None


def test_a_record_that_names_no_tenant() -> None:
    """It is of the first form."""
    record = from_document({"format": "provision.delivery/1", "name": NAME, "keys": []})
    assert record is not None
    assert record.owner == Earlier(NAME)


def test_a_command_is_told_whose_it_is(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """By variables; the value is not among them."""
    code = "import os,json; json.dump(dict(os.environ), open('told.json', 'w'))"
    monkeypatch.setenv("PROVISION_NAME", "from outside")
    ran = provision(
        "apply",
        write_config(),
        "--sandbox",
        "--yes",
        "--allow",
        "rehearsal-delivery",
        "--deliver",
        f'command:{sys.executable} -c "{code}"',
    )
    assert ran.code == 0, ran.err
    told = json.loads(Path("told.json").read_text())
    assert (told["PROVISION_NAME"], told["PROVISION_TENANT_ID"], told["PROVISION_TARGET"]) == (
        "collab-prod",
        TENANT,
        "sandbox",
    )
    assert told.keys() - os.environ.keys() <= {"PROVISION_TENANT_ID", "PROVISION_TARGET", "LC_CTYPE"}


DEVOPS = "azure_devops:https://dev.azure.com/agency/Mail?group=mail"
SAME = [
    ("file:out.secret", "file:./out.secret"),
    ("file:out.secret", "file:OUT.secret"),
    ("file:out.secret", "file:linked/out.secret"),
    ("file:out.secret", "file:folder/../out.secret"),
    ("file:out.secret", "file:{here}/out.secret"),
    ("file:a", "file:a.provision.json"),
    ("file:later/x", "file:LATER/X"),
    ("key_vault:agency", "key_vault:https://AGENCY.vault.azure.net:443/secrets/collab-prod"),
    ("key_vault:agency/secrets/mail", "key_vault:agency/secrets/Mail"),
    ("github:agency/mail", "github:Agency/Mail?secret=collab_prod_client_secret"),
    ("github:agency/mail?environment=eu", "github:agency/mail?environment=EU"),
    (DEVOPS, f"{DEVOPS.replace('Mail', 'MAIL')}&variable=collab_prod_client_secret"),
    (DEVOPS, DEVOPS.replace("group=mail", "group=7")),
    (DEVOPS, DEVOPS.replace("/Mail", "/0c5e5dd6-6c4e-4b8a-9f0e-5a1f4a1b9f10")),
    (DEVOPS, "azure_devops:https://agency.visualstudio.com/Mail?group=Mail"),
    (f"{DEVOPS}&variable=A", f"{DEVOPS}&variable=A_OWNER"),
]
DIFFERENT = [
    ("file:out.secret", "file:folder/out.secret"),
    ("file:out.secret", "github:agency/mail"),
    ("key_vault:agency/secrets/a", "key_vault:agency/secrets/b"),
    ("key_vault:agency", "key_vault:agency2"),
    ("github:agency/mail", "github:agency/mail?environment=eu"),
    (DEVOPS, DEVOPS.replace("group=mail", "group=other")),
    (DEVOPS.replace("group=mail", "group=7"), DEVOPS.replace("group=mail", "group=8")),
    ("terminal", "terminal"),
    ("command:sh store.sh", "command:sh store.sh"),
]


@pytest.mark.parametrize(
    ("first", "second", "same"), [(*pair, True) for pair in SAME] + [(*pair, False) for pair in DIFFERENT]
)
def test_whether_two_places_are_one(first: str, second: str, same: bool) -> None:
    """However they are written; what cannot be told apart counts as one."""
    Path("folder").mkdir()
    Path("linked").symlink_to(".")
    mine, theirs = (
        parse_option(text.replace("{here}", str(Path.cwd()))).places(NAME, "global")
        for text in (first, second)
    )
    found = any(one.certain == other.certain and one.may_be(other) for one in mine for other in theirs)
    assert found is same


@pytest.mark.parametrize(
    "sink", ["file:out.secret", *(place for kind, place in PLACES.items() if kind != "file")]
)
def test_two_tenants_with_one_name_and_one_place(provision: Program, sink: str) -> None:
    """The natural thing with many customers: refused before anybody is asked for anything."""
    configs = [write_config(f"{tenant}.yaml", tenant=tenant) for tenant in (TENANT, OTHER_TENANT)]
    ran = provision(
        "apply",
        *configs,
        "--sandbox",
        "--yes",
        "--allow",
        "rehearsal-delivery",
        "--deliver",
        sink,
        "-o",
        "json",
    )
    assert (ran.code, ran.json["error"]) == (64, "usage"), ran.out
    assert all(config in ran.json["message"] for config in configs)
    assert Tenant().get("/applications")["value"] == []


def test_a_place_for_each_tenant(provision: Program) -> None:
    """{tenant} in --deliver makes the places two."""
    configs = [write_config(f"{tenant}.yaml", tenant=tenant) for tenant in (TENANT, OTHER_TENANT)]
    ran = provision("apply", *configs, "--sandbox", "--yes", "--deliver", "file:{tenant}-{name}.secret")
    assert ran.code == 0, ran.err
    assert {path.name for path in Path().glob("*.secret")} == {
        f"{TENANT}-collab-prod.secret",
        f"{OTHER_TENANT}-collab-prod.secret",
    }


def test_one_tenant_after_the_other(provision: Program) -> None:
    """The second run is refused before it makes an application, and the first's value stays."""
    for tenant in (TENANT, OTHER_TENANT):
        write_config(f"{tenant}.yaml", tenant=tenant)
    deliver_to = ("--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert provision("apply", f"{TENANT}.yaml", *deliver_to).code == 0
    value = Path("out.secret").read_text()
    ran = provision("apply", f"{OTHER_TENANT}.yaml", *deliver_to)
    assert (ran.code, ran.json["error"]) == (5, "place-taken"), ran.out
    assert TENANT in ran.json["message"]
    assert OTHER_TENANT in ran.json["message"]
    assert Tenant(tenant=OTHER_TENANT).get("/applications")["value"] == []
    assert Path("out.secret").read_text() == value
