"""``provision sandbox clock``: a renewal is rehearsed without waiting for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.sandbox.served import Served
from tests.support import TENANT, Program, write_config

DELIVER = ("--yes", "--deliver", "file:out.secret", "-o", "json")


@pytest.fixture
def served() -> Iterator[Served]:
    """A served sandbox with one tenant and its mailbox."""
    Path("seed.yaml").write_text(
        f"tenant: {{id: {TENANT}}}\n"
        "users: [{user_principal_name: noreply@agency.example, mailbox: shared}]\n"
    )
    server = Served(seed_file=Path("seed.yaml"))
    yield server
    server.close()


def renewed(provision: Program, sandbox: tuple[str, ...], at: tuple[str, ...]) -> None:
    """Nothing is due; five months later the renewal is."""
    config = write_config()
    assert provision("apply", config, *sandbox, *DELIVER).code == 0
    assert provision("plan", config, *sandbox, "--detailed-exitcode").code == 0
    before = datetime.fromisoformat(provision("sandbox", "clock", *at, "-o", "json").json["now"])
    moved = provision("sandbox", "clock", *at, "--advance", "155d", "-o", "json").json["now"]
    assert timedelta(0) <= datetime.fromisoformat(moved) - before - timedelta(days=155) < timedelta(minutes=2)
    assert provision("plan", config, *sandbox, "--detailed-exitcode").code == 2
    shown = provision("show", config, *sandbox).out
    assert "3 unchanged, 1 due" in shown
    assert "renewal is due since" in shown
    again = provision("apply", config, *sandbox, *DELIVER)
    assert again.code == 0, again.out
    assert again.json["outputs"]["secret_key"]["confirm_by"]


def test_of_the_embedded_one(provision: Program) -> None:
    """Its state keeps the time."""
    renewed(provision, ("--sandbox",), ())


def test_of_a_served_one(provision: Program, served: Served) -> None:
    """Key and authority are found by the URL."""
    renewed(provision, ("--sandbox-at", served.endpoint.url), ("--at", served.endpoint.url))


def test_past_the_proxy(provision: Program, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is on this machine."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert provision("sandbox", "clock", "--at", served.endpoint.url).code == 0


def test_a_time_may_be_set(provision: Program) -> None:
    """A day, or a moment; without a zone it is UTC."""
    for text, wanted in (
        ("2027-05-01", datetime(2027, 5, 1, tzinfo=UTC)),
        ("2027-05-01T14:00:00+02:00", datetime(2027, 5, 1, 12, tzinfo=UTC)),
    ):
        found = provision("sandbox", "clock", "--set", text, "-o", "json").json["now"]
        assert datetime.fromisoformat(found) - wanted < timedelta(minutes=2)


@pytest.mark.parametrize(
    "argv",
    [
        ("--advance", "soon"),
        ("--advance", "99999d"),
        ("--set", "9999-12-31"),
        ("--set", "tomorrow"),
        ("--advance", "1d", "--set", "2027-05-01"),
    ],
)
def test_what_is_no_time(provision: Program, argv: tuple[str, ...]) -> None:
    """64, and the clock stays."""
    ran = provision("sandbox", "clock", *argv)
    assert (ran.code, "PRV100" in ran.err) == (64, True)
    assert not Path(".provision/sandbox.json").exists()


def test_where_none_is_served(provision: Program) -> None:
    """As every verb says it."""
    assert "PRV703" in provision("sandbox", "clock", "--at", "https://localhost:9", "--advance", "1d").err
