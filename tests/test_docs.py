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
from typing import Any, get_args, get_origin

import click
import pytest
import yaml
from pydantic import BaseModel

from provision.config.models import Document
from tests import warm
from tests.support import Program
from tools.docs.__main__ import PAGES as GENERATED
from tools.docs.__main__ import main as generate
from tools.docs.program import PARTS, commands

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# Blocks that are not run here, each marked above it with the reason and what runs it instead. The numbers
# are kept so that a block is left out on purpose or not at all.
MARKED = {
    "CONTRIBUTING.md": 1,
    "README.md": 2,
    "commands.md": 1,
    "container.md": 2,
    "delivery.md": 3,
    "expiry.md": 1,
    "first-run.md": 6,
    "import.md": 2,
    "install.md": 4,
    "live.md": 2,
    "network.md": 1,
    "one-mailbox.md": 2,
    "sandbox.md": 3,
    "secrets.md": 1,
    "verify.md": 1,
}
SHELL = ("sh", "bash", "console")
MARK = re.compile(r"<!-- (?:not run|azure-cli): \S.* -->")


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


def install() -> str:
    """Return README's line that makes ``provision`` a command, as a reader pastes it."""
    (block,) = [block for block in shell(ROOT / "README.md") if "export PATH=" in block.text]
    assert not block.marked
    return block.script


@pytest.mark.parametrize("page", [page for page in PAGES if shell(page)], ids=lambda page: page.name)
def test_the_commands_work(page: Path) -> None:
    """In order, in one terminal, in a clean folder with the shipped configs; each line must succeed.

    The folder has a ``.venv`` as ``make install`` makes it; the program is on the path by README's own line.
    """
    shutil.copytree(ROOT / "configs", "configs")
    Path(".venv", "bin").mkdir(parents=True)
    for tool in Path(sys.prefix, "bin").iterdir():
        if not tool.name.startswith(("python", "provision")):
            Path(".venv", "bin", tool.name).symlink_to(tool)
    for name, start in (("python", '"$@"'), ("python3", '"$@"'), ("provision", '-m provision "$@"')):
        Path(".venv", "bin", name).write_text(f"#!/bin/sh\nexec {warm.python()} {start}\n")
        Path(".venv", "bin", name).chmod(0o755)
    path = [
        folder for folder in os.environ["PATH"].split(os.pathsep) if not Path(folder, "provision").exists()
    ]
    environment = {**os.environ, "PATH": os.pathsep.join(path)}
    assert not [name for name in environment if name.startswith("PROVISION_")]
    assert shutil.which("provision", path=environment["PATH"]) is None
    script = [install()]
    for block in shell(page):
        if not block.marked:
            script += [f"echo 'running {page.name}:{block.line}' >&2", block.script]
    ran = subprocess.run(
        ["sh", "-e"],
        input="\n".join(script),
        env=environment,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"
    assert "Traceback" not in ran.stderr


def test_what_is_not_run_is_marked_and_counted() -> None:
    """A block is left out with a reason, and that it is left out is known here."""
    marked = {page.name: sum(block.marked for block in shell(page)) for page in PAGES}
    found = {name: count for name, count in marked.items() if count}
    assert found == MARKED, "a block is marked 'not run' that MARKED, above, does not count"


def test_every_block_says_what_it_is() -> None:
    """A language that this test knows: one that it does not would never be run."""
    known = {*SHELL, "yaml", "python", "json", "text", "diff", ""}
    for page in PAGES:
        for block in blocks(page):
            assert block.language in known, f"{page.name}:{block.line}"
            if block.language == "":  # a drawing
                assert "provision " not in block.text, f"{page.name}:{block.line} looks like commands"


@pytest.mark.parametrize(
    "block",
    [b for page in PAGES for b in blocks(page) if b.language == "yaml" and "version: 1" in b.text],
    ids=lambda block: f"{block.page.name}:{block.line}",
)
def test_configs_that_are_shown_are_right(provision: Program, block: Block) -> None:
    """As they stand there."""
    Path("shown.yaml").write_text(block.text)
    ran = provision("validate", "shown.yaml")
    assert ran.code == 0, ran.err


COMMANDS = commands()


def rows(page: str, header: str) -> list[list[str]]:
    """Return the cells of the table with this header."""
    lines = iter((ROOT / "docs" / page).read_text().splitlines())
    for line in lines:
        if line == header:
            break
    else:
        raise AssertionError(f"{page} has no table {header}")
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("| "):
            break
        found.append(re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |")))
    return found


def test_every_command_is_in_the_docs() -> None:
    """The table in docs/commands.md, and no command that is not there."""
    listed = []
    for command, _ in rows("commands.md", "| Command | Does |"):
        verb, _, rest = command.strip("`").removeprefix("provision ").partition(" ")
        listed += [f"sandbox {name}" for name in rest.split("\\|")] if verb == "sandbox" else [verb]
    assert sorted(listed) == sorted(COMMANDS)


def test_every_option_is_in_the_docs_with_the_verbs_that_take_it() -> None:
    """Read from the pages, and compared with what each command takes: no more, no less."""
    text = (ROOT / "docs" / "commands.md").read_text()
    groups = {
        name.lower(): re.findall(r"`([\w-]+)`", verbs)
        for name, verbs in re.findall(r"^- \*\*((?:Config|Graph) verbs)\*\*: (.+)\.$", text, re.MULTILINE)
    }
    found: dict[str, set[str]] = {words: set() for words in COMMANDS}
    for page in ("commands.md", "sandbox.md"):
        for option, users, meaning in rows(page, "| Option | Of | Means |"):
            assert meaning
            for words in groups.get(users.lower()) or re.findall(r"`([^`]+)`", users):
                found[words].update(re.findall(r"`(-[\w-]+)", option))
    for words, command in COMMANDS.items():
        taken = {
            name
            for one in command.params
            if isinstance(one, click.Option) and not one.hidden
            for name in one.opts
        }
        assert found[words] == taken, words


def test_formats_are_those_that_a_command_gives(provision: Program) -> None:
    """docs/formats.md names the document of each command."""
    shutil.copytree(ROOT / "configs", "configs")
    one, two, more = "configs/prod.yaml", "configs/pal.yaml", ("--sandbox", "-o", "json")
    given = {
        "validate": (),
        "doctor": (),
        "plan": (),
        "apply": ("--yes", "--deliver", "file:{name}.secret"),
        "show": (),
        "rotate": ("--yes", "--deliver", "file:{name}.secret"),
        "consent": ("--yes",),
        "drift": (),
        "expiry": (),
        "orphans": (),
        "destroy": ("--yes", "--allow", "destroy"),
        "restore": ("--yes",),
    }
    listed: dict[str, tuple[str, str]] = {}
    header = "| Command | Formats | One file | Several, a folder or a glob |"
    for verbs, _, single, several in rows("formats.md", header):
        for verb in re.findall(r"`([\w ]+)`", verbs):
            listed[verb] = (
                single.strip("`"),
                single.strip("`") if several == "the same" else several.strip("`"),
            )
    assert set(given) <= set(listed)
    for verb, arguments in given.items():
        rest = [*arguments, *(more[1:] if verb == "validate" else more)]
        assert provision(verb, one, *rest).json["format"] == listed[verb][0], verb
        assert provision(verb, one, two, *rest).json["format"] == listed[verb][1], verb
    value = ("--secret-from", "file:collab-prod.secret")
    assert provision("verify", one, *more, *value).json["format"] == listed["verify"][0]
    assert provision("apply", "configs/least-privilege.yaml", *more, "--yes").code == 0
    ran = provision("exchange", "configs/least-privilege.yaml", *more)
    assert ran.json["format"] == listed["exchange"][0]


def test_generated_pages_are_not_stale() -> None:
    """`make docs` writes them anew."""
    assert generate([str(ROOT), "--check"]) == 0


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_found_stale_and_written(name: str, tmp_path: Path) -> None:
    """One row that is missing, and a page without the markers."""
    for path in GENERATED:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    page = tmp_path / "docs" / name
    right = page.read_text()
    begin, end = right.index(PARTS[name].begin), right.index(PARTS[name].end)
    last = right.rindex("\n| ", begin, end)
    page.write_text(right[:last] + right[right.index("\n", last + 1) :])
    assert generate([str(tmp_path), "--check"]) == 1
    assert generate([str(tmp_path)]) == 0
    assert page.read_text() == right
    page.write_text("no place for it")
    assert generate([str(tmp_path)]) == 2
    assert page.read_text() == "no place for it"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield each key of the config's model, as its path is written."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for inner, several in models(field.annotation):
            yield from keys(inner, f"{prefix}{name}{'[]' if several else ''}.")


def models(annotation: Any, *, several: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    """Yield the models in a type, and whether each is in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, several
    for inner in get_args(annotation):
        yield from models(inner, several=several or get_origin(annotation) is tuple)


def test_the_page_about_the_config_names_every_key() -> None:
    """As a reader of an example looks it up; and none that the config does not have."""
    text = (ROOT / "docs" / "config.md").read_text()
    known = set(keys(Document))
    assert {"tenant.cloud.graph", "secret.delivery.key_vault.vault", "drift.ignore[].reason"} <= known
    sections = set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    listed = re.findall(r"^\| `([\w.\[\]]+)` \|", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) | sections == known
    for path in (ROOT / "configs").glob("*.yaml"):
        assert f"(../configs/{path.name})" in text


def test_readme_leads_to_every_page() -> None:
    """Each in the table once; the first is the first run."""
    table = (ROOT / "README.md").read_text().split("| You want to | Read |")[1].split("\n\n")[0]
    linked = re.findall(r"\(docs/([\w-]+\.md)\)", table)
    assert sorted(linked) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    assert linked[0] == "first-run.md"


def test_readme_leads_to_every_list_of_what_is_not_verified() -> None:
    """And every page that has such a list says it under one heading."""
    text = (ROOT / "README.md").read_text()
    linked = set(re.findall(r"\(docs/([\w-]+\.md)#not-verified\)", text))
    having = {path.name for path in (ROOT / "docs").glob("*.md") if "not-verified" in anchors(path)}
    assert linked == having
    for path in (ROOT / "docs").glob("*.md"):
        if path.name != "config.md":
            assert not re.search(r"^Not (?:verified|tried|known)\b", outside_code(path), re.MULTILINE), (
                path.name
            )


WORKFLOWS = [b for page in PAGES for b in blocks(page) if b.language == "yaml" and "jobs:" in b.text]


@pytest.mark.parametrize("block", WORKFLOWS, ids=lambda block: f"{block.page.name}:{block.line}")
def test_workflows_give_the_packs_what_they_take(block: Block) -> None:
    """Only inputs that there are, all that must be given, and each action at a commit."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    template = {
        item["name"]: item
        for item in yaml.safe_load((ROOT / "ci" / "azure-pipelines.yml").read_text())["parameters"]
    }
    needed = {name for name, item in template.items() if "default" not in item}
    assert needed == {"command", "requirement"}
    used = 0
    for step in found_in(yaml.safe_load(block.text), ("uses", "template")):
        if "uses" in step:
            assert step["uses"].endswith("@<full commit SHA>")
        if step.get("uses", "").startswith("OWNER/provision@"):
            assert {"command"} <= set(step["with"]) <= set(action)
            used += 1
        elif "template" in step:
            assert needed <= set(step["parameters"]) <= set(template)
            assert step["parameters"]["command"] in template["command"]["values"]
            assert (
                step["parameters"]["requirement"]
                == "git+https://github.com/OWNER/provision@<full commit SHA>"
            )
            used += 1
    assert used or block.page.name == "fleet.md"  # whose lines tests/test_fleet_page.py runs


def found_in(value: Any, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield every map that has one of these keys."""
    if isinstance(value, dict):
        if any(name in value for name in names):
            yield value
        for inner in value.values():
            yield from found_in(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from found_in(inner, names)


def test_every_documented_installation_uses_the_hashes() -> None:
    """A lock first, then the package alone; never by a name, which may be a stranger's."""
    ways = 0
    for page in PAGES:
        for line in page.read_text().splitlines():
            for what in re.findall(r"pip install ([^`#]*)", line):
                told_off = "Do not run" in line or "not run the repository's code" in line
                locked = "--require-hashes" in what and "--only-binary :all: -r " in what
                package = what.startswith("--no-deps --no-build-isolation .")
                ways += locked
                assert told_off or locked or package, line
    assert ways


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
