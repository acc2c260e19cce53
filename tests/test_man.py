"""The manual page: made of ``--help``, whole, and read by what reads such pages."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from provision.cli.verb import allowable
from provision.delivery import SINKS
from provision.errors import Exit
from tools.docs import man
from tools.docs.program import commands

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "provision.1"
READERS = {
    "groff": ["groff", "-man", "-Tascii", "-ww", "-rLL=200n"],
    "mandoc": ["mandoc", "-T", "ascii", "-W", "error,stop", "-O", "width=200"],
}


def plain(text: str) -> str:
    """Return a page without overstriking, colours, and the way its lines are broken."""
    return " ".join(re.sub(r".\x08|\x1b\[[0-9;]*m", "", text).split())


def test_the_page_is_that_of_this_program() -> None:
    """``make docs`` writes it."""
    assert PAGE.read_text() == man.page()
    PAGE.read_text().encode("ascii")


def test_it_has_every_command_and_option() -> None:
    """Each as it is typed; each example can be copied."""
    text = re.sub(r"\\f[BIR]", "", PAGE.read_text())
    for sign, written in man._SIGNS.items():
        text = text.replace(written, sign)
    tells_all(text)


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_shows_the_same(reader: str) -> None:
    """Without a warning."""
    if shutil.which(reader) is None:
        pytest.skip(f"{reader} is not here")
    ran = subprocess.run([*READERS[reader], str(PAGE)], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    tells_all(ran.stdout)


def tells_all(text: str) -> None:
    """Look for each command, option, example, refusal and sink."""
    shown = plain(text)
    for words, command in commands().items():
        assert f"provision {words}" in shown
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert all(name in shown for name in option.opts), (words, option.opts)
        for example in getattr(command, "examples", ()):
            assert " ".join(example.split()) in shown
    for name, _ in allowable():
        assert name in shown
    for kind in SINKS.values():
        assert kind.form in shown


def test_every_exit_code_is_told() -> None:
    """And none twice."""
    assert man._EXITS.keys() == set(Exit)


def test_a_text_is_no_request() -> None:
    """A line that begins with a dot or a quote would be one for roff."""
    assert man._text(".x 'y \\z a-b") == "\\&.x \\(aqy \\ez a\\-b"


def test_a_wheel_has_it_where_man_looks() -> None:
    """Beside the folder of a program that is on the path."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {"docs/provision.1": "share/man/man1/provision.1"}
