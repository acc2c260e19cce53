"""What an approval covers, as values: the digest and what is put in it; examples; too many changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from provision.change import Change
from provision.errors import Severity, catalogue
from provision.plan import examples, guards, rules
from provision.plan.digest import digest, to_json
from provision.plan.model import Plan, Target
from provision.resources import consent
from tests.plan.given import APP, DESIRED, NOW, ROLE, URI, planned, there, wanted
from tests.plan.test_cases import UNMADE


def of(plan: Plan, target: Target = Target.GRAPH, **more: Any) -> str:
    """The digest of a plan, something of it replaced."""
    given = {"desired": plan.desired, "observed": plan.observed, "changes": plan.changes, **more}
    return digest(target, given["desired"], given["observed"], given["changes"])


def test_the_digest_stays_what_it_was() -> None:
    """Approvals of an earlier version stay good: the very digest is part of the contract."""
    plan = planned(replace(DESIRED, tenant="t"), there(created=datetime(2026, 1, 1, tzinfo=NOW.tzinfo)))
    assert of(plan) == plan.digest
    assert of(plan) != of(plan, Target.SANDBOX)
    seen = plan.observed
    by_graph = replace(plan.desired, mailbox=replace(plan.desired.mailbox, by_graph=True))
    granted = replace(seen, grants=(consent.Given("g", NOW),))
    known = replace(seen, mailbox=replace(seen.mailbox, user_id="u"))
    for other in (granted, known):
        assert of(plan, observed=other) == plan.digest  # nothing goes by these
        assert of(plan, desired=by_graph, observed=other) != of(plan, desired=by_graph)
    turned = there(created=datetime(2026, 1, 1, tzinfo=NOW.tzinfo), tags=tuple(reversed(APP.tags)))
    assert of(plan, observed=turned) == plan.digest
    steps = (replace(plan.changes[0], reason="another"), *plan.changes[1:])
    assert of(plan, changes=steps) == plan.digest  # dates stand in reasons
    for changed in (
        replace(plan.changes[0], address="x"),
        replace(plan.changes[0], before={"a": 1}),
        replace(plan.changes[0], after={"a": 1}),
    ):
        assert of(plan, changes=(changed, *plan.changes[1:])) != plan.digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Severity.ERROR, "error"),
        (ROLE, {"resource_id": ROLE.resource_id, "role_id": ROLE.role_id}),
        ({1: {"b", "a"}}, {"1": ["a", "b"]}),
        (("b", 1, "a"), ["a", "b", 1]),
        ([{"b": 1}, {"a": 2}], [{"a": 2}, {"b": 1}]),
        (frozenset("b"), ["b"]),
        (NOW, "2026-05-04T12:00:00+00:00"),
        (timedelta(hours=1), 3600.0),
        (1.5, 1.5),
        (None, None),
        ([{"b": 1, "a": 3}, {"a": 2, "c": 0}], [{"a": 2, "c": 0}, {"a": 3, "b": 1}]),
    ],
)
def test_values_as_json_holds_them(value: object, expected: object) -> None:
    """Sorted where Graph keeps no order."""
    assert to_json(value) == expected


@pytest.mark.parametrize(
    ("tenant", "uri", "address", "left"),
    [
        ("t", URI, "a@agency.gov", []),
        ("agency.test", URI, "a@agency.gov", [(("tenant", "id"), "agency.test")]),
        (
            "9B2E4D70-1C5F-4A86-B3D9-7E60F2A8C154",
            URI,
            "a@agency.gov",
            [(("tenant", "id"), "9B2E4D70-1C5F-4A86-B3D9-7E60F2A8C154")],
        ),
        ("t", "https://A.Example/x", "a@agency.gov", [(("application", "admin_url"), "a.example")]),
        ("t", "https://[broken", "a@agency.gov", []),
        ("t", "urn:x", "a@agency.gov", []),
        ("t", URI, "a@example.com", [(("mail", "address"), "a@example.com")]),
        ("t", URI, "a@b.example.net", [(("mail", "address"), "a@b.example.net")]),
        ("t", URI, "example.org@agency.gov", []),
        ("t", URI, "a@myexample.org", []),
        ("t", URI, "a@x@agency.invalid", [(("mail", "address"), "a@x@agency.invalid")]),
    ],
)
def test_examples_that_were_left(tenant: str, uri: str, address: str, left: list[Any]) -> None:
    """In the product's own address, not in further ones."""
    uris = (uri, "https://other.example/x")
    desired = replace(
        wanted(redirect_uris=uris), tenant=tenant, mailbox=replace(DESIRED.mailbox, address=address)
    )
    assert examples.left_in(desired) == left
    assert examples.left_in(replace(desired, application=replace(desired.application, redirect_uris=()))) == [
        item for item in left if item[0][0] != "application"
    ]
    assert bool(list(rules.examples(desired))) is bool(left)


def test_too_many_changes_say_how_many() -> None:
    """Of how many applications, and how many pass."""
    change: Change = planned(DESIRED, UNMADE).changes[0]
    idle, busy = planned(), replace(planned(), changes=(change,) * 26)
    assert guards.fleet([idle, busy]) is None
    found = guards.fleet([idle, busy, busy])
    assert found is not None
    assert (found.entry, found.severity) == (catalogue.MANY_CHANGES, Severity.ERROR)
    assert found.message == "52 changes to 2 applications in one run; 50 pass without being allowed"
