"""One part of a fleet for each of several machines: cut by the configs' names, the same way everywhere.

By jump consistent hashing (Lamping and Veach, https://arxiv.org/abs/1406.2294): from N to N+1 parts about one
config of N+1 moves, and it moves into the new part.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from provision.config.load import Config, Loaded, Unreadable
from provision.outcomes.search import Part, Shard

MOST = 1000  # parts
AUTO = "auto"
# Where each kind of pipeline says which part a machine is, and of how many; and what it counts from.
# https://docs.gitlab.com/ci/variables/predefined_variables/
# https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
_PLACES = (("CI_NODE_INDEX", "CI_NODE_TOTAL", 1), ("JOB_COMPLETION_INDEX", "PROVISION_SHARDS", 0))


def parse(text: str, environment: Mapping[str, str]) -> Shard:
    """Read ``K/N``, or ``auto``: what a pipeline's variables say; ``ValueError`` says what is wrong.

    A part that was meant and not said must not be taken for the whole, nor the whole for a part.
    """
    if text == AUTO:
        return _automatic(environment)
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if match is None:
        raise ValueError(f"'{text}' is no part: write K/N, such as 1/8, or auto")
    return _shard(int(match[1]), int(match[2]), f"'{text}'")


def _automatic(environment: Mapping[str, str]) -> Shard:
    said = {name: environment.get(name, "") for pair in _PLACES for name in pair[:2]}
    given = [pair for pair in _PLACES if said[pair[0]] or said[pair[1]]]
    if len(given) != 1:
        found = "of both are set" if given else "is set"
        names = " and ".join(_PLACES[0][:2]) + ", nor " + " and ".join(_PLACES[1][:2])
        if given:
            raise ValueError(f"auto: variables {found}, so which part this is cannot be told; write K/N")
        raise ValueError(f"auto: neither {names} {found}; write K/N")
    index, count, first = given[0]
    for name in (index, count):
        if not re.fullmatch(r"[0-9]{1,4}", said[name]):
            wrong = f"is '{said[name][:40]}'" if said[name] else "is not set"
            hint = (
                " (a GitLab job has it with 'parallel')" if name == "CI_NODE_INDEX" and not said[name] else ""
            )
            raise ValueError(
                f"auto: {name} {wrong}{hint}; a whole number is needed beside "
                f"{count if name == index else index}"
            )
    words = f"{index}={said[index]} with {count}={said[count]}"
    return _shard(int(said[index]) + 1 - first, int(said[count]), words)


def _shard(index: int, count: int, words: str) -> Shard:
    if not 1 <= index <= count <= MOST:
        raise ValueError(f"{words} is no part: of N parts, 1 to {MOST}, there are K from 1 to N")
    return Shard(index, count)


def cut(loaded: Loaded, shard: Shard) -> Loaded:
    """Return the configs of one part, in their order; a file that tells no name belongs to the first."""
    places = {
        entry.path: place
        for place, entry in enumerate(loaded.entries)
        if _index(entry, shard.count) == shard.index
    }
    part = Part(shard, len(loaded.entries), places)
    kept = tuple(entry for entry in loaded.entries if entry.path in places)
    return Loaded(kept, replace(loaded.search, listed=True, part=part))


def _index(entry: Config | Unreadable, count: int) -> int:
    name = entry.desired.name if isinstance(entry, Config) else entry.name
    return index_of(name, count) if name is not None else 1


def index_of(name: str, count: int) -> int:
    """Return which of ``count`` parts, from 1, a config of this name is in."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    chosen, jump = 0, 0
    while jump < count:
        chosen = jump
        key = (key * 2862933555777941757 + 1) & 0xFFFF_FFFF_FFFF_FFFF
        jump = int((chosen + 1) * ((1 << 31) / ((key >> 33) + 1)))
    return chosen + 1
