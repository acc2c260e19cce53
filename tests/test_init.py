"""``provision init``: a config by questions, each of which an option answers, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.registrations import made
from tests.support import TENANT, Program, Tenant, write_config

GIVEN = (
    "--product",
    "pal",
    "--admin-url",
    "https://pal.agency.example/",
    "--address",
    "noreply@agency.example",
    "--tenant",
    TENANT,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The answers of somebody at a terminal, which are taken one after the other."""
    answers: list[str] = []

    def prompt(*_: Any, default: str = "", **__: Any) -> str:
        if not answers:
            raise KeyboardInterrupt
        return answers.pop(0) or default

    monkeypatch.setattr("provision.cli.questions.can_ask", lambda: True)
    monkeypatch.setattr("provision.cli.questions.click.prompt", prompt)
    return answers


def files() -> Iterator[str]:
    """What lies in the folder."""
    return (str(path) for path in Path().iterdir() if path.name != ".provision")


def test_with_every_option_nothing_is_asked(provision: Program) -> None:
    """The file is right, git ignores what must not be in it, and the next command is the last line."""
    ran = provision("init", *GIVEN, "--sandbox")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "Next: provision doctor pal-mail.yaml --sandbox"
    lines = Path("pal-mail.yaml").read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=provision.schema.json"
    assert "  admin_url: https://pal.agency.example" in lines
    assert provision("validate", "pal-mail.yaml").code == 0
    assert Path(".gitignore").read_text() == ".provision/\n*.secret\n*.provision.json\n"
    assert provision("doctor", "pal-mail.yaml", "--sandbox").code == 0
    delivered = ("--yes", "--deliver", "file:mail.secret")
    ran = provision("apply", "pal-mail.yaml", "--sandbox", *delivered)
    assert ran.code == 0
    assert "OAuth Client ID" in ran.out


def test_what_is_asked_is_checked_at_once(
    provision: Program, asked: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """A wrong answer is asked again with what is wrong; defaults are there to be taken."""
    asked += [
        "",
        "pal.agency.example",
        "https://collab.agency.example",
        "noreply",
        "n@agency.example",
        TENANT,
        "",
    ]
    ran = provision("init", "--sandbox", "-o", "json")
    assert ran.code == 0, ran.err
    assert asked == []
    assert "https://" in ran.err
    assert "not an address" in ran.err
    assert ran.json["path"] == "collaboration-mail.yaml"
    assert ran.json["next"] == "provision doctor collaboration-mail.yaml --sandbox"


@pytest.mark.parametrize("count", range(6))
def test_ctrl_c_leaves_nothing(provision: Program, asked: list[str], count: int) -> None:
    """Whichever question it comes at."""
    asked += ["", "https://collab.agency.example", "n@agency.example", TENANT, ""][:count]
    ran = provision("init", "--sandbox")
    assert (ran.code, list(files())) == ((130, []) if count < 5 else (0, sorted(files(), reverse=True)))


def test_where_nobody_can_be_asked_the_option_is_named(provision: Program) -> None:
    """And a wrong one is told by the config's own rules; nothing is written."""
    ran = provision("init", "--sandbox")
    assert (ran.code, "--admin-url" in ran.err) == (64, True)
    for wrong in (("--product", "word"), ("--cloud", "GCCH"), ("--tenant", "x"), ("--admin-url", "http://a")):
        assert provision("init", *GIVEN, *wrong, "--sandbox").code == 64
    assert list(files()) == []


def test_nothing_is_written_over(provision: Program) -> None:
    """A config that is there stays, and so do the lines of a .gitignore."""
    Path(".gitignore").write_text("mine\n*.secret")
    assert provision("init", *GIVEN, "--sandbox").code == 0
    assert Path(".gitignore").read_text() == "mine\n*.secret\n.provision/\n*.provision.json\n"
    before = Path("pal-mail.yaml").read_text()
    assert provision("init", *GIVEN, "--sandbox").code == 64
    assert Path("pal-mail.yaml").read_text() == before
    assert provision("init", *GIVEN, "--sandbox", "--out", "configs/").code == 0
    assert Path("configs/pal-mail.yaml").exists()


def test_a_gitignore_that_takes_no_line_is_a_note(provision: Program) -> None:
    """The config is written, and the next command named; what to keep out of git is told."""
    Path(".gitignore").mkdir()
    ran = provision("init", *GIVEN, "--sandbox", "-o", "json")
    assert ran.code == 0, ran.err
    assert Path("pal-mail.yaml").exists()
    assert ran.json["notes"][-1].endswith("have git ignore .provision/, *.secret, *.provision.json")


def test_importing_is_offered_where_a_registration_is_there(provision: Program, asked: list[str]) -> None:
    """Whoever takes the offer gets its command, and no file."""
    provision("apply", write_config(), "--sandbox", "--yes", "--deliver", "file:first.secret")
    tenant = Tenant()
    tenant.do("DELETE", f"/applications/{tenant.application()['id']}")
    one = made(tenant)
    asked += ["pal-mail", "no"]
    ran = provision("init", *GIVEN, "--sandbox")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1].startswith(f"Next: provision import {one.client_id} --tenant {TENANT}")
    assert not Path("pal-mail.yaml").exists()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((), ""),  # where the tenant was not found nobody is asked what is in it
        (("--cloud", "global"), " nobody is signed in"),
    ],
)
def test_a_tenant_that_cannot_be_reached_is_a_note(
    provision: Program, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], why: str
) -> None:
    """Neither the cloud nor what is there is known; the config is written."""
    from provision.graph.answers import Lost

    async def lost(*_: Any, **__: Any) -> Any:
        raise Lost(OSError("no route"), host="login.microsoftonline.com", sent=False)

    async def refused(*_: Any, **__: Any) -> Any:
        from provision.errors import ProvisionError, catalogue

        raise ProvisionError(catalogue.SIGN_IN, "nobody is signed in")

    monkeypatch.setattr("provision.graph.client.Graph.fetch_once", lost)
    monkeypatch.setattr("provision.engine.candidates.find", refused)
    ran = provision("init", *GIVEN, *given, "-o", "json")
    assert ran.code == 0, ran.err + ran.out
    assert [note.partition(":")[2] for note in ran.json["notes"] if "not looked up" in note] == [why]
    assert any("cloud" in note for note in ran.json["notes"]) is (not given)
    assert Path("pal-mail.yaml").exists()


@pytest.mark.parametrize(
    ("document", "code", "cloud"),
    [
        ({"msgraph_host": "graph.microsoft.com"}, 0, "global"),
        ({"tenant_region_sub_scope": "DODCON", "msgraph_host": "graph.microsoft.us"}, 0, "gcc-high"),
        ({"msgraph_host": "graph.microsoft.us"}, 64, None),
        ({}, 0, "global"),
        (None, 65, None),
    ],
)
def test_the_cloud_is_guessed_from_the_tenant_s_document(
    provision: Program, monkeypatch: pytest.MonkeyPatch, document: Any, code: int, cloud: str | None
) -> None:
    """GCC High and DoD by what they say; two that could be meant are both named; none is no tenant."""
    import httpx

    async def answered(_: Any, url: str) -> httpx.Response:
        request = httpx.Request("GET", url)
        return httpx.Response(400 if document is None else 200, json=document or {}, request=request)

    async def nothing(*_: Any, **__: Any) -> Any:
        from provision.errors import ProvisionError, catalogue

        raise ProvisionError(catalogue.SIGN_IN, "nobody is signed in")

    monkeypatch.setattr("provision.graph.client.Graph.fetch_once", answered)
    monkeypatch.setattr("provision.engine.candidates.find", nothing)
    ran = provision("init", *GIVEN, "-o", "json")
    assert ran.code == code, ran.out
    if cloud is not None:
        assert ran.json["cloud"] == cloud
        assert ("cloud: gcc-high" in Path("pal-mail.yaml").read_text()) == (cloud == "gcc-high")
