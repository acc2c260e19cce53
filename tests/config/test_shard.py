"""Which part of a fleet a config is in: by its name alone, everywhere the same, and few move."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.config.shard import index_of, parse
from provision.outcomes.search import Shard

NAMES = [f"agency-{number:04d}" for number in range(4000)]


@given(st.text(min_size=1, max_size=64), st.integers(1, 1000))
def test_each_name_is_in_one_part_of_those_that_there_are(name: str, count: int) -> None:
    assert 1 <= index_of(name, count) <= count


@given(st.text(min_size=1, max_size=64), st.integers(1, 999))
def test_one_part_more_takes_from_the_others_and_moves_nothing_between_them(name: str, count: int) -> None:
    before, after = index_of(name, count), index_of(name, count + 1)
    assert after in (before, count + 1)


def test_the_parts_are_alike_in_size_and_few_move() -> None:
    sizes = Counter(index_of(name, 8) for name in NAMES)
    assert set(sizes) == set(range(1, 9))
    assert max(sizes.values()) < 1.25 * min(sizes.values())
    moved = sum(index_of(name, 8) != index_of(name, 9) for name in NAMES)
    assert 0.08 < moved / len(NAMES) < 0.15


def test_the_cut_is_kept() -> None:
    """What other machines, and later versions, cut must be the same."""
    assert [index_of(name, 8) for name in ("collab-prod", "collab-test", "pal-prod", "a", "z")] == CUT


CUT = [4, 8, 1, 2, 5]


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("1/1", {}, Shard(1, 1)),
        ("3/8", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"}, Shard(3, 8)),
        ("auto", {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}, Shard(2, 4)),
        ("auto", {"JOB_COMPLETION_INDEX": "0", "PROVISION_SHARDS": "4"}, Shard(1, 4)),
        ("auto", {"JOB_COMPLETION_INDEX": "3", "PROVISION_SHARDS": "4"}, Shard(4, 4)),
    ],
)
def test_what_is_a_part(text: str, environment: dict[str, str], shard: Shard) -> None:
    assert parse(text, environment) == shard


@pytest.mark.parametrize(
    "text", ["0/8", "9/8", "8", "1/", "/8", "1/0", "-1/8", "1.0/8", "1/2000", "١/٨", "Auto", "1 / 8"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"part|write K/N"):
        parse(text, {})


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "neither CI_NODE_INDEX and CI_NODE_TOTAL, nor JOB_COMPLETION_INDEX and PROVISION_SHARDS"),
        ({"CI_NODE_TOTAL": "1"}, "CI_NODE_INDEX is not set .a GitLab job has it with 'parallel'"),
        ({"CI_NODE_INDEX": "1"}, "CI_NODE_TOTAL is not set"),
        ({"JOB_COMPLETION_INDEX": "1"}, "PROVISION_SHARDS is not set"),
        ({"PROVISION_SHARDS": "4"}, "JOB_COMPLETION_INDEX is not set"),
        ({"JOB_COMPLETION_INDEX": "4", "PROVISION_SHARDS": "4"}, "JOB_COMPLETION_INDEX=4 with"),
        ({"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "4"}, "CI_NODE_INDEX=0 with"),
        ({"CI_NODE_INDEX": "x", "CI_NODE_TOTAL": "4"}, "CI_NODE_INDEX is 'x'"),
        ({"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4", "PROVISION_SHARDS": "4"}, "cannot be told"),
        ({"SYSTEM_JOBPOSITIONINPHASE": "1", "SYSTEM_TOTALJOBSINPHASE": "4"}, "neither"),
    ],
)
def test_anything_less_is_refused(environment: dict[str, str], said: str) -> None:
    """A part that is taken for the whole, or the whole for a part, would look well."""
    with pytest.raises(ValueError, match=said):
        parse("auto", environment)
