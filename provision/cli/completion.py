"""What a shell completes: files for CONFIG, names for what takes names. click does the rest.

Source: https://click.palletsprojects.com/en/stable/shell-completion/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

_PLACEHOLDER = re.compile(r"[A-Z]+")  # what a person writes something else for


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


def selectors(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the key of ``--select``."""
    from provision.config.select import KEYS

    return _beginning(incomplete, [(f"{key}=", "") for key in KEYS])


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


def _paths(begun: str) -> list[str]:
    folder, slash, name = begun.rpartition("/")
    try:
        there = sorted(Path(f"{folder}{slash}" or ".").iterdir())
    except OSError:
        return []
    return [
        f"{folder}{slash}{one.name}{'/' if one.is_dir() else ''}"
        for one in there
        if one.name.startswith(name) and (name or not one.name.startswith("."))
    ]
