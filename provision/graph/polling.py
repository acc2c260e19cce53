"""Waiting for what other servers have not heard of yet: look, pause while there is time, and look again."""

from __future__ import annotations

from collections.abc import Callable

from provision.graph.client import Graph

PAUSE = 5.0  # seconds between two looks
_FIRST, _LONGEST = 2.0, 15.0  # seconds, of pauses that grow


class Polling:
    """The seconds that one loop may wait; each pause uses up some of them."""

    def __init__(self, graph: Graph, seconds: float) -> None:
        self._graph = graph
        self._left = seconds

    async def pause(self, why: str) -> bool:
        """Tell what is waited for, wait five seconds and return True; False once the time is over."""
        if self._left <= 0:
            return False
        self._left -= PAUSE
        self._graph.notify(f"{why}; trying again in {PAUSE:.0f} s")
        await self._graph.sleep(PAUSE)
        return True


class RandomPauses:
    """Pauses of random length: two runs that met do not meet again at the same moment.

    They grow, but where somebody is only waited for (``grow`` False). All together are not longer than
    ``graph.budget``. ``dice`` returns numbers from 0 to 1.
    """

    def __init__(self, graph: Graph, dice: Callable[[], float]) -> None:
        self._graph = graph
        self._dice = dice
        self._left = graph.budget
        self._limit = _FIRST

    async def pause(self, why: str, *, grow: bool = True) -> bool:
        """Tell what is waited for, wait, and return True; False once the time is used up."""
        wait = (self._limit if grow else _FIRST) * (0.1 + 0.9 * self._dice())
        if wait > self._left:
            return False
        if grow:
            self._limit = min(2 * self._limit, _LONGEST)
        self._left -= wait
        self._graph.notify(f"{why}; looking again in {wait:.0f} s")
        await self._graph.sleep(wait)
        return True
