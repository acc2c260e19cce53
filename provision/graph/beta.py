"""Requests to Graph's beta, for which the SDK of v1.0 has no builders; a run can do without what they tell.

Source: https://learn.microsoft.com/graph/versioning-and-support#beta-version
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from provision.graph.client import Graph


def request(graph: Graph, path: str, *, method: str = "GET", body: Any = None) -> RequestInformation:
    """Return a request to ``/beta/{path}``."""
    info = RequestInformation(Method(method))
    info.url = f"{graph.root.rpartition('/')[0]}/beta/{path}"
    info.headers.add("Accept", "application/json")
    if body is not None:
        info.headers.add("Content-Type", "application/json")
        info.content = json.dumps(body).encode()
    return info


async def collect(graph: Graph, path: str, *, where: str | None = None) -> list[dict[str, Any]]:
    """Return the items of a collection of the beta, all pages of it."""
    query = f"?$filter={quote(where, safe='')}" if where else ""
    return await graph.collect(_Collection(graph, path + query))


class _Collection:
    """What ``Graph.collect`` takes: something that makes the request for the first page."""

    def __init__(self, graph: Graph, path: str) -> None:
        self._graph, self._path = graph, path

    def to_get_request_information(self, _: object = None) -> RequestInformation:
        return request(self._graph, self._path)
