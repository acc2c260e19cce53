"""The parts of the docs that are made from the program: options, formats, and the rights that it needs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import click

from provision.checks.rights import NEEDS, OPTIONAL
from provision.cli.main import VERBS, cli
from provision.cli.options import FormatOf
from provision.report.table import TABLE
from tools.docs.part import Part

# How the value of an option is called that click shows by its choices or its type.
_VALUES = {
    "--output": "FORMAT",
    "--ci": "HOST",
    "--auth": "WAY",
    "--fail-on": "SEVERITY",
    "--host": "ADDRESS",
    "--port": "NUMBER",
}
_PERMISSION = re.compile(r"\b[A-Z]\w+(?:\.\w+)+\b")


def commands() -> dict[str, click.Command]:
    """Return every command by the words that call it, in the order of ``--help``."""
    context = click.Context(cli)
    found: dict[str, click.Command] = {}
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {f"{verb} {name}": inner for name, inner in command.commands.items()}
        else:
            found[verb] = command
    return found


def _of_the_sandbox(words: str) -> bool:
    return words.startswith("sandbox ")


def options() -> str:
    """Return the options of every verb but the sandbox's own, those of most verbs first."""
    verbs = {words: command for words, command in commands().items() if not _of_the_sandbox(words)}
    groups = {
        "config verbs": [words for words, command in verbs.items() if "paths" in _parameters(command)],
        "Graph verbs": [words for words, command in verbs.items() if "auth" in _parameters(command)],
    }
    lines = [f"- **{name[0].upper()}{name[1:]}**: {_listed(words)}." for name, words in groups.items()]
    return "\n".join([*lines, "", *_table(verbs, groups)])


def sandbox_options() -> str:
    """Return the options of the sandbox's own verbs."""
    return "\n".join(_table({words: one for words, one in commands().items() if _of_the_sandbox(words)}, {}))


def _parameters(command: click.Command) -> set[str | None]:
    return {parameter.name for parameter in command.params}


def _table(verbs: Mapping[str, click.Command], groups: Mapping[str, Collection[str]]) -> list[str]:
    rows: dict[tuple[str, str], list[str]] = {}
    for words, command in verbs.items():
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                rows.setdefault((_written(option), _meaning(option)), []).append(words)
    lines = ["| Option | Of | Means |", "|---|---|---|"]
    users_of = Counter(written for (written, _), users in rows.items() for _ in users)
    for (written, meaning), users in sorted(rows.items(), key=lambda row: -users_of[row[0][0]]):
        names = [name for name, members in groups.items() if list(members) == users]
        lines.append(f"| {written} | {names[0] if names else _listed(users)} | {meaning} |")
    return lines


def _written(option: click.Option) -> str:
    """Return the option as it is typed: ``--output FORMAT``, ``-o``."""
    long, *short = sorted(option.opts, key=len, reverse=True)
    value = "" if option.is_flag else f" {option.metavar or _VALUES[long]}".replace("|", "\\|")
    return ", ".join([f"`{long}{value}`", *(f"`{name}`" for name in short)])


def _meaning(option: click.Option) -> str:
    assert option.help, option.opts
    said = [option.help.rstrip(".").replace("|", "\\|")]
    if isinstance(option.type, click.Choice):
        said.append(f"one of {_listed(option.type.choices)}")
    if option.show_default:
        said.append(f"by default `{option.default}`")
    return "; ".join(said)


def _listed(words: Sequence[Any]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def rights() -> str:
    """Return what each step needs, as an application and as a person."""
    lines = ["| To | An application needs | A person needs | Source |", "|---|---|---|---|"]
    for need in NEEDS:
        what = f"{need.what} (optional)" if need.step in OPTIONAL else need.what
        page = need.source.rsplit("/", 1)[1]
        cells = (
            _PERMISSION.sub(r"`\g<0>`", text) for text in (what, need.least_application, need.least_person)
        )
        lines.append(f"| {' | '.join(cells)} | [{page}]({need.source}) |")
    return "\n".join(lines)


def formats() -> str:
    """Return the formats of every verb, and what its JSON documents are called."""
    users: dict[str, list[tuple[str, click.Command]]] = {}
    for words, command in commands().items():
        for one in command.params:
            if isinstance(one.type, FormatOf):
                users.setdefault(one.type.outcome, []).append((words, command))
                for option, kind in one.type.also.items():
                    users.setdefault(kind, []).append((f"{words} {option}", command))
    lines = ["| Command | Formats | One file | Several, a folder or a glob |", "|---|---|---|---|"]
    for kind, row in TABLE.items():
        verbs = users.get(kind, [])
        single = f"`{row.documents[0]}`" if row.documents else "without a name"
        alone = not any("paths" in _parameters(one) and not _takes_one(one) for _, one in verbs)
        several = f"`{row.documents[1]}`" if len(row.documents) > 1 else "-" if alone else "the same"
        cells = (_listed([words for words, _ in verbs]), ", ".join(row.renderers), single, several)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _takes_one(command: click.Command) -> bool:
    return any(isinstance(one, click.Argument) and one.metavar == "CONFIG" for one in command.params)


# page -> its generated part
PARTS = {
    "commands.md": Part("options", options),
    "formats.md": Part("formats", formats),
    "rights.md": Part("rights", rights),
    "sandbox.md": Part("options of the sandbox", sandbox_options),
}
