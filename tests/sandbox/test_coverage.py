"""The table of coverage: whole, and stale when it says otherwise than the code."""

from __future__ import annotations

import json

import pytest

from provision.sandbox.coverage import covered
from provision.sandbox.wire.call import Answer, Call
from provision.sandbox.wire.routing import Endpoint
from tests.support import Program
from tools.docs.coverage import PART, table


def _documented(call: Call) -> Answer:
    """What it does: https://learn.microsoft.com/graph/api/application-list."""
    raise AssertionError(call)


def _bare(call: Call) -> Answer:
    raise AssertionError(call)


def test_a_row_has_methods_path_right_and_page() -> None:
    rows = table(
        [
            Endpoint("GET", "applications", _documented),
            Endpoint("GET", "applications/$count", _bare),
            Endpoint("PATCH", "applications/{id}", _bare),
            Endpoint("DELETE", "applications/{id}", _bare),
            Endpoint("GET", "servicePrincipals/{id}/owners", _bare),
            Endpoint("GET", "servicePrincipals/{id}/owners/user/$count", _bare),
            Endpoint("GET", "servicePrincipals/{id}/owners/user", _bare),
            Endpoint("GET", "nowhere", _bare),
        ]
    ).splitlines()
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


def test_what_stands_around_the_table_stays() -> None:
    text = PART.fill(f"# Before\n\n{PART.begin}\nold\n{PART.end}\n\nAfter\n")
    assert text.startswith(f"# Before\n\n{PART.begin}\n\n| Method |")
    assert text.endswith(f"|\n\n{PART.end}\n\nAfter\n")
    assert PART.fill(text) == text


@pytest.mark.parametrize("text", ["# No markers\n", f"{PART.end}\n{PART.begin}\n"])
def test_without_markers_nothing_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="missing"):
        PART.fill(text)


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
)
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
