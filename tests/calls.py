"""The calls of Graph that SECURITY.md lists; a test that sends another one fails (``conftest.py``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from provision.graph import client
from provision.graph.request import Request, fixed

PAGE = Path(__file__).parents[1] / "SECURITY.md"
HEADER = "| Method | Path | Right of an application | For |"


@dataclass(frozen=True)
class Call:
    """One row: methods, path with ``{…}`` for what is filled in, and the names of the rights."""

    method: str
    path: str
    rights: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """What a request's path is made of."""
        return re.sub(r"\\\{[^}]*\\\}", "[^/()']+", re.escape(self.path))


@cache
def listed() -> tuple[Call, ...]:
    """Return the rows of the table, one a method."""
    lines = PAGE.read_text().split(HEADER)[1].split("\n\n")[0].splitlines()[2:]
    found = []
    for line in lines:
        methods, paths, rights, _ = line.strip("| ").split(" | ")
        for method in methods.split(", "):
            for path in re.findall(r"`([^`]+)`", paths):
                found.append(Call(method, path, tuple(re.findall(r"`([^`]+)`", rights))))
    return tuple(found)


@cache
def paths(method: str) -> re.Pattern[str]:
    """Return the paths that the table has for a method: every request of every test is held against them."""
    return re.compile("|".join(call.pattern for call in listed() if call.method == method) or "(?!)")


def refuse_unlisted(method: str, url: str, root: str) -> None:
    """Raise ``AssertionError`` for a call that the table has not."""
    path = url.partition("?")[0].removeprefix(root.rpartition("/")[0])
    path = path.removeprefix("/v1.0").replace("%24", "$")
    if not paths(method).fullmatch(path):
        raise AssertionError(f"SECURITY.md does not list the call {method} {path}")


def guarded(fixes: Callable[[Any, str], Request]) -> Callable[[Any, str], Request]:
    """Return what fixes a request, and refuses one that is not listed."""

    def checked(info: Any, root: str) -> Request:
        made = fixes(info, root)
        refuse_unlisted(made.method.value, made.url, root)
        return made

    return checked


def guard() -> None:
    """Have every request of this process be looked up."""
    vars(client)["fixed"] = guarded(fixed)
