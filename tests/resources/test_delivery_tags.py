"""The tags that record deliveries, as several runs merge them: tables of ``resources.delivery_tags``."""

from __future__ import annotations

import pytest

from provision.resources import delivery_tags

A, B, C = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "abc")


def told(*words: str) -> set[str]:
    """Tags by their short names: ``d:a`` for a delivery of A, and so on; any other word is a tag itself."""
    keys = {"a": A, "b": B, "c": C}
    kinds = {
        "d": delivery_tags.DELIVERED_TAG,
        "n": delivery_tags.NEWEST_TAG + "collab:",
        "m": delivery_tags.NEWEST_TAG + "other:",
        "l": delivery_tags.LEAKED_TAG,
        "r": delivery_tags.RETIRED_TAG,
        "s": delivery_tags.SUCCEEDS_TAG + "none:",
        "p": delivery_tags.REPLACES_TAG + B + ":",
    }
    found = (word.partition(":") for word in words)
    return {kinds[kind] + keys[key] if kind in kinds else kind + colon + key for kind, colon, key in found}


@pytest.mark.parametrize(
    ("seen", "known", "add", "there", "gone", "written"),
    [
        # What others wrote stays, ours or not.
        ("provision x d:b", "", "d:a n:a", "ab", "", "provision x d:b d:a n:a"),
        ("provision d:b s:b", "provision", "", "b", "", "provision d:b s:b"),
        # What this run knows of its secrets is put back, where what was read is older.
        ("provision", "provision d:b x", "d:a", "ab", "", "provision d:b d:a"),
        ("provision", "d:b", "", "a", "", "provision"),  # but not of one that is gone
        # The newest is one per config.
        ("n:b d:b", "n:b", "n:a d:a", "ab", "", "d:a d:b n:a"),
        ("n:b m:c", "", "n:a", "abc", "", "n:a m:c"),
        ("n:b", "n:c", "", "bc", "", "n:b n:c"),  # two machines wrote: neither is dropped
        # What this run removed is told of no more.
        ("d:a n:a s:a l:a d:b", "", "", "b", "a", "d:b"),
        # What somebody else removed stays on record, for it may be entered; its other tags do not.
        ("d:a n:a s:a d:b", "", "", "b", "", "d:a n:a d:b"),
        ("d:a l:a d:b", "", "", "b", "", "d:b"),  # unless it was to be removed
        ("d:a r:a d:b", "", "", "b", "", "d:b"),
        ("d:b", "d:a", "", "b", "", "d:b"),  # or was dropped since this run saw it
        # What a new secret replaces is told for as long as that is there, whatever became of the old one.
        ("d:b", "", "p:a", "ab", "", "d:b p:a"),
        ("d:b p:a", "p:a", "", "a", "b", "p:a"),
        ("d:b p:a", "p:a", "", "b", "a", "d:b"),
        ("d:b p:a", "", "", "b", "", "d:b"),
    ],
)
def test_tags_are_merged(seen: str, known: str, add: str, there: str, gone: str, written: str) -> None:
    """Nothing of another run's is lost, and what is over is dropped, in one sorted list."""
    ids = {"a": A, "b": B, "c": C}
    found = delivery_tags.merged_tags(
        told(*seen.split()),
        told(*known.split()),
        told(*add.split()),
        {ids[key] for key in there},
        {ids[key] for key in gone},
    )
    assert list(found) == sorted(told(*written.split()))


def test_merging_again_changes_nothing() -> None:
    """What was written is what the next run reads, and it writes the same."""
    once = delivery_tags.merged_tags(told("provision", "d:b", "n:b"), (), told("d:a", "n:a"), {A, B}, ())
    assert delivery_tags.merged_tags(once, once, (), {A, B}, ()) == once


@pytest.mark.parametrize(
    ("tag", "key"),
    [
        (f"provision:delivered:{A.upper()}", A),
        (f"provision:newest:collab:{A}", A),
        (f"provision:succeeds:{B}:{A}", A),
        (f"provision:succeeds:none:{A}", A),
        (f"provision:replaces:{B}:{A.upper()}", A),
        ("provision", None),
        ("WindowsAzureActiveDirectoryIntegratedApp", None),
    ],
)
def test_whose_tag_it_is(tag: str, key: str | None) -> None:
    """Each of ours names one secret, in whatever case."""
    assert delivery_tags.noted_key(tag) == key


def test_successions() -> None:
    """By key id, what each was made to replace."""
    tags = [
        delivery_tags.succeeds_tag(B, A),
        delivery_tags.succeeds_tag(A, None),
        "provision:succeeds:broken",
    ]
    assert delivery_tags.successions(tags) == {B: A, A: None}


@pytest.mark.parametrize(
    ("tags", "delivered", "newest", "retired", "leaked", "adopted"),
    [
        (["provision", "x:y"], "", "", "", "", ""),
        (["provision:delivered:A", "provision:newest:collab:B"], "a", "b", "", "", ""),
        (["provision:retired:A", "provision:leaked:B", "provision:adopted:C"], "", "", "a", "b", "c"),
        (["provision:newest:collab-2:b", "provision:newest:other:c"], "", "", "", "", ""),
    ],
)
def test_what_each_kind_says(
    tags: list[str], delivered: str, newest: str, retired: str, leaked: str, adopted: str
) -> None:
    """In lower case, and of this config alone where the tag names one."""
    assert delivery_tags.delivered(tags) == frozenset(delivered)
    assert delivery_tags.newest(tags, "collab") == frozenset(newest)
    assert delivery_tags.retired(tags) == frozenset(retired)
    assert delivery_tags.leaked(tags) == frozenset(leaked)
    assert delivery_tags.adopted(tags) == frozenset(adopted)


@pytest.mark.parametrize(
    ("key", "there", "tags", "written"),
    [
        ("h", "hb", [], {"provision:adopted:h"}),
        ("h", "b", [], set()),
        ("h", "hb", ["provision:adopted:H"], set()),
        ("h", "hb", ["provision:adopted:x"], {"provision:adopted:h"}),
        (None, "hb", [], set()),
    ],
)
def test_what_is_noted_beside_an_adopted_one(
    key: str | None, there: str, tags: list[str], written: set[str]
) -> None:
    """Once, and while it is there."""
    assert delivery_tags.made_beside(key, list(there), tags) == written


def test_pairs_are_read_as_they_are_written() -> None:
    """In lower case; half of a pair, or a tag of another kind, is none."""
    assert delivery_tags.succeeds_tag("b", None) == "provision:succeeds:none:b"
    tags = ["provision:succeeds:A:B", "provision:succeeds:none:C", "provision:succeeds:", "other:A:B"]
    assert delivery_tags.successions(tags) == {"b": "a", "c": None}
    replaced = [delivery_tags.replaces_tag("b", "a"), "provision:replaces:C:D", "provision:replaces:x"]
    assert delivery_tags.replacements(replaced) == {("b", "a"), ("d", "c")}


def test_another_kind_of_tag_replaces_no_newest_one() -> None:
    """Only the tag of the newest is one a config."""
    found = delivery_tags.merged_tags(
        ["provision:newest:collab:a", "provision:delivered:a"], (), ["provision:delivered:b"], "ab", ()
    )
    assert found == ("provision:delivered:a", "provision:delivered:b", "provision:newest:collab:a")
