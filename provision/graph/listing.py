"""Read a collection of which only a look at drift asks: what may not be read is said, and is no failure."""

from __future__ import annotations

from typing import Any

from provision.graph.answers import Failure
from provision.graph.client import Graph, Query, configuration
from provision.graph.refusals import denied, missing, translated


class NotReadable(Exception):
    """Something may not be read: ``what`` it is, and the least right that it ``needs``."""

    def __init__(self, what: str, needs: str) -> None:
        super().__init__(f"{what}: needs {needs}")
        self.what = what
        self.needs = needs


async def listed(
    graph: Graph,
    builder: Any,
    *,
    what: str,
    needs: str,
    url: str | None = None,
    select: tuple[str, ...] | None = None,
) -> list[dict[str, Any]]:
    """Return the items, none if what they belong to is not there; ``NotReadable`` without the right.

    ``url`` is an address that the SDK has no builder for; it is relative to Graph's root.
    """
    if url is not None:
        query = f"?$select={','.join(select)}" if select else ""
        builder, select = builder.with_url(f"{graph.root}/{url}{query}"), None
    try:
        return await graph.collect(builder, configuration(Query(select=select)))
    except Failure as failure:
        if denied(failure):
            raise NotReadable(what, needs) from failure
        if missing(failure):
            return []
        raise translated(failure, f"reading {what}", needs=needs) from failure
