"""A sandbox of many shapes for each test, and one with nothing in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.sandbox import Sandbox
from provision.sandbox.seeding.seed import apply

from .world import SEED, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A tenant with callers and people of many rights, and mailboxes of every kind."""
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED)
    sandbox = Sandbox.open(None)
    apply(sandbox, seed)
    return World(sandbox)
