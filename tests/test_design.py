"""The page that explains the whole names what is there, and leaves no exception out."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "provision"
PAGE = (ROOT / "docs" / "design.md").read_text()
RUN, TREE = PAGE.split("## How a run goes")[1].split("## Decisions")[0].split("## Exceptions")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)(?:: ([\w.]+))?`", RUN + TREE)))
DRAWN = re.compile(r"^(?P<indent>[│ ]*[├└]─ |)(?P<name>\w+)(?:\s+(?P<module>[\w/]+\.py)\s+(?P<fate>.+))?$")


def module(path: str) -> ModuleType:
    """Import a module by its path below ``provision/``."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return import_module(f"provision.{name}")


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_what_the_walks_name_is_there(path: str, name: str) -> None:
    """Each module, and each class, function or method of it that is named with it."""
    assert (PACKAGE / path).is_file()
    found: object = module(path)
    for number, part in enumerate(name.split(".") if name else ()):
        found = getattr(found, part)
        assert number or getattr(found, "__module__", "") == module(path).__name__, "it stands elsewhere"


def drawn() -> dict[tuple[str, str], tuple[str, str]]:
    """Return the tree: module and name of each class, with its base and what becomes of it."""
    block = TREE.split("```text\n")[1].split("```")[0]
    above: dict[int, str] = {}
    found = {}
    for line in block.splitlines():
        if (row := DRAWN.match(line)) is None:  # a heading within
            continue
        depth = len(row["indent"]) // 3
        above[depth] = row["name"]
        if row["module"]:
            assert (row["module"], row["name"]) not in found
            found[row["module"], row["name"]] = (above[depth - 1], row["fate"])
    return found


def test_the_tree_has_every_exception_of_the_package_where_it_belongs() -> None:
    """None that is missing, none that is gone, and each below the class that it is made from."""
    there = {}
    for path in PACKAGE.rglob("*.py"):
        if path.name != "__main__.py":
            short = path.relative_to(PACKAGE).as_posix()
            here = module(short)
            for name, found in vars(here).items():
                ours = isinstance(found, type) and found.__module__ == here.__name__
                if ours and issubclass(found, BaseException):
                    there[short, name] = found.__base__.__name__
    tree = drawn()
    assert len(there) > 20
    assert {key: base for key, (base, _) in tree.items()} == there


def test_where_the_tree_says_that_one_is_caught_it_is_known() -> None:
    """A module that the third column names speaks of the class, or of ours that it is made from."""
    told = 0
    for (own, name), (base, fate) in drawn().items():
        for path in re.findall(r"[\w/]+\.py", fate):
            words = name if base.endswith(("Exception", "ValueError", "OSError")) else f"{name}|{base}"
            text = (PACKAGE / path).read_text()
            assert re.search(rf"\b(?:{words})\b", text), f"{own}: {name}: {path}"
            told += 1
    assert told > 20
