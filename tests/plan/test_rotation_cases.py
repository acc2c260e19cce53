"""Plans of rotate word for word, ``rotation_cases.txt``; and what --revoke takes and refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.errors import ProvisionError, catalogue
from provision.plan.rotation import Mode, build, revocation
from provision.resources.client_secret import Records, Remove
from provision.resources.consent import Detail
from tests import cases
from tests.plan.given import CONTEXT
from tests.plan.test_digest import APP, OBSERVED
from tests.plan.test_rotation import STATES, WANTED
from tests.resources.test_client_secret import DESIRED, NEW, NOW, OLD, Given, world

HAND: Given = ("h", "", -170, 200)
ADOPTED = replace(WANTED, client_secret=replace(DESIRED, adopt="h"))
TWINS = ("provision", "provision:succeeds:none:a", "provision:succeeds:none:b")
GIVEN: dict[str, dict[str, Any]] = {
    **{name: {"given": given} for name, (given, *_) in STATES.items()},
    "another run delivered two": {"given": [OLD, NEW, ("c", "d", 0, 180)], "came": frozenset("cb")},
    "adopted, and ours beside it": {"given": [HAND, NEW], "desired": ADOPTED, "adopted": "h"},
    "adopted, ended, and ours beside it": {
        "given": [("h", "", -300, 0), NEW],
        "desired": ADOPTED,
        "adopted": "h",
    },
    "adopted alone": {"given": [HAND], "desired": ADOPTED},
    "a claim of another run": {"given": [NEW, ("x", "u", 0, 180)]},
    "two of one generation": {"given": [OLD, NEW], "tags": TWINS},
    "two replaced": {
        "given": [("b", "d", -2, 178), ("c", "d", -3, 178), ("d", "d", -1, 179)],
        "replaced": {("x", "b"), ("y", "c"), ("d", "c"), ("d", "b")},
    },
    "two leaked": {"given": [("b", "dl", -2, 178), ("a", "dl", -3, 178)]},
    "removed, and one is to go": {"given": [("a", "dr", -9, 99), ("b", "g", -1, 179)]},
}
CASES = [f"{mode}: {name}" for name in GIVEN for mode in Mode]


def answer(case: str) -> list[str]:
    """The changes, and what is said."""
    mode, _, name = case.partition(": ")
    given = dict(GIVEN[name])
    secrets, records = world(given["given"])
    held = frozenset(key for key, kind, *_ in given["given"] if "s" in kind)
    records = replace(
        records,
        sink=held,
        replaced=frozenset(given.get("replaced", ())),
        adopted=frozenset(given.get("adopted", "")),
    )
    observed = replace(
        OBSERVED, application=replace(APP, tags=given.get("tags", APP.tags)), secrets=tuple(secrets)
    )
    plan = build(
        CONTEXT,
        given.get("desired", WANTED),
        observed,
        records,
        Mode(mode),
        now=NOW,
        consented=Detail.REQUIRED,
        came=given.get("came", frozenset()),
    )
    return [*cases.changed(plan.changes), *cases.found(plan.findings)]


ANSWERS = cases.answers(Path(__file__).with_name("rotation_cases.txt"), CASES, answer)


@pytest.mark.parametrize("case", CASES)
def test_a_whole_rotation(case: str) -> None:
    """As it was reviewed."""
    assert answer(case) == ANSWERS[case], cases.ANEW


DELIVERED = "secret b was delivered, and may be in use"


@pytest.mark.parametrize(
    ("key", "records", "why"),
    [
        ("B", Records(), None),
        ("z", Records(), "the application has no secret z"),
        ("o", Records(), "secret o ('by hand') does not carry the mark ' [provision:collab]'"),
        ("b", Records(tenant=frozenset("b")), DELIVERED),
        ("b", Records(sink=frozenset("b")), DELIVERED),
        ("h", Records(), "secret h was delivered, and may be in use"),
    ],
)
def test_what_may_be_revoked(key: str, records: Records, why: str | None) -> None:
    """One with our mark, of which nothing says that it was delivered."""
    secrets, _ = world([NEW, HAND, ("o", "", -9, 9)])
    secrets[2] = replace(secrets[2], display_name="by hand")
    observed = replace(OBSERVED, secrets=tuple(secrets))
    if why is None:
        plan = revocation(CONTEXT, ADOPTED, observed, records, key, consented=Detail.REQUIRED)
        assert [change.step for change in plan.changes] == [Remove("b")]
        assert plan.changes[0].reason.startswith("nothing records that it was delivered")
        return
    with pytest.raises(ProvisionError) as error:
        revocation(CONTEXT, ADOPTED, observed, records, key, consented=Detail.REQUIRED)
    assert (error.value.entry, error.value.message) == (catalogue.NOT_OURS, why)
