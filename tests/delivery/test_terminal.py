"""The sink that shows a secret: on a real terminal, as a person meets it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.terminals import CTRL_C, CTRL_D, ENTER, Terminal
from tests.support import Tenant, write_config

ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"
PROGRAM = "import sys; from provision.cli.main import main; sys.argv[0] = 'provision'; main()"
# The same, with a clock that is eleven minutes later once a file says so: the machine slept, or nobody came.
LATE = f"""
import pathlib
from provision.graph import clock
elapsed = clock._elapsed
clock._elapsed = lambda: elapsed() + (660 if pathlib.Path("late").exists() else 0)
{PROGRAM}
"""
Start = Callable[..., Terminal]


@pytest.fixture
def start(config: str) -> Iterator[Start]:
    """Start apply with the terminal sink on a terminal of its own."""
    started: list[Terminal] = []

    def begin(
        *more: str, yes: bool = True, stdout: Path | None = None, program: str = PROGRAM, **environment: str
    ) -> Terminal:
        argv = ["apply", config, "--sandbox", "--deliver", "terminal", *(["--yes"] if yes else []), *more]
        started.append(Terminal("-c", program, *argv, stdout=stdout, **environment))
        return started[-1]

    yield begin
    for terminal in started:
        terminal.close()


def secrets() -> list[Any]:
    """Return the application's secrets as Graph has them."""
    found: list[Any] = Tenant().application()["passwordCredentials"]
    return found


def nowhere(value: str) -> bool:
    """Say whether no file of the run holds the value."""
    return not any(value.encode() in path.read_bytes() for path in Path().rglob("*") if path.is_file())


def shown(terminal: Terminal) -> str:
    """Press Enter at the first question, and return the value that is shown then."""
    terminal.expect("Press Enter to see it: ")
    assert ENTERED not in terminal.shown
    terminal.type(ENTER)
    found = terminal.expect(r"Secret Key of 'collab-prod'.*?\r\n\r\n  (\S+)\r\n\r\nIs it entered.*?: ")
    return found[1]


def test_it_is_shown_once_in_the_alternate_screen_after_a_question(start: Start) -> None:
    """A yes ends it with 0; outside the screen that is left again the value is nowhere, files included."""
    terminal = start()
    value = shown(terminal)
    terminal.type("yes" + ENTER)
    assert terminal.wait() == 0
    (secret,) = secrets()
    assert value[:3] == secret["hint"]
    assert len(value) > 30
    before, inside, after = re.split(r"\x1b\[\?1049[hl]", terminal.shown)
    assert inside.count(value) == 1
    assert value[3:] not in before + after
    assert inside.endswith("\x1b[2J")  # wiped before it is left
    assert secret["keyId"] in after
    assert nowhere(value)
    assert f"provision:delivered:{secret['keyId']}" in Tenant().application()["tags"]


@pytest.mark.parametrize("answer", ["no", "", "yess", "n o", "ja"])
def test_anything_but_yes_revokes_it(start: Start, answer: str) -> None:
    """The secret is gone, the screen is left, exit 1; the next run makes another."""
    terminal = start()
    value = shown(terminal)
    terminal.type(answer + ENTER)
    assert terminal.wait() == 1
    assert terminal.shown.rindex(LEFT) > terminal.shown.rindex(ENTERED)
    assert "PRV501" in terminal.shown
    assert secrets() == []
    assert value not in terminal.shown[terminal.shown.rindex(LEFT) :]
    assert nowhere(value)


def test_the_end_of_input_revokes_it(start: Start) -> None:
    """Ctrl-D at the answer: nobody has it, so it goes."""
    terminal = start()
    shown(terminal)
    terminal.type(CTRL_D)
    assert terminal.wait() == 1
    assert LEFT in terminal.shown
    assert secrets() == []


def test_the_end_of_input_before_it_is_shown_revokes_it(start: Start) -> None:
    """Ctrl-D at the first question: it is not shown at all."""
    terminal = start()
    terminal.expect("Press Enter to see it: ")
    terminal.type(CTRL_D)
    assert terminal.wait() == 1
    assert ENTERED not in terminal.shown
    assert secrets() == []


def test_a_value_that_is_too_old_is_not_shown(start: Start) -> None:
    """Enter after more than ten minutes: another run may hold it for an orphan. It is revoked, and said."""
    terminal = start(program=LATE)
    terminal.expect("Press Enter to see it: ")
    Path("late").touch()
    terminal.type(ENTER)
    assert terminal.wait() == 5
    assert ENTERED not in terminal.shown
    assert "secret-too-old" in terminal.shown
    assert secrets() == []
    again = start(program=LATE)  # by the same later clock, and in time
    value = shown(again)
    again.type("yes" + ENTER)
    assert again.wait() == 0
    assert secrets()[0]["hint"] == value[:3]


@pytest.mark.parametrize("early", [True, False])
def test_ctrl_c_revokes_it_at_once(start: Start, early: bool) -> None:
    """One Ctrl-C, at either question: the screen is left, the secret is gone, 130 and one line."""
    terminal = start()
    if early:
        terminal.expect("Press Enter to see it: ")
    else:
        shown(terminal)
    terminal.type(CTRL_C)
    assert terminal.wait() == 130
    assert early or terminal.shown.rindex(LEFT) > terminal.shown.rindex(ENTERED)
    assert "Traceback" not in terminal.shown
    assert terminal.shown.count("PRV901") == 1
    assert secrets() == []


def test_closing_the_window_leaves_nothing_for_good(start: Start, config: str) -> None:
    """The program may end in any way then; the next run removes what nobody received and goes on."""
    terminal = start()
    shown(terminal)
    terminal.hang_up()
    assert terminal.wait() != 0
    again = start()
    value = shown(again)
    again.type("yes" + ENTER)
    assert again.wait() == 0
    (secret,) = secrets()
    assert secret["hint"] == value[:3]


def test_ctrl_c_at_the_question_before_writing(start: Start) -> None:
    """One Ctrl-C: 130, and nothing was written."""
    terminal = start(yes=False)
    terminal.expect("Type yes: ")
    time.sleep(0.5)  # the question is on the screen a moment before it is read
    terminal.type(CTRL_C)
    assert terminal.wait() == 130
    assert Tenant().get("/applications")["value"] == []


def test_both_questions_can_be_answered(start: Start) -> None:
    """Without --yes: the plan, the question, then the secret."""
    terminal = start(yes=False)
    terminal.expect("Type yes: ")
    terminal.type("yes" + ENTER)
    shown(terminal)
    terminal.type("YES" + ENTER)
    assert terminal.wait() == 0
    assert len(secrets()) == 1


def test_on_a_dumb_terminal_it_is_shown_all_the_same(start: Start) -> None:
    """No alternate screen where there is none, and no escape codes."""
    terminal = start(TERM="dumb")
    value = shown(terminal)
    terminal.type("y" + ENTER)  # asked about once more
    terminal.expect("Type yes in full: ")
    terminal.type("yes" + ENTER)
    assert terminal.wait() == 0
    assert terminal.shown.count(value) == 1
    assert "\x1b" not in terminal.shown


def test_stdout_may_go_elsewhere(start: Start, tmp_path: Path) -> None:
    """The talk is on stderr: the result goes to its file whole, and without the value."""
    out = tmp_path / "result.json"
    terminal = start("-o", "json", stdout=out)
    value = shown(terminal)
    terminal.type("yes" + ENTER)
    assert terminal.wait() == 0
    document = json.loads(out.read_text())
    assert document["outputs"]["secret_key"]["delivered_to"] == "terminal"
    assert value not in out.read_text()


def test_several_secrets_are_shown_one_after_the_other(start: Start) -> None:
    """Two configs: each is asked about by itself, and one that is not taken does not touch the other."""
    write_config("other.yaml", name="collab-two")
    terminal = start("other.yaml")
    answers = {}
    for answer in ("yes", "no"):
        terminal.expect("The client secret of '")
        name = terminal.expect(r"(collab-\w+)")[1]
        terminal.type(ENTER)
        terminal.expect("Is it entered.*?: ")
        terminal.type(answer + ENTER)
        answers[name] = answer
    assert terminal.wait() == 1
    assert set(answers) == {"collab-prod", "collab-two"}
    for name, answer in answers.items():
        assert len(Tenant().application(name)["passwordCredentials"]) == (answer == "yes")
