"""Of the configs that were found, those that are meant: by name, tenant or product, or by what changed."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from provision.config.load import Config, Loaded, Unreadable
from provision.config.search import SUFFIXES
from provision.errors import ProvisionError, catalogue
from provision.outcomes.search import REMOVED, PassedOver
from provision.values import dataclass

KEYS = ("name", "tenant", "product")


@dataclass(frozen=True, slots=True)
class Selector:
    """One ``KEY=GLOB`` of ``--select``."""

    key: str
    pattern: str


def parse(text: str) -> Selector:
    """Read one; ``ValueError`` with what is wrong, in words."""
    key, equals, pattern = text.partition("=")
    if not equals or not pattern or key not in KEYS:
        raise ValueError(f"'{text}' selects nothing: write {', '.join(f'{name}=GLOB' for name in KEYS)}")
    return Selector(key, pattern)


def selected(loaded: Loaded, selectors: Sequence[Selector]) -> Loaded:
    """Return what every key takes; of several patterns for one key, one is enough.

    A config that cannot be read stays unless the file tells that it is not meant. ``ProvisionError`` (usage)
    if nothing is left.
    """
    if not selectors:
        return loaded
    found = _reduced(loaded, [entry for entry in loaded.entries if _taken(entry, selectors)])
    if not found.entries:
        said = " ".join(f"--select {item.key}={item.pattern}" for item in selectors)
        raise ProvisionError(
            catalogue.USAGE,
            f"{said} takes none of these {len(loaded.entries)} configs",
            fix=f"Their names are: {', '.join(found.search.left_out[:20])}.",
        )
    return found


def changed(loaded: Loaded, paths: Sequence[str], files: Collection[str]) -> Loaded:
    """Return the configs that one of these files is part of: the config's own file, or one that it extends.

    ``paths`` are those of the command line: of a file that is gone from below them it is said that what it
    declared stays. None at all may be left: then nothing changed. A path where there is no config stays a
    fault, unless these files tell that there was one: the last of a folder takes the folder with it.
    """
    real = {os.path.realpath(file) for file in files} | {os.path.abspath(file) for file in files}  # noqa: PTH100
    gone = [file for file in files if file.endswith(SUFFIXES) and _gone(file)]
    bare = {path for path in paths if not any(_below(file, (path,)) for file in gone)}
    kept = [
        entry
        for entry in loaded.entries
        if _part(entry.files, real) or (not entry.files and entry.path in bare)
    ]
    found = _reduced(loaded, kept)
    told = [PassedOver(file, REMOVED) for file in gone if _below(file, paths)]
    known = {file for entry in loaded.entries for file in entry.files}
    over = [replace(item, changed=_no_more(item.path, real, known)) for item in found.search.passed_over]
    search = replace(found.search, listed=True, passed_over=(*over, *told))
    return replace(found, search=search)


def _gone(file: str) -> bool:
    """Say whether there is nothing of this name, or a folder that came in the file's place."""
    return not os.path.lexists(file) or (Path(file).is_dir() and not Path(file).is_symlink())


def _no_more(path: str, changed: Collection[str], known: Collection[str]) -> bool:
    """Say whether what a search passed over changed, and is not there to be extended."""
    real = os.path.realpath(path)
    return real not in known and _part((real, os.path.abspath(path)), changed)  # noqa: PTH100


def _part(files: Iterable[str], changed: Collection[str]) -> bool:
    """Say whether one of these files changed, or a folder above it: git names a submodule, or a link."""
    return any(str(place) in changed for file in files for place in (Path(file), *Path(file).parents))


def _below(file: str, paths: Iterable[str]) -> bool:
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - as written: the file is not there to be resolved
    return any(
        absolute.is_relative_to(os.path.abspath(path)) or fnmatchcase(file, path)  # noqa: PTH100
        for path in paths
    )


def _reduced(loaded: Loaded, entries: Sequence[Config | Unreadable]) -> Loaded:
    kept = {entry.path for entry in entries}
    out = tuple(_name(entry) for entry in loaded.entries if entry.path not in kept)
    return Loaded(tuple(entries), replace(loaded.search, left_out=(*loaded.search.left_out, *out)))


def _name(entry: Config | Unreadable) -> str:
    return entry.desired.name if isinstance(entry, Config) else entry.name or entry.path


def _taken(entry: Config | Unreadable, selectors: Sequence[Selector]) -> bool:
    return all(
        any(_matches(entry, item) for item in selectors if item.key == key)
        for key in {item.key for item in selectors}
    )


def _matches(entry: Config | Unreadable, selector: Selector) -> bool:
    if isinstance(entry, Unreadable):
        known = {"name": entry.name, "tenant": entry.tenant}.get(selector.key)
    else:
        desired = entry.desired
        known = {"name": desired.name, "tenant": desired.tenant, "product": desired.product}[selector.key]
    return known is None or fnmatchcase(known.lower(), selector.pattern.lower())
