"""What an approval covers: the very objects that were read, not others that look the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from provision.plan.model import Plan
from provision.resources import Observed, app_management_policy, mailbox, service_principal
from provision.resources.application import Observed as Application
from provision.resources.application import Update
from provision.resources.client_secret import Records
from provision.resources.consent import Role
from tests.plan.given import DESIRED, TENANT, planned

NOW = datetime(2026, 5, 4, tzinfo=UTC)
APP = Application(
    id="686d736f-a077-4654-8e47-f71f608a9dd2",
    app_id="0207ee96-a077-4654-8e47-f71f608a9dd2",
    display_name="somebody changed it",
    unique_name="collab-prod",
    sign_in_audience="AzureADMyOrg",
    redirect_uris=(),
    permissions=(),
    tags=("provision",),
    notes=None,
    created=NOW,
)
OBSERVED = Observed(
    tenant_id=TENANT,
    application=APP,
    service_principal=service_principal.Observed(id="7ac36e1e-a077-4654-8e47-f71f608a9dd2", enabled=True),
    role=Role("93d4b8f5-a077-4654-8e47-f71f608a9dd2", "b633e1c5-b582-4048-a93e-9f11b44c7e96"),
    assignments=(),
    secrets=(),
    policy=app_management_policy.Observed(),
    mailbox=mailbox.Observed(mailbox.State.PRESENT),
)
ANOTHER = "ffffffff-a077-4654-8e47-f71f608a9dd2"


def plan(observed: Observed) -> Plan:
    """The plan for the config against what was read."""
    return planned(DESIRED, observed, Records(), now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        lambda o: replace(o, application=replace(APP, id=ANOTHER)),
        lambda o: replace(o, application=replace(APP, app_id=ANOTHER)),
        lambda o: replace(o, service_principal=replace(o.service_principal, id=ANOTHER)),
        lambda o: replace(o, role=replace(o.role, resource_id=ANOTHER)),
        lambda o: replace(o, tenant_id=ANOTHER),
    ],
    ids=["application", "client id", "principal", "resource", "tenant"],
)
def test_an_approval_is_for_the_object_that_was_read(changed: Callable[[Observed], Observed]) -> None:
    """One that differs in its id alone, as after it was deleted and made anew, is another plan."""
    before, after = plan(OBSERVED), plan(changed(OBSERVED))
    assert [c.after for c in before.changes] == [c.after for c in after.changes]
    assert before.digest != after.digest
    assert plan(OBSERVED).digest == before.digest


def test_a_write_names_the_object_that_was_read() -> None:
    """The step has the id of what the plan was made from, never a name to look up."""
    (step,) = [change.step for change in plan(OBSERVED).changes if isinstance(change.step, Update)]
    assert step.id == APP.id
