"""``provision expiry`` through the program: states, exit codes, every format, fleets, and nothing written."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from prometheus_client.parser import text_string_to_metric_families

from provision.errors import ProvisionError, catalogue
from tests import warm
from tests.support import TENANT, Program, Ran, Tenant, journal, write_config

DELIVER = ("--sandbox", "--yes", "--deliver", "file:out.secret")
FORMATS = ("text", "json", "markdown", "ical", "prometheus")
HOSTILE = '\x1b[31mred\u202e|<b>`"\\,;\r\nEND:VEVENT\r\n::add-mask::x ##vso[task.complete] ##[group]x'


def add_secret(name: str = "collab-prod", *, days: float, display_name: str | None = "By hand") -> Any:
    """Make a secret on the application as somebody else would, and return Graph's answer."""
    tenant = Tenant()
    tenant.sandbox.refresh()
    start = tenant.sandbox.clock.now()
    credential = {
        "displayName": display_name,
        "startDateTime": stamp(start),
        "endDateTime": stamp(start + timedelta(days=days)),
    }
    app = tenant.application(name)
    return tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": credential})


def stamp(moment: datetime) -> str:
    """Return a time as Graph takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def trust(key_id: str) -> None:
    """Put a delivery on record, as a run of ours would."""
    tenant = Tenant()
    app = tenant.application()
    tags = [*app["tags"], f"provision:delivered:{key_id}"]
    tenant.do("PATCH", f"/applications/{app['id']}", {"tags": tags})


def take_name(name: str) -> None:
    """Let somebody else's tool have the application of that name."""
    Tenant().do(
        "PATCH",
        f"/applications(uniqueName='{name}')",
        {"displayName": "Another tool's"},
        {"Prefer": "create-if-missing"},
    )


def shown(ran: Ran) -> list[tuple[str, str, bool]]:
    """Reduce the JSON to whose, state and attention, in its order."""
    return [
        ("ours" if item["managed"] else "other", item["state"], item["attention"])
        for item in ran.json["secrets"]
    ]


def look(provision: Program, *argv: str) -> Ran:
    """Run the verb on the usual config, as JSON."""
    return provision("expiry", "prod.yaml", "--sandbox", "-o", "json", *argv)


# -- states and exit codes ------------------------------------------------------------------------


def test_a_fresh_secret_is_fine(provision: Program, applied: Ran) -> None:
    """0, with its dates: the same that apply told."""
    ran = look(provision)
    assert ran.code == 0
    assert shown(ran) == [("ours", "fine", False)]
    (row,) = ran.json["secrets"]
    told = applied.json["outputs"]["secret_key"]
    assert {key: row[key] for key in ("key_id", "hint", "expires", "renew")} == {
        key: told[key] for key in ("key_id", "hint", "expires", "renew")
    }
    assert row["days_left"] == 179
    assert row["oauth_client_id"] == applied.json["outputs"]["oauth_client_id"]


def test_exit_4_from_the_window_on(provision: Program, applied: Ran) -> None:
    """A day before the window 0, inside it 4, after the end 4."""
    Tenant().advance(days=149)
    assert look(provision).code == 0
    Tenant().advance(days=1, hours=1)
    ran = look(provision)
    assert (ran.code, shown(ran)) == (4, [("ours", "expiring", True)])
    assert ran.json["secrets"][0]["days_left"] == 29
    Tenant().advance(days=40)
    ran = look(provision)
    assert (ran.code, shown(ran)) == (4, [("ours", "expired", True)])
    assert ran.json["secrets"][0]["days_left"] == -10


@pytest.mark.parametrize(
    ("within", "code"),
    [("178d", 0), ("180d", 4), ("25w", 0), ("26w", 4), ("5mo", 0), ("6mo", 4), ("1y", 4), ("100y", 4)],
)
def test_the_window_is_the_callers_choice(provision: Program, applied: Ran, within: str, code: int) -> None:
    """Days, weeks, calendar months and years: a secret of 180 days."""
    assert look(provision, "--within", within).code == code


@pytest.mark.parametrize("within", ["max", "0d", "30", "-3d", "1h", "101y", "99999y", "36601d", ""])
def test_what_is_no_window_is_64(provision: Program, applied: Ran, within: str) -> None:
    """Refused before anything is read, in the words of the option."""
    ran = look(provision, "--within", within)
    assert (ran.code, ran.json["error"]) == (64, "usage")
    assert "--within" in ran.json["message"]
    assert "looking" not in ran.err


def test_a_rotation_waits(provision: Program, applied: Ran) -> None:
    """After renewal the newest says by when it must be entered; confirmed, all is quiet."""
    (old,) = Tenant().application()["passwordCredentials"]
    Tenant().advance(days=155)
    assert provision("apply", "prod.yaml", *DELIVER).code == 0
    ran = look(provision)
    assert ran.code == 4
    assert shown(ran) == [("ours", "awaits-confirmation", True), ("ours", "replaced", False)]
    newest, older = ran.json["secrets"]
    assert newest["confirm_by"] == older["expires"] == old["endDateTime"]
    assert older["confirm_by"] is None
    assert look(provision, "--within", "3w").code == 0
    said = provision("expiry", "prod.yaml", "--sandbox").out
    assert f"confirm by {old['endDateTime'][:10]}" in said
    assert "provision rotate prod.yaml --confirm --sandbox" in said
    Tenant().advance(days=26)  # nobody confirmed, and the old one has ended
    ran = look(provision)
    assert shown(ran) == [("ours", "fine", False), ("ours", "expired", False)]


def test_renewal_due_outside_a_short_window(provision: Program, applied: Ran) -> None:
    """What apply would do is told, without a cry for help."""
    Tenant().advance(days=155)
    ran = look(provision, "--within", "1w")
    assert (ran.code, shown(ran)) == (0, [("ours", "renewal-due", False)])


def test_others_secrets(provision: Program, applied: Ran) -> None:
    """Alive inside the window they count, outside not, and once they have ended not either."""
    add_secret(days=10, display_name="Soon")
    add_secret(days=100, display_name=None)
    ran = look(provision)
    assert ran.code == 4
    assert shown(ran) == [("other", "expiring", True), ("other", "fine", False), ("ours", "fine", False)]
    assert [item["display_name"] for item in ran.json["secrets"][:2]] == ["Soon", None]
    assert ran.json["secrets"][0]["renew"] is None
    said = provision("expiry", "prod.yaml", "--sandbox").out
    assert re.search(r"^!  collab-prod .* other  expiring .* Soon$", said, re.MULTILINE)
    assert re.search(r"^   collab-prod .* ours  ", said, re.MULTILINE)
    Tenant().advance(days=12)
    ran = look(provision)
    assert ran.code == 0
    assert shown(ran)[-1] == ("other", "expired", False)


def test_a_copied_mark_is_unproven(provision: Program, applied: Ran) -> None:
    """Nothing says that anybody received it: shown as such, and it does not stand in for ours."""
    add_secret(days=300, display_name="Copied [provision:collab-prod]")
    ran = look(provision)
    assert (ran.code, shown(ran)) == (0, [("ours", "unproven", False), ("ours", "fine", False)])
    Tenant().advance(days=155)
    assert shown(look(provision)) == [("ours", "expiring", True), ("ours", "unproven", False)]


def test_the_sink_knows_what_the_tenant_forgot(provision: Program, applied: Ran) -> None:
    """The tag and the journal are gone; the file's own record is not, and so the secret is not unproven."""
    tenant = Tenant()
    tenant.do("PATCH", f"/applications/{tenant.application()['id']}", {"tags": ["provision"]})
    journal().unlink()
    assert shown(look(provision, "--deliver", "file:out.secret")) == [("ours", "fine", False)]
    assert shown(look(provision)) == [("ours", "none", False), ("ours", "unproven", False)]


def test_the_journal_knows_it_too(provision: Program, applied: Ran) -> None:
    """A delivery that only this machine remembers counts, beside a copied mark that the sink is asked of."""
    tenant = Tenant()
    tenant.do("PATCH", f"/applications/{tenant.application()['id']}", {"tags": ["provision"]})
    assert shown(look(provision)) == [("ours", "fine", False)]
    add_secret(days=300, display_name="Copied [provision:collab-prod]")
    assert shown(look(provision)) == [("ours", "unproven", False), ("ours", "fine", False)]


def test_a_journal_that_may_not_be_read_is_not_needed(provision: Program, applied: Ran) -> None:
    """It may be another user's: where the tenant tells of every delivery, nobody looks into it."""
    kept = journal()
    kept.unlink()
    kept.mkdir()
    assert shown(look(provision)) == [("ours", "fine", False)]


def test_the_sink_is_asked_for_nothing_that_the_tenant_tells(
    provision: Program, applied: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch may lack every right on the sink: it is not asked, and if it refuses, dates are still told."""

    asked: list[str] = []

    def refuses(*_: object) -> frozenset[str]:
        asked.append("asked")
        raise ProvisionError(catalogue.SINK_UNUSABLE)

    monkeypatch.setattr("provision.delivery.file.File.recall", refuses)
    assert shown(look(provision)) == [("ours", "fine", False)]
    assert asked == []
    add_secret(days=300, display_name="Copied [provision:collab-prod]")
    ran = look(provision)
    assert asked == ["asked"]
    assert (ran.code, shown(ran)) == (0, [("ours", "unproven", False), ("ours", "fine", False)])


def test_an_application_without_a_secret(provision: Program, applied: Ran) -> None:
    """A row of its own: somebody removed it, which counts; and before there is an application at all."""
    tenant = Tenant()
    app = tenant.application()
    (secret,) = app["passwordCredentials"]
    tenant.do("POST", f"/applications/{app['id']}/removePassword", {"keyId": secret["keyId"]})
    write_config("new.yaml", name="not-applied")
    ran = provision("expiry", "new.yaml", "prod.yaml", "--sandbox", "-o", "json")
    assert (ran.code, shown(ran)) == (4, [("ours", "removed", True), ("ours", "none", False)])
    assert [item["oauth_client_id"] for item in ran.json["secrets"]] == [app["appId"], None]
    assert ran.json["summary"] == {"secrets": 0, "attention": 1, "unreadable": 0}
    assert provision("expiry", "new.yaml", "--sandbox").out.count("there is no application yet") == 1


def test_a_deleted_application_is_refused(provision: Program, applied: Ran) -> None:
    """As plan does: the watch must not call it an application that was never made."""
    tenant = Tenant()
    tenant.do("DELETE", f"/applications/{tenant.application()['id']}")
    ran = look(provision)
    assert (ran.code, ran.json["error"]) == (5, "soft-deleted")


def test_an_adopted_application(provision: Program, applied: Ran) -> None:
    """By its client_id, under another name: the secrets of the first config are others' to it."""
    client_id = applied.json["outputs"]["oauth_client_id"]
    Path("adopt.yaml").write_text(
        Path("prod.yaml")
        .read_text()
        .replace("collab-prod", "adopting")
        .replace("application:\n", f"application:\n  client_id: {client_id}\n")
    )
    ran = provision("expiry", "adopt.yaml", "--sandbox", "-o", "json")
    assert (ran.code, shown(ran)) == (0, [("ours", "none", False), ("other", "fine", False)])


# -- what is read, and that nothing is written ----------------------------------------------------


def test_it_writes_nothing(provision: Program, applied: Ran) -> None:
    """Neither in the tenant nor on the disk, whatever the format and the state."""
    add_secret(days=10)
    Tenant().advance(days=155)
    before = Tenant().writes
    files = {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}
    for output in FORMATS:
        assert provision("expiry", "prod.yaml", "--sandbox", "-o", output).code == 4
    assert Tenant().writes == before
    assert {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()} == files


def test_three_requests_a_config_and_the_report(provision: Program, applied: Ran) -> None:
    """The application, and then what else signs in as it; not the policy, the role or the mailbox.

    The report of sign-ins is read once a run.

    What is on the service principal, and federated credentials, cannot be read with the application.
    """
    ran = provision("expiry", "prod.yaml", "--sandbox", "-v")
    requests = re.findall(r"^(GET|POST|PATCH|DELETE) (\S+)", ran.err, re.MULTILINE)
    app = Tenant().application()
    asked = [
        (method, path.split("?")[0].split("/v1.0/")[-1].split("/beta/")[-1]) for method, path in requests
    ]
    assert asked[0] == ("GET", "applications(uniqueName='collab-prod')")
    assert sorted(asked[1:]) == [
        ("GET", f"applications/{app['id']}/federatedIdentityCredentials"),
        ("GET", "reports/appCredentialSignInActivities"),
        ("GET", f"servicePrincipals(appId='{app['appId']}')"),
    ]


def test_what_else_signs_in_is_shown(provision: Program, applied: Ran) -> None:
    """Secrets of the service principal with their end, as others'; federated credentials, which have none."""
    tenant = Tenant()
    app = tenant.application()
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')")
    end = (tenant.sandbox.clock.now() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"passwordCredential": {"displayName": "by az ad sp", "endDateTime": end}}
    made = tenant.do("POST", f"/servicePrincipals/{principal['id']}/addPassword", body)
    trust = {"name": "pipe", "issuer": "https://token.example", "subject": "s", "audiences": ["api://x"]}
    tenant.do("POST", f"/applications/{app['id']}/federatedIdentityCredentials", trust)
    ran = provision("expiry", "prod.yaml", "--sandbox", "-o", "json")
    assert ran.code == 4
    (row,) = [item for item in ran.json["secrets"] if item["key_id"] == made["keyId"]]
    assert (row["holder"], row["kind"], row["managed"], row["state"]) == (
        "service principal",
        "secret",
        False,
        "expiring",
    )
    (config,) = ran.json["configs"]
    assert config["federated_credentials"] == [
        {"name": "pipe", "issuer": "https://token.example", "subject": "s"}
    ]
    for output in ("text", "markdown"):
        shown = " ".join(provision("expiry", "prod.yaml", "--sandbox", "-o", output).out.split())
        assert "service principal" in shown
        assert "pipe" in shown


# -- fleets ---------------------------------------------------------------------------------------


@pytest.fixture
def fleet(provision: Program, applied: Ran) -> tuple[str, ...]:
    """Three applications: one that ends in 25 days, one with a longer life, one that is another tool's."""
    write_config("long.yaml", name="long-lived", more="secret:\n  lifetime: 1y\n")
    write_config("taken.yaml", name="taken")
    assert provision("apply", "long.yaml", "--sandbox", "--yes", "--deliver", "file:long.secret").code == 0
    take_name("taken")
    add_secret("long-lived", days=170, display_name="Sooner")
    Tenant().advance(days=155)
    return ("long.yaml", "taken.yaml", "prod.yaml")


def test_the_most_urgent_of_the_fleet_comes_first(provision: Program, fleet: tuple[str, ...]) -> None:
    """Whatever the order of the configs; one that fails hides no other, and its code is the worse."""
    ran = provision("expiry", *fleet, "--sandbox", "-o", "json")
    assert ran.code == 5
    assert [
        (item["config"], item["display_name"][:6], item["attention"]) for item in ran.json["secrets"]
    ] == [
        ("long-lived", "Sooner", True),
        ("collab-prod", "FOIAXp", True),
        ("long-lived", "FOIAXp", False),
    ]
    assert [(item["name"], item["readable"]) for item in ran.json["configs"]] == [
        ("long-lived", True),
        ("taken", False),
        ("collab-prod", True),
    ]
    failed = ran.json["configs"][1]
    assert failed["error"]["error"] == "foreign-unique-name"
    assert (failed["tenant"], failed["tenant_id"], failed["time"]) == (TENANT, None, None)
    assert ran.json["summary"] == {"secrets": 3, "attention": 2, "unreadable": 1}
    reverse = provision("expiry", *reversed(fleet), "--sandbox", "-o", "json")
    assert [item["key_id"] for item in reverse.json["secrets"]] == [
        item["key_id"] for item in ran.json["secrets"]
    ]
    assert provision("expiry", "long.yaml", "prod.yaml", "--sandbox").code == 4


@pytest.mark.parametrize("output", ["text", "markdown", "ical", "prometheus"])
def test_a_failure_goes_to_stderr(provision: Program, fleet: tuple[str, ...], output: str) -> None:
    """With the config's name, in each format that is not JSON; the others' dates are still told."""
    ran = provision("expiry", *fleet, "--sandbox", "-o", output)
    assert ran.code == 5
    assert "The config is taken." in ran.err
    assert "foreign-unique-name" in ran.err
    assert ("PRV301" in ran.out) == (output == "ical")  # where nobody reads stderr beside it
    assert "taken" in ran.out
    assert "collab-prod" in ran.out
    assert "long-lived" in ran.out


def test_one_config_that_fails_is_an_error_document(provision: Program, fleet: tuple[str, ...]) -> None:
    """As with the other verbs."""
    ran = provision("expiry", "taken.yaml", "--sandbox", "-o", "json")
    assert (ran.code, ran.json["format"]) == (5, "provision.error/2")
    assert (ran.json["error"], ran.json["name"]) == ("foreign-unique-name", "taken")


def test_nothing_of_it_is_in_the_way_of_the_config_errors(provision: Program, applied: Ran) -> None:
    """A config that is wrong: 65 and one document; a collector is told that it is not readable."""
    Path("broken.yaml").write_text("version: 1\nname: [\n")
    ran = provision("expiry", "broken.yaml", "--sandbox", "-o", "json")
    assert (ran.code, ran.json["format"], ran.json["config"]) == (65, "provision.error/2", "broken.yaml")
    ran = provision("expiry", "broken.yaml", "--sandbox", "-o", "prometheus")
    assert ran.code == 65
    assert 'provision_config_readable{config="broken.yaml",target="sandbox"} 0' in ran.out
    assert "yaml-syntax" in ran.err


def test_a_series_stands_there_once(provision: Program) -> None:
    """Configs that are called the same are one series, not readable: a collector refuses one told twice."""
    for file in ("a.yaml", "b.yaml", "c.yaml"):
        write_config(file)
    ran = provision("expiry", "a.yaml", "b.yaml", "c.yaml", "--sandbox", "-o", "prometheus")
    assert ran.code == 65
    series = [line.rpartition(" ")[0] for line in ran.out.splitlines() if not line.startswith("#")]
    assert len(set(series)) == len(series)
    (readable,) = (line for line in ran.out.splitlines() if line.startswith("provision_config_readable{"))
    assert readable.endswith(" 0")


# -- text and Markdown ----------------------------------------------------------------------------


def run_alone(*argv: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process of its own."""
    return subprocess.run(
        [warm.python(), "-m", "provision", *argv],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_bar_shrinks(provision: Program, applied: Ran) -> None:
    """Whole at first, half after half its life, one cell near the end, none afterwards."""
    for days, cells in ((0, "█" * 10), (90, "█" * 5 + "░" * 5), (88, "█" + "░" * 9), (5, "░" * 10)):
        Tenant().advance(days=days)
        assert f"  {cells}  " in provision("expiry", "prod.yaml", "--sandbox").out


def test_ascii_where_the_stream_is_not_utf_8(applied: Ran) -> None:
    """The bar and a foreign name are written with what the stream can take."""
    add_secret(days=50, display_name="Übergabe")
    ran = run_alone("expiry", "prod.yaml", "--sandbox", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0, ran.stderr
    text = ran.stdout.decode("ascii")
    assert "##########" in text
    assert "\\u00dcbergabe" in text
    utf8 = run_alone("expiry", "prod.yaml", "--sandbox", PYTHONIOENCODING="utf-8").stdout.decode()
    assert "██████████" in utf8
    assert "Übergabe" in utf8


def test_the_machine_formats_are_utf_8_whatever_the_stream_is(applied: Ran) -> None:
    """A file that another program reads is not the terminal's business."""
    add_secret(days=50, display_name="Übergabe")
    for output in ("prometheus", "ical"):
        ran = run_alone("expiry", "prod.yaml", "--sandbox", "-o", output, PYTHONIOENCODING="ascii")
        assert ran.returncode == 0, ran.stderr
        assert ("Übergabe" in ran.stdout.decode()) == (output == "prometheus")


def on_a_terminal(*argv: str) -> str:
    """Run the program with stdout on a terminal, and return what came out there."""
    leader, follower = pty.openpty()
    try:
        process = subprocess.run(
            [warm.python(), "-m", "provision", *argv],
            stdout=follower,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        )
        assert process.returncode == 4, process.stderr
    finally:
        os.close(follower)
    text = b""
    try:
        while chunk := os.read(leader, 65536):
            text += chunk
    except OSError:  # how Linux says that a terminal's other end is closed
        pass
    os.close(leader)
    return text.decode()


def test_colour_on_a_terminal_alone(provision: Program, applied: Ran) -> None:
    """Red is what counts; none in a pipe, nor with --no-color."""
    Tenant().advance(days=155)
    argv = ("expiry", "prod.yaml", "--sandbox")
    assert "\x1b[31m!  collab-prod" in on_a_terminal(*argv)
    assert "\x1b" not in on_a_terminal(*argv, "--no-color")
    for output in FORMATS:
        assert "\x1b" not in provision(*argv, "-o", output).out


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the machine live 14 hours ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Etc/GMT-14")
        time.tzset()
        yield
    time.tzset()


def test_dates_are_utc(provision: Program, applied: Ran, far_east: None) -> None:
    """Wherever the machine stands: an end shortly before midnight is that day's."""
    tenant = Tenant()
    app = tenant.application()
    end = (datetime.now(UTC) + timedelta(days=300)).replace(hour=23, minute=30, second=0, microsecond=0)
    credential = {"displayName": "Late", "endDateTime": stamp(end)}
    tenant.do("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": credential})
    assert end.astimezone().date() > end.date()  # else this test shows nothing
    row = next(
        line for line in provision("expiry", "prod.yaml", "--sandbox").out.splitlines() if "Late" in line
    )
    assert f" {end:%Y-%m-%d}  " in row
    ends = [item["expires"] for item in look(provision).json["secrets"]]
    assert stamp(end) in ends
    assert f"| {end:%Y-%m-%d} |" in provision("expiry", "prod.yaml", "--sandbox", "-o", "markdown").out


def test_what_to_do_is_said(provision: Program, applied: Ran) -> None:
    """Before renewal is due, and after."""
    early = provision("expiry", "prod.yaml", "--sandbox", "--within", "1y").out
    assert "1 secret; 1 needs attention within 12 months." in early
    assert "renewal not yet due" in early
    Tenant().advance(days=155)
    late = provision("expiry", "prod.yaml", "--sandbox").out
    assert "Renew: run 'provision apply prod.yaml --sandbox'" in late
    assert "not yet due" not in late


def test_markdown_is_a_table(provision: Program, fleet: tuple[str, ...]) -> None:
    """As many cells in every row, what counts marked, and what could not be read named."""
    out = provision("expiry", *fleet, "--sandbox", "-o", "markdown").out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 3
    assert {line.count("|") for line in table} == {11}
    assert [line.startswith("| **!** |") for line in table] == [False, False, True, True, False]
    assert "- `taken` could not be read: " in out
    assert "3 secrets; 2 need attention within 30 days. 1 config could not be read." in out


# -- names that somebody else chose ---------------------------------------------------------------


@pytest.mark.parametrize("output", FORMATS)
def test_hostile_names_are_harmless(provision: Program, applied: Ran, output: str) -> None:
    """Escape codes, marks of direction, markup, and what a pipeline would obey, ours or not."""
    add_secret(days=10, display_name=HOSTILE)
    trust(add_secret(days=200, display_name=f"{HOSTILE} [provision:collab-prod]")["keyId"])
    ran = provision("expiry", "prod.yaml", "--sandbox", "-o", output)
    assert ran.code == 4
    unfolded = ran.out.replace("\r\n ", "")
    assert "red" in unfolded
    for text in (ran.out, unfolded):
        for bad in ("\x1b", "\u202e", "##vso[", "##["):
            assert bad not in text
        assert not re.search(r"^\s*::", text, re.MULTILINE)
    if output == "markdown":
        assert "<b>" not in ran.out


def test_hostile_names_leave_the_table_whole(provision: Program, applied: Ran) -> None:
    """One line a secret, in text and in Markdown."""
    add_secret(days=10, display_name=HOSTILE)
    text = provision("expiry", "prod.yaml", "--sandbox").out.split("\n\n")[0]
    assert len(text.splitlines()) == 1 + 2
    table = provision("expiry", "prod.yaml", "--sandbox", "-o", "markdown").out
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {11}


# -- iCalendar ------------------------------------------------------------------------------------


def calendar(provision: Program, *configs: str) -> tuple[Ran, Calendar]:
    """Run the verb and read its calendar by another library than the one that wrote it."""
    ran = provision("expiry", *(configs or ("prod.yaml",)), "--sandbox", "-o", "ical")
    return ran, IcsCalendarStream.calendar_from_ics(ran.out)


def test_the_calendar(provision: Program, applied: Ran) -> None:
    """An event for the renewal and one for the end, to the second and in UTC, each with an alarm."""
    told = applied.json["outputs"]["secret_key"]
    ran, read = calendar(provision)
    assert ran.code == 0
    (renewal,) = [event for event in read.events if ".renew@" in (event.uid or "")]
    (end,) = [event for event in read.events if ".end@" in (event.uid or "")]
    assert len(read.events) == 2
    assert renewal.dtstart == datetime.fromisoformat(told["renew"])
    assert end.dtend == datetime.fromisoformat(told["expires"])
    assert "Renew the client secret of collab-prod" in (renewal.summary or "")
    assert [alarm.trigger for alarm in renewal.alarm] == [timedelta(0)]
    assert [alarm.trigger for alarm in end.alarm] == [-timedelta(days=7), -timedelta(days=1)]
    for event in read.events:
        assert event.url is None
        assert told["key_id"] in (event.description or "")
        assert (event.summary or "").startswith("[rehearsal] ")
        assert {alarm.action for alarm in event.alarm} == {"DISPLAY"}


def test_the_calendars_form(provision: Program, applied: Ran) -> None:
    """RFC 5545: lines end with CRLF and have 75 octets at most."""
    trust(add_secret(days=200, display_name="Üß€" * 30 + " [provision:collab-prod]")["keyId"])
    out = calendar(provision)[0].out
    lines = out.split("\r\n")
    assert lines[-1] == ""
    assert "\n" not in "".join(lines)
    assert max(len(line.encode()) for line in lines) <= 75


def test_importing_anew_updates(provision: Program, applied: Ran) -> None:
    """The UIDs stay while the service's time goes on, and DTSTAMP follows it; no two events share one."""
    first = calendar(provision)[1].events
    Tenant().advance(days=20)
    second = calendar(provision)[1].events
    assert {event.uid for event in first} == {event.uid for event in second}
    assert len({event.uid for event in second}) == 2
    passed = second[0].dtstamp - first[0].dtstamp
    assert timedelta(days=20) <= passed < timedelta(days=21)
    assert all(TENANT in str(event.uid) for event in first)


def test_a_rotation_in_the_calendar(provision: Program, applied: Ran) -> None:
    """The old one's end says what to do by then, and keeps its UID; the new one's renewal is months away."""
    (before,) = [event for event in calendar(provision)[1].events if ".end@" in (event.uid or "")]
    Tenant().advance(days=155)
    assert provision("apply", "prod.yaml", *DELIVER).code == 0
    events = calendar(provision)[1].events
    (renew,) = [event for event in events if ".renew@" in (event.uid or "")]
    assert len(events) == 3
    assert renew.dtstart
    assert before.dtend
    assert str(renew.dtstart) > str(before.dtend)
    (old,) = [event for event in events if event.uid == before.uid]
    assert old.dtend == before.dtend
    assert "Enter the new client secret of collab-prod" in (old.summary or "")
    assert "--confirm" in (old.description or "")


def test_others_and_the_past_are_in_no_calendar(provision: Program, applied: Ran) -> None:
    """Nor what nobody received."""
    add_secret(days=300, display_name="By hand")
    add_secret(days=300, display_name="Copied [provision:collab-prod]")
    assert len(calendar(provision)[1].events) == 2
    Tenant().advance(days=181)
    assert calendar(provision)[1].events == []


def test_text_in_the_calendar_is_text(provision: Program, applied: Ran) -> None:
    """A name cannot end its line or its event, and is read back as it is shown elsewhere."""
    trust(add_secret(days=200, display_name="a,b;c\\d\r\nEND:VEVENT [provision:collab-prod]")["keyId"])
    events = calendar(provision)[1].events
    assert len(events) == 3
    assert any("a,b;c\\d\\x0d\\x0aEND:VEVENT [" in (event.description or "") for event in events)


def test_no_fold_makes_a_command(provision: Program, applied: Ran) -> None:
    """A long line goes on behind a blank, which a pipeline passes over: wherever it breaks, no command."""
    for shift in range(3):
        name = "x" * shift + "::a" * 60 + " [provision:collab-prod]"
        trust(add_secret(days=200 + shift, display_name=name)["keyId"])
    out = calendar(provision)[0].out
    assert re.search(r"^ \S*a", out, re.MULTILINE)
    assert not re.search(r"^\s*::", out, re.MULTILINE)


# -- Prometheus -----------------------------------------------------------------------------------


def metrics(ran: Ran) -> dict[str, dict[tuple[str, ...], float]]:
    """Read the text by Prometheus' own parser: metric, then key id (or config), then value."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(ran.out):
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        samples = found.setdefault(family.name, {})
        for sample in family.samples:
            key = (sample.labels["config"], sample.labels.get("key_id", ""))
            assert key not in samples
            samples[key] = sample.value
    return found


def test_prometheus(provision: Program, fleet: tuple[str, ...]) -> None:
    """Every metric, over a fleet with one that cannot be read."""
    assert provision("apply", "prod.yaml", *DELIVER).code == 0
    asked = provision("expiry", *fleet, "--sandbox", "-o", "json")
    ran = provision("expiry", *fleet, "--sandbox", "-o", "prometheus")
    assert ran.code == asked.code == 5
    found = metrics(ran)
    rows = {(item["config"], item["key_id"]): item for item in asked.json["secrets"]}
    assert len(rows) == 4
    unix = {
        field: {
            key: datetime.fromisoformat(row[field]).timestamp() for key, row in rows.items() if row[field]
        }
        for field in ("expires", "renew", "confirm_by")
    }
    assert found == {
        "provision_secret_expiry_timestamp_seconds": unix["expires"],
        "provision_secret_renewal_timestamp_seconds": unix["renew"],
        "provision_secret_confirm_by_timestamp_seconds": unix["confirm_by"],
        "provision_secret_managed": {key: row["managed"] for key, row in rows.items()},
        "provision_secret_awaiting_confirmation": {
            key: row["state"] == "awaits-confirmation" for key, row in rows.items() if row["managed"]
        },
        "provision_secret_needs_attention": {key: row["attention"] for key, row in rows.items()},
        "provision_config_delivered_secrets": {("long-lived", ""): 1, ("collab-prod", ""): 2},
        "provision_config_needs_attention": {("long-lived", ""): 1, ("collab-prod", ""): 1},
        "provision_config_readable": {("long-lived", ""): 1, ("taken", ""): 0, ("collab-prod", ""): 1},
    }
    assert sum(found["provision_secret_awaiting_confirmation"].values()) == 1
    assert len(unix["renew"]) == 2


def test_prometheus_form(provision: Program, applied: Ran) -> None:
    """Each metric once with HELP and TYPE before its samples, lines ended by one line feed, the last too."""
    out = provision("expiry", "prod.yaml", "--sandbox", "-o", "prometheus").out
    assert "\r" not in out
    assert out.endswith("\n")
    assert not out.endswith("\n\n")
    kinds = [line.split(" ")[:3] for line in out.splitlines() if line.startswith("#")]
    names = [kind[2] for kind in kinds]
    assert [kind[1] for kind in kinds] == ["HELP", "TYPE"] * (len(kinds) // 2)
    assert names[::2] == names[1::2]
    assert len(set(names)) == len(names) // 2


def test_labels_are_read_back_as_they_are_shown(provision: Program, applied: Ran) -> None:
    """Quotes, backslashes and line ends in a name neither end the label nor vanish."""
    add_secret(days=10, display_name='say "hi"\\n\n{x="y"} 1')
    families = list(
        text_string_to_metric_families(provision("expiry", "prod.yaml", "--sandbox", "-o", "prometheus").out)
    )
    names = {sample.labels.get("display_name") for family in families for sample in family.samples}
    assert 'say "hi"\\n\\x0a{x="y"} 1' in names
