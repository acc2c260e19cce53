"""Whether git would take a secret's file: it lies in a work tree, and nothing that the tree holds ignores it.

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
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from provision import bounded

_PATIENCE = 20.0  # seconds for git
_LARGEST = 64 * 1024  # bytes of a path that git keeps in a file


def exposed(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the files that git would take, each with the line for a ``.gitignore`` that keeps it out.

    The line is empty for a file that git has already: no pattern keeps its next content out. Where git is not
    installed, or cannot tell, a file in a work tree counts as one that it would take.
    """
    trees: dict[Path, dict[str, Path]] = defaultdict(dict)
    for path in paths:
        place = Path(os.path.realpath(path.parent)) / path.name
        root = _root(place.parent)
        if root is not None:
            trees[root][place.relative_to(root).as_posix()] = path
    found: dict[Path, str] = {}
    for root, names in trees.items():
        ignored = _ignored(root, names)
        found |= {path: f"/{_escaped(name)}" for name, path in names.items() if name not in ignored}
        found |= {names[name]: "" for name in _tracked(root, names) & names.keys()}
    return found


def _root(folder: Path) -> Path | None:
    """Return the top of the work tree that a folder is in; ``.git`` is a file in a linked one."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def _ignored(root: Path, names: Iterable[str]) -> frozenset[str]:
    asked = "\0".join(names).encode()
    return _git(root, ["check-ignore", "--no-index", "-z", "--stdin"], {}, asked)


def _tracked(root: Path, names: Iterable[str]) -> frozenset[str]:
    index = {"GIT_INDEX_FILE": str(_own(root) / "index")}
    return _git(root, ["--literal-pathspecs", "ls-files", "--cached", "-z", "--", *names], index)


def _git(root: Path, words: Sequence[str], more: Mapping[str, str], asked: bytes = b"") -> frozenset[str]:
    """Return the names that git answers with; none if it cannot tell."""
    git = shutil.which("git")
    if git is None:
        return frozenset()
    with tempfile.TemporaryDirectory() as empty:
        for part in ("objects", "refs"):
            (Path(empty) / part).mkdir()
        (Path(empty) / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        theirs = ("GIT_", "XDG_CONFIG_HOME")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        options = (
            "core.fsmonitor=false",
            f"core.hooksPath={os.devnull}",
            f"core.excludesFile={_exclude(root)}",
        )
        try:
            said = subprocess.run(  # noqa: S603 - git, found by its name, with arguments of our own
                [git, "--no-pager", *(word for option in options for word in ("-c", option)), *words],
                input=asked,
                capture_output=True,
                cwd=root,
                env={**clean, "GIT_DIR": empty, "GIT_WORK_TREE": str(root), "GIT_CONFIG_NOSYSTEM": "1",
                     "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0", **more},
                timeout=_PATIENCE,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return frozenset()
    return frozenset(said.stdout.decode(errors="replace").split("\0")) - {""}


def _own(root: Path) -> Path:
    """Return the repository's folder of this work tree, where a linked one's index lies.

    Source: https://git-scm.com/docs/gitrepository-layout
    """
    git = root / ".git"
    with suppress(OSError, ValueError):
        if git.is_file():
            return root / bounded.text(git, _LARGEST).partition("gitdir:")[2].strip()
    return git


def _exclude(root: Path) -> Path:
    """Return the repository's own ``info/exclude``, which linked work trees share.

    Source: https://git-scm.com/docs/gitrepository-layout
    """
    git = _own(root)
    try:
        common = git / "commondir"
        if common.is_file():
            git /= bounded.text(common, _LARGEST).strip()
    except (OSError, ValueError):
        return Path(os.devnull)
    return git / "info" / "exclude"


def _escaped(name: str) -> str:
    """Return a path as a pattern that means it alone. Source: https://git-scm.com/docs/gitignore"""
    text = "".join(f"\\{sign}" if sign in "\\*?[" else sign for sign in name)
    bare = text.rstrip(" ")
    return bare + "\\ " * (len(text) - len(bare))
