"""The ASGI application: Graph's routes as a table of contents, and the login endpoints beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from provision.sandbox.dispatch import Dispatcher, RawRequest
from provision.sandbox.routes import ENDPOINTS
from provision.sandbox.routing import Router

if TYPE_CHECKING:
    from provision.sandbox import Sandbox

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def build(sandbox: Sandbox) -> Starlette:
    """The application over a sandbox."""
    dispatcher = Dispatcher(sandbox, Router(ENDPOINTS))

    async def graph(request: Request) -> Response:
        raw_path = request.scope.get("raw_path") or request.url.path.encode()
        answer = dispatcher.handle(
            RawRequest(
                method=request.method,
                path=raw_path.split(b"?")[0].decode("ascii", "replace"),
                query=request.scope["query_string"].decode("ascii", "replace"),
                headers={k.lower(): v for k, v in request.headers.items()},
                body=await request.body(),
                root=f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}",
            )
        )
        return Response(answer.content, answer.status, answer.headers)

    routes: list[BaseRoute] = [
        # Login endpoints (tokens, discovery) stand before Graph's catch-all.
        Route("/{path:path}", graph, methods=_METHODS),
    ]
    return Starlette(routes=routes)
