"""A plan's changes find the step that carries them out, or nothing is done at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from provision.change import Action, Change
from provision.checks.rights import NEEDS, steps_of
from provision.engine.execute import KINDS, Execution
from provision.engine.holder import SecretTools
from provision.plan.model import Plan
from provision.resources import mailbox_scope
from tests.plan.test_digest import OBSERVED, plan


@pytest.mark.parametrize("address", ["toy", "client_secrets", "application.owners", ""])
def test_a_change_of_an_unknown_kind_stops_everything(address: str, clean_folder: Path) -> None:
    """It is no "not tried" with exit 0: nothing is sent, for there is not even a client to send with."""
    found = plan(OBSERVED)
    stranger = Change(address, Action.CREATE, "no room carries it out", None, {}, object())
    execution = Execution(replace(found, changes=(*found.changes, stranger)), cast("SecretTools", None))
    with pytest.raises(LookupError, match="no step carries out"):
        asyncio.run(execution.run())
    assert execution.outcomes == {}


def limited(found: Plan) -> Plan:
    """With Exchange's limit among the changes, which only ``mail.scope_by: graph`` brings."""
    step = mailbox_scope.Create("Application Mail.Send", "role", "user")
    change = Change(mailbox_scope.ADDRESS, Action.CREATE, "not limited yet", None, {}, step)
    return replace(found, changes=(*found.changes, change))


def test_every_kind_that_is_carried_out_takes_a_right(clean_folder: Path) -> None:
    """One without would be tried by whoever may not, and a plan be half carried out before Graph says so."""
    new = limited(plan(replace(OBSERVED, application=None, service_principal=None)))
    looking = steps_of(replace(new, changes=()))
    for kind in KINDS:
        own = tuple(change for change in new.changes if change.address.partition("[")[0] == kind)
        assert own, kind
        taken = steps_of(replace(new, changes=own)) - looking
        assert taken, kind
        assert taken <= {need.step for need in NEEDS}
