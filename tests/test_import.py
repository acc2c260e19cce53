"""``provision import``: from a registration that was made by hand to a config whose plan is empty."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from provision.config.writing import scalar
from tests.registrations import MAIL_READ, PAGE, HandMade, anything, made
from tests.report.hostile import NAMES
from tests.soak import soaking
from tests.support import TENANT, Program, Ran, Tenant, write_config

AT = ("--tenant", TENANT, "--sandbox")
MAILBOX = ("--address", "noreply@agency.example", "--product", "collaboration")
SANDBOX = ("--sandbox", "-o", "json")
UNKNOWN = "99999999-0000-4000-8000-000000000001"


@pytest.fixture
def tenant(provision: Program) -> Tenant:
    """The tenant of a rehearsal, with its mailbox and nothing else."""
    return begun(provision, TENANT)


def begun(provision: Program, tenant: str) -> Tenant:
    """Have a rehearsal make a tenant and its mailbox, for it would do so later."""
    config = write_config("first.yaml", tenant=tenant)
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", f"file:{tenant}.secret").code == 0
    Path(config).unlink()
    found = Tenant(tenant=tenant)
    found.do("DELETE", f"/applications/{found.application()['id']}")
    return found


def actions(plan: Any) -> dict[str, str]:
    """What a plan would do, by address."""
    return {c["address"]: c["change"]["actions"][0] for c in plan["resource_changes"]}


def imported(provision: Program, *ids: str, out: str = "configs/") -> Ran:
    """Import these, and return what was told."""
    return provision("import", *ids, *AT, *MAILBOX, "--out", out, "-o", "json")


def test_the_search_tells_why_each_may_be_the_one(provision: Program, tenant: Tenant) -> None:
    """By address, grant, tag and name, the surest first; what has none of them is left out."""
    sure = made(tenant)
    held = made(tenant, "Sender", uris=("https://a.example/cb",), lives=())
    called = made(tenant, "Our FOIAXpress", uris=(), granted=False)
    tagged = made(tenant, "Tagged", uris=(), granted=False, tags=["provision"])
    made(tenant, "Payroll", uris=("https://pay.example/connectors/smtp.aspx",), granted=False)
    ran = provision("import", *AT, "--search", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.json["format"] == "provision.candidates/1"
    found = {item["oauth_client_id"]: item for item in ran.json["candidates"]}
    assert list(found) == [sure.client_id, held.client_id, tagged.client_id, called.client_id]
    assert found[sure.client_id]["reasons"] == ["redirect-uri", "mail-send", "name"]
    assert found[held.client_id]["reasons"] == ["mail-send"]
    assert found[called.client_id]["reasons"] == ["name"]
    assert found[tagged.client_id]["reasons"] == ["tag"]
    assert found[sure.client_id]["consent"] == "granted"
    assert found[sure.client_id]["owners"]
    assert found[sure.client_id]["secrets"][0]["expires"]
    text = provision("import", *AT, "--search").out
    assert text.splitlines()[-1].startswith(f"Next: provision import {sure.client_id} --tenant {TENANT}")
    assert "Mail.Send is not granted" in text
    shown = provision("import", *AT, "--search", "-o", "markdown").out
    assert f"Next: `provision import {sure.client_id} --tenant" in shown


def test_forty_made_by_hand_are_taken_over_and_one_is_renewed(provision: Program, tenant: Tenant) -> None:
    """No plan has a change; a rotation overlaps, and --confirm removes the adopted one and nothing else."""
    ids = [
        made(tenant, f"Mail {number}", uris=(f"https://c{number}.agency.example{PAGE}",)).client_id
        for number in range(40)
    ]
    writes = tenant.writes
    ran = imported(provision, *ids)
    assert ran.code == 0, ran.out
    assert tenant.writes == writes
    plans = provision("plan", "configs", *SANDBOX)
    assert len(plans.json["plans"]) == 40
    assert Counter(action for plan in plans.json["plans"] for action in actions(plan).values()) == {
        "no-op": 160
    }
    one = ran.json["imports"][7]
    keys = {
        item["keyId"]
        for app in tenant.get("/applications?$top=999")["value"]
        for item in app["passwordCredentials"]
    }
    delivered = ("--deliver", "file:new.secret")
    assert provision("rotate", one["path"], *SANDBOX, *delivered, "--yes").code == 0
    confirmed = ("--confirm", "--secret-from", "file:new.secret")
    assert provision("rotate", one["path"], *SANDBOX, *delivered, "--yes", *confirmed).code == 0
    left = {
        item["keyId"]
        for app in tenant.get("/applications?$top=999")["value"]
        for item in app["passwordCredentials"]
    }
    assert keys - left == {one["adopted"]}
    assert len(left - keys) == 1
    assert tenant.get(f"/applications(appId='{one['oauth_client_id']}')")["uniqueName"] is None


def test_what_was_guessed_and_what_stays_is_said(provision: Program, tenant: Tenant) -> None:
    """In the file as comments, and in what is printed; the last line is the next command."""
    one = made(tenant, uris=(f"https://b.agency.example{PAGE}", f"https://a.agency.example{PAGE}"))
    ran = provision("import", one.client_id, *AT, "--address", "noreply@agency.example", "--out", "mail.yaml")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "Next: provision plan mail.yaml --sandbox"
    assert f"redirect URI https://b.agency.example{PAGE} (web) is not declared" in ran.out
    lines = Path("mail.yaml").read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=provision.schema.json"
    assert any("guessed" in line and "b.agency.example" in line for line in lines)
    document = yaml.safe_load(Path("mail.yaml").read_text())
    assert document["application"]["admin_url"] == "https://a.agency.example"
    assert document["application"]["stamp"] is False
    assert document["product"] == "collaboration"


def test_of_several_living_secrets_none_is_chosen(provision: Program, tenant: Tenant) -> None:
    """They are listed in the file; the plan says what apply would do until one is chosen."""
    one = made(tenant, lives=(100, 300))
    ran = imported(provision, one.client_id, out="mail.yaml")
    (found,) = ran.json["imports"]
    assert len(found["choices"]) == 2
    assert found["adopted"] is None
    text = Path("mail.yaml").read_text()
    assert all(key in text for key in found["choices"])
    assert actions(provision("plan", "mail.yaml", *SANDBOX).json)["client_secret"] == "create"
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    chosen = [line for line in lines if line == "secret:" or found["choices"][1] in line]
    Path("mail.yaml").write_text(text + "\n".join(chosen) + "\n")
    assert set(actions(provision("plan", "mail.yaml", *SANDBOX).json).values()) == {"no-op"}


def test_stamp_has_the_plan_show_name_and_tag(provision: Program, tenant: Tenant) -> None:
    """And nothing else."""
    one = made(tenant)
    assert provision("import", one.client_id, *AT, *MAILBOX, "--stamp", "--out", "mail.yaml").code == 0
    plan = provision("plan", "mail.yaml", *SANDBOX).json
    (change,) = [c for c in plan["resource_changes"] if c["change"]["actions"] != ["no-op"]]
    assert set(change["change"]["after"]) == {"uniqueName", "tags"}


def test_one_that_provision_made_is_taken_back_by_its_name(
    provision: Program, config: str, applied: Ran
) -> None:
    """A lost config comes back: its delivered secret counts, and none is adopted."""
    app = Tenant().application()
    Path(config).unlink()
    ran = imported(provision, app["appId"], out="again.yaml")
    assert ran.json["imports"][0]["name"] == "collab-prod"
    assert ran.json["imports"][0]["adopted"] is None
    assert set(actions(provision("plan", "again.yaml", *SANDBOX).json).values()) == {"no-op"}


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        (
            {"uris": ("https://a.example/connectors/smtp.aspx",)},
            "import-no-redirect",
            "/connectors/SMTP.aspx",
        ),
        ({"principal": False}, "import-differs", "service_principal"),
        ({"name": "a\x1b[31mred"}, "import-differs", "control characters"),
    ],
)
def test_what_no_config_leaves_as_it_is_gets_refused(
    provision: Program, tenant: Tenant, given: dict[str, Any], error: str, told: str
) -> None:
    """With the reason, and no file is written."""
    one = made(tenant, **given)
    ran = imported(provision, one.client_id, out="mail.yaml")
    (found,) = ran.json["imports"]
    assert (ran.code, found["error"]) == (5, error)
    assert told in found["message"]
    assert not Path("mail.yaml").exists()


def test_one_that_is_refused_hides_no_other(provision: Program, tenant: Tenant) -> None:
    """The others are written; the exit code is the refusal's, and the last line the next command."""
    bad, good = made(tenant, uris=()), made(tenant)
    ran = provision("import", bad.client_id, good.client_id, UNKNOWN, *AT, *MAILBOX, "--out", "configs")
    assert ran.code == 5
    assert bad.client_id in ran.err
    assert UNKNOWN in ran.err
    assert ran.out.splitlines()[-1].startswith("Next: provision plan configs/")
    assert len(list(Path("configs").iterdir())) == 1


def test_nothing_is_written_over(provision: Program, tenant: Tenant) -> None:
    """Neither a file nor a link, and not by two of one name: each gets its own."""
    one, two = made(tenant), made(tenant)
    Path("mail.yaml").write_text("mine\n")
    ran = imported(provision, one.client_id, out="mail.yaml")
    assert ran.code == 64
    assert Path("mail.yaml").read_text() == "mine\n"
    Path("link.yaml").symlink_to("nowhere")
    assert imported(provision, one.client_id, out="link.yaml").code == 64
    ran = imported(provision, one.client_id, two.client_id)
    assert len({item["path"] for item in ran.json["imports"]}) == 2
    assert provision("plan", "configs", *SANDBOX).code == 0


def test_what_cannot_be_known_must_be_given_where_nobody_is_asked(provision: Program, tenant: Tenant) -> None:
    """The message names the option; a wrong answer is told at once, by the config's own rules."""
    one = made(tenant, "Sender")
    ran = provision("import", one.client_id, *AT, "--out", "mail.yaml")
    assert (ran.code, "--product" in ran.err) == (64, True)
    ran = provision("import", one.client_id, *AT, "--product", "pal", "--out", "mail.yaml")
    assert (ran.code, "--address" in ran.err) == (64, True)
    for wrong in (
        ("--address", "noreply"),
        ("--product", "word"),
        ("--cloud", "GCCH"),
        ("--name", "A B"),
    ):
        assert provision("import", one.client_id, *AT, *MAILBOX, *wrong, "--out", "m.yaml").code == 64
    assert provision("import", "not-an-id", *AT, "--out", "m.yaml").code == 64
    assert provision("import", *AT).code == 64
    assert provision("import", one.client_id, *AT, *MAILBOX).code == 64
    assert provision("import", one.client_id, one.client_id, *AT, "--name", "abc", "--out", "m").code == 64
    assert not list(Path().glob("m*.yaml"))


def test_a_name_that_is_another_registration_s_is_refused(provision: Program, tenant: Tenant) -> None:
    """Two could be meant: both are named."""
    one = made(tenant)
    other = made(tenant, "Another", uniqueName="collab-two")
    ran = provision(
        "import", one.client_id, *AT, *MAILBOX, "--name", "collab-two", "--out", "m.yaml", "-o", "json"
    )
    (found,) = ran.json["imports"]
    assert (ran.code, found["error"]) == (5, "identity-conflict")
    assert one.client_id in found["message"]
    assert other.client_id in found["message"]


def test_one_of_a_product_without_a_redirect_uri(provision: Program, tenant: Tenant) -> None:
    """It is found by the product's permission or its name, which tells the product; its plan is empty."""
    one = made(tenant, "Email Reader", uris=(), permission=MAIL_READ)
    held = made(tenant, "Hotline", uris=(), permission=MAIL_READ)
    searched = provision("import", *AT, "--search", "--product", "ecase-email-reader", "-o", "json")
    found = {item["oauth_client_id"]: item for item in searched.json["candidates"]}
    assert found[one.client_id]["reasons"] == ["mail-read", "name"]
    assert (found[held.client_id]["reasons"], found[held.client_id]["consent"]) == (["mail-read"], "granted")
    told = provision("import", *AT, "--search", "--product", "ecase-email-reader").out
    assert "Mail.Read on Microsoft Graph is granted" in told
    assert "--product ecase-email-reader" in told.splitlines()[-1]
    writes, address = tenant.writes, ("--address", "tips@agency.example")
    assert provision("import", one.client_id, *AT, *address, "--out", "a.yaml").code == 0
    reader = ("--product", "ecase-email-reader")
    assert provision("import", held.client_id, *AT, *address, *reader, "--out", "b.yaml").code == 0
    assert "admin_url" not in Path("a.yaml").read_text() + Path("b.yaml").read_text()
    for name in ("a.yaml", "b.yaml"):
        assert set(actions(provision("plan", name, *SANDBOX).json).values()) == {"no-op"}
    assert tenant.writes == writes
    sends = made(tenant, "Sender")
    assert provision("import", sends.client_id, *AT, *address, *reader, "--out", "c.yaml").code == 0
    text = Path("c.yaml").read_text()
    assert "guessed: Mail.Read is neither asked for nor granted" in text
    assert "scope: mailbox" in text


def test_one_of_a_product_that_a_file_describes(provision: Program, tenant: Tenant) -> None:
    """Its path and its permission count; the config names the file from where it stands."""
    Path("ours.yaml").write_text(OURS)
    one = made(tenant, "Desk", uris=("https://desk.agency.example/in/box",), permission=MAIL_READ)
    ours = ("--product", "ours.yaml", "--address", "tips@agency.example")
    searched = provision("import", *AT, "--search", "--product", "ours.yaml", "-o", "json")
    (found,) = searched.json["candidates"]
    assert found["reasons"] == ["redirect-uri", "mail-read", "name"]
    for out in ("desk.yaml", "configs/"):
        ran = provision("import", one.client_id, *AT, *ours, "--out", out, "-o", "json")
        assert ran.code == 0, ran.err + ran.out
        (item,) = ran.json["imports"]
        assert set(actions(provision("plan", item["path"], *SANDBOX).json).values()) == {"no-op"}
    assert 'product: "./ours.yaml"' in Path("desk.yaml").read_text()
    assert 'product: "../ours.yaml"' in Path("configs/desk.yaml").read_text()
    other = made(tenant, "Sender")
    ran = provision("import", other.client_id, *AT, *ours, "--out", "no.yaml", "-o", "json")
    assert (ran.code, ran.json["imports"][0]["error"]) == (5, "import-no-redirect")
    assert "/in/box" in ran.json["imports"][0]["message"]
    Path("ours.yaml").write_text(OURS.replace("Mail.Read", "Mail.Everything"))
    for words in (("--search",), (one.client_id, "--address", "tips@agency.example", "--out", "no.yaml")):
        ran = provision("import", *words, *AT, "--product", "ours.yaml")
        assert (ran.code, "product-permission" in ran.err) == (65, True), ran.err
    ran = provision("import", "--search", *AT, "--product", "nowhere.yaml")
    assert ran.code in (64, 65, 66), ran.err
    assert "nowhere.yaml" in ran.err
    assert sorted(path.name for path in Path().iterdir() if path.name.startswith((".p", "no"))) == [
        ".provision"
    ]


OURS = """\
title: Hotline Desk
permission: Mail.Read
redirect_path: /in/box
screens:
  - screen: Intake
    boxes:
      Application ID: "{oauth_client_id}"
      Client secret: "{secret_key}"
"""
ODD = [
    "true",
    "No",
    "12",
    "1e3",
    "0x1",
    "2026-01-01",
    "a: b",
    "# c",
    "${HOME}",
    "$${A}",
    "-",
    "~",
    "'",
    '"',
    "\\",
    "a\tb",
    "|",
    ">",
    "? x",
]


@pytest.mark.parametrize("text", [*NAMES.values(), *ODD])
def test_a_text_is_written_so_that_it_is_read_as_it_was(text: str) -> None:
    """In one line that holds no sign which cannot be seen."""
    written = scalar(text)
    assert written.replace("\u3164", "").isprintable()
    if not any(0xD800 <= ord(one) < 0xE000 for one in text):
        assert yaml.safe_load(written) == text.replace("${", "$${")


def test_hostile_names_come_through_harmless(provision: Program, tenant: Tenant) -> None:
    """In the file and in every output: read back they are the same, and what cannot be is refused."""
    names = [name.encode("utf-8", "ignore").decode() for name in NAMES.values()]
    ones = [
        made(tenant, name, uris=(f"https://h{at}.example{PAGE}",)) for at, name in enumerate(names) if name
    ]
    for output in ("text", "json", "markdown"):
        ran = provision(
            "import", *(one.client_id for one in ones), *AT, *MAILBOX, "--out", f"{output}/", "-o", output
        )
        assert ran.code == 5
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
        assert len(list(Path(output).iterdir())) == sum(not one.refused for one in ones)
        searched = provision("import", *AT, "--search", "-o", output)
        assert "\x1b" not in searched.out
        assert "\u202e" not in searched.out
    plans = provision("plan", "json", *SANDBOX).json["plans"]
    assert len(plans) >= 12
    assert {action for plan in plans for action in actions(plan).values()} == {"no-op"}


def test_no_output_tells_a_secret_of_the_registration(
    provision: Program, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its value is known to whoever made it alone: not to import, init or the plan, in any output or file."""
    one = made(tenant, lives=())
    added = tenant.do("POST", f"/applications/{one.object_id}/addPassword", {"passwordCredential": {}})
    value = added["secretText"]
    (tmp_path / "summary").touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    given = ("--product", "pal", "--admin-url", "https://pal.agency.example", *MAILBOX[:2])
    said = ""
    for output in ("text", "json", "markdown"):
        for argv in (
            ("import", *AT, "--search"),
            ("import", one.client_id, *AT, *MAILBOX, "--out", f"{output}.yaml"),
            ("init", *given, *AT, "--out", f"{output}-init.yaml"),
        ):
            ran = provision(*argv, "-o", output, "-v")
            assert ran.code == 0, ran.err
            said += ran.out + ran.err
        logged = ("--log-file", "run.log", "--ci", "github")
        said += provision("plan", f"{output}.yaml", "--sandbox", "-o", output, *logged).out
    said += provision("plan", "text.yaml", "--sandbox", "-o", "html").out
    for path in (path for folder in (Path(), tmp_path) for path in folder.rglob("*") if path.is_file()):
        said += path.read_bytes().decode("utf-8", "replace")
    assert one.client_id in said
    assert value not in said


def check_many(provision: Program, tenant: Tenant, ones: list[HandMade], later: int) -> Counter[str]:
    """Import them all: each plan has what a person must decide and no more, and apply writes nothing."""
    tenant.advance(days=later)
    writes = tenant.writes
    ids = (one.client_id for one in ones)
    at = ("--tenant", tenant.id, "--sandbox")
    ran = provision("import", *ids, *at, *MAILBOX, "--out", "many/", "-o", "json")
    assert tenant.writes == writes
    seen: Counter[str] = Counter()
    told = dict(zip((one.client_id for one in ones), ran.json["imports"], strict=True))
    quiet = []
    plans = {p["name"]: p for p in provision("plan", "many", *SANDBOX).json["plans"]}
    for one in ones:
        found = told[one.client_id]
        if one.refused:
            assert found["format"] == "provision.error/2", found
            assert found["message"]
            seen[found["error"]] += 1
            continue
        assert found.get("path"), found
        changed = {a: what for a, what in actions(plans[found["name"]]).items() if what != "no-op"}
        alive = [days for days in one.lives if days > later]
        due = len(alive) != 1 or alive[0] - later <= min(30, alive[0] / 3)
        expected = {"client_secret": "create"} if due else {}
        expected |= {"consent": "handoff"} if one.handed_over else {}
        assert changed == expected, (changed, expected, one)
        seen["handed over" if one.handed_over else "due" if due else "empty"] += 1
        if not due:
            quiet.append(found["path"])
    assert tenant.writes == writes
    if quiet:
        provision("apply", *quiet, "--sandbox", "--yes", "--allow", "many-changes")
    assert tenant.writes == writes
    return seen


def test_any_registration_is_taken_as_it_is_or_refused(provision: Program, tenant: Tenant) -> None:
    """A sample; the long series is the next one."""
    dice = Random(7)
    ones = [anything(tenant, dice, number) for number in range(30)]
    seen = check_many(provision, tenant, ones, later=100)
    assert seen["empty"] > 5


@pytest.mark.soak
def test_a_thousand_registrations(provision: Program, tenant: Tenant, pytestconfig: pytest.Config) -> None:
    """20 tenants, at different ages; one where it is not a soak."""
    seen: Counter[str] = Counter()
    soaks = soaking(pytestconfig)
    for series in range(20 if soaks else 1):
        dice = Random(series)
        where = begun(provision, f"{series:08d}-0000-4000-8000-0000000000ab")
        ones = [anything(where, dice, 100 * series + number) for number in range(50)]
        seen += check_many(provision, where, ones, later=dice.choice([0, 10, 100, 200]))
        for path in Path("many").iterdir():
            path.unlink()
    print(json.dumps(seen))
    assert sum(seen.values()) == (1000 if soaks else 50)


def test_an_id_that_is_another_is_told_what_to_import(provision: Program, tenant: Tenant) -> None:
    """There is no config yet, so none is to be changed."""
    one = made(tenant)
    ran = imported(provision, one.object_id)
    assert (ran.code, one.client_id in ran.out) == (5, True)
    assert "Import that one" in ran.out
    tenant.do("DELETE", f"/applications/{one.object_id}")
    ran = imported(provision, one.client_id)
    assert (ran.code, "then import it" in ran.out) == (5, True)
    assert "application.client_id" not in ran.out
