"""Find the files that the paths of a command line mean: files, folders, globs, and ``-`` for standard input.

A folder is searched through with its subfolders. Hidden ones and links to folders are not entered: a link
could lead out of the repository, or back into itself.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provision.errors import Place, ProvisionError, catalogue
from provision.outcomes.search import PassedOver

STDIN = "-"  # a config that is handed over on standard input; what it extends is looked for from here
SUFFIXES = (".yaml", ".yml")
MAX_DEPTH = 16  # subfolders below a folder that was named
MAX_FILES = 10_000  # YAML files below it
_MAX_ENTRIES = 500_000  # of any kind: somebody named the root of a disk


@dataclass
class Candidates:
    """The files that are meant, in the order given, each once."""

    named: dict[str, bool] = field(default_factory=dict)  # by file: whether it was named itself
    faults: dict[str, ProvisionError] = field(default_factory=dict)  # by path: why it names nothing
    passed_over: list[PassedOver] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """Files and paths that name none, in the order given."""
        return list(self._order)

    _order: dict[str, None] = field(default_factory=dict)

    def add(self, path: str, *, named: bool) -> None:
        """Take a file; named once, it stays named."""
        self._order.setdefault(path)
        self.named[path] = self.named.get(path, False) or named

    def fail(self, path: str, error: ProvisionError) -> None:
        """Take a path that leads to no file, or not to all of them."""
        self._order.setdefault(path)
        self.faults[path] = error


def is_list(paths: Sequence[str]) -> bool:
    """Say whether a list is asked for: several paths, a folder or a glob, whatever is found there."""
    (path, *more) = paths
    try:
        return bool(more) or Path(path).is_dir() or (glob.has_magic(path) and not os.path.lexists(path))
    except ValueError:  # a null byte
        return False


def candidates(paths: Sequence[str]) -> Candidates:
    """Return the files that these paths mean; nothing is raised."""
    found = Candidates()
    real: dict[str, str] = {}
    for path in paths:
        try:
            files = _files(path, found)
        except (OSError, ValueError) as error:  # a null byte, a path too long, a folder that may not be read
            reason = error.strerror if isinstance(error, OSError) else "not a path"
            found.fail(path, _not_found(f"{path!r} cannot be looked into: {reason}"))
            continue
        if not files and path not in found.faults:
            folder = Path(path).is_dir()
            what = "the folder holds no *.yaml or *.yml file" if folder else "there is no such file"
            found.fail(path, _not_found(f"{path}: {what}", path))
        for file, named in files.items():
            found.add(real.setdefault(os.path.realpath(file), file), named=named)
    return found


def _files(path: str, found: Candidates) -> dict[str, bool]:
    if path == STDIN:
        return {path: True}
    if Path(path).is_dir():
        return dict.fromkeys(_below(path, found), False)
    if os.path.lexists(path):
        return {path: True}
    if glob.has_magic(path):
        matches = sorted(glob.iglob(path, recursive=True))  # noqa: PTH207 - pathlib takes no absolute pattern
        return {file: False for file in matches if Path(file).is_file()}
    return {}


def _below(top: str, found: Candidates) -> Iterator[str]:
    """Yield the YAML files of a folder and its subfolders, sorted; note what was not looked into."""
    entries, files = 0, 0
    for folder, folders, names in os.walk(top, onerror=lambda error: _not_read(error, found)):
        entries += len(folders) + len(names)
        deep = len(Path(folder).relative_to(top).parts) >= MAX_DEPTH
        folders[:] = sorted(_entered(folder, folders, found))
        if deep and folders:
            found.fail(folder, _too_much(folder, f"has folders more than {MAX_DEPTH} levels below {top}"))
            folders.clear()
        for name in sorted(names):
            file = str(Path(folder) / name)
            if name.startswith(".") or Path(name).suffix not in SUFFIXES:
                continue
            if not _is_text(file):
                found.passed_over.append(PassedOver(file, "a pipe, a socket, a device or a link to a folder"))
                continue
            files += 1
            if files <= MAX_FILES:
                yield file
        if files > MAX_FILES or entries > _MAX_ENTRIES:
            found.fail(top, _too_much(top, f"holds more than {MAX_FILES:,} YAML files, or is no such folder"))
            return


def _entered(folder: str, names: Sequence[str], found: Candidates) -> Iterator[str]:
    for name in names:
        path = Path(folder) / name
        if name.startswith("."):
            continue
        if path.is_symlink():
            found.passed_over.append(PassedOver(str(path), "a link to a folder, which is not entered"))
            continue
        yield name


def _is_text(file: str) -> bool:
    """A pipe would be waited for, and a device never ends; a link that leads nowhere is told later."""
    path = Path(file)
    return path.is_file() or (path.is_symlink() and not path.exists())


def _not_read(error: OSError, found: Candidates) -> None:
    path = str(error.filename)
    found.fail(path, _not_found(f"{path!r} cannot be looked into: {error.strerror}", path))


def _too_much(path: str, what: str) -> ProvisionError:
    return ProvisionError(
        catalogue.CONFIG_NOT_FOUND,
        f"{path} {what}: not all of it was searched",
        fix="Name the folder that holds the configs.",
        where=Place(path),
    )


def _not_found(message: str, path: str | None = None) -> ProvisionError:
    return ProvisionError(catalogue.CONFIG_NOT_FOUND, message, where=Place(path) if path else None)
