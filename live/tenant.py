"""The tenant of a live run, for what the program itself does not do: delete, purge, find leftovers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from live import marker
from live.settings import Settings
from provision.cli.session import served_sandbox
from provision.clouds import CLOUDS, Cloud
from provision.errors import ProvisionError
from provision.graph.answers import Failure, Refusal
from provision.graph.client import Graph
from provision.graph.connect import Administrator, over_the_network
from provision.graph.ways import Auth

T = TypeVar("T")
Json = dict[str, Any]
# A new object, or a deletion, may not be known everywhere for a minute.
_TRIES, _TRIES_UNSURE, _PAUSE = 12, 2, 5.0


@dataclass(frozen=True)
class Leftover:
    """What a killed run left: alive, or deleted and not purged."""

    id: str
    name: str
    deleted: bool


def cloud_of(settings: Settings) -> tuple[Cloud, Administrator | None]:
    """Return the cloud, and who signs in at a served sandbox."""
    return served_sandbox(settings.sandbox)[:2] if settings.sandbox else (CLOUDS[settings.cloud], None)


def remove(settings: Settings, name: str, *, made: bool) -> list[str]:
    """Delete and purge what is called so, and nothing else; return what could not be, in words.

    ``made``: it is known to have been made, so it is looked for until it shows.
    """
    assert marker.is_ours(name)
    try:
        return _with_graph(settings, lambda graph: _remove(graph, name, made=made))
    except (Failure, ProvisionError) as error:
        return [f"{name}: {error}"]


def leftovers(settings: Settings) -> list[Leftover]:
    """Return what runs of more than a day ago left."""
    return _with_graph(settings, _leftovers)


def purge(settings: Settings, found: list[Leftover]) -> None:
    """Delete and purge leftovers."""

    async def each(graph: Graph) -> None:
        for item in found:
            if not item.deleted:
                await _delete(graph, f"/applications/{item.id}")
            await _purged(graph, item.id, certain=True)

    _with_graph(settings, each)


def _with_graph(settings: Settings, do: Callable[[Graph], Awaitable[T]]) -> T:
    cloud, administrator = cloud_of(settings)

    async def go() -> T:
        graph = over_the_network(
            cloud, settings.tenant, Auth(settings.auth), administrator=administrator, notify=lambda _: None
        )
        try:
            return await do(graph)
        finally:
            await graph.close()

    return asyncio.run(go())


async def _remove(graph: Graph, name: str, *, made: bool) -> list[str]:
    left: list[str] = []
    principal: str | None = None
    by_name = f"/applications(uniqueName='{name}')?$select=id,appId"
    app = await _get(graph, by_name)
    for _ in range(_TRIES if made else 0):
        if app is not None:
            break
        await _pause(graph)
        app = await _get(graph, by_name)
    if app is not None:
        found = await _get(graph, f"/servicePrincipals(appId='{app['appId']}')?$select=id")
        principal = found["id"] if found else None
        await _delete(graph, f"/applications/{app['id']}")
        if not await _purged(graph, app["id"], certain=True):
            left.append(f"deleted application {app['id']} is not purged")
    elif made:
        left.append(f"application {name} was made, and cannot be found")
    if principal and not await _purged(graph, principal, certain=False):
        left.append(f"deleted service principal {principal} is not purged")
    if not await _gone(graph, by_name):
        left.append(f"application {name} is still there")
    return left


async def _leftovers(graph: Graph) -> list[Leftover]:
    query = (
        f"$select=id,uniqueName,displayName,createdDateTime&$filter=startswith(displayName,'{marker.PREFIX}')"
    )
    alive = await _items(graph, f"/applications?{query}")
    gone = await _items(graph, f"{_DELETED}?{query}")
    now: datetime = graph.now()
    return [
        Leftover(item["id"], item["displayName"], deleted)
        for deleted, items in ((False, alive), (True, gone))
        for item in items
        if item.get("uniqueName") == item.get("displayName")
        and marker.is_leftover(item.get("displayName"), item.get("createdDateTime"), now)
    ]


_DELETED = "/directory/deletedItems/microsoft.graph.application"


async def _purged(graph: Graph, object_id: str, *, certain: bool) -> bool:
    """Purge a deleted object: https://learn.microsoft.com/graph/api/directory-deleteditems-delete.

    ``certain``: it was deleted, so it must come up there.
    """
    path = f"/directory/deletedItems/{object_id}"
    for _ in range(_TRIES if certain else _TRIES_UNSURE):
        if await _get(graph, path) is not None:
            await _delete(graph, path)
            return await _gone(graph, path)
        await _pause(graph)
    return not certain


async def _gone(graph: Graph, path: str) -> bool:
    for _ in range(_TRIES):
        if await _get(graph, path) is None:
            return True
        await _pause(graph)
    return False


async def _pause(graph: Graph) -> None:
    await graph.sleep(_PAUSE)


async def _get(graph: Graph, path: str) -> Json | None:
    try:
        return (await graph.send(_request(graph, Method.GET, path))).body
    except Refusal as refusal:
        if refusal.status == 404:
            return None
        raise


async def _items(graph: Graph, path: str) -> list[Json]:
    answer = await graph.send(_request(graph, Method.GET, path.replace(" ", "%20")))
    value = answer.body.get("value")
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


async def _delete(graph: Graph, path: str) -> None:
    try:
        await graph.send(_request(graph, Method.DELETE, path))
    except Refusal as refusal:
        if refusal.status != 404:
            raise


def _request(graph: Graph, method: Method, path: str) -> RequestInformation:
    info = RequestInformation(method)
    info.url = f"{graph.root}{path}"
    return info
