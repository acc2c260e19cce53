"""What comes with the program to be read and copied: the example configs, and the pages.

An installed package has them in a folder of its own (``[tool.hatch.build.targets.wheel.force-include]``), a
checkout where they are written.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_ALONE = ("CHANGELOG.md", "SECURITY.md")  # pages that lie beside the folder docs


def folder() -> Path:
    """Return the folder that holds ``configs`` and ``docs``."""
    installed = _PACKAGE / "shipped_files"
    return installed if installed.is_dir() else _PACKAGE.parent


def examples() -> dict[str, Path]:
    """Return the example configs by name: the file's, without its end."""
    return {path.stem: path for path in sorted((folder() / "configs").glob("*.yaml"))}


def pages() -> dict[str, Path]:
    """Return the pages by name: the file's in small letters, without its end."""
    found = [*sorted((folder() / "docs").glob("*.md")), *(folder() / name for name in _ALONE)]
    return {path.stem.lower(): path for path in found if path.is_file()}


def said_of_example(text: str) -> str:
    """Return what an example says it is for: its comments at the top."""
    lines = text.splitlines()
    said = [line.removeprefix("# ") for line in lines if line.startswith("# ") and "$schema=" not in line]
    return " ".join(said)


def title_of_page(text: str) -> str:
    """Return a page's first heading."""
    return next((line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")), "")
