"""What tests of the packs share: GitHub's stand-in, and a repository there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.github_standin import GitHub
from tests.ci.repository import Repository


@pytest.fixture
def github() -> Iterator[GitHub]:
    """The stand-in, served."""
    found = GitHub()
    server = found.serve()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def repository(tmp_path: Path, github: GitHub) -> Repository:
    """The checkout is the folder that the test runs in."""
    return Repository(tmp_path / "runner", github)
