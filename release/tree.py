"""The files of the commit that is released, and its time: nothing that lies beside them in the work tree."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
from pathlib import Path


def export(root: Path, folder: Path, commit: str = "HEAD") -> None:
    """Write the commit's files into a folder."""
    archive = subprocess.run(
        ["git", "-C", str(root), "archive", "--format=tar", commit], capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")


def epoch(root: Path, commit: str = "HEAD") -> int:
    """Return the time that everything in the release bears: SOURCE_DATE_EPOCH, or else the commit's.

    Source: https://reproducible-builds.org/specs/source-date-epoch/
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    told = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%ct", commit],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout)


def version(root: Path) -> str:
    """Return the version that the package of a tree has."""
    found = re.search(
        r'^__version__ = "([^"]+)"$', (root / "provision" / "__init__.py").read_text("utf-8"), re.M
    )
    if found is None:
        raise ValueError("provision/__init__.py says no version")
    return found[1]
