"""Read a collection that a run can do without: whoever asks decides what not being able to read it means."""

from __future__ import annotations

from typing import Any

from provision.errors import ProvisionError
from provision.graph.answers import Failure
from provision.graph.client import Graph, Query, configuration
from provision.graph.refusals import is_denied, missing, translated


class NotReadable(ProvisionError):
    """Something may not be read: ``what`` it is, and the least right that it ``needs``.

    Whoever can do without it catches this; for anybody else it is the error of a refused request.
    """

    def __init__(self, failure: Failure, what: str, needs: str) -> None:
        error = translated(failure, f"reading {what}", needs=needs)
        super().__init__(
            error.entry,
            error.message,
            fix=error.fix,
            request_id=error.request_id,
            service_code=error.service_code,
        )
        self.what = what
        self.needs = needs


async def fetch_list(
    graph: Graph,
    builder: Any,
    *,
    what: str,
    needs: str,
    url: str | None = None,
    select: tuple[str, ...] | None = None,
    known: bool = False,
) -> list[dict[str, Any]]:
    """Return the items; none if what they belong to is not there.

    ``url`` is an address that the SDK has no builder for; it is relative to Graph's root. ``known``: what
    they belong to was read before, so a replica that does not find it tells nothing of its items.

    Raises ``NotReadable`` without the right, or where a replica does not find what is ``known``;
    ``ProvisionError`` for any other failure.
    """
    if url is not None:
        query = f"?$select={','.join(select)}" if select else ""
        builder, select = builder.with_url(f"{graph.root}/{url}{query}"), None
    try:
        return await graph.collect(builder, configuration(Query(select=select)))
    except Failure as failure:
        if is_denied(failure) or (known and missing(failure)):
            raise NotReadable(failure, what, needs) from failure
        if missing(failure):
            return []
        raise translated(failure, f"reading {what}", needs=needs) from failure
