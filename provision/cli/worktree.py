"""Whether git would take a secret's file: it lies in a work tree that does not ignore it, or that has it.

git itself reads the patterns, for nobody else reads them all as it does. It is run with an empty repository
of our own in the place of the user's, so that neither the user's configuration nor the repository's is read,
and no hook, monitor or filter of theirs can run. Only files count that every clone has, and
.git/info/exclude.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from provision import bounded
from provision.quoting import quoted
from provision.values import dataclass

_TIMEOUT = 20.0  # seconds for git
_LARGEST = 64 * 1024  # bytes of a path that git keeps in a file


@dataclass(frozen=True, slots=True)
class Exposed:
    """A file that git would take: why, the line of ``.gitignore`` that keeps it out, and what else to do."""

    why: str
    line: str
    first: str = ""  # a command that must be run, too


def exposed(paths: Iterable[Path]) -> dict[Path, Exposed]:
    """Return the files that git would take.

    Where git is not installed, or cannot tell, a file in a work tree counts as one that it would take.
    """
    trees: dict[Path, dict[str, Path]] = defaultdict(dict)
    for path in paths:
        place = Path(os.path.realpath(path.parent)) / path.name
        root = _root(place.parent)
        if root is not None:
            trees[root][place.relative_to(root).as_posix()] = path
    found: dict[Path, Exposed] = {}
    for root, names in trees.items():
        git = _folder(root)
        ignored = _listed(root, git, ["check-ignore", "--no-index", "-z", "--stdin"], names)
        tracked = _listed(root, git, ["ls-files", "-z", "--", *(f":(literal){name}" for name in names)], ())
        for name, path in names.items():
            line = f"/{_escaped(name)}"
            if tracked is None or ignored is None:
                found[path] = Exposed("whether its work tree ignores it, git could not tell", line)
            elif name in tracked:
                there = "" if root == Path.cwd() else f"-C {quoted(str(root))} "
                remove = f"git {there}rm --cached -- {quoted(name)}"
                found[path] = Exposed("it is tracked, so that no .gitignore keeps it out", line, remove)
            elif name not in ignored:
                found[path] = Exposed("nothing in its work tree ignores it", line)
    return found


def _root(folder: Path) -> Path | None:
    """Return the top of the work tree that a folder is in; ``.git`` is a file in a linked one."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def _listed(root: Path, repository: Path, argv: Sequence[str], names: Iterable[str]) -> frozenset[str] | None:
    """Return the paths that a command of git's lists, given these; ``None`` if it cannot be asked."""
    git = shutil.which("git")
    if git is None:
        return None
    with tempfile.TemporaryDirectory() as empty:
        for part in ("objects", "refs"):
            (Path(empty) / part).mkdir()
        (Path(empty) / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        theirs = ("GIT_", "XDG_CONFIG_HOME")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        options = (
            "core.fsmonitor=false",
            f"core.hooksPath={os.devnull}",
            f"core.excludesFile={_common(repository) / 'info' / 'exclude'}",
        )
        try:
            asked = subprocess.run(  # noqa: S603 - git, found by its name, with arguments of our own
                [git, "--no-pager", *(word for option in options for word in ("-c", option)), *argv],
                input="\0".join(names).encode(),
                capture_output=True,
                cwd=root,
                env={
                    **clean,
                    "GIT_DIR": empty,
                    "GIT_WORK_TREE": str(root),
                    "GIT_CONFIG_NOSYSTEM": "1",
                    "GIT_CONFIG_GLOBAL": os.devnull,
                    "GIT_OPTIONAL_LOCKS": "0",
                    "GIT_INDEX_FILE": str(repository / "index"),
                    "GIT_OBJECT_DIRECTORY": str(_common(repository) / "objects"),
                },
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    if asked.returncode not in (0, 1):  # check-ignore exits 1 where nothing is ignored
        return None
    return frozenset(asked.stdout.decode(errors="replace").split("\0")) - {""}


def _folder(root: Path) -> Path:
    """Return the folder of the repository that a work tree is of; a linked one's is its own.

    Source: https://git-scm.com/docs/gitrepository-layout
    """
    git = root / ".git"
    try:
        if git.is_file():
            return root / bounded.text(git, _LARGEST).partition("gitdir:")[2].strip()
    except (OSError, ValueError):
        pass
    return git


def _common(repository: Path) -> Path:
    """Return the folder with what linked work trees share."""
    common = repository / "commondir"
    try:
        return repository / bounded.text(common, _LARGEST).strip() if common.is_file() else repository
    except (OSError, ValueError):
        return repository


def _escaped(name: str) -> str:
    """Return a path as a pattern that means it alone. Source: https://git-scm.com/docs/gitignore"""
    text = "".join(f"\\{sign}" if sign in "\\*?[" else sign for sign in name)
    bare = text.rstrip(" ")
    return bare + "\\ " * (len(text) - len(bare))
