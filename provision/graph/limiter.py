"""One limiter for an identity in a tenant: all configs of a run slow down together, and speed up together.

Graph counts what an application uses in a tenant: 3,000 writes in 150 seconds, and in the smallest tenants
3,500 units in 10 seconds for all that it asks. What other programs use of that is not known here. So nothing
is held back until Graph says that it is nearly used, which it does from 0.8 of a limit on, or that it is;
then no more is sent than a quota gives back, less after each 429, and more again as the signs go.

Sources: https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits and
https://learn.microsoft.com/graph/throttling#best-practices-to-handle-throttling
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from provision.network.retry_after import asked_wait

WRITES, READS = 3_000 / 150, 3_500 / 10  # a second: what the quotas give back
_NEARLY, _FULL = 0.8, 0.95  # of a limit: the first sign, and where even what is given back is too much
_SHARE = "x-ms-throttle-limit-percentage"
_LEAST = 1 / 16  # of what a quota gives back
_QUIET = 10.0  # seconds without a sign, after which nothing is held back any more
_BURST = 20.0  # as many as a batch takes


@dataclass(slots=True)
class _Lane:
    """What may be sent of one kind."""

    rate: float  # a second
    held: bool = False
    factor: float = 1.0
    credit: float = 0.0
    at: float = 0.0
    sign: float = 0.0  # when Graph last said that it is nearly used

    def wait(self, count: int, now: float, part: float) -> float:
        """Return the seconds until so many may be sent."""
        if not self.held or not count:
            return 0.0
        speed = self.rate * self.factor * part
        self.credit = min(self.credit + (now - self.at) * speed, _BURST)
        self.at = now
        return max(0.0, (min(count, _BURST) - self.credit) / speed)

    def hold(self, now: float) -> None:
        """Send no more than is given back, from now on."""
        if not self.held:
            self.held, self.factor, self.credit, self.at = True, 1.0, 0.0, now
        self.sign = now


class Limiter:
    """Lets requests through as fast as Graph lets them in."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
        notify: Callable[[str], object],
        *,
        part: float = 1.0,
    ) -> None:
        self.part = part  # of the quota: less where several machines share it
        self._sleep, self._clock, self._notify = sleep, clock, notify
        self._lanes = {True: _Lane(WRITES), False: _Lane(READS)}  # by whether it writes
        self._closed_until = float("-inf")
        self._shift = 0.0  # seconds that were slept and took no time, as in a rehearsal
        self._turn = asyncio.Lock()

    async def admit(self, *, writes: int, reads: int) -> None:
        """Return once so many requests may be sent."""
        if not any(lane.held for lane in self._lanes.values()) and self._now() >= self._closed_until:
            return
        async with self._turn:
            while (wait := self._wait(writes, reads)) > 0:
                began = self._clock()
                await self._sleep(wait)
                self._shift += max(0.0, wait - (self._clock() - began))
            self._lanes[True].credit -= writes
            self._lanes[False].credit -= reads

    def heard(self, status: int, headers: Mapping[str, str], *, wrote: bool) -> None:
        """Take from an answer what it says of the quota. Names of headers are in small letters."""
        lane, now, share = self._lanes[wrote], self._now(), _number(headers.get(_SHARE))
        if status == 429:
            if now >= self._closed_until:  # the first of those that were under way together
                lane.hold(now)
                lane.factor = max(lane.factor / 2, _LEAST)
            self._closed_until = max(self._closed_until, now + (asked_wait(headers) or 0.0))
        elif share >= _NEARLY:
            if not lane.held:
                self._notify("Graph's quota is nearly used: no more is sent than it gives back")
            lane.hold(now)
            lane.factor = max(lane.factor / 2, _LEAST) if share >= _FULL else min(1.0, lane.factor * 1.1)
        elif lane.held and now - lane.sign > _QUIET:
            lane.held = False

    def _wait(self, writes: int, reads: int) -> float:
        now = self._now()
        return max(
            self._closed_until - now,
            self._lanes[True].wait(writes, now, self.part),
            self._lanes[False].wait(reads, now, self.part),
        )

    def _now(self) -> float:
        return self._clock() + self._shift


def _number(text: str | None) -> float:
    try:
        return max(0.0, float(text)) if text else 0.0
    except ValueError:
        return 0.0
