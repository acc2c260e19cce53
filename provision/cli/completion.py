"""What a shell completes: files for CONFIG, names for what takes names. click does the rest.

A shell waits for it at each stroke of TAB, so nothing is imported that reads configs or talks to a service.
Source: https://click.palletsprojects.com/en/stable/shell-completion/
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

_PLACEHOLDER = re.compile(r"[A-Z]+")  # what a person writes something else for
# What --select goes by, and how it stands in a config: plain words, which a shell takes as they are.
SELECTED = {
    "name": re.compile(r"^name:[ \t]*[\"']?([a-z0-9][a-z0-9-]*)[\"']?[ \t]*(?:#.*)?$", re.M),
    "product": re.compile(r"^product:[ \t]*[\"']?([\w./-]+)[\"']?[ \t]*(?:#.*)?$", re.M | re.ASCII),
    "tenant": re.compile(
        r"^tenant:[ \t]*(?:#.*)?\n(?:[ \t].*\n|\n)*?[ \t]+id:[ \t]*[\"']?([\w.-]+)", re.M | re.ASCII
    ),
}
_MOST_FILES, _MOST_BYTES = 500, 64 * 1024  # of configs that are looked into for their names


def files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell complete a file or a folder; ``-`` and other words stay as they are."""
    return [CompletionItem(incomplete, type="file")]


def allowed(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete what can be let pass by ``--allow``, each with what it is."""
    from provision.errors import catalogue

    entries = [entry for entry in catalogue.ENTRIES.values() if entry.allowable]
    return _beginning(incomplete, [(entry.name, entry.title) for entry in entries])


def codes(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a code or a name of the catalogue, each with what it is."""
    from provision.errors import catalogue

    entries = catalogue.ENTRIES.values()
    return _beginning(
        incomplete, [(word, entry.title) for entry in entries for word in (entry.code, entry.name)]
    )


def sinks(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete how a sink begins, and behind ``file:`` a path."""
    kind, colon, path = incomplete.partition(":")
    if kind == "file" and colon:
        return [CompletionItem(f"file:{found}") for found in _paths(path)]
    from provision.delivery import SINKS

    forms = [kind.argument.replace("URL", "https://") for kind in SINKS.values()]
    return _beginning(incomplete, [(_PLACEHOLDER.split(form)[0], "") for form in forms])


def selectors(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the key of ``--select``, and behind it what the configs have that the line names so far."""
    key, equals, begun = incomplete.partition("=")
    if not equals:
        return _beginning(incomplete, [(f"{key}=", "") for key in SELECTED])
    if key not in SELECTED:
        return []
    found = {
        value for text in _configs(ctx.params.get("paths") or (".",)) for value in SELECTED[key].findall(text)
    }
    return [CompletionItem(f"{key}={value}") for value in sorted(found) if value.startswith(begun)]


def example_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of an example config, each with what it is for."""
    from provision import shipped

    said = {name: path.read_text(encoding="utf-8") for name, path in shipped.examples().items()}
    return _beginning(incomplete, [(name, shipped.said_of_example(text)) for name, text in said.items()])


def page_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a page."""
    from provision import shipped

    return _beginning(incomplete, [(name, "") for name in shipped.pages()])


def _beginning(incomplete: str, words: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    return [
        CompletionItem(word, help=said or None)
        for word, said in sorted(words)
        if word.lower().startswith(incomplete.lower())
    ]


def _configs(paths: Iterable[str]) -> Iterator[str]:
    """Yield the texts of what may be configs at these paths; what cannot be read is passed over."""
    left = _MOST_FILES
    for path in map(Path, paths):
        try:
            files = sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]
        except (OSError, ValueError):
            continue
        for file in files[:left]:
            left -= 1
            try:
                if file.is_file():
                    with file.open(encoding="utf-8-sig", errors="replace") as opened:
                        yield opened.read(_MOST_BYTES)
            except OSError:
                continue


def _paths(begun: str) -> list[str]:
    """Return what begins so; a name with a sign that a terminal obeys is left out."""
    at = max(begun.rfind(sign) for sign in {"/", os.sep}) + 1
    folder, name = begun[:at], begun[at:]
    try:
        there = sorted(Path(folder or ".").iterdir())
    except (OSError, ValueError):
        return []
    return [
        f"{folder}{one.name}{folder[-1:] or '/' if one.is_dir() else ''}"
        for one in there
        if one.name.startswith(name) and (name or not one.name.startswith(".")) and one.name.isprintable()
    ]
