"""The docs: shown commands work, nothing is left out, nothing is stale, every link leads somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from provision.cli.main import VERBS, cli
from provision.config import page as config_page
from provision.report import catalogue as errors_page
from tests.support import Program

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# Blocks that are not run here, each marked above it with the reason and what runs it instead. The numbers
# are kept so that a block is left out on purpose or not at all.
MARKED = {
    "CONTRIBUTING.md": 1,
    "README.md": 1,
    "commands.md": 1,
    "delivery.md": 3,
    "live.md": 2,
    "sandbox.md": 3,
    "verify.md": 1,
}
SHELL = ("sh", "bash", "console")
MARK = re.compile(r"<!-- (?:not run|azure-cli): \S.* -->")
# What stands for the program in a page's blocks.
SHIM = f"""#!/bin/sh
exec '{sys.executable}' -c 'from provision.cli.main import main; main()' "$@"
"""


@dataclass(frozen=True)
class Block:
    """One code block of a page."""

    page: Path
    line: int
    language: str
    text: str
    marked: bool

    @property
    def script(self) -> str:
        """The commands, without the answers that a console block shows."""
        if self.language != "console":
            return self.text
        return "\n".join(line[2:] for line in self.text.splitlines() if line.startswith("$ "))


def blocks(page: Path) -> Iterator[Block]:
    """Yield a page's code blocks."""
    lines = page.read_text().splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("```"):
            continue
        if start is None:
            start = number
            continue
        above = next((text for text in reversed(lines[:start]) if text.strip()), "")
        yield Block(
            page,
            start + 1,
            lines[start].strip()[3:],
            "\n".join(lines[start + 1 : number]),
            bool(MARK.fullmatch(above)),
        )
        start = None
    assert start is None, f"{page.name}: a code block is not closed"


def shell(page: Path) -> list[Block]:
    """Return the blocks that a reader would paste into a terminal."""
    return [block for block in blocks(page) if block.language in SHELL]


@pytest.mark.parametrize("page", [page for page in PAGES if shell(page)], ids=lambda page: page.name)
def test_the_commands_work(page: Path, tmp_path: Path) -> None:
    """In order, in a clean folder with the shipped configs, on the sandbox; each line must succeed."""
    shutil.copytree(ROOT / "configs", "configs")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "provision").write_text(SHIM)
    (tools / "provision").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PROVISION_SANDBOX": "1",
        "GITHUB_STEP_SUMMARY": "summary.md",
    }
    for block in shell(page):
        if block.marked:
            continue
        ran = subprocess.run(
            ["sh", "-e"], input=block.script, env=environment, text=True, capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert ran.returncode == 0, f"{page.name}:{block.line}\n{block.script}\n{ran.stdout}{ran.stderr}"
        assert "Traceback" not in ran.stderr


def test_what_is_not_run_is_marked_and_counted() -> None:
    """A block is left out with a reason, and that it is left out is known here."""
    marked = {page.name: sum(block.marked for block in shell(page)) for page in PAGES}
    assert {name: count for name, count in marked.items() if count} == MARKED


def test_every_block_says_what_it_is() -> None:
    """A language that this test knows: one that it does not would never be run."""
    known = {*SHELL, "yaml", "python", "json", "text", "diff", ""}
    for page in PAGES:
        for block in blocks(page):
            assert block.language in known, f"{page.name}:{block.line}"
            if block.language == "":  # a drawing
                assert "provision " not in block.text, f"{page.name}:{block.line} looks like commands"


@pytest.mark.parametrize(
    "block", [b for page in PAGES for b in blocks(page) if b.language == "yaml" and "version: 1" in b.text],
    ids=lambda block: f"{block.page.name}:{block.line}",
)  # fmt: skip
def test_configs_that_are_shown_are_right(provision: Program, block: Block) -> None:
    """As they stand there."""
    Path("shown.yaml").write_text(block.text)
    ran = provision("validate", "shown.yaml")
    assert ran.code == 0, ran.err


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it."""
    context = click.Context(cli)
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield f"{verb} {name}", inner
        else:
            yield verb, command


@pytest.mark.parametrize(("words", "command"), list(commands()), ids=[words for words, _ in commands()])
def test_every_verb_and_option_is_in_the_docs(words: str, command: click.Command) -> None:
    """In docs/commands.md; the sandbox's own in docs/sandbox.md."""
    pages = ["commands.md", "sandbox.md"] if words.startswith("sandbox ") else ["commands.md"]
    text = "\n".join((ROOT / "docs" / page).read_text() for page in pages)
    if words.startswith("sandbox "):
        assert re.search(rf"sandbox [a-z\\|]*\b{words.split()[1]}\b", text), words
    else:
        assert f"`provision {words}" in text
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.opts} has no help"
            long = max(parameter.opts, key=len)
            assert re.search(rf"(?<![\w-]){re.escape(long)}(?![\w-])", text), (
                f"{long} of '{words}' is not in the docs"
            )


def test_generated_pages_are_not_stale() -> None:
    """`make docs` writes them anew. (The schema's own test is in tests/config.)"""
    assert (ROOT / "docs" / "errors.md").read_text() == errors_page.page() + "\n"
    assert (ROOT / "docs" / "config.md").read_text() == config_page.page(ROOT / "configs") + "\n"


KEYS = """
    version extends name product tenant.id tenant.cloud application.admin_url application.display_name
    application.redirect_uris application.sign_in_audience application.client_id application.owners
    application.notes mail.address mail.scope consent secret.description secret.lifetime secret.renew_before
    secret.delivery secret.delivery.file.path secret.delivery.command.argv
"""


def test_the_page_about_the_config_names_every_key() -> None:
    """As a reader of an example looks it up."""
    text = (ROOT / "docs" / "config.md").read_text()
    for key in KEYS.split():
        assert text.count(f"| `{key}` |") == 1, key
    for path in (ROOT / "configs").glob("*.yaml"):
        assert f"(../configs/{path.name})" in text


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    found = set()
    fenced = False
    for line in page.read_text().splitlines():
        fenced ^= line.startswith("```")
        if not fenced and (heading := re.fullmatch(r"#+ (.+)", line)):
            found.add(re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-"))
    return found


def outside_code(page: Path) -> str:
    """Return a page's text without its code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative one to a file, and to a heading in it; any other is https."""
    for link in re.findall(r"\]\(([^)\s]+)\)", outside_code(page)):
        if "://" in link:
            assert link.startswith("https://"), link
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor.lower() in anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    """Paths of this repository in backticks, such as `tests/test_canary.py`."""
    for name in re.findall(
        r"`((?:tests|provision|configs|docs|benchmarks|conformance)/[\w./-]*)`", page.read_text()
    ):
        assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_codes_that_are_named_are_in_the_catalogue() -> None:
    """A page that sends a reader to a code which is not there is wrong."""
    from provision.errors import catalogue

    known = {entry.code for entry in catalogue.ENTRIES.values()}
    for page in PAGES:
        assert set(re.findall(r"\bPRV\d{3}\b", page.read_text())) <= known, page.name
