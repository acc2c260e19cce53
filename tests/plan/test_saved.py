"""Saved plans and approvals as values: what binds, what is refused, and in which words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from provision.errors import ProvisionError, catalogue
from provision.plan import saved
from provision.plan.approval import NONE, Approval, judge
from provision.plan.digest import sha256
from provision.plan.model import Plan, Target
from provision.plan.saved import differences, file_text, overall, read, refuse_expired
from provision.resources import consent
from tests.plan.given import DESIRED, NOW, OBSERVED, planned, there, wanted

VERSION = "0.1.0"
PLAN = replace(planned(wanted(display_name="New")), delivery="file:a.secret")
OTHER = replace(planned(replace(wanted(display_name="New"), name="other")), delivery="file:b.secret")


def text_of(*plans: Plan) -> str:
    """A plan file; what readers see of the plans is none of its business."""
    shown = {"format": "provision.plan/1" if len(plans) == 1 else "provision.plans/1", "seen": ["New"]}
    return file_text(shown, plans, version=VERSION, now=NOW)


def refusal(text: str, version: str = VERSION) -> str:
    """What a file that cannot be used is refused with."""
    with pytest.raises(ProvisionError) as error:
        read(text, version=version)
    assert error.value.entry is catalogue.PLAN_FILE
    return error.value.message


@pytest.mark.parametrize("plans", [(PLAN,), (PLAN, OTHER)], ids=["one", "two"])
def test_what_was_written_is_read(plans: tuple[Plan, ...]) -> None:
    """Everything that binds comes back as it was, and nothing differs from the plan itself."""
    found = read(text_of(*plans), version=VERSION)
    assert found.expires == NOW + timedelta(days=7)
    assert [(p.name, p.tenant_id, p.target, p.digest, p.delivery) for p in found.plans] == [
        (p.name, p.observed.tenant_id, "graph", p.digest, p.delivery) for p in plans
    ]
    assert [differences(*pair) for pair in zip(found.plans, plans, strict=True)] == [[] for _ in plans]
    assert json.loads(text_of(*plans))["digest"] == overall(plans)


def test_the_digest_of_a_set() -> None:
    """Of one it is its own; of several one over all, in any order; of none one of its own."""
    assert overall([PLAN]) == PLAN.digest
    assert overall([PLAN, OTHER]) == overall([OTHER, PLAN])
    assert len({overall([PLAN, OTHER]), PLAN.digest, OTHER.digest, overall([])}) == 4
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", overall(plans)) for plans in ([], [PLAN], [PLAN, OTHER]))


TEXT = text_of(PLAN)
UNUSABLE: dict[str, tuple[str, str]] = {
    "empty": ("", "it is no JSON"),
    "cut off": (TEXT[:-40], "it is no JSON"),
    "a list": ("[]", "it is not a plan"),
    "another document": ('{"format": "provision.result/1"}', "it is not a plan"),
    "no format": ("{}", "it is not a plan"),
    "a format to come": (
        TEXT.replace("provision.plan/1", "provision.plan/7"),
        "its format is provision.plan/7",
    ),
    "one letter": (TEXT.replace("New", "Now"), "it was changed after it was made"),
    "one blank": (TEXT + " ", "it was changed after it was made"),
    "two seals": (
        TEXT.replace("{\n", '{\n  "file_digest": "sha256:' + "0" * 64 + '",\n', 1),
        "it was changed",
    ),
    "no seal": (re.sub(r',\n  "file_digest": "[^"]*"', "", TEXT), "it was changed after it was made"),
    "deep": ("[" * 100_000, "it is no JSON"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_file_that_is_not_whole(case: str) -> None:
    """One byte more or less, and it is none."""
    text, words = UNUSABLE[case]
    assert words in refusal(text)


@pytest.mark.parametrize(
    ("here", "refused"),
    [
        ("0.1.0", False),
        ("0.1.1", False),
        ("1.0", False),
        ("0.0.9", True),
        ("0.0.99", True),
        ("0.1.0.dev1", False),
    ],
)
def test_a_newer_program_wrote_it(here: str, refused: bool) -> None:
    """A version that this one does not know may bind what this one would not look at."""
    if refused:
        assert "newer version of this program (0.1.0; this is" in refusal(TEXT, here)
    else:
        read(TEXT, version=here)


@pytest.mark.parametrize("lost", [*json.loads(TEXT)["bound"][0], "expires", "bound"])
def test_what_lacks_a_part(lost: str) -> None:
    """A file that lacks a part is refused, sealed or not: it binds less than it seems to."""
    data = json.loads(TEXT)
    for part in (data, *data["bound"]):
        part.pop(lost, None)
    data["file_digest"] = "sha256:" + "0" * 64
    text = json.dumps(data)
    assert "it lacks what a plan has" in refusal(text.replace("0" * 64, sha256(text).removeprefix("sha256:")))


@pytest.mark.parametrize(("after", "refused"), [(0, False), (6.99, False), (7, True), (400, True)])
def test_a_week_for_the_review(after: float, refused: bool) -> None:
    """To the second; a clock that is behind refuses nothing."""
    found, now = read(TEXT, version=VERSION), NOW + timedelta(days=after)
    if not refused:
        refuse_expired(found, now=now)
        return
    with pytest.raises(ProvisionError, match="it expired 2026-05-11T12:00:00Z"):
        refuse_expired(found, now=now)


CHANGES: dict[str, tuple[Plan, list[str]]] = {
    "target": (
        planned(wanted(display_name="New"), target=Target.SANDBOX),
        ["it was planned for the target 'graph'"],
    ),
    "config": (
        planned(replace(wanted(display_name="New"), config_digest="sha256:2")),
        ["the config was changed"],
    ),
    "application": (
        planned(wanted(display_name="New"), there(notes="theirs")),
        ["application changed in the tenant"],
    ),
    "principal": (
        planned(
            wanted(display_name="New"),
            replace(OBSERVED, service_principal=replace(OBSERVED.service_principal, enabled=False)),  # type: ignore[type-var]
        ),
        ["service principal changed in the tenant"],
    ),
    "steps": (
        planned(wanted(display_name="New"), replace(OBSERVED, assignments=())),
        ["assignments changed in the tenant", "consent was no-op, is create"],
    ),
    "done meanwhile": (
        planned(wanted(display_name="New"), there(display_name="New")),
        ["application changed in the tenant", "application was update, is no-op"],
    ),
    "wanted otherwise, and nothing else": (planned(wanted(display_name="Newer")), ["the steps differ"]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_changed_is_said(case: str) -> None:
    """In words that a person can act on, each by its part."""
    plan, words = CHANGES[case]
    (before,) = read(TEXT, version=VERSION).plans
    assert differences(before, plan) == [f"collab-prod: {word}" for word in words]


FILE, BOTH = read(TEXT, version=VERSION), read(text_of(PLAN, OTHER), version=VERSION)
MOVED = replace(PLAN, delivery="file:elsewhere.secret")
CHANGED = replace(planned(wanted(display_name="Newer")), delivery=PLAN.delivery)
SET, WRONG = overall([PLAN, OTHER]), "sha256:" + "f" * 64
IDLE = [planned(replace(DESIRED, name=name)) for name in ("idle", "other")]
HANDED = planned(
    replace(DESIRED, name="handed", consent=consent.Desired(consent.Mode.HANDOFF)),
    replace(OBSERVED, assignments=()),
)
APPROVALS: dict[str, tuple[Approval, list[Plan], dict[str, object], list[str], list[str | None]]] = {
    # approval, plans, further arguments; the names approved, and those refused (None: the set)
    "none asked for": (NONE, [PLAN, OTHER], {}, ["collab-prod", "other"], []),
    "the file": (Approval(FILE), [PLAN], {}, ["collab-prod"], []),
    "the file of two": (Approval(BOTH), [OTHER, PLAN], {}, ["other", "collab-prod"], []),
    "one of the file's": (Approval(BOTH, subset=True), [PLAN], {}, ["collab-prod"], []),
    "changed since": (Approval(BOTH), [CHANGED, OTHER], {}, ["other"], ["collab-prod"]),
    "another delivery": (Approval(FILE), [MOVED], {}, [], ["collab-prod"]),
    "another delivery, allowed": (
        Approval(FILE),
        [MOVED],
        {"allowed": {"delivery-changed"}},
        ["collab-prod"],
        [],
    ),
    "its digest": (Approval(digests=(PLAN.digest,)), [PLAN], {}, ["collab-prod"], []),
    "a wrong one, and nothing is to be done": (
        Approval(digests=(IDLE[0].digest, WRONG)),
        [*IDLE],
        {},
        ["idle"],
        ["other"],
    ),
    "a wrong one for what is handed over": (
        Approval(digests=(PLAN.digest, WRONG)),
        [PLAN, IDLE[0], HANDED],
        {},
        ["collab-prod"],
        ["handed"],
    ),
    "its digest in capitals": (
        Approval(digests=(f" {PLAN.digest.upper()} ",)),
        [PLAN],
        {},
        ["collab-prod"],
        [],
    ),
    "the set's": (Approval(digests=(SET,)), [PLAN, OTHER], {}, ["collab-prod", "other"], []),
    "the set's, and one could not be planned": (
        Approval(digests=(SET,)),
        [PLAN, OTHER],
        {"whole": False},
        [],
        [None],
    ),
    "one of two": (Approval(digests=(PLAN.digest,)), [PLAN, OTHER], {}, ["collab-prod"], []),
    "both": (Approval(digests=(OTHER.digest, PLAN.digest)), [PLAN, OTHER], {}, ["collab-prod", "other"], []),
    "one is wrong": (Approval(digests=(PLAN.digest, WRONG)), [PLAN, OTHER], {}, ["collab-prod"], ["other"]),
    "a wrong one for one": (Approval(digests=(WRONG,)), [PLAN], {}, [], ["collab-prod"]),
    "a wrong one for two": (Approval(digests=(WRONG,)), [PLAN, OTHER], {}, [], [None]),
    "right, and one too many": (Approval(digests=(PLAN.digest, WRONG)), [PLAN], {}, ["collab-prod"], [None]),
    "the empty set's": (Approval(digests=(overall([]),)), [], {}, [], []),
    "the empty set's for one": (Approval(digests=(overall([]),)), [PLAN], {}, [], ["collab-prod"]),
    "file and digest": (Approval(FILE, (PLAN.digest,)), [PLAN], {}, ["collab-prod"], []),
    "file, and a wrong digest": (Approval(FILE, (WRONG,)), [PLAN], {}, [], ["collab-prod"]),
    "changed file, and its digest": (Approval(FILE, (CHANGED.digest,)), [CHANGED], {}, [], ["collab-prod"]),
}


@pytest.mark.parametrize("case", APPROVALS)
def test_what_is_approved(case: str) -> None:
    """What is not approved is not done, whichever way it was approved."""
    approval, plans, more, names, refused = APPROVALS[case]
    found = judge(approval, plans, **{"whole": True, "now": NOW, "allowed": set(), **more})  # type: ignore[arg-type]
    assert [plan.name for plan in found.approved] == names
    assert [item.plan.name if item.plan else None for item in found.refused] == refused


@pytest.mark.parametrize(
    ("approval", "plans"),
    [
        (Approval(FILE), [OTHER]),
        (Approval(FILE), [PLAN, OTHER]),
        (Approval(BOTH), [PLAN]),
        (Approval(FILE, subset=True), [PLAN, OTHER]),
        (Approval(FILE), [replace(PLAN, observed=replace(OBSERVED, tenant_id="another"))]),
    ],
)
def test_a_file_of_other_configs(approval: Approval, plans: list[Plan]) -> None:
    """More, fewer, or in another tenant: nothing of it is approved."""
    with pytest.raises(ProvisionError) as error:
        judge(approval, plans, whole=True, now=NOW, allowed=())
    assert error.value.entry is catalogue.STALE_PLAN


def test_an_expired_file_approves_nothing() -> None:
    """Not even what is exactly as it was."""
    with pytest.raises(ProvisionError, match="it expired"):
        judge(Approval(FILE), [PLAN], whole=True, now=NOW + saved.LIFETIME, allowed=())


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            "a wrong one for one",
            lambda: f"collab-prod: the digest is {PLAN.digest}, and {WRONG} was approved",
        ),
        ("right, and one too many", lambda: f"{WRONG} was approved, and is the digest of no plan here"),
        (
            "a wrong one for two",
            lambda: (
                f"the digest of these 2 plans is {SET}, and {WRONG} was approved; one by one they are now: "
                f"collab-prod {PLAN.digest[:19]}, other {OTHER.digest[:19]}"
            ),
        ),
        (
            "another delivery",
            lambda: "the secret would go to file:elsewhere.secret; file:a.secret was planned",
        ),
    ],
)
def test_a_refusal_says_what_it_is_now(case: str, words: Callable[[], str]) -> None:
    """So that a person can compare it with what was approved."""
    approval, plans, more, *_ = APPROVALS[case]
    found = judge(approval, plans, **{"whole": True, "now": NOW, "allowed": set(), **more})  # type: ignore[arg-type]
    error = found.refused[0].error
    assert words() in error.message
    assert error.entry is (catalogue.DELIVERY_CHANGED if case == "another delivery" else catalogue.STALE_PLAN)


def test_what_is_idle_is_not_named_for_a_wrong_digest() -> None:
    """Of several plans the one that has something to do is the one that a digest was meant for."""
    idle = planned(replace(DESIRED, name="idle"))
    found = judge(
        Approval(digests=(OTHER.digest, WRONG)), [PLAN, OTHER, idle], whole=True, now=NOW, allowed=()
    )
    assert [item.plan.name if item.plan else None for item in found.refused] == ["collab-prod"]


def resealed(**changed: object) -> str:
    """A file of which somebody changed parts, and made the seal anew."""
    text = json.dumps({**json.loads(TEXT), **changed, "file_digest": "sha256:" + "0" * 64}, indent=2) + "\n"
    blank = '"file_digest": "sha256:' + "0" * 64 + '"'
    return text.replace(blank, f'"file_digest": "{sha256(text)}"')


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"seen": ["Old"]}, "what it shows is not what it binds"),
        ({"digest": overall([OTHER])}, "what it shows is not what it binds"),
        ({"bound": []}, "it lacks what a plan has"),
        ({"tool_version": VERSION}, None),
        ({"tool_version": f"{VERSION}.9"}, None),  # a build of the same version
    ],
)
def test_a_seal_that_was_made_anew_does_not_help(changed: dict[str, object], why: str | None) -> None:
    """What a reader was shown must be what binds."""
    text = resealed(**changed)
    if why is None:
        assert read(text, version=VERSION).plans[0].digest == PLAN.digest
    else:
        assert why in refusal(text)


def test_a_file_is_plain_and_dated() -> None:
    """Two blanks a level, ASCII alone, a line's end at its end; with the version and both times."""
    text = file_text({"format": "provision.plan/1", "seen": "é"}, [PLAN], version=VERSION, now=NOW)
    assert text.isascii()
    assert text.startswith('{\n  "format"')
    assert text.endswith("}\n")
    written = json.loads(text)
    assert (written["tool_version"], written["created"], written["expires"]) == (
        VERSION,
        "2026-05-04T12:00:00Z",
        "2026-05-11T12:00:00Z",
    )


def test_steps_that_came_and_went_are_named() -> None:
    """In the order of their addresses."""
    before = read(TEXT, version=VERSION).plans[0]
    fewer = replace(PLAN, digest=WRONG, changes=PLAN.changes[1:])
    more = replace(PLAN, digest=WRONG, changes=(*PLAN.changes, replace(PLAN.changes[0], address="zz")))
    assert differences(before, fewer) == ["collab-prod: application was update, is not in it"]
    assert differences(before, more) == ["collab-prod: zz was not in it, is update"]
    assert differences(before, replace(PLAN, digest=WRONG)) == ["collab-prod: the steps differ"]


def test_what_differs_is_told_in_one_line() -> None:
    """Which configs a file is not of, and all that changed in one."""
    with pytest.raises(ProvisionError) as error:
        judge(
            Approval(BOTH),
            [replace(PLAN, desired=replace(PLAN.desired, name="new"))],
            whole=True,
            now=NOW,
            allowed=(),
        )
    assert error.value.message.endswith("they differ in: collab-prod, new, other")
    plan = replace(PLAN, digest=WRONG, changes=(replace(PLAN.changes[0], address="zz"), *PLAN.changes[1:]))
    (refused,) = judge(Approval(FILE), [plan], whole=True, now=NOW, allowed=()).refused
    assert refused.error.entry is catalogue.STALE_PLAN
    assert refused.error.message == (
        "what would be done is not what was approved: collab-prod: application was update, is not in it; "
        "collab-prod: zz was not in it, is update"
    )
    two = Approval(digests=(WRONG, WRONG[:-1] + "e"))
    (found,) = judge(two, [PLAN], whole=True, now=NOW, allowed=()).refused
    assert found.error.entry is catalogue.STALE_PLAN
    assert f"and {WRONG}, {WRONG[:-1]}e was approved" in found.error.message


@pytest.mark.parametrize(
    ("approval", "given"),
    [(NONE, False), (Approval(FILE), True), (Approval(digests=("x",)), True), (Approval(FILE, ("x",)), True)],
)
def test_whether_there_is_an_approval(approval: Approval, given: bool) -> None:
    """A file, or a digest."""
    assert approval.given is given
