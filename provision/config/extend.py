"""Merge a file with those that it extends into one tree: maps merge, lists and single values replace.

A config in a pull request is a stranger's text. An error shows lines of the file it is about, so a file
outside the folder tree of the config, be it by ``extends`` or by a link, is never opened.
"""

from __future__ import annotations

import errno
import os
import re
from functools import lru_cache
from pathlib import Path

from provision import bounded
from provision.config import document, search
from provision.config.node import Entry, Kind, Map, Node, Scalar
from provision.errors import Place, ProvisionError, catalogue

MAX_CHAIN = 8
# These are one choice each, though they may be written as a map: what the later file says goes whole.
_ONE_CHOICE = frozenset({("tenant", "cloud"), ("secret", "delivery")})


class Files:
    """The files of one load: each is read once, however many extend it."""

    def __init__(self) -> None:
        # By real path and root: what one config may read is not thereby read for another.
        self._trees: dict[tuple[str, str], tuple[Map, list[ProvisionError]]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._keys: dict[tuple[str, str | None], tuple[str, str]] = {}
        self.extended: set[str] = set()  # real paths of what another file extends
        self.chains: dict[str, list[str]] = {}  # the real paths that a file is made of

    def text(self, path: str, root: str | None = None) -> str:
        """Return the text of one file; ``ProvisionError`` if it is none that a config could be.

        A file that is not below ``root``, without it below what the file itself may read, is not read.
        """
        key = self._key(path, root)
        if key not in self._texts:
            self._texts[key] = document.decode(_bytes(path, key[1]), path)
        return self._texts[key]

    def own(self, path: str, root: str | None = None) -> tuple[Map, list[ProvisionError]]:
        """Return what one file says by itself, and the faults that leave it readable.

        A file that is not below ``root``, without it below what the file itself may read, is not read.
        """
        key = self._key(path, root)
        if key not in self._trees:
            self._trees[key] = document.read(self.text(path, key[1]), path)
        return self._trees[key]

    def _key(self, path: str, root: str | None) -> tuple[str, str]:
        """Return the real path of a file, and what it may be read below; looked up once."""
        if (path, root) not in self._keys:
            self._keys[path, root] = os.path.realpath(path), root or root_of(path)
        return self._keys[path, root]

    def merged(self, path: str) -> tuple[Map, list[ProvisionError]]:
        """Return what a file says together with all that it extends."""
        _, root = self._key(path, None)
        trees: list[Map] = []
        faults: list[ProvisionError] = []
        seen = self.chains[path] = []
        current: str | None = path
        entry: Entry | None = None
        while current is not None:
            seen.append(self._key(current, root)[0])
            tree, own_faults = self._extended(entry, current, root) if entry else self.own(current, root)
            trees.append(tree)
            faults += own_faults
            entry = tree.entries.get("extends")
            current = self._next(tree, current, seen, root)
        result, *rest = reversed(trees)
        for tree in rest:
            result = _merge(result, tree, ())
        entries = {key: entry for key, entry in result.entries.items() if key != "extends"}
        return Map(trees[0].place, entries), faults

    def holds(self, path: str, target: str) -> None:
        """Note that a file is a part of what another one says, though it is not extended."""
        self.chains.setdefault(path, []).append(os.path.realpath(target))

    def told(self, path: str) -> Map | None:
        """Return what a file says by itself; ``None`` if it cannot be read."""
        try:
            return self.own(path)[0]
        except ProvisionError:
            return None

    def only_extended(self, path: str) -> bool:
        """Say whether a file is there only to be extended: it has no ``name``, and another extends it.

        Of one that cannot be read, those that extend it tell.
        """
        tree = self.told(path)
        return (tree is None or "name" not in tree.entries) and self._key(path, None)[0] in self.extended

    def _extended(self, entry: Entry, path: str, root: str) -> tuple[Map, list[ProvisionError]]:
        try:
            return self.own(path, root)
        except ProvisionError as error:
            missing = error.entry in (catalogue.CONFIG_NOT_FOUND, catalogue.CONFIG_UNREADABLE)
            if missing and (error.where is None or error.where.line is None):
                raise _fault(entry, error.message) from None
            raise

    def _next(self, tree: Map, path: str, seen: list[str], root: str) -> str | None:
        entry = tree.entries.get("extends")
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.kind is Kind.NULL):
            return None
        target = _target(entry, path)
        if os.path.realpath(target) in seen:
            raise _fault(entry, "this file extends itself in the end: " + " -> ".join(map(_name, seen)))
        if len(seen) >= MAX_CHAIN:
            raise _fault(entry, f"more than {MAX_CHAIN} files extend one another")
        if not inside(target, root):
            raise _fault(
                entry,
                f"'{_shown(entry)}' is outside the folder tree of this config, so it is not read",
                "Keep the file in the same repository or folder as the configs; without a repository, run "
                "this in the folder that holds both.",
            )
        if not os.path.lexists(target):
            seen.append(os.path.realpath(target))
            raise _fault(entry, f"there is no file '{target}'")
        self.extended.add(os.path.realpath(target))
        return target


def _target(entry: Entry, path: str) -> str:
    value = entry.value
    if not isinstance(value, Scalar) or value.kind is not Kind.TEXT or not value.text:
        raise _fault(entry, "'extends' takes the path of one file")
    text = value.text
    if "${" in text:
        raise _fault(entry, "'extends' takes no variables: a reviewer must see which file is meant")
    if not relative(text):
        raise _fault(entry, "'extends' takes a path relative to this file: no absolute one, no address")
    if not text.endswith((".yaml", ".yml")):
        raise _fault(entry, "'extends' takes a .yaml or .yml file")
    return beside(text, path)


def relative(text: str) -> bool:
    """Say whether a text is a path relative to something: no absolute one, no address."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\~]", text) is None


def beside(text: str, file: str) -> str:
    """Return the path of what a file names relative to itself."""
    return os.path.normpath(str(Path(file).parent / text))


def _merge(base: Node, above: Node, path: tuple[str, ...]) -> Map:
    assert isinstance(base, Map)
    assert isinstance(above, Map)
    entries = dict(base.entries)
    for key, entry in above.entries.items():
        old = entries.get(key)
        here = (*path, key)
        both = old is not None and isinstance(old.value, Map) and isinstance(entry.value, Map)
        if old is not None and both and here not in _ONE_CHOICE:
            entries[key] = Entry(entry.key, _merge(old.value, entry.value, here))
        else:
            entries[key] = entry
    return Map(above.place, entries)


def root_of(path: str) -> str:
    """Return the folder a config may read from: its repository, or the working directory, or its own.

    The path is taken as written: a link in the repository cannot make another folder the root.
    """
    return _root_above(str(Path(path).absolute().parent), str(Path.cwd()))


@lru_cache(maxsize=64)
def _root_above(folder: str, working: str) -> str:
    start = Path(os.path.normpath(folder))
    for candidate in (start, *start.parents):
        if (candidate / ".git").exists():
            return str(candidate)
    return working if start.is_relative_to(working) else folder


@lru_cache(maxsize=64)
def _real_root(root: str) -> str:
    return os.path.realpath(root)


def inside(path: str, root: str) -> bool:
    """Say whether a file lies in the tree, and is none of git's own: a checkout may leave a token there."""
    real, top = Path(os.path.realpath(path)), _real_root(root)
    return real.is_relative_to(top) and ".git" not in real.relative_to(top).parts


def _bytes(path: str, root: str) -> bytes:
    """Read a file, and no more of it than a config may have; one outside of ``root`` is not read."""
    try:
        if path == search.STDIN:
            return bounded.all_of_stdin(document.MAX_BYTES)
        return bounded.read(path, document.MAX_BYTES, may=lambda real: inside(real, root))
    except FileNotFoundError:
        link = Path(path).is_symlink()
        what = f"{path} is a link to a file that is not there" if link else f"there is no file '{path}'"
        raise ProvisionError(catalogue.CONFIG_NOT_FOUND, what, where=Place(path)) from None
    except PermissionError:
        raise document.unreadable(path, "may not be read by you") from None
    except IsADirectoryError:
        raise document.unreadable(path, "is a folder") from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError | ValueError) -> ProvisionError:
    if not isinstance(error, OSError):
        return document.unreadable(path, "cannot be read: not a path")
    match error.errno:
        case errno.EXDEV:
            what = "is a link to a file outside its folder tree, so it is not read"
            return document.unreadable(path, what, "Name the file itself, if you trust it.")
        case errno.EFBIG:
            return document.too_large(path)
        case errno.ELOOP:
            return document.unreadable(
                path, "is a link that leads round in a circle", "Name the file itself."
            )
    fix = "Save it as a file, and name that." if isinstance(error, bounded.Unfit) else None
    return document.unreadable(path, f"cannot be read: {error.strerror}", fix)


def _fault(entry: Entry, message: str, fix: str | None = None) -> ProvisionError:
    return ProvisionError(catalogue.EXTENDS, message, fix=fix, where=entry.value.place)


def _shown(entry: Entry) -> str:
    return entry.value.shown if isinstance(entry.value, Scalar) else ""


def _name(path: str) -> str:
    return Path(path).name
