"""What new users praised, and what keeps it so: each has tests that fail if it is broken.

The list names them, so that nobody changes one of these by the way and does not know it. A test that is
renamed or removed is missed here.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent

KEPT = {
    "1 validate tells every fault at once, with line, caret and the right value": [
        "config/test_bad.py",
        "test_hints.py::test_a_key",
        "test_hints.py::test_ids_in_each_others_place",
    ],
    "2 verify names the mistake at once: Secret ID, a blank, swapped ids, no consent": [
        "test_verify.py",
        "test_diagnosis.py::test_it_is_named_for_what_it_is",
    ],
    "3 the terminal shows a secret once, and anything but yes revokes it": [
        "delivery/test_terminal.py::test_on_a_dumb_terminal_it_is_shown_all_the_same",
        "delivery/test_terminal.py::test_stdout_may_go_elsewhere",
    ],
    "4 a second machine needs no state file; the old value confirms nothing": [
        "crash/test_two.py",
        "test_rotate.py",
    ],
    "5 one tenant's failure stops no other": ["test_fleet.py"],
    "6 expiry over a fleet: sorted, exit 4, calendar, metrics": ["test_expiry.py", "checks/test_expiry.py"],
    "7 doctor names each right, and apply refuses before the first write": [
        "test_doctor.py::test_nothing_more_is_asked_where_the_token_settles_it",
        "checks/test_rights.py",
    ],
    "8 the message to the administrator, and Exchange's script": [
        "test_consent.py",
        "test_exchange.py",
        "test_exchange_run.py",
    ],
    "9 HTML without script, readable for everybody": [
        "report/test_html.py::test_plan_result_and_refusal_with_such_a_name",
        "report/test_html.py::test_the_sheet_says_what_it_is",
    ],
    "10 the sandbox stays on this machine": ["sandbox/test_security.py", "sandbox/test_serve.py"],
    "11 hostile configs are stopped, or harmless": ["report/test_hostile.py", "config/test_bad.py"],
    "12 one JSON document, exact exit codes, and docs whose commands run": [
        "report/test_shapes.py",
        "test_cli.py",
        "test_docs.py",
    ],
    "13 each page says what was not verified": [
        "test_docs.py::test_readme_leads_to_every_list_of_what_is_not_verified",
    ],
}


def names_in(path: Path) -> set[str]:
    """The names of a module's tests."""
    tree = ast.parse(path.read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("praised", KEPT)
def test_what_was_praised_has_tests(praised: str) -> None:
    """Each test that is named is there, and each module that is named has some."""
    for named in KEPT[praised]:
        module, _, name = named.partition("::")
        found = names_in(HERE / module)
        assert found, module
        assert not name or name in found, named


def test_all_thirteen_are_listed() -> None:
    """In their order."""
    assert [int(praised.split()[0]) for praised in KEPT] == list(range(1, 14))
