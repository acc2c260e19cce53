"""The shells that complete: click's scripts for zsh, fish and PowerShell, and one of ours for bash.

A text that is offered may come from a file's name or a stranger's config, and a shell runs what is on its
line: what is not plain is quoted for it, as it quotes names of files itself.
Sources: https://click.palletsprojects.com/en/stable/shell-completion/,
https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html and
https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter
"""

from __future__ import annotations

import os
import re
import shlex
from typing import Any, ClassVar

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    PowerShellComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

# bash parts words at : and =, too, and replaces only what is behind the last of them. So the line itself is
# handed over, up to the cursor, and what stands before that sign is taken off each answer.
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' type value
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("$(printf '%%q' "$value")")
                case $value in *[:=/]) compopt -o nospace ;; esac ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
%(complete_var)s=bash_complete "$1" 2> /dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_PLAIN = re.compile(r"[\w./:=%+\\-]+", re.ASCII)


class Bash(ShellComplete):
    """bash 4.4 or newer."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that is begun there."""
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        begun = words.pop() if words and not line[-1:].isspace() else ""
        return words[1:], begun

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return what fits, without what bash will keep."""
        breaks = set(os.environ.get("COMP_WORDBREAKS", ":=")) & {":", "="}
        typed = incomplete.partition("=")[2] if incomplete.startswith("--") else incomplete
        kept = typed[: max((typed.rfind(sign) + 1 for sign in breaks), default=0)]
        found = super().get_completions(args, incomplete)
        return [
            CompletionItem(one.value.removeprefix(kept), type=one.type) if one.type == "plain" else one
            for one in found
            if one.type != "plain" or one.value != kept
        ]

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return a line that the script reads."""
        return f"{item.type},{item.value}"


class PowerShell(PowerShellComplete):
    """Windows PowerShell 5.1 and PowerShell 7: a backslash parts folders there, and escapes nothing."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is begun, and that one."""
        lexer = shlex.shlex(os.environ.get("COMP_WORDS", ""), posix=True)
        lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
        words: list[str] = []
        try:
            words.extend(lexer)
        except ValueError:  # a quote that is not closed yet
            words.append(lexer.token)
        at = int(os.environ.get("COMP_CWORD", "1"))
        return words[1:at], words[at] if at < len(words) else ""

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the lines that the script reads; a value that is no plain word is quoted."""
        if item.type == "plain" and not _PLAIN.fullmatch(item.value):
            quoted = "'" + item.value.replace("'", "''") + "'"
            item = CompletionItem(quoted, type=item.type, help=item.help)
        return super().format_completion(item)


_SHELLS: dict[str, type[ShellComplete]] = {
    "bash": Bash,
    "zsh": ZshComplete,
    "fish": FishComplete,
    "powershell": PowerShell,
}
NAMES = tuple(_SHELLS)


def register() -> None:
    """Have click answer these shells by our classes."""
    for name, kind in _SHELLS.items():
        add_completion_class(kind, name)


def script(shell: str, program: click.Command) -> str:
    """Return what a shell reads at its start, so that it completes ``provision``."""
    return _SHELLS[shell](program, {}, "provision", "_PROVISION_COMPLETE").source()
