"""A sandbox of many shapes for each test, and one with nothing in it."""

from __future__ import annotations

import pickle

import pytest

from provision.sandbox import Sandbox
from provision.sandbox.clock import Clock
from provision.sandbox.seeding.seed import apply
from provision.sandbox.tokens import signing

from .world import SEED, World


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the seed makes, with a key that signs tokens: both cost more than most tests."""
    seed = tmp_path_factory.mktemp("seed") / "seed.yaml"
    seed.write_text(SEED)
    sandbox = Sandbox.open(None)
    apply(sandbox, seed)
    signing.sign(sandbox, {})
    return pickle.dumps(sandbox.store)


@pytest.fixture
def world(seeded: bytes) -> World:
    """A tenant with callers and people of many rights, and mailboxes of every kind."""
    return World(Sandbox(None, pickle.loads(seeded), Clock(None)))
