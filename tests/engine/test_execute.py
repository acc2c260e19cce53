"""A plan's changes find the step that carries them out, or nothing is done at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from provision.change import Action, Change
from provision.engine.execute import Execution
from provision.engine.holder import SecretTools
from tests.plan.test_digest import OBSERVED, plan


@pytest.mark.parametrize("address", ["toy", "client_secrets", "application.owners", ""])
def test_a_change_of_an_unknown_kind_stops_everything(address: str, clean_folder: Path) -> None:
    """It is no "not tried" with exit 0: nothing is sent, for there is not even a client to send with."""
    found = plan(OBSERVED)
    stranger = Change(address, Action.CREATE, "no room carries it out", None, {}, object())
    execution = Execution(replace(found, changes=(*found.changes, stranger)), cast("SecretTools", None))
    with pytest.raises(NotImplementedError, match="no step carries out"):
        asyncio.run(execution.run())
    assert execution.outcomes == {}
