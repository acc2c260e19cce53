"""How the secrets of one config stand at one moment: which is to be entered, which may be in use, until when.

Every verb asks here, so that all of them name the same secret and the same last day.

An *adopted* secret was made by hand, and ``secret.adopt`` names it. It counts as delivered: as the newest,
until one of ours is made beside it, and as the one before those from then on, which a tag tells.

Nobody tells which of the delivered secrets is entered in the product until ``rotate --confirm`` does. So
each that is alive may be, and the last day for entering the newest is the first day on which one of them
ends, the newest itself included.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from provision.resources.client_secret.model import Desired, Observed, Records
from provision.resources.client_secret.span import renewal_of
from provision.values import dataclass


class Inert(StrEnum):
    """Why ``secret.adopt`` names no secret that counts."""

    GONE = "gone"  # it was removed, and there have been secrets of ours
    UNKNOWN = "unknown"  # the application has no such secret
    LATE = "late"  # a delivered secret of ours is alive, and was not made beside it


@dataclass(frozen=True, slots=True)
class Standing:
    """The secrets of one config at one moment, sorted by delivery and end; in each, the newest first."""

    ours: tuple[Observed, ...]  # every one with our mark, and the adopted one
    delivered: tuple[Observed, ...]  # delivered and not ended, and not to be removed: may be in use
    ended: tuple[Observed, ...]  # delivered once, but past their end
    unproven: tuple[Observed, ...]  # marked and not ended, without any record of delivery
    going: tuple[Observed, ...] = ()  # delivered and alive, and to be removed by whoever runs next
    leaked: frozenset[str] = frozenset()  # key ids that an emergency is about, as far as they are alive
    gone: frozenset[str] = frozenset()  # the one that was delivered last, if it is not there any more
    missing: frozenset[str] = frozenset()  # every delivery on record whose secret is not there any more
    replaced: frozenset[str] = frozenset()  # those of ``going`` that only their successor's tag tells of
    adopted: Observed | None = None  # the one that ``secret.adopt`` names, if it counts
    inert: Inert | None = None  # why it does not

    @property
    def latest(self) -> Observed | None:
        """The one that was delivered last, alive or ended, of those that are there and are to stay."""
        return next((item for item in self.ours if item in (*self.delivered, *self.ended)), None)

    @property
    def current(self) -> Observed | None:
        """The one that is, or is to be, entered: the one delivered last.

        ``None`` if that has ended, was removed, or is to be. An older one that is alive does not take its
        place, for its value is nowhere any more.
        """
        succeeded = self.succeeded
        return None if succeeded in self.going else succeeded

    @property
    def succeeded(self) -> Observed | None:
        """The one whose place a new one takes: the one delivered last.

        ``None`` if that has ended, was removed or leaked. If it is to be removed once its successor is
        delivered, it is not current any more.
        """
        known = (*self.delivered, *self.ended, *self.going)
        newest = next((item for item in self.ours if item in known), None)
        if self.gone or newest is None or newest in self.ended or newest.key_id in self.leaked:
            return None
        return newest

    @property
    def older(self) -> tuple[Observed, ...]:
        """The other ones that may be in use; beside ``current``, a rotation waits for its confirmation."""
        current = self.current
        return tuple(item for item in self.delivered if item != current)

    @property
    def waits(self) -> bool:
        """Whether the current one waits to be entered and confirmed."""
        return self.current is not None and bool(self.older)

    @property
    def last_day(self) -> datetime | None:
        """The first end among those that may be in use; ``None`` without any."""
        return min((item.end for item in self.delivered), default=None)

    @property
    def confirm_by(self) -> datetime | None:
        """By when the current one must be entered; ``None`` unless it waits for that."""
        return self.last_day if self.waits else None

    @property
    def suspects(self) -> tuple[Observed, ...]:
        """Those that an emergency is about, and of which nothing tells whether they are ours to remove."""
        return tuple(item for item in self.unproven if item.key_id in self.leaked)


def marked(desired: Desired, observed: Sequence[Observed]) -> tuple[Observed, ...]:
    """Return the secrets that carry the config's mark, the newest first."""
    ours = filter(desired.marks, observed)
    return tuple(sorted(ours, key=lambda item: (item.start, item.end, item.key_id), reverse=True))


def standing(desired: Desired, observed: Sequence[Observed], records: Records, *, now: datetime) -> Standing:
    """Sort the secrets that carry our mark by delivery and end, at the moment ``now``; ignore all others."""
    ours, adopted, inert = _with_the_adopted(desired, observed, records, now=now)
    there = {item.key_id for item in observed}
    trusted, told = records.tenant | records.sink, records.retired | records.leaked
    gone, missing = frozenset() if records.newest & there else records.newest, records.tenant | records.newest
    if adopted is not None:
        trusted |= {adopted.key_id}
        if adopted.key_id not in records.adopted:  # it takes the place of whatever was there before
            gone = missing = frozenset()
    # A successor of which this machine knows that nobody received it takes nobody's place.
    received = {item.key_id for item in ours if item.key_id in trusted or item.key_id not in records.journal}
    going = told | {old for new, old in records.replaced if new in received}
    alive = tuple(item for item in ours if item.end > now)
    return Standing(
        ours=ours,
        delivered=tuple(item for item in alive if item.key_id in trusted - going),
        ended=tuple(item for item in ours if item.key_id in trusted and item.end <= now),
        unproven=tuple(item for item in alive if item.key_id not in trusted),
        going=tuple(item for item in alive if item.key_id in trusted & going),
        leaked=records.leaked & {item.key_id for item in alive},
        gone=gone,
        missing=missing - there - going,
        replaced=frozenset(item.key_id for item in alive if item.key_id in trusted & going - told),
        adopted=adopted,
        inert=inert,
    )


def _with_the_adopted(
    desired: Desired, observed: Sequence[Observed], records: Records, *, now: datetime
) -> tuple[tuple[Observed, ...], Observed | None, Inert | None]:
    """Return the marked secrets with the adopted one in its place, the newest first, and which that is.

    It may not be adopted once a delivered secret of ours is alive that was not made beside it.
    """
    ours = marked(desired, observed)
    if desired.adopt is None:
        return ours, None, None
    adopted = next((item for item in observed if item.key_id == desired.adopt), None)
    delivered = records.tenant | records.sink
    if adopted is None:
        known = ours or delivered or records.newest
        return ours, None, Inert.GONE if known else Inert.UNKNOWN
    lives = [item for item in ours if item.key_id in delivered and item.end > now]
    if adopted.key_id not in records.adopted:
        if lives:
            return ours, None, Inert.LATE
        return (adopted, *(item for item in ours if item != adopted)), adopted, None
    rest = [item for item in ours if item != adopted]
    later = [item for item in rest if item in lives or item.start > adopted.start]
    return (*later, adopted, *(item for item in rest if item not in later)), adopted, None


def renewal_date(desired: Desired, secret: Observed) -> datetime:
    """Return when the secret is due for renewal: ``renew_before`` its end, at most a third of its life."""
    return renewal_of(desired.renew_before, secret.start, secret.end)


def renewal_due(desired: Desired, state: Standing, *, now: datetime) -> bool:
    """Say whether the time to renew the current secret has come; an older one that waits changes nothing."""
    return state.current is not None and now >= renewal_date(desired, state.current)


def overdue(desired: Desired, state: Standing, *, now: datetime) -> Observed | None:
    """Return the successor whose own renewal has come while one before it still waits to be retired.

    ``None`` if there is none: a rotation that waits for less than that is as it should be.
    """
    if not state.waits:
        return None
    return next((item for item in state.delivered[:-1] if now >= renewal_date(desired, item)), None)


def may_be_entered(state: Standing, records: Records) -> tuple[Observed, ...]:
    """Return those without a record that somebody may have entered: not what nobody ever received."""
    return tuple(item for item in state.unproven if item.key_id not in records.journal)
