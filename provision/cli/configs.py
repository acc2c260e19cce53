"""The configs that a run is about: found by the paths, narrowed by ``--select`` and ``--changed``."""

from __future__ import annotations

import os

from provision import bounded
from provision.cli import ci
from provision.cli.console import talk
from provision.cli.options import Common
from provision.config import Loaded, survey
from provision.config.search import STDIN
from provision.config.select import changed, selected
from provision.config.shard import cut
from provision.errors import ProvisionError, catalogue
from provision.outcomes.search import REMOVED, Search
from provision.report.escape import plain

_LONGEST = 16 * 1024 * 1024  # bytes of a list of files
_SHOWN = 5  # files that are named on stderr


def found(options: Common) -> Loaded:
    """Return the configs that this run is about, and tell on stderr what was passed over and left out.

    Raises ``ProvisionError`` if an option takes none, or if the list of changed files cannot be read.
    """
    if options.changed == STDIN and STDIN in options.paths:
        raise ProvisionError(
            catalogue.USAGE,
            "standard input cannot hold both the config and the list of --changed",
            fix="Save one of them as a file, and name that.",
        )
    environment, withheld = ci.of_configs(os.environ)
    loaded = survey(options.paths, variables=options.variables, environment=environment, withheld=withheld)
    if options.changed is not None:
        files = _listed(options.changed)
        loaded = changed(loaded, options.paths, files)
        told = any(item.reason == REMOVED for item in loaded.search.passed_over)
        if files and not told and not any(map(os.path.lexists, files)):
            talk("--changed: none of the files in that list is here; their names count from this folder")
    loaded = selected(loaded, options.select)
    if options.shard is not None:
        count = len(loaded.entries)
        loaded = cut(loaded, options.shard)
        talk(f"shard {options.shard}: {len(loaded.entries)} of {count} configs")
    tell(loaded.search)
    return loaded


def tell(search: Search) -> None:
    """Say on stderr what a search did not take, and which configs were not asked for."""
    for item in search.passed_over[:_SHOWN]:
        talk(f"passed over {plain(item.path)}: {item.reason}")
    if more := search.passed_over[_SHOWN:]:
        talk(f"passed over {len(more)} more; -o json lists them")
    if search.left_out:
        names = ", ".join(map(plain, search.left_out[:_SHOWN]))
        more_names = f" and {len(search.left_out) - _SHOWN} more" if len(search.left_out) > _SHOWN else ""
        talk(f"left out, for they were not asked for: {names}{more_names}")


def _listed(source: str) -> list[str]:
    try:
        raw = bounded.all_of_stdin(_LONGEST) if source == "-" else bounded.read(source, _LONGEST)
        text = bounded.decoded(raw, "surrogateescape")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ProvisionError(catalogue.USAGE, f"--changed: {source} cannot be read: {why}") from error
    if "\0" in text:
        return [name for name in text.split("\0") if name]
    return [_name(line.removesuffix("\r")) for line in text.split("\n") if line.strip()]


def _name(line: str) -> str:
    """Return a file's name as it is: git quotes one that has other letters than plain ones.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
    """
    if not (len(line) > 1 and line.startswith('"') and line.endswith('"')):
        return line
    try:
        plain_bytes = line[1:-1].encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1")
    except UnicodeError:
        return line
    return plain_bytes.decode("utf-8", "surrogateescape")
