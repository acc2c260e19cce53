"""Whatever a code page, a locale or a shell makes of the streams: every verb says what it has to say."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from provision.cli import streams
from provision.cli.main import run
from tests.support import Program, journal, write_config

NAME = "Česká pošta ✓ 日本 … 😀"
PAGES = ["utf-8", "ascii", "cp1252", "cp437"]
VERBS = [
    ["plan", "prod.yaml", "--sandbox-at", "other.json"],
    ["plan", "prod.yaml", "--sandbox-at", "other.json", "-o", "json"],
    ["plan", "prod.yaml", "--sandbox-at", "other.json", "-o", "html"],
    ["plan", "prod.yaml", "--sandbox-at", "other.json", "-o", "markdown"],
    ["show", "prod.yaml", "--sandbox"],
    ["show", "prod.yaml", "--sandbox", "-o", "html"],
    ["expiry", "prod.yaml", "--sandbox"],
    ["expiry", "prod.yaml", "--sandbox", "-o", "markdown"],
    ["expiry", "prod.yaml", "--sandbox", "-o", "json"],
    ["expiry", "prod.yaml", "--sandbox", "-o", "ical"],
    ["expiry", "prod.yaml", "--sandbox", "-o", "prometheus"],
    ["drift", "prod.yaml", "--sandbox"],
    ["doctor", "prod.yaml", "--sandbox", "--deliver", "file:č.secret"],
    ["orphans", "prod.yaml", "--sandbox"],
    ["sandbox", "show"],
    ["validate", "prod.yaml", "č.yaml"],
    ["explain"],
    ["exchange", "mailbox.yaml", "--sandbox"],
    ["exchange", "mailbox.yaml", "--sandbox", "-o", "json"],
    ["schema"],
]


@pytest.fixture
def named(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registration whose name no single page has, applied."""
    write_config(display_name=f'"{NAME}"', more=f'secret:\n  description: "{NAME}"\n')
    assert provision("apply", "prod.yaml", "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0
    text = Path("prod.yaml").read_text().replace("agency.example\n", "agency.example\n  scope: mailbox\n")
    Path("mailbox.yaml").write_text(text.replace("collab-prod", "one-mailbox"))


def written(page: str, monkeypatch: pytest.MonkeyPatch, argv: list[str]) -> tuple[int, bytes, bytes]:
    """Run the program with streams of a page; strict, as Python makes stdout."""
    out, err = io.BytesIO(), io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=page, newline="\n"))
        patched.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=page, newline="\n"))
        code = run(argv)
        sys.stdout.flush()
        sys.stderr.flush()
        return code, out.getvalue(), err.getvalue()


class Text(HTMLParser):
    """The text of a page, with its references resolved."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.all += data


def test_every_verb_in_every_page(named: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No crash, and what comes out is of that page, or of the encoding that the document has by itself."""
    for argv in VERBS:
        codes = set()
        for page in PAGES:
            code, out, err = written(page, monkeypatch, argv)
            codes.add(code)
            assert b"PRV900 unexpected" not in out + err, (page, argv, err)
            err.decode(page)
            if argv[-1] in {"ical", "prometheus"}:
                assert "collab-prod" in out.decode("utf-8").replace("\r\n ", "")
                continue
            text = out.decode(page)
            if argv[-1] == "json":
                assert text.isascii() or page.startswith("utf")
                assert argv[0] != "plan" or NAME in json.dumps(json.loads(text), ensure_ascii=False)
            if argv[-1] == "html":
                assert argv[0] != "plan" or NAME in Text(text).all
        assert len(codes) == 1, argv


@pytest.mark.parametrize(
    ("page", "text", "shown"),
    [
        ("cp437", "█░", "█░"),
        ("cp1252", "█░", "#-"),
        ("ascii", "█░ … “a” ‘b’ x–y", "#- ... \"a\" 'b' x-y"),
        ("cp1252", "… “a” š Č", "… “a” š \\u010c"),
        ("latin-1", "é 😀", "é \\ud83d\\ude00"),
        ("ascii", "\ud800 \udcff", "\\ud800 \\udcff"),
        ("utf-8", "Č \udcff", "Č \\udcff"),
    ],
)
def test_a_sign_that_a_page_lacks(monkeypatch: pytest.MonkeyPatch, page: str, text: str, shown: str) -> None:
    """Plainly where there is a way, else by its number; what the page has stays."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=page, newline="\n"))
    streams.take_every_text()
    streams.out(text)
    assert raw.getvalue().decode(page) == shown + "\n"


# The program twice, as its script starts it.
BOTH = """
import json, sys
from provision.cli.main import main
for number, argv in enumerate(json.loads(sys.argv[1])):
    sys.argv[1:] = argv
    if number:
        print("-- next --", flush=True)
    try:
        main()
    except SystemExit as end:
        print("ended with", end.code or 0, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "more",
    [
        {"PYTHONWARNINGS": "error"},
        {"PYTHONOPTIMIZE": "1"},
        {"PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error"},
        {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "cp437"},
        {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
        {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"},
    ],
    ids=lambda more: ",".join(f"{name}={value}" for name, value in more.items()),
)
def test_what_python_is_told_by_variables(named: None, more: dict[str, str]) -> None:
    """The same codes, no warning and no crash, in a process of its own, one for both."""
    verbs = (["plan", "prod.yaml", "--sandbox"], ["expiry", "prod.yaml", "--sandbox", "-o", "markdown"])
    ran = subprocess.run(
        [sys.executable, "-c", BOTH, json.dumps(verbs)],
        env={**os.environ, **more},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, b"Warning" in ran.stderr, b"PRV900" in ran.stderr) == (0, False, False), (
        ran.stderr
    )
    assert ran.stderr.count(b"ended with 0\n") == 2, ran.stderr
    assert all(ran.stdout.split(b"-- next --\n"))


# -- a byte order mark is no part of a file --------------------------------------------------------------

MARKS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
}


def mark(path: str, how: str) -> None:
    """Save a file as an editor, or Windows PowerShell's ``>``, would."""
    Path(path).write_bytes(MARKS[how](Path(path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("how", MARKS)
def test_marked_files(named: None, provision: Program, how: str) -> None:
    """The plan, the record, the value, the list of changed files, the seed, the state, the journal."""
    deliver = ("--deliver", "file:out.secret")
    assert provision("plan", "prod.yaml", "--sandbox", *deliver, "--out", "p.json").code == 0
    mark("p.json", how)
    ran = provision("apply", "--plan", "p.json", "prod.yaml", "--sandbox", "--yes", *deliver)
    assert ran.code == 0, ran.err
    for path in ("out.secret", "out.secret.provision.json"):
        mark(path, how)
    ran = provision("verify", "prod.yaml", "--sandbox", "--secret-from", "file:out.secret")
    assert ran.code == 0, ran.out + ran.err
    Path("changed.txt").write_text("prod.yaml\n")
    mark("changed.txt", how)
    ran = provision("plan", ".", "--sandbox", "--changed", "changed.txt", "-o", "json")
    assert (ran.code, len(ran.json["plans"])) == (0, 1), ran.out
    Path("seed.yaml").write_text("tenant: {domain: agency.example}\nusers: []\n")
    mark("seed.yaml", how)
    assert provision("sandbox", "seed", "seed.yaml", "--state", "seeded.json").code == 0
    mark(".provision/sandbox.json", how)
    assert provision("plan", "prod.yaml", "--sandbox").code == 0
    mark(str(journal()), how)
    ran = provision("plan", "prod.yaml", "--sandbox", "-o", "json")
    assert ran.json["resource_changes"], ran.out


def test_a_marked_config(provision: Program) -> None:
    """UTF-8 with a mark is taken; of UTF-16 it is said what to do."""
    write_config()
    mark("prod.yaml", "utf-8")
    assert provision("validate", "prod.yaml").code == 0
    write_config()
    mark("prod.yaml", "utf-16-le")
    assert "save it as UTF-8" in provision("validate", "prod.yaml").err
