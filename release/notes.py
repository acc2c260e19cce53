"""The notes of a release: its part of CHANGELOG.md."""

from __future__ import annotations

import re


def of(changelog: str, version: str) -> str:
    """Return what the changelog says of a version; ``ValueError`` if it says nothing."""
    for part in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if heading.split()[:1] == [version] and text.strip():
            return f"# {heading.strip()}\n\n{text.strip()}\n"
    raise ValueError(f"CHANGELOG.md says nothing of {version}")
