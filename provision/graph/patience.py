"""Waiting for what other servers have not heard of yet: look, pause while patience lasts, and look again."""

from __future__ import annotations

from provision.graph.client import Graph

PAUSE = 5.0  # seconds between two looks


class Patience:
    """The seconds that one loop may wait; each pause uses up some of them."""

    def __init__(self, graph: Graph, seconds: float) -> None:
        self._graph = graph
        self._left = seconds

    async def pause(self, why: str) -> bool:
        """Tell what is waited for, wait five seconds and return True; False once the patience is used up."""
        if self._left <= 0:
            return False
        self._left -= PAUSE
        self._graph.notify(f"{why}; trying again in {PAUSE:.0f} s")
        await self._graph.sleep(PAUSE)
        return True
