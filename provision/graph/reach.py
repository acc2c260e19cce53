"""Whether a cloud's hosts can be reached, and if not, what is in the way: DNS, network, TLS or proxy.

No token is asked for, and nothing is tried twice: whether a host answers now is the question.
"""

from __future__ import annotations

import asyncio

import httpx

from provision.errors import ProvisionError, catalogue
from provision.graph.answers import Lost
from provision.graph.client import Graph
from provision.graph.obstacle import cannot_be_reached
from provision.graph.retry import BROKEN, BUSY
from provision.graph.tenant import lives_in, openid_url, read_document, refuse_other_cloud
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class Hosts:
    """What is wrong with the login host, with Graph, and with the tenant; ``None`` where nothing is."""

    login: ProvisionError | None = None
    graph: ProvisionError | None = None
    tenant: ProvisionError | None = None  # it is not in this cloud; not known without the login host
    tells_cloud: bool = False  # whether the tenant's own document says which cloud it is in


async def hosts(graph: Graph, tenant: str) -> Hosts:
    """Ask the login host for the document of a tenant (a GUID or a domain), and Graph for any answer."""
    found, answer = await asyncio.gather(
        _answer(graph, openid_url(graph.cloud, tenant)),
        _answer(graph, f"{graph.root}/me"),  # without a token: 401, which is an answer
    )
    unreachable = answer if isinstance(answer, ProvisionError) else None
    if isinstance(found, ProvisionError):
        return Hosts(login=found, graph=unreachable)
    if found.status_code in (*BUSY, *BROKEN):
        message = f"{found.url.host} answers {found.status_code}"
        return Hosts(login=ProvisionError(catalogue.UNREACHABLE, message), graph=unreachable)
    document = read_document(found.content) if found.is_success else None
    if document is None:
        message = f"tenant '{tenant}' is not in the cloud '{graph.cloud.name}'"
        return Hosts(graph=unreachable, tenant=ProvisionError(catalogue.TENANT_NOT_FOUND, message))
    try:
        refuse_other_cloud(graph.cloud, tenant, document)
    except ProvisionError as error:
        return Hosts(graph=unreachable, tenant=error)
    return Hosts(graph=unreachable, tells_cloud=bool(lives_in(document)))


async def _answer(graph: Graph, url: str) -> httpx.Response | ProvisionError:
    try:
        return await reach(graph, url)
    except ProvisionError as error:
        return error


async def reach(graph: Graph, url: str) -> httpx.Response:
    """Return what the host answers, whatever it is; ``ProvisionError`` that names what is in the way."""
    try:
        return await graph.fetch_once(url)
    except Lost as lost:
        raise cannot_be_reached(lost) from lost
