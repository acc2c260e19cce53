"""The table of coverage: whole, and stale when it says otherwise than the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provision.sandbox import covered
from provision.sandbox.call import Answer, Call
from provision.sandbox.coverage import BEGIN, END, main, table
from provision.sandbox.routing import Endpoint
from tests.support import Program


def _documented(call: Call) -> Answer:
    """What it does: https://learn.microsoft.com/graph/api/application-list."""
    raise AssertionError(call)


def _bare(call: Call) -> Answer:
    raise AssertionError(call)


def test_a_row_has_methods_path_right_and_page() -> None:
    rows = table([
        Endpoint("GET", "applications", _documented), Endpoint("GET", "applications/$count", _bare),
        Endpoint("PATCH", "applications/{id}", _bare), Endpoint("DELETE", "applications/{id}", _bare),
        Endpoint("GET", "servicePrincipals/{id}/owners", _bare),
        Endpoint("GET", "servicePrincipals/{id}/owners/user/$count", _bare),
        Endpoint("GET", "servicePrincipals/{id}/owners/user", _bare),
        Endpoint("GET", "nowhere", _bare),
    ]).splitlines()  # fmt: skip
    page = "https://learn.microsoft.com/graph/api/application-list"
    assert rows[2:6] == [
        f"| GET | `/applications` (`/$count`) | 1 | [application-list]({page}) |",
        "| PATCH, DELETE | `/applications/{id}` | 2 |  |",
        "| GET | `/servicePrincipals/{id}/owners` (`/user`) | 1 |  |",
        "",
    ]  # what everybody is refused is not emulated
    assert rows[8].startswith("| 1 | `Application.Read.All` or ")
    assert rows[9].startswith(
        "| 2 | `Application.ReadWrite.All`; or `Application.ReadWrite.OwnedBy`, of its own"
    )
    assert rows[9].endswith("Global Administrator, or an owner |")


def test_what_stands_around_the_table_stays_and_a_stale_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter\n")
    assert main([str(page), "--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert "old" in page.read_text()
    assert main([str(page)]) == 0
    text = page.read_text()
    assert text.startswith(f"# Before\n\n{BEGIN}\n\n| Method |")
    assert text.endswith(f"|\n\n{END}\n\nAfter\n")
    assert main([str(page), "--check"]) == 0
    page.write_text(text.replace("| GET | `/applications`", "| GET | `/apps`"))
    assert main([str(page), "--check"]) == 1


@pytest.mark.parametrize("text", [None, "# No markers\n", f"{END}\n{BEGIN}\n"])
def test_without_markers_nothing_is_written(text: str | None, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    assert main([str(page)]) == 2
    assert (page.read_text() if page.exists() else None) == text


@pytest.mark.parametrize(
    ("method", "path", "emulated", "request_", "real"),
    [
        ("get", "/applications/x", True, "GET /applications/{id}", True),
        ("GET", "https://localhost:8/beta/me/messages?$top=1", True, "GET /me/messages", True),
        ("GET", "servicePrincipals/x/appRoles", True, "GET /servicePrincipals/{id}/{property}", True),
        ("GET", "/me/displayName", True, "GET /me/{property}", True),
        ("POST", "/users/x/messages", False, "POST /users/{id}/messages", True),
        ("GET", "/users/x/calendar", False, "GET /users/{id}/calendar", True),
        ("GET", "/applications/delta", False, "GET /applications/delta", True),
        ("GET", "/users/x/nonsense", False, "GET /users/x/nonsense", False),
        ("BREW", "/applications", False, "BREW /applications", False),
        ("GET", "", False, "GET /", False),
        ("GET", "/applications('x", False, "GET /applications('x", False),
    ],
)  # fmt: skip
def test_one_request_is_asked_about(
    method: str, path: str, emulated: bool, request_: str, real: bool
) -> None:
    found = covered.ask(method, path)
    assert (found.emulated, found.request, found.real) == (emulated, request_, real)
    assert bool(found.person) == emulated


def test_the_command_tells_it(provision: Program) -> None:
    asked = provision("sandbox", "coverage", "POST", "/me/sendMail", "-o", "json")
    assert json.loads(asked.out)["application"] == "Mail.Send"
    assert asked.code == 0
    asked = provision("sandbox", "coverage", "GET", "/me/drive")
    assert "Microsoft Graph has it, the sandbox has not" in asked.out
    assert asked.code == 1
