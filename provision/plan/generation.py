"""Whose secret counts where several runs make one at the same time. Pure: no I/O, no clock.

All secrets made to take the place of the same one are one *generation*; at most one of them may be handed
over. A secret carries no such word, so the tag that records its delivery has a companion that names what it
succeeds (``resources/delivery_tags.py``), by which every later verb can tell two of one generation.

A secret with the mark and without a record of delivery is a *claim*: its run is about to hand it over, or was
killed. Nothing tells the two apart but time: for ten minutes it holds others back, then it is an orphan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from provision.resources.client_secret import Desired, Observed, Records, Standing, marked, standing
from provision.values import dataclass

HOLDS_BACK = timedelta(minutes=10)  # for so long a claim holds others back, from its start
# A run hands over its own for less long: the rest is for the delivery itself, and for clocks that disagree.
HANDS_OVER = timedelta(minutes=9)
_AHEAD = timedelta(minutes=5)  # no run's secret starts later than this much in the future


@dataclass(frozen=True, slots=True)
class Basis:
    """What a run knew of its secrets when it was planned; whatever is not in here came since."""

    desired: Desired
    delivered: frozenset[str] = frozenset()  # key ids, by any record, the ended ones too
    alive: frozenset[str] = frozenset()  # those of them that had not ended
    dead: frozenset[str] = frozenset()  # claims of earlier runs of this machine, which are over
    succeeds: str | None = None  # the newest of the delivered: what a new one takes the place of


@dataclass(frozen=True, slots=True)
class Others:
    """What a look shows of other runs; each the newest first."""

    delivered: tuple[Observed, ...] = ()  # handed over since this run was planned
    claims: tuple[Observed, ...] = ()  # perhaps about to be

    def __bool__(self) -> bool:
        return bool(self.delivered or self.claims)


def basis(desired: Desired, secrets: Sequence[Observed], records: Records, *, now: datetime) -> Basis:
    """Return what a plan that saw these secrets and records rests on."""
    state = standing(desired, secrets, records, now=now)
    known = (*state.delivered, *state.going, *state.ended)
    newest = next((item for item in state.ours if item in known), None)
    return Basis(
        desired,
        delivered=frozenset(item.key_id for item in known) | records.tenant,
        alive=frozenset(item.key_id for item in state.delivered),
        dead=records.journal,
        succeeds=newest.key_id if newest else None,
    )


def holds_back(claim: Observed, now: datetime) -> bool:
    """Say whether a claim may still be handed over by its run; else it is an orphan, or no run's at all."""
    return -_AHEAD <= now - claim.start < HOLDS_BACK


def in_time(own: Observed, now: datetime) -> bool:
    """Say whether a run may hand over its own secret: others do not take it for an orphan yet."""
    return now - own.start < HANDS_OVER


def others(
    known: Basis, seen: Sequence[Observed], recorded: frozenset[str], mine: frozenset[str], *, now: datetime
) -> Others:
    """Return what other runs made since the plan; ``recorded``: by the tags, ``mine``: this run's own."""
    came = [item for item in marked(known.desired, seen) if item.key_id not in mine | known.delivered]
    succeeded = next((item for item in seen if item.key_id == known.succeeds), None)
    return Others(
        delivered=tuple(
            item
            for item in came
            # One that is older, of which somebody found the record by now, is no successor.
            if item.key_id in recorded and (succeeded is None or item.start > succeeded.start)
        ),
        claims=tuple(
            item for item in came if item.key_id not in recorded | known.dead and holds_back(item, now)
        ),
    )


def twins(state: Standing, succeeds: Mapping[str, str | None]) -> tuple[Observed, Observed] | None:
    """Return two delivered and living secrets of one generation, the newer first; ``None`` if there are none.

    ``succeeds`` is what the tags say. Of a secret from before there were such tags, or whose record was
    repaired, nothing is said there: it is a twin of a newer one that was made to succeed an older one.
    """
    newest_first = state.delivered
    starts = {item.key_id: item.start for item in state.ours}
    for place, newer in enumerate(newest_first):
        if newer.key_id not in succeeds:
            continue
        before = succeeds[newer.key_id]
        for older in newest_first[place + 1 :]:
            if older.key_id == before:
                continue
            if older.key_id in succeeds:
                if succeeds[older.key_id] == before:
                    return newer, older
            elif before is None or (before in starts and older.start > starts[before]):
                return newer, older
    return None


def missing(stay: Iterable[str], seen: Iterable[Observed]) -> frozenset[str]:
    """Return which secrets are gone that must be there before another may be removed."""
    return frozenset(stay) - {item.key_id for item in seen}
